package normalize

import "strings"

// The years films can be of: the first moving pictures, and a while ahead.
const (
	firstYear = 1888
	lastYear  = 2100
)

// plausible is the year, 0 where no film can be of it.
func plausible(year int) int {
	if year < firstYear || year > lastYear {
		return 0
	}
	return year
}

// exactYear is the year that four digits are, 0 for any other text.
func exactYear(s string) int {
	if len(s) != 4 {
		return 0
	}
	n := 0
	for i := range 4 {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	return plausible(n)
}

// cutYear takes a year off the end of a list, or off its beginning: "Jane
// Campion, 1993", "1993, Jane Campion", "USA 2010".
func cutYear(s string) (rest string, year int) {
	if i := strings.LastIndexAny(s, " ,/"); i >= 0 && exactYear(s[i+1:]) > 0 {
		return strings.TrimRight(s[:i], " ,/;-"), exactYear(s[i+1:])
	}
	if len(s) > 5 && exactYear(s[:4]) > 0 && strings.IndexByte(" ,/;", s[4]) >= 0 {
		return strings.TrimLeft(s[5:], " ,/;-"), exactYear(s[:4])
	}
	return s, 0
}

// cutCommaYear takes ", 2020" off the end of a title. A year without a comma
// belongs to the film: Blade Runner 2049.
func (t *titled) cutCommaYear(s string) string {
	s = strings.TrimRight(s, " -–—:|")
	i := strings.LastIndex(s, ", ")
	if i <= 0 {
		return s
	}
	if year := exactYear(s[i+2:]); year > 0 {
		t.year = year
		return s[:i]
	}
	return s
}
