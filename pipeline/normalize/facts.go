package normalize

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// facts are what the lines of a text say of the film besides its credits.
type facts struct {
	year      int // beside the countries: when it was made, not where it was shown
	countries []string
	festivals []review.Honour
	awards    []review.Honour
	companies []string
	original  string // title
}

// add notes what one line says. The first to name a year or countries is the one
// about this film.
func (f *facts) add(c *catalogue) {
	if f.year == 0 {
		f.year = c.year
	}
	if f.countries == nil {
		f.countries = c.countries
	}
	if f.companies == nil {
		f.companies = c.companies
	}
	f.original = first(f.original, c.original)
	f.festivals = append(f.festivals, c.festivals...)
	f.awards = append(f.awards, c.awards...)
}

// catalogue is a line as catalogues and listings have it: "Dir. Ken Loach, UK
// 1969, 110 mins".
type catalogue struct {
	year      int
	countries []string
	festivals []review.Honour
	awards    []review.Honour
	companies []string
	original  string
	credits   []review.Credit
	words     int    // lengths, certificates, genres
	labelled  bool   // something stands behind a label of its own
	role      string // of the names that may follow
	loose     bool   // behind a label whose values may be anything
	shown     bool   // behind a festival whose year may follow
}

// maxFactLine is longer than a line of facts.
const maxFactLine = 160

// readCatalogue reads a line that has nothing in it but what catalogues say of a
// film, and at least two such things, or one behind a label. A year in brackets is
// enough near the top.
func readCatalogue(line string, top bool) (c catalogue, ok bool) {
	if len(line) < 4 || len(line) > maxFactLine || !strings.ContainsAny(line, "0123456789") && !containsFold(line, "film festival") {
		return c, false
	}
	if h, ok := festivalLine(line); ok {
		return catalogue{festivals: []review.Honour{h}}, true
	}
	for part := range factParts(line) {
		if part = strings.Trim(part, " -–—."); part != "" && !c.take(part) {
			return catalogue{}, false
		}
	}
	things := 0
	for _, has := range [...]bool{c.year != 0, c.countries != nil, c.festivals != nil, len(c.credits) > 0, c.words > 0, c.words > 1, c.labelled} {
		if has {
			things++
		}
	}
	switch {
	case c.year == 0 && c.countries == nil && c.festivals == nil && c.words == 0:
		return catalogue{}, false // credits alone are read as such
	case things > 1, c.festivals != nil, c.words > 0 && c.year == 0:
		return c, true
	}
	return c, top && c.year != 0 && (line[0] == '(' || line[0] == '[')
}

// factParts splits such a line at its signs.
func factParts(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		from := 0
		for i := 0; i < len(line); {
			width := factSign(line, i)
			if width == 0 {
				i++
				continue
			}
			if !yield(line[from:i]) {
				return
			}
			i += width
			from = i
		}
		yield(line[from:])
	}
}

// factSign is the width of what sets two facts apart at i, 0 for anything else.
func factSign(line string, i int) int {
	switch line[i] {
	case ',':
		if isGeneration(line[i+1:]) {
			return 0
		}
		return 1
	case ';', '|', '(', ')', '[', ']', '/':
		return 1
	case '.':
		word := line[strings.LastIndexAny(line[:i], " ,;|/(.")+1 : i]
		if (i+1 == len(line) || line[i+1] == ' ') && len(word) > 2 && !equalFold(word, "dir") {
			return 1
		}
	case ' ':
		for _, dash := range [...]string{" - ", " – ", " — "} {
			if strings.HasPrefix(line[i:], dash) {
				return len(dash)
			}
		}
	case 0xc2, 0xe2:
		if r, width := utf8.DecodeRuneInString(line[i:]); r == '·' || r == '•' {
			return width
		}
	}
	return 0
}

// take reads one part of the line, and reports whether it is of the kind that
// stands in one.
func (c *catalogue) take(part string) bool {
	if label, value, ok := strings.Cut(part, ":"); ok && c.takeLabelled(strings.ToLower(strings.TrimSpace(label)), strings.TrimSpace(value)) {
		return true
	}
	if role, rest, ok := cutRole(part); ok {
		c.role, c.loose = role, false
		return rest == "" || c.takeNames(rest)
	}
	if h, ok := festivalLine(part); ok {
		c.festivals, c.shown = append(c.festivals, h), h.Year == 0
		return true
	}
	if year := exactYear(part); year != 0 && c.shown {
		c.festivals[len(c.festivals)-1].Year, c.shown = year, false
		return true
	}
	if c.takeMaking(part) {
		c.role, c.loose = "", false
		return true
	}
	if catalogueWord(part) {
		c.role = ""
		if strings.Trim(part, "0123456789") != "" {
			c.words++
		}
		return true
	}
	return c.role != "" && c.takeNames(part) || c.loose
}

