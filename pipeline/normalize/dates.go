package normalize

import (
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// writtenLayouts are the ways people write dates that machines do not.
var writtenLayouts = [...]string{
	"2006-01-02T15:04:05-0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00",
	"2006-01-02 15:04:05 MST", "2006-01-02 15:04 -0700", "2006-01-02T15:04Z07:00", "2006/01/02", "2006/1/2", "2006-1-2", "2006.01.02",
	"Jan 2 2006", "Mon Jan 2 2006", "2-Jan-2006", "January 2, 2006", "January 2 2006", "2 January 2006", "Jan 2, 2006", "2 Jan 2006", "Jan. 2, 2006",
	"Monday, January 2, 2006", "Monday, 2 January 2006", "Mon, 2 Jan 2006", "Mon, 02 Jan 2006 15:04:05 -0700",
	"January 2, 2006 15:04", "January 2, 2006 3:04 PM", "20060102",
}

// when reads a date as people write it; without a zone it is UTC. Two numbers
// around a slash, 3/5/2020, may be either way round, and are no date.
func when(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 64 {
		return time.Time{}, false
	}
	if t, err := review.ParseTime(s); err == nil {
		return t, t.Year() >= firstYear
	}
	for _, layout := range writtenLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= firstYear {
			return t.UTC().Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// day is the day a date names, in the zone it was written in.
func day(s string) (review.Date, bool) {
	if len(s) >= len(time.DateOnly) {
		if d, err := review.ParseDate(s[:len(time.DateOnly)]); err == nil {
			return d, true
		}
	}
	t, ok := when(s)
	if !ok {
		return review.Date{}, false
	}
	return review.DateOf(t), true
}
