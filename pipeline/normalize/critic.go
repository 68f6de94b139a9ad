package normalize

import "strings"

// bylineOf reads "Reviewed by Jane Doe", and near the top "By Jane Doe | May 3".
func bylineOf(line string, top bool) string {
	line = strings.TrimLeft(line, "*_-–—~ ")
	rest := ""
	for _, p := range bylines {
		if hasPrefixFold(line, p) {
			rest = line[len(p):]
			break
		}
	}
	if rest == "" && top && hasPrefixFold(line, "by ") && !strings.HasSuffix(line, ".") {
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
	rest = strings.Trim(rest, " .,;*_")
	if !isName(rest) || strings.Count(rest, " ") > 3 {
		return ""
	}
	return rest
}
