package feeds

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

var errNameless = errors.New("no guid, no link and no title: nothing to know it by")

// maxShared is how many guids that stood for several items are remembered.
const maxShared = 1000

// What tells the items of one guid apart.
const (
	byLink  = "link"
	byTitle = "title" // and link and date
)

// identify gives every entry its GUID: the feed's own id, else the link, else
// the title and the date. A guid that stands for several items does not identify
// by itself, so the link is added, and title and date where that does not help.
// shared says how guids were told apart in earlier readings, and what it returns
// is to be passed the next time: so an item whose double has dropped out of the
// feed keeps its GUID.
func identify(entries []entry, shared map[string]string) map[string]string {
	groups := map[string][]*entry{}
	order := []string{}
	for i := range entries {
		e := &entries[i]
		if e.fault != nil {
			continue
		}
		guid := e.ownGUID()
		if guid == "" {
			e.fault = errNameless
			continue
		}
		if e.doc.GUID = guid; groups[guid] == nil {
			order = append(order, guid)
		}
		groups[guid] = append(groups[guid], e)
	}
	next := maps.Clone(shared)
	for _, guid := range order {
		group := groups[guid]
		by := shared[guid]
		if by != byTitle && len(group) > 1 {
			by = cmp.Or(apart(group), by)
		}
		if by == "" {
			continue
		}
		for _, e := range group {
			e.doc.GUID = strings.TrimSpace(guid + " " + e.beside(by))
		}
		if _, known := next[guid]; known || len(next) < maxShared {
			if next == nil {
				next = map[string]string{}
			}
			next[guid] = by
		}
	}
	return next
}

func (e *entry) ownGUID() string {
	switch d := &e.doc; {
	case e.guid != "":
		return e.guid
	case d.URL != "":
		return d.URL
	case d.Stated.Title != "":
		return fingerprint(d.Stated.Title, d.Stated.PublishedAt)
	}
	return ""
}

// apart says what tells entries of one guid apart; "" where they are one item in
// several versions, which Atom allows (RFC 4287, 4.1.1).
func apart(group []*entry) string {
	links, items := map[string]bool{}, map[string]bool{}
	for _, e := range group {
		links[e.doc.URL] = true
		items[e.doc.URL+"\n"+e.doc.Stated.Title] = true
	}
	switch {
	case len(items) == 1:
		return ""
	case len(links) == len(items):
		return byLink
	}
	return byTitle
}

// beside is what is added to a guid that does not identify by itself.
func (e *entry) beside(by string) string {
	if by == byLink {
		return e.doc.URL
	}
	return strings.TrimSpace(e.doc.URL + " " + fingerprint(e.doc.Stated.Title, e.doc.Stated.PublishedAt))
}

func fingerprint(title string, date time.Time) string {
	at := ""
	if !date.IsZero() {
		at = date.Format(time.RFC3339)
	}
	sum := sha256.Sum256([]byte(title + "\n" + at))
	return hex.EncodeToString(sum[:8])
}

// latest leaves one entry of each GUID: the one that was changed last, of equal
// ones the one that stands first, which in a feed is the newest.
func latest(entries []entry) []entry {
	at := make(map[string]int, len(entries))
	kept := entries[:0]
	for _, e := range entries {
		i, seen := at[e.doc.GUID]
		switch {
		case e.fault != nil:
			kept = append(kept, e)
		case !seen:
			at[e.doc.GUID] = len(kept)
			kept = append(kept, e)
		case e.changed().After(kept[i].changed()):
			kept[i] = e
		}
	}
	return kept
}

func (e *entry) changed() time.Time {
	if t := e.doc.Stated.ModifiedAt; !t.IsZero() {
		return t
	}
	return e.doc.Stated.PublishedAt
}

// oldestFirst orders entries by date. A feed shows the newest first, so one
// without a date is as old as the one below it.
func oldestFirst(entries []entry) {
	slices.Reverse(entries)
	dates := make([]time.Time, len(entries))
	order := make([]int, len(entries))
	for i := range entries {
		order[i] = i
		dates[i] = entries[i].doc.Stated.PublishedAt
		if i > 0 && dates[i].IsZero() {
			dates[i] = dates[i-1]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return dates[a].Compare(dates[b]) })
	sorted := make([]entry, len(entries))
	for i, from := range order {
		sorted[i] = entries[from]
	}
	copy(entries, sorted)
}
