package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// titled is what the title of a review says.
type titled struct {
	film      string
	original  string
	year      int
	directors []string
	countries []string
	festivals []review.Honour
	spoiler   bool
	rating    string // as written, "" for none
	ratingAt  int    // where it stands in the title
	reviewed  bool   // the title says that it is of a review
}

// readTitle takes the title of a review apart: "Capsule: The Piano (Jane Campion,
// 1993) - ★★★★". site is the name of the site, which often stands at the end.
func readTitle(title, site string) titled {
	var t titled
	s := strings.TrimSpace(title)
	s = cutSite(s, site)
	s = t.cutSpoiler(s)
	s = t.cutRating(s, title)
	s = t.cutSpoiler(s)
	s = t.cutFestival(s)
	s = t.cutReviewWords(s)
	s = t.cutFestival(s)
	s = t.cutBrackets(s)
	s = t.cutReviewWords(s)
	if t.year == 0 {
		s = t.cutCommaYear(s)
	}
	t.film = trimTitle(s)
	return t
}

// trimTitle takes off what is left at the ends when something was cut away, and
// quotes around the whole.
func trimTitle(s string) string {
	for {
		before := s
		s = strings.TrimSpace(s)
		s = strings.TrimRight(s, " -–—:|,·•/")
		s = strings.TrimLeft(s, " -–—:|,·•")
		if inner, rest := cutQuoted(s); inner != "" && rest == "" {
			s = inner
		}
		if s == before {
			return s
		}
	}
}

// cutQuoted splits a text that begins with a quotation.
func cutQuoted(s string) (inner, rest string) {
	for _, q := range [...][2]string{{"“", "”"}, {`"`, `"`}, {"‘", "’"}, {"«", "»"}, {"'", "'"}, {"„", "“"}} {
		if !strings.HasPrefix(s, q[0]) {
			continue
		}
		body := s[len(q[0]):]
		for from := 0; ; {
			end := strings.Index(body[from:], q[1])
			if end < 0 {
				break
			}
			end += from
			after := body[end+len(q[1]):]
			if r, _ := utf8.DecodeRuneInString(after); after == "" || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return strings.TrimSpace(strings.Trim(body[:end], ",")), strings.TrimSpace(after)
			}
			from = end + len(q[1]) // an apostrophe
		}
	}
	return "", s
}

