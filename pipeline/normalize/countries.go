package normalize

import "strings"

// countries are those films come from, by the names critics use, in lower case.
var countries = func() map[string]string {
	m := make(map[string]string)
	for _, name := range [...]string{
		"Argentina", "Australia", "Austria", "Belgium", "Bosnia", "Brazil", "Bulgaria", "Canada", "Chile", "China",
		"Colombia", "Croatia", "Cuba", "Czech Republic", "Czechoslovakia", "Denmark", "East Germany", "Egypt", "Estonia",
		"Finland", "France", "Georgia", "Germany", "Greece", "Hong Kong", "Hungary", "Iceland", "India", "Indonesia",
		"Iran", "Iraq", "Ireland", "Israel", "Italy", "Jamaica", "Japan", "Kazakhstan", "Kenya", "Latvia", "Lebanon",
		"Lithuania", "Luxembourg", "Malaysia", "Mexico", "Morocco", "Netherlands", "New Zealand", "Nigeria", "Norway",
		"Pakistan", "Palestine", "Peru", "Philippines", "Poland", "Portugal", "Romania", "Russia", "Senegal", "Serbia",
		"Singapore", "Slovakia", "Slovenia", "South Africa", "South Korea", "Soviet Union", "Spain", "Sweden",
		"Switzerland", "Taiwan", "Thailand", "Tunisia", "Turkey", "Ukraine", "United Kingdom", "United States",
		"Uruguay", "Venezuela", "Vietnam", "West Germany", "Yugoslavia",
	} {
		m[strings.ToLower(name)] = name
	}
	for short, name := range map[string]string{
		"usa": "United States", "us": "United States", "u.s.": "United States", "u.s.a.": "United States",
		"united states of america": "United States", "uk": "United Kingdom", "u.k.": "United Kingdom",
		"gb": "United Kingdom", "great britain": "United Kingdom", "britain": "United Kingdom", "england": "United Kingdom",
		"scotland": "United Kingdom", "wales": "United Kingdom", "korea": "South Korea", "ussr": "Soviet Union",
		"the netherlands": "Netherlands", "holland": "Netherlands", "czechia": "Czech Republic", "nz": "New Zealand",
	} {
		m[short] = name
	}
	return m
}()

// countriesIn reads a list that has nothing but countries in it: "UK/USA",
// "France, Germany and Italy". It is nil for any other text.
func countriesIn(s string) []string {
	if len(s) < 2 || len(s) > 120 {
		return nil
	}
	var list []string
	for len(s) > 0 {
		part := s
		s = ""
		if i := strings.IndexAny(part, "/,;&|-–"); i >= 0 {
			width := 1
			if part[i] >= 0x80 {
				width = len("–")
			}
			part, s = part[:i], part[min(len(part), i+width):]
		} else if i := strings.Index(part, " and "); i >= 0 {
			part, s = part[:i], part[i+len(" and "):]
		}
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, ok := countries[strings.ToLower(part)]
		if !ok {
			first, second, both := strings.Cut(part, " and ")
			one, ok1 := countries[strings.ToLower(strings.TrimSpace(first))]
			two, ok2 := countries[strings.ToLower(strings.TrimSpace(second))]
			if !both || !ok1 || !ok2 {
				return nil
			}
			list = append(list, one)
			name = two
		}
		list = append(list, name)
	}
	return list
}
