package daemon

import (
	"fmt"

	"github.com/filmwire/filmwire/pipeline"
)

// Yield is what the last readings of a source gave, oldest first. The first stands for
// all before.
type Yield []Harvest

// Harvest is what one reading gave, or several.
type Harvest struct {
	Items   int `json:"items"`   // handed out by the source
	Reviews int `json:"reviews"` // of them
	Fresh   int `json:"fresh"`   // reviews that were understood: new ones, or changed
	Rated   int `json:"rated"`   // of them
}

// How many readings are kept apart, how many items together say what is usual, and
// how many what is so now.
const (
	keptReadings = 24
	mostPast     = 2000
	leastPast    = 30
	leastNow     = 10
)

// add notes a reading that handed out something.
func (y *Yield) add(r *pipeline.Report) {
	if r.Read == 0 {
		return
	}
	*y = append(*y, Harvest{Items: r.Read, Reviews: max(r.Read-r.PassedBy-r.Damaged, 0), Fresh: r.Fresh, Rated: r.Rated})
	if len(*y) <= keptReadings {
		return
	}
	all := *y
	all[1].join(&all[0])
	if past := &all[1]; past.Items > mostPast { // what was long ago counts for less
		past.Items, past.Reviews, past.Fresh, past.Rated = past.Items/2, past.Reviews/2, past.Fresh/2, past.Rated/2
	}
	*y = append(Yield{}, all[1:]...)
}

func (h *Harvest) join(other *Harvest) {
	h.Items += other.Items
	h.Reviews += other.Reviews
	h.Fresh += other.Fresh
	h.Rated += other.Rated
}

// falling says what the source gives much less of than it used to: a sign that its
// pages look different now.
func (y Yield) falling() (what []string) {
	for _, share := range []struct {
		of  func(*Harvest) (part, whole int)
		say string
	}{
		{func(h *Harvest) (int, int) { return h.Reviews, h.Items }, "%d of the last %d items gave a review; before it was %d %%"},
		{func(h *Harvest) (int, int) { return h.Rated, h.Fresh }, "%d of the last %d reviews gave a rating; before it was %d %%"},
	} {
		part, whole, past, pastWhole := 0, 0, 0, 0
		for i := len(y) - 1; i >= 0; i-- {
			p, w := share.of(&y[i])
			if whole < leastNow {
				part, whole = part+p, whole+w
			} else {
				past, pastWhole = past+p, pastWhole+w
			}
		}
		if whole < leastNow || pastWhole < leastPast {
			continue
		}
		usual := 100 * past / pastWhole
		if now := 100 * part / whole; 2*now < usual && usual-now >= 20 {
			what = append(what, fmt.Sprintf(share.say, part, whole, usual))
		}
	}
	return what
}