// cutSite takes the site's name off the end: "Mulan | The Back Row".
func cutSite(s, site string) string {
	if site == "" || len(s) <= len(site) || !strings.EqualFold(s[len(s)-len(site):], site) {
		return s
	}
	front := strings.TrimRight(s[:len(s)-len(site)], " ")
	for _, sep := range [...]string{"|", "-", "–", "—", "»", "·", "•", ":"} {
		if rest, ok := strings.CutSuffix(front, sep); ok && strings.TrimSpace(rest) != "" {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

// cutSpoiler takes off a mark that says whether the review gives the film away.
func (t *titled) cutSpoiler(s string) string {
	if !containsFold(s, "spoiler") {
		return s
	}
	front, mark := s, ""
	if strings.HasSuffix(s, ")") || strings.HasSuffix(s, "]") {
		if i := strings.LastIndexAny(s, "(["); i > 0 {
			front, mark = s[:i], s[i+1:len(s)-1]
		}
	} else if i := strings.LastIndexAny(s, "-–—:|"); i > 0 {
		_, width := utf8.DecodeRuneInString(s[i:])
		front, mark = s[:i], s[i+width:]
	}
	mark = strings.ToLower(strings.Trim(mark, " !."))
	switch mark {
	case "achtung spoiler", "achtung, spoiler", "mit spoilern", "contains spoilers", "spoilers", "spoiler", "spoiler alert", "spoiler warning", "with spoilers",
		"some spoilers", "mild spoilers", "spoilers ahead", "spoiler review", "contains some spoilers", "spoilers!":
		t.spoiler = true
		return strings.TrimSpace(front)
	case "spoiler-free", "spoiler free", "no spoilers", "non-spoiler", "without spoilers", "spoiler-free review",
		"spoiler free review", "non-spoiler review", "no spoiler":
		t.reviewed = t.reviewed || strings.HasSuffix(mark, "review")
		return strings.TrimSpace(front)
	}
	return s
}

// cutRating takes a rating off the end of the title, or a bracketed one off its
// beginning. Digits that may belong to the film stay: a rating is set apart.
func (t *titled) cutRating(s, title string) string {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		if in, after, ok := strings.Cut(rest, "]"); ok && titleRating(in, true) && strings.TrimSpace(after) != "" {
			t.rating, t.ratingAt = strings.TrimSpace(in), strings.Index(title, in)
			return strings.TrimSpace(after)
		}
	}
	for i := len(s); i > 0; {
		r, width := utf8.DecodeLastRuneInString(s[:i])
		i -= width
		mark, bracket := s[i+width:], false
		switch r {
		case '-', '–', '—', ':', '|', ',', '·':
			if i > 0 && s[i-1] != ' ' && r == '-' {
				continue // B-, 3-1/2
			}
		case '(', '[':
			if end := len(mark) - 1; end > 0 && (mark[end] == ')' || mark[end] == ']') {
				mark, bracket = mark[:end], true
			} else {
				continue
			}
		default:
			if glyphOf(r) != fullGlyph && glyphOf(r) != emptyGlyph || r == '*' || i == 0 || s[i-1] != ' ' {
				if len(s)-i > 48 {
					return s
				}
				continue
			}
			mark = s[i:] // Mulan ★★★
		}
		front := strings.TrimRight(s[:i], " ")
		if titleRating(mark, bracket) && strings.Trim(front, " -–—:|,") != "" {
			mark = strings.TrimSpace(mark)
			t.rating, t.ratingAt = mark, strings.LastIndex(title, mark)
			return strings.TrimRight(front, " -–—:|,·")
		}
	}
	return s
}

// titleRating reports whether what is set apart in a title is a rating: on a
// scale people use, or a row of stars, or a grade with a sign or in brackets.
func titleRating(s string, bracket bool) bool {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 40 || !mayBeRating(s) || exactYear(s) > 0 {
		return false
	}
	g := understand(s, review.Scale{}, review.BasisStated)
	switch {
	case g.rating.Letter != "":
		return bracket || len(g.rating.Letter) == 2 && len(s) == 2
	case g.rating.Kind == review.Scored:
		return usualBest(g.rating.Best) && !g.weak
	case g.rating.Kind == review.Lost:
		return usualBest(g.rating.Best)
	}
	return g.rating.Kind == review.Ambiguous && !g.plain
}

// usualBest reports a scale people use. In a text, "9/11" is no rating.
func usualBest(best review.Decimal) bool {
	if best.IsZero() {
		return true
	}
	for _, n := range [...]int64{5, 4, 10, 100, 6, 8, 20} {
		if best.Cmp(review.Int(n)) == 0 {
			return true
		}
	}
	return false
}

// mayBeRating is a quick look for what every rating has.
func mayBeRating(s string) bool {
	if len(s) <= 3 {
		return true
	}
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' || c == '*' || c >= 0x80 {
			return true
		}
	}
	if (s[1] == '+' || s[1] == '-') && s[2] == ' ' { // B+ (very good)
		return true
	}
	return containsFold(s, "star") || containsFold(s, "out of") || containsFold(s, "thumb") ||
		containsFold(s, "recommended") || len(s) <= 8 ||
		len(s) <= 48 && (containsFold(s, "ster") || containsFold(s, "stell") || containsFold(s, "estrel"))
}

