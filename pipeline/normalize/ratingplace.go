package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// maxRatingLine is longer than a line that is a rating and not a sentence.
const maxRatingLine = 160

// textFinding is a rating at a place of the text, without the remark behind it.
func textFinding(g grade, raw string, at int) finding {
	if g.head != "" && strings.HasPrefix(raw, g.head) {
		raw = g.head
	}
	g.rating.FoundIn = inText
	g.rating.Raw = raw
	g.rating.Span = review.Span{Start: at, End: at + len(raw)}
	return finding{grade: g, strength: strengthText}
}

// labelledRating reads "My rating: 3/5 - a remark". What a label is followed by
// and is no rating (a composer after "score", a certificate) is left alone.
func labelledRating(line string, at int, scale review.Scale, basis review.Basis) (finding, bool) {
	label, rest := cutLabel(line)
	if label == "" || !ownLabel(label) {
		return finding{}, false
	}
	if rest = beforeForeign(rest); foreignValue(rest) {
		return finding{}, false
	}
	value := strings.TrimSpace(rest)
	g := understand(value, scale, basis)
	switch g.rating.Kind {
	case review.Invalid:
		if g.torn || g.outside {
			break
		}
		return firstRating(value, at+strings.Index(line, value), scale, basis)
	case review.Unrated:
		if value != "" || !strings.Contains(line, ":") || !lostLabel(label) {
			return finding{}, false
		}
		g.rating.Kind, value = review.Lost, line // the stars were pictures
	case review.Ambiguous:
		if g.plain && (g.number.Cmp(review.Int(10)) > 0) {
			return finding{}, false // 12, 15, 18: a certificate
		}
	case review.Scored:
		if g.rating.Letter != "" && len(value) == 1 && equalFold(label, "rated") {
			return finding{}, false
		}
	}
	return textFinding(g, value, at+strings.Index(line, value)), true
}

// firstRating reads a rating that a remark follows without a sign between them:
// "3/5 and worth every minute".
func firstRating(value string, at int, scale review.Scale, basis review.Basis) (finding, bool) {
	for _, end := range [...]string{". ", ", ", " - ", " – ", " — ", " (", "; ", " and ", " but ", " stars", " | "} {
		i := strings.Index(value, end)
		if i <= 0 || i > 40 {
			continue
		}
		if end == " stars" {
			i += len(end)
		}
		head := value[:i]
		g := understand(head, scale, basis)
		if k := g.rating.Kind; (k == review.Scored && usualBest(g.rating.Best) || k == review.Verdicted) && !foreignValue(value[i:]) {
			return textFinding(g, head, at), true
		}
	}
	return finding{}, false
}

// lostLabel are the labels behind which nothing but a rating can have stood.
func lostLabel(label string) bool {
	switch strings.ToLower(label) {
	case "rating", "my rating", "our rating", "star rating", "overall rating", "final rating", "stars", "my score", "final score", "overall score", "my grade":
		return true
	}
	return false
}

// beforeForeign cuts off somebody else's rating that stands behind the critic's own,
// with a number of its own: "8/10 (IMDb: 7.2)". In "7.4/10 (IMDb)" it is theirs.
func beforeForeign(s string) string {
	for _, sign := range [...]string{" (", " [", " | ", "; ", ", "} {
		head, tail, ok := strings.Cut(s, sign)
		if !ok || foreignValue(head) || !strings.ContainsAny(head, "0123456789★⭐") {
			continue
		}
		end := strings.IndexFunc(tail, func(r rune) bool { return r >= '0' && r <= '9' })
		if end > 0 && foreignValue(tail[:end]) && !strings.ContainsAny(tail[:end], ",;(") {
			return head
		}
	}
	return s
}

// foreignValue reports that what is said is somebody else's rating, or a part's.
func foreignValue(s string) bool {
	for _, w := range [...]string{"imdb", "rotten tomatoes", "metacritic", "tomatometer", "letterboxd", "cinemascore", "audience", "mpaa", "difficulty",
		" votes)", " vote)", " votes,"} {
		if containsFold(s, w) {
			return true
		}
	}
	return false
}

// loneRating reads a line that is a rating and nothing else.
func loneRating(line string, at int, scale review.Scale, basis review.Basis) (finding, bool) {
	if len(line) > 80 || !mayBeRating(line) {
		if marker := lostMarker(line); marker != "" {
			return lostFinding(line, marker, at), true
		}
		return finding{}, false
	}
	g := understand(line, scale, basis)
	r := &g.rating
	ok := false
	switch r.Kind {
	case review.Scored:
		ok = !g.plain && !g.weak && usualBest(r.Best) && (r.Letter == "" || len(r.Letter) == 2 && gradeLine(line))
	case review.Lost:
		ok = usualBest(r.Best)
	case review.Ambiguous:
		ok = (!g.plain || halfAlone(line)) && strings.Trim(line, "* ") != "" && !ornament(line)
	case review.Invalid:
		ok = g.torn
	case review.Verdicted:
		ok = sideTaken(line)
	}
	if ok && !foreignValue(line) {
		return textFinding(g, line, at), true
	}
	if marker := lostMarker(line); marker != "" {
		return lostFinding(line, marker, at), true
	}
	return finding{}, false
}

