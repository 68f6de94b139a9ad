package config

import (
	"fmt"
	"slices"
	"strings"
)

// suggest says which of the valid words was probably meant, else what there is.
func suggest(word string, valid []string, what string) string {
	if near := nearest(word, valid); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(valid) == 0 {
		return "there are no " + what + " here"
	}
	sorted := slices.Sorted(slices.Values(valid))
	return what + " here: " + strings.Join(slices.Compact(sorted), ", ")
}

// nearest is the valid word closest to one that is not valid, "" where none is
// close: at most a third of its letters differ. Case, hyphens and underscores do
// not count.
func nearest(word string, valid []string) string {
	best, bestDistance := "", 0
	for _, v := range valid {
		a, b := bare(word), bare(v)
		d := distance(a, b)
		if d > max(1, max(len(a), len(b))/3) || min(len(a), len(b)) < 2 && d > 0 {
			continue
		}
		if best == "" || d < bestDistance || d == bestDistance && v < best {
			best, bestDistance = v, d
		}
	}
	return best
}

func bare(word string) []rune {
	return []rune(strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(word)))
}

// distance counts the letters to add, drop, change or swap with a neighbour to
// get from a to b.
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[(i+1)%3], rows[(i-1)%3], rows[i%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
