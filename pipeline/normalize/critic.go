package normalize

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// nearTop is how far down a line "By Jane Doe" is still a byline, in runs.
const nearTop = 6

// byline is who a line says wrote the review, "" for none.
func (b *body) byline() string {
	name, n := "", 0
	b.lines(func(i int, line string, _ int) {
		n++
		if name != "" || len(line) > 100 || b.runs[i].tag == atom.Blockquote {
			return
		}
		if who := bylineOf(line, n <= nearTop); who != "" {
			name = who
			if strings.TrimSpace(b.at(i)) == line {
				b.runs[i].meta = true
			}
		}
	})
	return name
}

// bylineOf reads "Reviewed by Jane Doe", and near the top "By Jane Doe | May 3".
func bylineOf(line string, top bool) string {
	line = strings.TrimLeft(line, "*_-–—~ ")
	rest := ""
	for _, p := range [...]string{"reviewed by ", "review by ", "film review by ", "movie review by ", "reviewer: ", "critic: ", "reviewed by: ", "author: "} {
		if hasPrefixFold(line, p) {
			rest = line[len(p):]
		}
	}
	if rest == "" && top && hasPrefixFold(line, "by ") {
		rest = line[len("by "):]
	}
	if rest == "" {
		return ""
	}
	for _, end := range [...]string{" | ", " on ", " at ", " - ", " – ", " — ", " • ", " · ", ", ", " ("} {
		if i := strings.Index(rest, end); i > 0 {
			rest = rest[:i]
		}
	}
	rest = strings.TrimRight(strings.TrimSpace(rest), ".*_")
	if !isName(rest) || strings.Count(rest, " ") > 3 {
		return ""
	}
	return rest
}
