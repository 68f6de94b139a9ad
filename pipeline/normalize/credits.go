package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline/review"
)

// creditLabel is a way to begin a credit line. A label that ends in "by" needs
// no colon; a bare noun does.
type creditLabel struct {
	text  string
	role  string
	also  string
	colon bool
}

// creditLabels, in lower case, longer ones before those they begin with.
var creditLabels = [...]creditLabel{
	{text: "written and directed by", role: "director", also: "writer"},
	{text: "written & directed by", role: "director", also: "writer"},
	{text: "directed and written by", role: "director", also: "writer"},
	{text: "written, directed and produced by", role: "director", also: "writer"},
	{text: "writer/director", role: "director", also: "writer", colon: true},
	{text: "writer-director", role: "director", also: "writer", colon: true},
	{text: "directed by", role: "director"},
	{text: "a film by", role: "director"},
	{text: "directors", role: "director", colon: true},
	{text: "director(s)", role: "director", colon: true},
	{text: "director of photography", role: "cinematographer", colon: true},
	{text: "director", role: "director", colon: true},
	{text: "dir.", role: "director"},
	{text: "dir", role: "director", colon: true},
	{text: "screenplay by", role: "writer"},
	{text: "screenplay", role: "writer", colon: true},
	{text: "written by", role: "writer"},
	{text: "writers", role: "writer", colon: true},
	{text: "writer(s)", role: "writer", colon: true},
	{text: "writer", role: "writer", colon: true},
	{text: "script", role: "writer", colon: true},
	{text: "starring", role: "cast"},
	{text: "stars", role: "cast", colon: true},
	{text: "starred", role: "cast", colon: true},
	{text: "main cast", role: "cast", colon: true},
	{text: "cast", role: "cast", colon: true},
	{text: "actors", role: "cast", colon: true},
	{text: "with", role: "cast", colon: true},
	{text: "featuring", role: "cast", colon: true},
	{text: "produced by", role: "producer"},
	{text: "producers", role: "producer", colon: true},
	{text: "producer", role: "producer", colon: true},
	{text: "cinematography by", role: "cinematographer"},
	{text: "cinematography", role: "cinematographer", colon: true},
	{text: "cinematographer", role: "cinematographer", colon: true},
	{text: "music by", role: "composer"},
	{text: "music", role: "composer", colon: true},
	{text: "score by", role: "composer"},
	{text: "composer", role: "composer", colon: true},
	{text: "edited by", role: "editor"},
	{text: "editor", role: "editor", colon: true},
	{text: "editing", role: "editor", colon: true},
	{text: "regie", role: "director", colon: true},
	{text: "regia", role: "director", colon: true},
	{text: "réalisation", role: "director", colon: true},
	{text: "réalisateur", role: "director", colon: true},
	{text: "réalisatrice", role: "director", colon: true},
	{text: "réalisé par", role: "director"},
	{text: "dirección", role: "director", colon: true},
	{text: "dirigida por", role: "director"},
	{text: "direção", role: "director", colon: true},
	{text: "drehbuch", role: "writer", colon: true},
	{text: "buch", role: "writer", colon: true},
	{text: "scénario", role: "writer", colon: true},
	{text: "guion", role: "writer", colon: true},
	{text: "guión", role: "writer", colon: true},
	{text: "sceneggiatura", role: "writer", colon: true},
	{text: "darsteller", role: "cast", colon: true},
	{text: "besetzung", role: "cast", colon: true},
	{text: "avec", role: "cast", colon: true},
	{text: "reparto", role: "cast", colon: true},
	{text: "musik", role: "composer", colon: true},
	{text: "musique", role: "composer", colon: true},
	{text: "kamera", role: "cinematographer", colon: true},
	{text: "schnitt", role: "editor", colon: true},
}

// maxCreditLine is longer than a line of credits is; what is longer is prose.
const maxCreditLine = 600

// cutCreditLabel finds the label at the beginning of a line.
func cutCreditLabel(line string) (creditLabel, string, bool) {
	if line == "" {
		return creditLabel{}, line, false
	}
	initial := line[0] | 0x20
	for i := range creditLabels {
		l := &creditLabels[i]
		if l.text[0] != initial || !hasPrefixFold(line, l.text) {
			continue
		}
		rest := line[len(l.text):]
		switch {
		case rest == "":
			return *l, "", true
		case rest[0] == ':':
			return *l, strings.TrimSpace(rest[1:]), true
		case strings.HasPrefix(rest, " :"):
			return *l, strings.TrimSpace(rest[2:]), true
		case l.colon || rest[0] != ' ' && rest[0] != ',':
			continue
		}
		return *l, strings.TrimSpace(rest), true
	}
	return creditLabel{}, line, false
}

// isLabelCell reports where a label may stand whose names stand apart from it, and
// isValueCell where they may.
func isLabelCell(tag atom.Atom) bool {
	return tag == atom.Dt || tag == atom.Th || tag == atom.Td || heading(tag)
}

func isValueCell(tag atom.Atom) bool { return tag == atom.Dd || tag == atom.Td || tag == atom.Li }