// reviewWords are what reviews are called, longest first.
var reviewWords = [...]string{
	"movie review & film summary", "blu-ray review", "capsule review", "festival review", "movie review", "film review", "quick review",
	"short review", "mini-review", "mini review", "dvd review", "advance review", "early review", "classic review",
	"retro review", "review", "capsule", "short take", "quick take", "first look", "film of the week", "kritik", "filmkritik", "critique",
	"recension", "filmrecension", "critique de film", "critique du film", "crítica de cine", "crítica", "critica", "reseña", "recensione", "anmeldelse", "filmanmeldelse", "arvostelu",
	"elokuva-arvostelu", "recenzja", "recensie", "filmrecensie", "kritika", "filmkritika",
}

// cutReviewWords takes off what says that this is a review.
func (t *titled) cutReviewWords(s string) string {
	for _, w := range reviewWords {
		if rest, ok := cutReviewPrefix(s, w); ok {
			s, t.reviewed = rest, true
			break
		}
	}
	if inner, rest := cutQuoted(s); inner != "" && rest != "" && (t.reviewed || containsFold(rest, "review")) && !brackets(rest) {
		t.reviewed = true
		return inner
	}
	for _, w := range reviewWords {
		if rest, ok := cutReviewSuffix(s, w); ok {
			t.reviewed = true
			return rest
		}
	}
	return s
}

func brackets(s string) bool { return strings.HasPrefix(s, "(") || strings.HasPrefix(s, "[") }

// cutReviewPrefix takes off "Movie Review:", "REVIEW –", "[Review]", "Review of".
func cutReviewPrefix(s, w string) (string, bool) {
	bracket := strings.HasPrefix(s, "[") || strings.HasPrefix(s, "(")
	if bracket {
		s = s[1:]
	}
	if len(s) < len(w) || !strings.EqualFold(s[:len(w)], w) { // CRÍTICA
		return s, false
	}
	rest := s[len(w):]
	if bracket {
		if rest == "" || rest[0] != ']' && rest[0] != ')' {
			return s, false
		}
		return strings.TrimLeft(rest[1:], " :-–—|"), true
	}
	if hasPrefixFold(rest, " of ") || hasPrefixFold(rest, " for ") {
		return strings.TrimSpace(rest[strings.Index(rest[1:], " ")+1:]), true
	}
	trimmed := strings.TrimLeft(rest, " ")
	for _, sep := range [...]string{":", "|", "–", "—", "-", "//", "»", "·"} {
		if after, ok := strings.CutPrefix(trimmed, sep); ok && (sep != "-" || after == "" || after[0] == ' ') && strings.TrimSpace(after) != "" {
			return strings.TrimSpace(after), true
		}
	}
	if inner, _ := cutQuoted(trimmed); inner != "" && trimmed != rest {
		return trimmed, true
	}
	return s, false
}

// cutReviewSuffix takes off "(Film Review)", "– Movie Review", "review", and
// "review – what a headline adds".
func cutReviewSuffix(s, w string) (string, bool) {
	at := lastIndexFold(s, w)
	if at <= 0 {
		return s, false
	}
	front, after := s[:at], strings.TrimLeft(s[at+len(w):], " )]")
	switch r, _ := utf8.DecodeRuneInString(after); {
	case after == "":
	case strings.ContainsRune("–—|:-", r) && len(front) > 0 && !brackets(after):
	case brackets(after) && strings.HasSuffix(front, " "):
		// "Mulan review (2020)"
		return strings.TrimRight(front, " -–—:|([") + " " + after, true
	default:
		return s, false
	}
	last := front[len(front)-1]
	if last != ' ' && last != '(' && last != '[' {
		return s, false
	}
	front = strings.TrimRight(front, " -–—:|([,")
	for _, article := range [...]string{": a", " - a", " – a", ": the"} {
		front = cutSuffixFold(front, article)
	}
	return front, front != "" && !equalFold(front, "the") && !equalFold(front, "a")
}

