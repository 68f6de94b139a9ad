package subscriber

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// State is how a subscription is doing.
type State string

// The states.
const (
	Live    State = "live"    // the hub tells of changes
	Asked   State = "asked"   // it was asked, and has not confirmed
	Refused State = "refused" // it does not want to, or is not reached; it is asked again later
	Leaving State = "leaving" // the feed offers it no longer, and it is told
)

// Status is how one subscription is doing, for people.
type Status struct {
	Feed  string    `json:"feed"`
	Hub   string    `json:"hub"`
	State State     `json:"state"`
	Until time.Time `json:"until,omitzero"` // of the lease
	Next  time.Time `json:"next,omitzero"`  // when the hub is asked again
	Fault string    `json:"fault,omitempty"`
}

// ReadStatus reads from KV how the subscriptions are doing, by source.
func ReadStatus(ctx context.Context, kv pipeline.KV, now time.Time) (map[string][]Status, error) {
	all := map[string][]Status{}
	err := each(ctx, kv, func(sub subscription) {
		all[sub.Source] = append(all[sub.Source], sub.status(now))
	}, func(string, error) {}) // told when it is opened
	for _, list := range all {
		slices.SortFunc(list, func(a, b Status) int {
			return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Hub, b.Hub), a.Until.Compare(b.Until))
		})
	}
	return all, err
}

func (s *subscription) status(now time.Time) Status {
	st := Status{Feed: s.Feed, Hub: s.Hub, Fault: s.Fault, Next: s.NotBefore}
	switch {
	case s.Leaving:
		st.State = Leaving
	case s.live(now):
		st.State, st.Until = Live, s.Expires
		if st.Next.Before(s.renewal()) {
			st.Next = s.renewal()
		}
	case s.Fault != "":
		st.State = Refused
	default:
		st.State = Asked
	}
	return st
}
