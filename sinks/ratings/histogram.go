package ratings

import (
	"slices"
	"strconv"
	"strings"
)

// bar is one column of the histogram, in the units of its drawing.
type bar struct {
	X, Y, Height int
	Middle       int    // where its label is centred
	Label        string // how many, "" for none
}

// The drawing: ten columns on a base line, with room above them for a label each
// and below for three.
const (
	columnStep  = 32
	columnWidth = 28
	baseLine    = 84
	tallest     = 66
)

// bars are the columns, the tallest for the largest count.
func bars(histogram [10]int) []bar {
	largest := max(1, slices.Max(histogram[:]))
	list := make([]bar, 0, len(histogram))
	for i, n := range histogram {
		height := n * tallest / largest
		if n > 0 {
			height = max(height, 2)
		}
		b := bar{X: i*columnStep + (columnStep-columnWidth)/2, Y: baseLine - height, Height: height, Middle: i*columnStep + columnStep/2}
		if n > 0 {
			b.Label = strconv.Itoa(n)
		}
		list = append(list, b)
	}
	return list
}

// spread says what the bars show: "2 from 80 to under 90, 1 from 90 to 100".
func spread(histogram [10]int) string {
	var parts []string
	for i, n := range histogram {
		if n == 0 {
			continue
		}
		to := "under " + strconv.Itoa(10*i+10)
		if i == len(histogram)-1 {
			to = "100"
		}
		parts = append(parts, strconv.Itoa(n)+" from "+strconv.Itoa(10*i)+" to "+to)
	}
	return strings.Join(parts, ", ")
}