// cutBrackets reads the brackets at the end: a year, a director, the original
// title, countries.
func (t *titled) cutBrackets(s string) string {
	for range 3 {
		s = strings.TrimRight(s, " .")
		if s == "" || s[len(s)-1] != ')' && s[len(s)-1] != ']' {
			return s
		}
		at := openingBracket(s)
		if at <= 0 {
			return s
		}
		in, front := s[at+1:len(s)-1], strings.TrimRight(s[:at], " ")
		if front == "" || !t.readBracket(in, front) {
			return s
		}
		s = front
	}
	return s
}

// openingBracket is where the bracket at the end of s was opened.
func openingBracket(s string) int {
	depth := 0
	for i := len(s) - 1; i >= 0; i-- {
		switch s[i] {
		case ')', ']':
			depth++
		case '(', '[':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// readBracket reads what stands in a bracket behind a film's title, and reports
// whether it was understood. What may be two things is none.
func (t *titled) readBracket(in, film string) bool {
	in = strings.TrimSpace(in)
	if year := exactYear(in); year > 0 {
		t.setYear(year)
		return true
	}
	rest, year := cutYear(in)
	if director, ok := cutDirectorLabel(rest); ok {
		t.directors, _ = names(director)
		t.setYear(year)
		return len(t.directors) > 0
	}
	if countries := countriesIn(rest); countries != nil && rest != "" {
		t.countries = countries
		t.setYear(year)
		return true
	}
	if year == 0 {
		return false
	}
	t.setYear(year)
	switch people, ok := names(rest); {
	case ok && allNames(people, film):
		t.directors = people
	case foreignTitle(rest, film):
		t.original = rest
	}
	return true
}

func (t *titled) setYear(year int) {
	if t.year == 0 {
		t.year = year
	}
}

// cutDirectorLabel takes "dir.", "directed by" and the like off.
func cutDirectorLabel(s string) (string, bool) {
	for _, label := range [...]string{"directed by ", "director: ", "director ", "dir. ", "dir: ", "dir ", "d. ", "d: ", "by "} {
		if hasPrefixFold(s, label) {
			return strings.TrimSpace(s[len(label):]), true
		}
	}
	return s, false
}

// allNames reports that everyone in a list looks like a person with a first and
// a last name, and not like the film under another title.
func allNames(people []string, film string) bool {
	for _, p := range people {
		words := strings.Fields(p)
		if len(words) < 2 || len(words) > 4 || startsWithArticle(words[0]) {
			return false
		}
		capitals := 0
		for _, w := range words {
			if isParticle(w) {
				continue
			}
			if r, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(r) {
				return false
			}
			if capitals++; capitals > 3 || len(w) > 3 && containsFold(film, w) {
				return false
			}
		}
		if capitals < 2 {
			return false
		}
	}
	return len(people) > 0
}

// foreignTitle reports what can only be a title: it begins with an article, or
// has a word in lower case that no name has.
func foreignTitle(s, film string) bool {
	words := strings.Fields(s)
	if len(words) < 2 {
		return strings.Contains(s, "'") && startsWithArticle(s)
	}
	if startsWithArticle(words[0]) || len(words) > 4 {
		return true
	}
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		if unicode.IsLower(r) && !isParticle(w) || len(w) > 3 && containsFold(film, w) {
			return true
		}
	}
	return false
}

func startsWithArticle(w string) bool {
	if i := strings.IndexAny(w, "'’"); i == 1 && (w[0]|0x20 == 'l') {
		return true
	}
	switch strings.ToLower(w) {
	case "the", "a", "an", "le", "la", "les", "un", "une", "der", "die", "das", "ein", "eine", "il", "lo", "gli",
		"el", "los", "las", "o", "os", "as", "het", "een", "de", "den", "det":
		return true
	}
	return false
}

func isParticle(w string) bool {
	switch w {
	case "de", "del", "della", "di", "da", "dos", "du", "van", "von", "der", "den", "ter", "la", "le", "al", "el", "bin", "ibn", "y", "e", "af", "zu":
		return true
	}
	return false
}