// takeMaking reads where and when a film was made: "UK 1969", "UK", "1969".
func (c *catalogue) takeMaking(part string) bool {
	rest, year := part, exactYear(part)
	if year != 0 {
		rest = ""
	} else {
		rest, year = cutYear(part)
	}
	list := countriesIn(rest)
	if list == nil && (rest != "" || year == 0) || year != 0 && c.year != 0 {
		return false
	}
	if year != 0 {
		c.year = year
	}
	for _, name := range list {
		if !slices.Contains(c.countries, name) {
			c.countries = append(c.countries, name)
		}
	}
	return true
}

// takeLabelled reads "Country: UK", "Running time: 110 mins".
func (c *catalogue) takeLabelled(label, value string) bool {
	switch label {
	case "country", "countries", "origin", "country of origin", "year", "year of release", "release year":
		c.role, c.loose, c.labelled = "", false, true
		return c.takeMaking(value)
	case "running time", "run time", "runtime", "length", "duration", "time", "certificate", "certification", "cert", "mpaa", "mpaa rating",
		"genre", "genres", "language", "languages", "in", "format", "aspect ratio", "distributor", "studio", "production company",
		"release date", "released", "uk release", "us release", "release":
		c.role, c.loose, c.labelled = "", true, true
		c.words++
		return true
	}
	return false
}

// takeNames reads the people behind a label, and a year or countries that no sign
// sets apart from them: "Ken Loach 1969".
func (c *catalogue) takeNames(s string) bool {
	if rest, year := cutYear(s); year != 0 && c.year == 0 {
		s, c.year = rest, year
	}
	people, ok := names(s)
	if !ok || len(people) == 0 {
		return false
	}
	if n := len(c.credits); n > 0 && c.credits[n-1].Role == c.role {
		c.credits[n-1].Names = append(c.credits[n-1].Names, people...)
	} else {
		c.credits = append(c.credits, review.Credit{Role: c.role, Names: people})
	}
	return true
}

// cutRole takes the label of a credit off the front. In such a line "Dir" needs
// no sign behind it.
func cutRole(part string) (role, rest string, ok bool) {
	if l, rest, ok := cutCreditLabel(part); ok && l.also == "" {
		return l.role, rest, true
	}
	for _, label := range [...]string{"directed by ", "dir. ", "dir: ", "dir ", "d. ", "d: "} {
		if hasPrefixFold(part, label) {
			return "director", strings.TrimSpace(part[len(label):]), true
		}
	}
	return "", part, equalFold(part, "dir") || equalFold(part, "director")
}

// catalogueWord is what else stands in such a line: a length, a certificate, a
// colour, a genre.
func catalogueWord(s string) bool {
	if len(s) > 24 {
		return false
	}
	s = strings.ToLower(s)
	for _, p := range [...]string{"certificate ", "cert. ", "cert ", "rated "} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			s = rest
			break
		}
	}
	if unit := strings.TrimLeft(s, "0123456789"); unit != s && unit != "" {
		return isLength(strings.TrimSpace(unit))
	}
	switch s {
	case "12", "15", "16", "18":
		return true
	case "r", "pg", "pg-13", "nc-17", "g", "u", "nr", "unrated", "tbc", "colour", "color",
		"b&w", "bw", "black and white", "subtitled", "subtitles", "silent", "3d", "imax",
		"drama", "comedy", "horror", "thriller", "documentary", "animation", "western", "biography", "biopic",
		"romance", "science fiction", "sci-fi", "action", "adventure", "crime", "fantasy", "war", "musical", "mystery", "family", "short":
		return true
	}
	return false
}

// isLength reports what follows the digits of a length or of a certificate: "min",
// "h 43m", "A".
func isLength(unit string) bool {
	switch unit {
	case "m", "min", "mins", "min.", "mins.", "minutes", "minute", "minuten", "'", "′", "’", "a", "a certificate", "certificate", "+",
		"h", "hr", "hrs", "hour", "hours":
		return true
	}
	for _, hours := range [...]string{"h", "hrs", "hr", "hours", "hour"} {
		if rest, ok := strings.CutPrefix(unit, hours); ok {
			rest = strings.TrimLeft(rest, " .0123456789")
			return rest == "" || rest == "m" || rest == "min" || rest == "mins" || rest == "minutes"
		}
	}
	return false
}

// festivalLine reads a line that names a festival.
func festivalLine(line string) (review.Honour, bool) {
	if len(line) > 80 || !containsFold(line, "film festival") {
		return review.Honour{}, false
	}
	line = strings.Trim(line, ".() ")
	line = strings.TrimPrefix(strings.TrimPrefix(line, "Seen at the "), "Screened at the ")
	name, year := cutYear(strings.ReplaceAll(strings.ReplaceAll(line, "(", " "), ")", ""))
	name = strings.Join(strings.Fields(strings.Trim(name, " ,-–")), " ")
	words := strings.Fields(name)
	if len(words) > 8 || strings.Contains(name, ",") || !strings.HasSuffix(strings.ToLower(name), "film festival") {
		return review.Honour{}, false
	}
	for _, w := range words {
		if c := w[0]; c >= 'a' && c <= 'z' && !isParticle(w) && w != "of" && w != "the" && w != "and" {
			return review.Honour{}, false
		}
	}
	return review.Honour{Name: name, Year: year}, true
}
