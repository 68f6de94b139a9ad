package normalize

import "strings"

// hasPrefixFold is strings.HasPrefix without regard to ASCII case. prefix is in
// lower case.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}

// equalFold compares without regard to ASCII case. want is in lower case.
func equalFold(s, want string) bool { return len(s) == len(want) && hasPrefixFold(s, want) }

// sameFold compares without regard to ASCII case.
func sameFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if x, y := a[i], b[i]; x != y && (x^y != 0x20 || !isLetter(x)) {
			return false
		}
	}
	return true
}

// containsFold is strings.Contains without regard to case.
func containsFold(s, part string) bool { return indexFold(s, part) >= 0 }

func indexFold(s, part string) int {
	if part == "" {
		return 0
	}
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i]|0x20 == part[0]|0x20 && strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

func lastIndexFold(s, part string) int {
	for i := len(s) - len(part); i >= 0; i-- {
		if s[i]|0x20 == part[0]|0x20 && strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// cutSuffixFold takes a suffix off, without regard to ASCII case.
func cutSuffixFold(s, suffix string) string {
	if len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s[:len(s)-len(suffix)]
	}
	return s
}

// first is the first text that is not empty.
func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
