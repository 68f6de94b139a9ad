package feeds

import (
	"bytes"
	"crypto/sha256"
	"net/url"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// A permanent redirect is believed when it has led to one place for settledAfter and
// on settledTimes polls, and the feed there holds the same items: servers say 301 for
// an afternoon by mistake, and whoever buys an expired domain says it too.
const (
	settledAfter = 3 * 24 * time.Hour
	settledTimes = 3
	// leaveAfter is after how many failures in a row at an adopted address the
	// configured one is asked again.
	leaveAfter = 3
)

// moved notes where permanent redirects led on this poll, "" for nowhere. same says
// whether the feed there is known to be the one that was read before; nil says
// nothing.
func (t *turn) moved(to string, same *bool) {
	s := &t.state
	if strings.Contains(t.source.url, "@") { // a password goes only where it was meant to
		to = ""
	}
	switch {
	case to == "":
		s.Moved, s.MovedSince, s.MovedSeen, s.MovedSame = "", time.Time{}, 0, false
		return
	case to != s.Moved:
		s.Moved, s.MovedSince, s.MovedSeen, s.MovedSame = to, s.Asked, 0, same == nil || *same
		if to != t.source.moved { // where nothing is remembered, that is said once all the same
			t.source.env.Log.Info("the feed has moved for good; give the config its new url", "url", to)
		}
	}
	t.source.moved = to
	s.MovedSeen = min(s.MovedSeen+1, settledTimes) // once it is enough, it need not be written again
	if same != nil {
		s.MovedSame = *same
	}
	if s.MovedSame && s.MovedSeen >= settledTimes && s.Asked.Sub(s.MovedSince) >= settledAfter {
		s.Adopted = to
		s.Moved, s.MovedSince, s.MovedSeen, s.MovedSame = "", time.Time{}, 0, false
		t.source.env.Log.Info("the feed is asked for at its new address from now on; give the config this url", "url", to)
	}
}

// leave goes back to the configured address when the adopted one does not answer
// with the feed any more.
func (t *turn) leave() {
	s := &t.state
	if s.Adopted == "" || s.Failures < leaveAfter || !s.Gone.IsZero() {
		return
	}
	t.source.env.Log.Warn("the feed's new address fails; the configured one is asked again", "url", s.Adopted, "err", s.Error)
	s.Adopted = ""
}

// idBytes is how much is kept of the digest of an item's id, and keptIDs of how many
// items: enough to recognise a feed elsewhere.
const (
	idBytes = 4
	keptIDs = 20
)

// idsOf tells the feed's first items from others, wherever it stands: by what an id
// has besides the host, and the title.
func idsOf(entries []entry) []byte {
	var ids []byte
	for i := range entries {
		e := &entries[i]
		if e.fault != nil {
			continue
		}
		id := e.doc.GUID
		if u, err := url.Parse(id); err == nil && u.Host != "" {
			id = u.RequestURI()
		}
		sum := sha256.Sum256([]byte(id + "\n" + e.doc.Stated.Title))
		if ids = append(ids, sum[:idBytes]...); len(ids) == keptIDs*idBytes {
			break
		}
	}
	return ids
}

// sameFeed says whether two feeds share half of the items of the shorter one; nil
// where one of them has none.
func sameFeed(before, now []byte) *bool {
	shorter := min(len(before), len(now)) / idBytes
	if shorter == 0 {
		return nil
	}
	shared := 0
	for i := 0; i+idBytes <= len(now); i += idBytes {
		for k := 0; k+idBytes <= len(before); k += idBytes {
			if bytes.Equal(now[i:i+idBytes], before[k:k+idBytes]) {
				shared++
				break
			}
		}
	}
	same := 2*shared >= shorter
	return &same
}

// MovedInWords says where a feed has moved, for people; "" where it has not.
func MovedInWords(s *pipeline.PollState) string {
	switch {
	case s.Adopted != "":
		return "has moved for good and is asked for at " + s.Adopted + "; give the config this url"
	case s.Moved != "" && !s.MovedSame:
		return "leads to " + s.Moved + " for good since " + s.MovedSince.Format(time.DateOnly) + ", where there are other items: look whether that is still the feed you want"
	case s.Moved != "":
		return "leads to " + s.Moved + " for good since " + s.MovedSince.Format(time.DateOnly) + "; if that is right, give the config this url"
	}
	return ""
}