// asteriskRow reports four or five asterisks. One is a footnote's, two are what is left
// of Markdown, three part a text or end it, and more are drawn for show.
func asteriskRow(line string) bool { return line == "****" || line == "*****" }

// gradeLine reports a line that a grade has to itself, but for a remark in brackets.
func gradeLine(line string) bool {
	end := line[len(line)-1]
	return len(line) <= 8 || end == ')' || end == ']'
}

// halfAlone reports half a star that is drawn by its fraction alone.
func halfAlone(line string) bool { return line == "½" }

// ornament reports signs that are drawn between parts of a text or behind it, and not
// counted: one heart, "● ● ●". Stars are counted more often than not.
func ornament(line string) bool {
	t, end := lexSigns(line, 0)
	if t.all == 0 || end < len(line) || strings.ContainsAny(line, "★☆⭐🌟🌕🌗") {
		return false
	}
	return t.all == 1 || strings.Contains(line, " ")
}

// sideTaken reports a verdict that is one without a label. "Recommended" alone
// is the headline of a list of links as often.
func sideTaken(line string) bool {
	return containsFold(line, "thumb") || strings.ContainsAny(line, "👍👎") || hasPrefixFold(line, "highly recommended") ||
		hasPrefixFold(line, "not recommended") || hasPrefixFold(line, "certified fresh")
}

// lostMarker is "(out of 5)" at the end of a line where no value stands in front
// of it, "" if there is none.
func lostMarker(line string) string {
	at := lastIndexFold(line, "(out of ")
	if at < 0 {
		return ""
	}
	marker := line[at:]
	end := strings.IndexByte(marker, ')')
	if end < 0 || strings.Trim(marker[end+1:], " .") != "" {
		return ""
	}
	before := strings.TrimRight(line[:at], " ")
	if last, _ := utf8.DecodeLastRuneInString(before); unicode.IsDigit(last) || glyphOf(last) != 0 || fraction(last) > 0 {
		return ""
	}
	word := strings.ToLower(before[strings.LastIndexByte(before, ' ')+1:])
	if _, number := numberWords[word]; number || unitWord(word) && strings.Contains(before, " ") || word == "half" {
		return ""
	}
	return marker[:end+1]
}

func lostFinding(line, marker string, at int) finding {
	g := understand(marker, review.Scale{}, review.BasisStated)
	return textFinding(g, marker, at+strings.Index(line, marker))
}

// saidRatings reads what the first or the last paragraph says: "... a joy. 4/5",
// "I give it three and a half out of four stars".
func (b *body) saidRatings(scale review.Scale, basis review.Basis) []finding {
	from, to := -1, -1
	for i := range b.runs {
		if r := &b.runs[i]; !r.dropped && !r.meta && r.to > r.from && !heading(r.tag) {
			if from < 0 {
				from = i
			}
			to = i
		}
	}
	if to < 0 {
		return nil
	}
	if f, ok := b.saidRating(to, scale, basis); ok {
		return []finding{f}
	}
	if from != to {
		if f, ok := b.saidRating(from, scale, basis); ok {
			return []finding{f}
		}
	}
	return nil
}

func (b *body) saidRating(i int, scale review.Scale, basis review.Basis) (finding, bool) {
	text, at := b.at(i), b.runs[i].from
	if f, ok := ratingAtEnd(text, at, scale, basis); ok {
		return f, true
	}
	if f, ok := ratingGiven(text, at, scale, basis); ok {
		return f, true
	}
	if f, ok := ratingAtStart(text, at, scale, basis); ok {
		return f, true
	}
	if at2 := indexFold(text, "(out of "); at2 >= 0 {
		if end := strings.IndexByte(text[at2:], ')'); end > 0 {
			if marker := lostMarker(text[:at2+end+1]); marker != "" {
				return lostFinding(text, marker, at), true
			}
		}
	}
	return finding{}, false
}

// said reports a rating that prose can hold: with its scale, or in stars.
func said(g grade) bool {
	if g.rating.Letter != "" || g.weak || g.plain {
		return false
	}
	switch g.rating.Kind {
	case review.Scored:
		return usualBest(g.rating.Best)
	case review.Ambiguous:
		return true
	}
	return false
}

