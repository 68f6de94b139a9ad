package normalize

import (
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// festivals are those that titles of reviews name, in lower case. True is one whose
// name alone says so; the others are also cities, and need a year or "review" beside
// them.
var festivals = map[string]bool{
	"berlinale": true, "sundance": true, "tiff": true, "sxsw": true, "iffr": true, "idfa": true, "kviff": true, "lff": true,
	"bfi lff": true, "nyff": true, "miff": true, "siff": true, "viff": true, "eiff": true, "biff": true, "sff": true, "hot docs": true,
	"frightfest": true, "fantastic fest": true, "afi fest": true, "tribeca": true, "telluride": true, "locarno": true,
	"karlovy vary": true, "san sebastián": true, "san sebastian": true, "true/false": true, "cph:dox": true, "indielisboa": true,
	"cannes": true, "beyond fest": true, "slamdance": true,
	"venice": false, "berlin": false, "toronto": false, "london": false, "rotterdam": false, "annecy": false, "sitges": false,
	"edinburgh": false, "glasgow": false, "busan": false, "fantasia": false, "new york": false, "sydney": false, "melbourne": false,
	"göteborg": false, "gothenburg": false, "tallinn": false, "chicago": false, "seattle": false,
}

// festivalTag reads what says in a title where the film was shown: "Cannes 2019",
// "Sundance 2021 Review", "2021 Berlin International Film Festival".
func festivalTag(s string) (review.Honour, bool) {
	if len(s) < 3 || len(s) > 60 {
		return review.Honour{}, false
	}
	s = strings.TrimSpace(s)
	reviewed := false
	for _, word := range [...]string{" film review", " review", " reviews", " dispatch", " capsule", " premiere"} {
		if len(s) > len(word) && equalFold(s[len(s)-len(word):], word) {
			s, reviewed = strings.TrimSpace(s[:len(s)-len(word)]), true
			break
		}
	}
	name, year := cutYear(s)
	if i := len(name) - len(" '19"); year == 0 && i > 0 && (strings.HasPrefix(name[i:], " '")) {
		if y := exactYear("20" + name[i+2:]); y != 0 {
			name, year = name[:i], y
		}
	}
	if h, ok := festivalLine(name); ok {
		h.Year = max(h.Year, year)
		return h, true
	}
	sure, known := festivals[strings.ToLower(name)]
	return review.Honour{Name: name, Year: year}, known && (year != 0 || reviewed || sure && len(name) > 3)
}

// cutFestival takes off where the film was shown: in front of a sign or behind one, or
// in brackets at the end. A film may be named like a festival, so something is left.
func (t *titled) cutFestival(s string) string {
	if end := len(s) - 1; end > 0 && (s[end] == ')' || s[end] == ']') {
		if at := openingBracket(s); at > 0 {
			if h, ok := festivalTag(s[at+1 : end]); ok {
				t.festivals = append(t.festivals, h)
				return strings.TrimRight(s[:at], " ")
			}
		}
	}
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		apart := r == ':' || r == '|' || r == ']' || i > 0 && s[i-1] == ' ' && (r == '-' || r == '–' || r == '—' || r == '@')
		front, back := s[:i], strings.TrimSpace(s[i+width:])
		i += width
		if !apart || strings.TrimSpace(front) == "" || back == "" {
			continue
		}
		if h, ok := festivalTag(strings.TrimLeft(front, "[")); ok && (r != ']' || s[0] == '[') {
			t.festivals, t.reviewed = append(t.festivals, h), true
			return back
		}
		if h, ok := festivalTag(back); ok && r != ']' {
			t.festivals = append(t.festivals, h)
			return strings.TrimRight(front, " ")
		}
	}
	return s
}

// labelledFact reads a line with one thing in it that a catalogue says of a film,
// behind its label.
func labelledFact(line string) (c catalogue, ok bool) {
	end := strings.IndexByte(line, ':')
	if end < 3 || end > 24 || len(line) > maxFactLine || strings.ContainsAny(line, "|") {
		return c, false
	}
	value := strings.TrimSpace(line[end+1:])
	if value == "" || endsSentence(value) && !abbreviated(strings.TrimRight(value, ".")) {
		return c, false
	}
	switch label := strings.ToLower(strings.TrimSpace(line[:end])); label {
	case "original title", "originaltitel", "titre original", "título original", "titolo originale", "originele titel":
		c.original = value
	case "production company", "production companies", "production", "studio", "studios", "produktion", "companies":
		c.companies = listed(value)
	case "country", "countries", "origin", "country of origin", "land", "pays", "país", "paese":
		c.countries = countriesIn(value)
	case "award", "awards", "prize", "prizes", "won":
		c.awards = honours(value)
	case "festival", "festivals", "screened at", "premiere", "premiered at":
		c.festivals = shown(value)
	}
	return c, c.original != "" || c.companies != nil || c.countries != nil || c.awards != nil || c.festivals != nil
}

// listed are the items of a list of names; nil where it is no such list.
func listed(s string) (list []string) {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' || r == '/' }) {
		part = strings.TrimSpace(part)
		if len(part) > 60 || strings.Count(part, " ") > 6 {
			return nil
		}
		if isGeneration(part) && len(list) > 0 || equalFold(part, "Inc.") || equalFold(part, "Ltd.") || equalFold(part, "LLC") {
			if len(list) > 0 {
				list[len(list)-1] += ", " + part
			}
			continue
		}
		if part != "" {
			list = append(list, part)
		}
	}
	return list
}

// honours are the awards in a list, each with its year where one is written. A comma
// ends one only behind its year: "Palme d'Or, Cannes 2019" is one award.
func honours(s string) (list []review.Honour) {
	for part := range strings.SplitSeq(s, ";") {
		held := ""
		for piece := range strings.SplitSeq(part, ",") {
			if held = strings.TrimSpace(held + "," + piece); held[0] == ',' {
				held = strings.TrimSpace(held[1:])
			}
			name, year := cutYear(strings.TrimRight(strings.Replace(held, "(", "", 1), ") "))
			if year != 0 && name != "" {
				list, held = append(list, review.Honour{Name: oneLine(name), Year: year}), ""
			}
		}
		if held != "" && len(held) <= 80 {
			list = append(list, review.Honour{Name: oneLine(held)})
		}
	}
	return list
}

// shown are the festivals in a list.
func shown(s string) (list []review.Honour) {
	for _, part := range listed(s) {
		name, year := cutYear(strings.TrimRight(strings.Replace(part, "(", "", 1), ") "))
		if name == "" {
			return nil
		}
		list = append(list, review.Honour{Name: oneLine(name), Year: year})
	}
	return list
}
