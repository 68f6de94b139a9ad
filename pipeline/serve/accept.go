package serve

import "strings"

// elements calls f with each element of a header's lists, lower case, and its
// weight in thousandths (RFC 9110, 12.4.2). Parameters besides the weight are
// passed over; a weight that cannot be read counts as 1.
func elements(headers []string, f func(value string, weight int)) {
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			value, params, _ := strings.Cut(part, ";")
			if value = strings.TrimSpace(value); value != "" {
				f(strings.ToLower(value), weightOf(params))
			}
		}
	}
}

// weightOf finds the weight among parameters: q=0.5 is 500.
func weightOf(params string) int {
	for params != "" {
		var param string
		param, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			return thousandths(strings.TrimSpace(value))
		}
	}
	return 1000
}

// thousandths reads a weight: 0, 1, or a fraction with up to three digits.
func thousandths(s string) int {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole != "0" || len(fraction) > 3 {
		return 1000
	}
	n := 0
	for i := range 3 {
		n *= 10
		if i < len(fraction) {
			if fraction[i] < '0' || fraction[i] > '9' {
				return 1000
			}
			n += int(fraction[i] - '0')
		}
	}
	return n
}

// coding is a form in which a document is sent.
type coding int

const (
	identity coding = iota
	gzipped
	brotlied
	codings // how many there are
)

// accepted is the coding to answer in: the one with the highest weight, the
// smallest form where several have it. There is always the plain one: a document
// is better than a refusal.
func accepted(headers []string) coding {
	weights := [codings]int{-1, -1, -1}
	any := 0
	elements(headers, func(value string, weight int) {
		switch value {
		case "br":
			weights[brotlied] = weight
		case "gzip", "x-gzip":
			weights[gzipped] = weight
		case "identity":
			weights[identity] = weight
		case "*":
			any = weight
		}
	})
	best := identity
	for _, c := range [...]coding{brotlied, gzipped} {
		if weights[c] < 0 {
			weights[c] = any
		}
		if weights[c] > 0 && weights[c] >= weights[identity] && (best == identity || weights[c] > weights[best]) {
			best = c
		}
	}
	return best
}

// prefersPage reports whether whoever asks would rather see a page than a document
// of the given type: a browser, which names HTML above all else. Who accepts
// anything, or some XML or JSON as much as HTML, gets the document.
func prefersPage(headers []string, documentType string) bool {
	page, document, family, any := 0, -1, -1, 0
	elements(headers, func(value string, weight int) {
		switch value {
		case "text/html", "application/xhtml+xml":
			page = max(page, weight)
		case documentType:
			document = weight
		case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/xml", "text/xml", "application/json", "text/plain":
			family = max(family, weight)
		case "*/*":
			any = weight
		}
	})
	return page > max(document, family, any)
}

// wantsDelta reports whether A-IM takes a feed of what is new alone
// (RFC 3229, and its instance manipulation "feed").
func wantsDelta(headers []string) bool {
	wanted := false
	elements(headers, func(value string, weight int) {
		wanted = wanted || value == "feed" && weight > 0
	})
	return wanted
}