// ratingAtEnd reads a rating behind the last sentence: its own sentence, or in
// brackets, or behind a dash.
func ratingAtEnd(text string, at int, scale review.Scale, basis review.Basis) (finding, bool) {
	text = strings.TrimRight(text, " \n")
	tail := max(0, len(text)-64)
	for i := len(text); i > tail; {
		r, width := utf8.DecodeLastRuneInString(text[:i])
		i -= width
		switch r {
		case '.', '!', '?', '\n', '(', '[', '–', '—', '-', ':', '…', '”', '"', ')':
		default:
			continue
		}
		rest := text[i+width:]
		if r == '(' || r == '[' {
			rest = text[i:]
		} else if rest == "" || rest[0] != ' ' && r != '\n' {
			continue
		}
		value := strings.TrimSpace(rest)
		if value == "" || !mayBeRating(value) || strings.Trim(value, "* ") == "" {
			continue
		}
		if !ownWords(text[:i], r) {
			return finding{}, false
		}
		if g := understand(value, scale, basis); said(g) && !foreignValue(value) {
			return textFinding(g, value, at+strings.LastIndex(text, value)), true
		}
	}
	return finding{}, false
}

// ownWords reports that what stands in front of a rating at the end of a text
// does not make it that of a part of the film or of somebody else: a label must be
// one for ratings, and no other site may be named.
func ownWords(before string, sign rune) bool {
	clause := before[strings.LastIndexAny(before, ".!?\n")+1:]
	if foreignValue(clause) {
		return false
	}
	if sign == ':' {
		return labelWords(clause) && ownLabel(clause)
	}
	return len(clause) > 40 || ownLabel(clause)
}

// ratingAtStart reads a rating in front of the first sentence.
func ratingAtStart(text string, at int, scale review.Scale, basis review.Basis) (finding, bool) {
	if row := starRow(text); row != "" {
		if g := understand(row, scale, basis); said(g) {
			return textFinding(g, row, at), true
		}
	}
	head := clip(text, 48)
	for _, end := range [...]string{". ", " - ", " – ", " — ", ": ", "\n", "! "} {
		i := strings.Index(head, end)
		if i <= 0 || !mayBeRating(head[:i]) || foreignValue(head[i:]) {
			continue
		}
		if g := understand(head[:i], scale, basis); said(g) {
			return textFinding(g, head[:i], at), true
		}
	}
	return finding{}, false
}

// starRow is the row of stars that a text begins with, "" for none. Asterisks mark
// many other things.
func starRow(text string) string {
	r, _ := utf8.DecodeRuneInString(text)
	if r < 0x80 || glyphOf(r) == 0 {
		return ""
	}
	t, end := lexSigns(text, 0)
	if f, width := utf8.DecodeRuneInString(text[end:]); fraction(f) > 0 {
		end += width
	}
	if t.all < 2 || t.kind != signs || end >= len(text) || text[end] != ' ' && text[end] != '\n' {
		return ""
	}
	return text[:end]
}

// givings are the ways a critic says that a rating follows.
var givings = [...]string{
	"i give it ", "i give this ", "i'd give it ", "i’d give it ", "i'd give this ", "i’d give this ", "i gave it ",
	"i would give it ", "i would give this ", "i'm giving it ", "i’m giving it ", "i rate it ", "i'd rate it ",
	"i’d rate it ", "i rate this ", "we give it ", "i have to give it ", "i'll give it ", "i’ll give it ",
	"it gets ", "this gets ", "it earns ", "my rating is ", "my score is ", "from me: ", "i give the film ",
	"i give the movie ", "i give this film ", "i give this movie ", "i give this one ", "i'm giving this one ", "i’m giving this one ", "i'd give this one ",
	"i’d give this one ", "i'm giving this film ", "i’m giving this film ", "i'd give the film ", "i'd give this film ",
}

// ratingGiven reads "I give it 4 out of 5 stars", where the sentence ends there.
func ratingGiven(text string, at int, scale review.Scale, basis review.Basis) (finding, bool) {
	if !containsFold(text, "gi") && !containsFold(text, "rat") && !containsFold(text, "gets") && !containsFold(text, "earns") && !containsFold(text, "from me") {
		return finding{}, false
	}
	for _, g := range givings {
		i := lastIndexFold(text, g)
		if i < 0 || i > 0 && text[i-1] != ' ' && text[i-1] != '\n' && text[i-1] != '(' {
			continue
		}
		rest := text[i+len(g):]
		end := len(rest)
		for j := range min(len(rest), 64) {
			if sentenceEnd(rest, j) > 0 || rest[j] == ',' && (j+1 == len(rest) || rest[j+1] == ' ') || rest[j] == '\n' {
				end = j
				break
			}
		}
		value := rest[:min(end, 64)]
		for _, mine := range [...]string{" from me", " overall", " in the end"} {
			value = strings.TrimSuffix(value, mine)
		}
		for _, article := range [...]string{"a solid ", "a ", "an ", "only "} {
			if hasPrefixFold(value, article) {
				value = value[len(article):]
				break
			}
		}
		if found := understand(value, scale, basis); said(found) || found.rating.Letter != "" && len(value) > 1 {
			return textFinding(found, value, at+i+len(g)+strings.Index(rest, value)), true
		}
	}
	return finding{}, false
}
