package pages

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The state of the view. ORDER sorts the newest review first.
//
//	o/ORDER   -> the position of the review's latest event, 8 bytes
//	r/REVIEW  -> what of it is counted where, a standing as JSON
//	n/f/FILM, n/c/CRITIC -> how many live reviews the film or critic has
//	n/reviews, n/films, n/critics -> how many there are
//	w         -> there once the standing documents have been written
const (
	orderRows    = "o/"
	reviewRows   = "r/"
	filmCounts   = "n/f/"
	criticCounts = "n/c/"
	reviewTotal  = "n/reviews"
	filmTotal    = "n/films"
	criticTotal  = "n/critics"
	writtenRow   = "w"
)

// standing is where a live review stands and what it is counted under. Film and
// critic are empty where they are not known.
type standing struct {
	Order  string `json:"order"`
	Film   string `json:"film,omitempty"`
	Critic string `json:"critic,omitempty"`
	// Others are those who wrote it with the critic, each once.
	Others []string `json:"others,omitempty"`
}

func (s *standing) equal(o *standing) bool {
	return s.Order == o.Order && s.Film == o.Film && s.Critic == o.Critic && slices.Equal(s.Others, o.Others)
}

func standingOf(e *review.Event) standing {
	seconds := int64(math.MinInt64)
	if t := e.Date(); !t.IsZero() {
		seconds = t.Unix()
	}
	s := standing{
		Order:  fmt.Sprintf("%016x%s", math.MaxUint64-(uint64(seconds)+1<<63), e.ReviewID),
		Film:   string(e.Film.ID),
		Critic: critic(&e.Critic),
	}
	if s.Film == "" && e.Film.Title != "" {
		s.Film = fmt.Sprintf("?%s\x00%d", e.Film.Title, e.Film.Year)
	}
	for i := range e.CoCritics {
		if who := critic(&e.CoCritics[i]); who != "" && who != s.Critic && !slices.Contains(s.Others, who) {
			s.Others = append(s.Others, who)
		}
	}
	return s
}

// critic is what a critic is counted as, "" for one who is not known.
func critic(c *review.Critic) string {
	if c.ID == "" && c.Name != "" {
		return "?" + c.Name
	}
	return string(c.ID)
}

// reviewIn is the review an order key belongs to.
func reviewIn(order string) review.ID { return review.ID(order[16:]) }

// shelf is the view's state in words.
type shelf struct{ pipeline.State }

// put brings the review of an entry to where it belongs now, or takes it away.
func (s shelf) put(e pipeline.Entry) error {
	row := reviewRows + string(e.Review.ReviewID)
	before, stood, err := s.standing(row)
	if err != nil {
		return err
	}
	if !e.Live {
		if stood {
			s.count(before, -1)
			s.Delete(orderRows + before.Order)
			s.Delete(row)
		}
		return nil
	}
	now := standingOf(e.Review)
	if !stood || !now.equal(&before) {
		if stood {
			s.count(before, -1)
			s.Delete(orderRows + before.Order)
		}
		s.count(now, 1)
		data, err := json.Marshal(now)
		if err != nil {
			return fmt.Errorf("review %s: %w", e.Review.ReviewID, err)
		}
		s.Set(row, data)
	}
	s.Set(orderRows+now.Order, number(uint64(e.Position)))
	return nil
}

func (s shelf) standing(row string) (standing, bool, error) {
	data, stood := s.Get(row)
	if !stood {
		return standing{}, false, nil
	}
	var before standing
	if err := json.Unmarshal(data, &before); err != nil {
		return standing{}, false, fmt.Errorf("state %s: %w; delete the views folder", row, err)
	}
	return before, true, nil
}

// count adds a review to what is counted, or takes one away.
func (s shelf) count(st standing, by int) {
	s.add(reviewTotal, by)
	s.countUnder(filmCounts, st.Film, filmTotal, by)
	s.countUnder(criticCounts, st.Critic, criticTotal, by)
	for _, who := range st.Others {
		s.countUnder(criticCounts, who, criticTotal, by)
	}
}

// countUnder counts a review under its film or critic, and those that have any.
func (s shelf) countUnder(rows, name, total string, by int) {
	if name == "" {
		return
	}
	before := s.total(rows + name)
	after := s.add(rows+name, by)
	switch {
	case before == 0 && after > 0:
		s.add(total, 1)
	case before > 0 && after == 0:
		s.add(total, -1)
	}
}

// add changes a count and returns it. A count of zero has no row.
func (s shelf) add(row string, by int) int {
	n := s.total(row) + by
	if n == 0 {
		s.Delete(row)
	} else {
		s.Set(row, number(uint64(n)))
	}
	return n
}

func (s shelf) total(row string) int {
	value, ok := s.Get(row)
	if !ok {
		return 0
	}
	return int(binary.BigEndian.Uint64(value))
}

// place is one review in the order of the page.
type place struct {
	review   review.ID
	position pipeline.Position
}

// latest are the newest reviews, at most max.
func (s shelf) latest(max int) []place {
	var rows []place
	s.Scan(orderRows, func(row string, value []byte) bool {
		rows = append(rows, place{reviewIn(row[len(orderRows):]), pipeline.Position(binary.BigEndian.Uint64(value))})
		return len(rows) < max
	})
	return rows
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
