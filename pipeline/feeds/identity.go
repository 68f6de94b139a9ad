package feeds

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

var errNameless = errors.New("no guid, no link and no title: nothing to know it by")

// How many guids that stood for several items are remembered, and of those that stood
// for one, how many within a reading. From one reading to the next it is those at either
// end of the feed: what matters is a feed that shows hardly any, and whether all it
// showed is gone.
const (
	maxShared = 1000
	maxShown  = 1000
	keptEnds  = 8
)

// What tells the items of one guid apart.
const (
	byLink  = "link"
	byTitle = "title" // and link and date
)

// identities are what is remembered of a feed's guids from one reading to the next.
type identities struct {
	// Shared are the guids that stood for several items, and how those were told
	// apart: so an item whose double has dropped out of the feed keeps its GUID.
	Shared map[string]string `json:"shared_guids,omitempty"`
	// Shown are the guids that the feed showed last, with a print of the item: a
	// feed that has the same guid for all its items may show one of them at a time.
	Shown map[string]string `json:"shown,omitempty"`
}

// identify gives every entry its GUID: the feed's own id, else the link, else
// the title and the date. A guid that stands for several items does not identify
// by itself, so the link is added, and title and date where that does not help.
// What it returns is to be asked the next time.
func (known identities) identify(entries []entry) identities {
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
		if e.doc.GUID, e.doc.Fickle = guid, true; groups[guid] == nil {
			order = append(order, guid)
		}
		groups[guid] = append(groups[guid], e)
	}
	next := identities{Shared: maps.Clone(known.Shared), Shown: map[string]string{}}
	for _, guid := range order {
		next.name(guid, groups[guid], known.Shown[bare(guid)])
	}
	return next
}

// show takes more of what the feed shows.
func (known *identities) show(more map[string]string) {
	for guid, print := range more {
		if len(known.Shown) < maxShown {
			known.Shown[guid] = print
		}
	}
}

// bare is a guid without what changes when a site goes over to https.
func bare(guid string) string {
	if scheme, rest, isURL := strings.Cut(guid, "://"); isURL && (scheme == "http" || scheme == "https") {
		return strings.TrimPrefix(rest, "www.")
	}
	return guid
}

// name gives the entries of one guid their GUIDs. shown is the item that the guid
// stood for last.
func (next *identities) name(guid string, group []*entry, shown string) {
	by, known := next.Shared[bare(guid)]
	now := group[0].print()
	switch {
	case by == byTitle:
	case len(group) > 1:
		by = cmp.Or(apart(group), by)
	case by == "" && (leadsHome(guid) || another(shown, now)):
		by = byLink
		if part(now, 0) == "-" || part(shown, 0) == part(now, 0) {
			by = byTitle
		}
	}
	if by == "" {
		if len(next.Shown) < maxShown {
			next.Shown[bare(guid)] = now
		}
		return
	}
	for _, e := range group {
		e.doc.GUID = strings.TrimSpace(guid + " " + e.beside(by))
	}
	if known || len(next.Shared) < maxShared {
		if next.Shared == nil {
			next.Shared = map[string]string{}
		}
		next.Shared[bare(guid)] = by
	}
}

// print is a short fingerprint of what besides its guid an item is known by: its
// link, its title and its date, "-" for one that it does not have. A link that leads
// to the site's home, as those of some feeds do, is none.
func (e *entry) print() string {
	date := ""
	if at := e.doc.Stated.PublishedAt; !at.IsZero() {
		date = at.Format(time.RFC3339)
	}
	link := e.doc.URL
	if leadsHome(link) {
		link = ""
	}
	parts := []string{link, e.doc.Stated.Title, date}
	for i, p := range parts {
		if p == "" {
			parts[i] = "-"
			continue
		}
		sum := sha256.Sum256([]byte(p))
		parts[i] = hex.EncodeToString(sum[:4])
	}
	return strings.Join(parts, ".")
}

// part is a part of a print, "" of none.
func part(print string, i int) string {
	if print == "" {
		return ""
	}
	return strings.Split(print, ".")[i]
}

// leadsHome reports that an address is that of a site, and not of anything on it.
func leadsHome(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// another reports that two prints have nothing in common, and enough to tell by.
func another(one, two string) bool {
	a, b := strings.Split(one, "."), strings.Split(two, ".")
	if len(a) != len(b) {
		return false // one was never shown
	}
	differ := 0
	for i := range a {
		switch {
		case a[i] == "-" || b[i] == "-":
		case a[i] == b[i]:
			return false
		default:
			differ++
		}
	}
	return differ > 1
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
