package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// The codes of warnings.
const (
	ratingConflict   = "rating.conflict"
	ratingLost       = "rating.value_lost"
	creditsLost      = "credits.names_lost"
	textLost         = "text.names_lost"
	frontMatterValue = "front_matter.value"
	titleFromFile    = "title.from_file_name"
	jsonldBroken     = "page.json_ld"
)

// maxBlanks is how many blanks one warning shows.
const maxBlanks = 5

// blanks finds the places where names stood that were links and did not survive:
// "one of her teachers () has", "played by , who". It shows the words around
// each and guesses nothing.
func (b *body) blanks() []string {
	var found []string
	for i := range b.runs {
		if b.runs[i].meta {
			continue
		}
		text := b.at(i)
		if !mayHaveBlanks(text) {
			continue
		}
		for at := 0; at < len(text) && len(found) < maxBlanks; at++ {
			switch text[at] {
			case '(':
				if end := emptyBracket(text, at); end > 0 {
					found = append(found, around(text, at, end))
				}
			case ' ':
				if at+1 < len(text) && text[at+1] > 'a' {
					continue
				}
				if end := afterPreposition(text, at); end > 0 {
					found = append(found, around(text, at, end))
				}
			}
		}
	}
	return found
}

// mayHaveBlanks is a quick look for what every blank has.
func mayHaveBlanks(text string) bool {
	for _, sign := range [...]string{" ,", " .", " ;", " )", "()", "( ", "(,", "(;", " by and "} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// emptyBracket is the end of a bracket with nothing or only commas in it, 0 for
// any other. One that touches a word, as in "main()", is meant to be empty.
func emptyBracket(s string, at int) int {
	if at > 0 && s[at-1] != ' ' && s[at-1] != '\n' {
		return 0
	}
	for i := at + 1; i < len(s); i++ {
		switch s[i] {
		case ')':
			return i + 1
		case ' ', ',', ';':
		default:
			return 0
		}
	}
	return 0
}

// prepositions are the words that a name follows and a comma never does.
var prepositions = map[string]bool{
	"by": true, "with": true, "from": true, "of": true, "starring": true, "director": true, "actor": true,
	"actress": true, "as": true, "stars": true, "writer": true, "composer": true, "named": true,
}

// afterPreposition is the end of " ," or " ." where the word in front of it wants
// a name, and of "by and"; 0 elsewhere.
func afterPreposition(s string, at int) int {
	if at == 0 || at+1 >= len(s) {
		return 0
	}
	end := 0
	switch c := s[at+1]; {
	case c == ',' || c == ';' || c == ')':
		end = at + 2
	case c == '.' && (at+2 == len(s) || s[at+2] == ' ' || s[at+2] == '\n'):
		end = at + 2
	case c == 'a' && strings.HasPrefix(s[at:], " and ") && strings.HasSuffix(s[:at], " by") && !strings.HasPrefix(s[at:], " and large"):
		end = at + len(" and")
	default:
		return 0
	}
	word := s[strings.LastIndexAny(s[:at], " \n(")+1 : at]
	if !prepositions[strings.ToLower(word)] {
		return 0
	}
	return end
}

// around is what stands around a place, a few words on either side.
func around(s string, from, to int) string {
	const reach = 32
	start, end := max(0, from-reach), min(len(s), to+reach)
	for start > 0 && s[start-1] != ' ' && start < from {
		start++
	}
	for end < len(s) && s[end] != ' ' && end > to {
		end--
	}
	for start < len(s) && !utf8.RuneStart(s[start]) {
		start++
	}
	for end < len(s) && end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimFunc(strings.ReplaceAll(s[start:end], "\n", " "), unicode.IsSpace)
}

// damage warns of what did not survive.
func (u *understanding) damage() {
	r := &u.review
	var roles []string
	for _, c := range r.Credits {
		if c.Lost {
			roles = append(roles, c.Role)
		}
	}
	if roles != nil {
		r.Warn(creditsLost, "credits", "no names behind: "+strings.Join(roles, ", "))
	}
	if blanks := u.body.blanks(); blanks != nil {
		r.Warn(textLost, "body_text", strings.Join(blanks, " | "))
	}
	if r.Rating.Kind == review.Lost {
		detail := "the value is gone"
		if r.Rating.Raw != "" {
			detail += ", only " + strings.Trim(clip(r.Rating.Raw, 80), "()") + " is left"
		} else if !r.Rating.Best.IsZero() {
			detail += ", only the best, " + r.Rating.Best.String() + ", is left"
		}
		r.Warn(ratingLost, "rating", detail)
	}
}
