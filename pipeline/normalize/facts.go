package normalize

import (
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// facts are what the lines of a text say of the film besides its credits.
type facts struct {
	year      int // beside the countries: when it was made, not where it was shown
	countries []string
	festivals []review.Honour
}

// maxFactLine is longer than a line of facts.
const maxFactLine = 120

// facts reads "UK/USA 2010, 103 min" and "London Film Festival 2010".
func (b *body) facts() facts {
	var f facts
	b.lines(func(i int, line string, _ int) {
		if len(line) < 4 || len(line) > maxFactLine || b.runs[i].meta ||
			!strings.ContainsAny(line, "12") && !containsFold(line, "festival") {
			return
		}
		if c, year := factLine(line); c != nil {
			if f.countries == nil {
				f.countries, f.year = c, year
			}
			b.markFact(i)
		} else if h, ok := festivalLine(line); ok {
			f.festivals = append(f.festivals, h)
			b.markFact(i)
		}
	})
	return f
}

// markFact says that a run is no text of the critic's own, if it is one line.
func (b *body) markFact(i int) {
	if !strings.Contains(b.at(i), "\n") {
		b.runs[i].meta = true
	}
}

// factLine reads a line that has nothing in it but countries, a year, and what
// stands beside them in catalogues. It is nil without both.
func factLine(line string) (list []string, year int) {
	line = strings.Trim(line, "()[]. ")
	if label, rest, ok := strings.Cut(line, ":"); ok {
		if l := strings.ToLower(label); l != "country" && l != "countries" && l != "year" && l != "origin" {
			return nil, 0
		}
		line = rest
	}
	for part := range strings.FieldsFuncSeq(line, func(r rune) bool {
		return r == ',' || r == '|' || r == '·' || r == '•' || r == ';' || r == '(' || r == ')' || r == '.' || r == '/'
	}) {
		part = strings.Trim(part, " -–—")
		rest, y := cutYear(part)
		if y == 0 {
			if y = exactYear(part); y != 0 {
				rest = ""
			}
		}
		c := countriesIn(rest)
		switch {
		case y != 0 && year != 0:
			return nil, 0
		case y != 0 && (rest == "" || c != nil), c != nil:
		case part == "" || catalogueWord(part):
		default:
			return nil, 0
		}
		if y != 0 {
			year = y
		}
		for _, name := range c {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	if year == 0 {
		return nil, 0
	}
	return list, year
}

// catalogueWord is what else stands in such a line: a length, a certificate, a
// colour.
func catalogueWord(s string) bool {
	s = strings.ToLower(s)
	digits := strings.TrimLeft(s, "0123456789")
	if digits != s {
		switch strings.TrimSpace(digits) {
		case "", "m", "min", "mins", "minutes", "a", "certificate":
			return true
		}
		return false
	}
	switch s {
	case "r", "pg", "pg-13", "nc-17", "g", "u", "nr", "rated r", "rated pg", "rated pg-13", "unrated", "colour", "color",
		"b&w", "black and white", "dir", "drama", "comedy", "horror", "thriller", "documentary", "animation", "western",
		"romance", "science fiction", "sci-fi", "action", "adventure", "crime", "fantasy", "war", "musical":
		return true
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
	if len(words) > 8 || !strings.HasSuffix(strings.ToLower(name), "film festival") {
		return review.Honour{}, false
	}
	for _, w := range words {
		if c := w[0]; c >= 'a' && c <= 'z' && !isParticle(w) && w != "of" && w != "the" && w != "and" {
			return review.Honour{}, false
		}
	}
	return review.Honour{Name: name, Year: year}, true
}