// creditsIn reads one line, nil where it is none of credits: prose that begins
// like one, "Directed by Jane Campion, this is ...", gives none.
func creditsIn(line string) []review.Credit {
	if len(line) > maxCreditLine {
		return nil
	}
	label, rest, ok := cutCreditLabel(line)
	if !ok {
		return nil
	}
	if label.text == "a film by" && rest == "" {
		return nil
	}
	var list []review.Credit
	for {
		part, next, nextRest := cutNextCredit(rest)
		c, ok := credit(label, part)
		if !ok {
			return nil
		}
		list = append(list, c...)
		if next.text == "" {
			return list
		}
		label, rest = next, nextRest
	}
}

// credit is one label with what stands behind it.
func credit(l creditLabel, rest string) ([]review.Credit, bool) {
	people, ok := names(rest)
	if !ok {
		return nil, false
	}
	c := review.Credit{Role: l.role, Names: people, Lost: len(people) == 0}
	if l.also == "" {
		return []review.Credit{c}, true
	}
	also := c
	also.Role = l.also
	return []review.Credit{c, also}, true
}

// cutNextCredit splits a line of several credits: "Jane Campion. Starring Holly
// Hunter", "Jane Campion | Cast: ...".
func cutNextCredit(s string) (part string, next creditLabel, rest string) {
	for i := 1; i < len(s); i++ {
		switch s[i-1] {
		case ' ', '.', ';', '|', '/', ',':
		default:
			continue
		}
		if c := s[i]; c < 'A' || c > 'Z' {
			continue
		}
		if l, r, ok := cutCreditLabel(s[i:]); ok && r != "" {
			return strings.TrimRight(s[:i], " .;|/,·•-"), l, r
		}
	}
	return s, creditLabel{}, ""
}

// maxNames is more names than a credit line has.
const maxNames = 40

// names reads a list of people, "A, B & C". It is not ok where the text is no
// such list; nothing but commas is a list without names.
func names(s string) ([]string, bool) {
	s = strings.TrimRight(strings.TrimSpace(s), " .;|·")
	var list []string
	for len(s) > 0 {
		var part string
		part, s = cutName(s)
		part = strings.Trim(part, " ,;&|/·•-–\u00a0()")
		part = cutRoleName(part)
		if part == "" || equalFold(part, "and") || equalFold(part, "more") || equalFold(part, "others") || equalFold(part, "et al") {
			continue
		}
		if !isName(part) || len(list) == maxNames {
			return nil, false
		}
		list = append(list, part)
	}
	return list, true
}

// cutName splits a list at its next separator.
func cutName(s string) (name, rest string) {
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == ',' || c == ';' || c == '&' || c == '|' || c == '/':
			if c == ',' && isGeneration(s[i+1:]) {
				continue
			}
			return s[:i], s[i+1:]
		case c == ' ' && hasPrefixFold(s[i:], " and "):
			return s[:i], s[i+len(" and "):]
		case c == ' ' && (hasPrefixFold(s[i:], " with ") || hasPrefixFold(s[i:], " und ")):
			return s[:i], s[i+5:]
		}
	}
	return s, ""
}

// isGeneration reports the Jr. of "Robert Downey, Jr.".
func isGeneration(s string) bool {
	s = strings.TrimLeft(s, " ")
	return hasPrefixFold(s, "jr") || hasPrefixFold(s, "sr.") || strings.HasPrefix(s, "III")
}

// cutRoleName takes off whom an actor plays: "Holly Hunter (Ada)".
func cutRoleName(s string) string {
	if i := strings.IndexByte(s, '('); i > 0 {
		return strings.TrimSpace(s[:i])
	}
	if i := strings.Index(s, " as "); i > 0 {
		return strings.TrimSpace(s[:i])
	}
	return s
}

// isName reports what looks like a person's name: at most six words, in capitals
// except for particles, no digits, no end of a sentence within.
func isName(s string) bool {
	words, capitals := 0, 0
	for w := range strings.FieldsSeq(s) {
		words++
		r, width := utf8.DecodeRuneInString(w)
		switch {
		case unicode.IsUpper(r) || unicode.Is(unicode.Lo, r):
			capitals++
		case isParticle(w):
		case strings.HasPrefix(w, "d'") || strings.HasPrefix(w, "d’") || strings.HasPrefix(w, "‘") || w[0] == '"' || strings.HasPrefix(w, "“") || w[0] == '\'':
		case unicode.IsLower(r) && width < len(w) && capitals > 0 && (w == "ul" || w == "ud-din"):
		default:
			return false
		}
		if strings.HasSuffix(w, ":") || strings.HasSuffix(w, "!") || strings.HasSuffix(w, "?") ||
			strings.HasSuffix(w, ".") && utf8.RuneCountInString(w) > 3 || strings.ContainsAny(w, "0123456789") {
			return false
		}
	}
	return words > 0 && words <= 6 && capitals > 0 && len(s) <= 80
}

// merged joins the credits of one role, and leaves out a lost one where the names
// stand elsewhere.
func merged(list []review.Credit) []review.Credit {
	var out []review.Credit
	for _, c := range list {
		at := -1
		for i := range out {
			if out[i].Role == c.Role {
				at = i
			}
		}
		if at < 0 {
			out = append(out, c)
			continue
		}
		for _, name := range c.Names {
			out[at].Names = addWord(out[at].Names, name)
		}
		out[at].Lost = len(out[at].Names) == 0
	}
	return out
}

// addWord adds a text that is not there yet, without regard to case.
func addWord(list []string, s string) []string {
	for _, have := range list {
		if strings.EqualFold(have, s) {
			return list
		}
	}
	return append(list, s)
}
