package feeds

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// entryOf makes an entry from "guid link title date", "-" standing for nothing.
func entryOf(s string) entry {
	f := strings.Split(s, " ")
	for i := range f {
		if f[i] == "-" {
			f[i] = ""
		}
	}
	e := entry{guid: f[0]}
	e.doc.URL, e.doc.Stated.Title = f[1], f[2]
	if f[3] != "" {
		day, _ := time.Parse(time.DateOnly, f[3])
		e.doc.Stated.PublishedAt = day
	}
	return e
}

func entriesOf(lines ...string) []entry {
	var list []entry
	for _, l := range lines {
		list = append(list, entryOf(l))
	}
	return list
}

func guidsOf(entries []entry) []string {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.doc.GUID)
	}
	return ids
}

func TestIdentity(t *testing.T) {
	title := func(s string) string {
		day, _ := time.Parse(time.DateOnly, "2026-01-02")
		return fingerprint(s, day)
	}
	tests := []struct {
		name string
		in   []string
		want []string
	}{
		{"guid", []string{"g l t -"}, []string{"g"}},
		{"link", []string{"- l t -"}, []string{"l"}},
		{"title and date", []string{"- - t 2026-01-02"}, []string{title("t")}},
		{"one guid, two links", []string{"g l1 t1 -", "g l2 t2 -", "h l3 t3 -"}, []string{"g l1", "g l2", "h"}},
		{"one guid, one without link", []string{"g l1 t1 -", "g - t2 -"}, []string{"g l1", "g"}},
		{"one guid, one link", []string{"g l t1 2026-01-02", "g l t2 2026-01-02"}, []string{"g l " + title("t1"), "g l " + title("t2")}},
		{"no guids, one link", []string{"- l t1 2026-01-02", "- l t2 2026-01-02"}, []string{"l l " + title("t1"), "l l " + title("t2")}},
		{"the same item twice", []string{"g l t 2026-01-02", "g l t 2026-01-01"}, []string{"g"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries := entriesOf(tt.in...)
			identities{}.identify(entries)
			if got := guidsOf(latest(entries)); !slices.Equal(got, tt.want) {
				t.Errorf("GUIDs %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLatestVersionIsKept(t *testing.T) {
	for _, lines := range [][]string{
		{"g l t 2026-01-01", "g l t 2026-01-02"},
		{"g l t 2026-01-02", "g l t 2026-01-01"},
	} {
		entries := entriesOf(lines...)
		identities{}.identify(entries)
		if kept := latest(entries); len(kept) != 1 || kept[0].doc.Stated.PublishedAt.Day() != 2 {
			t.Errorf("%q: kept %+v", lines, kept)
		}
	}
}

// An item must keep its GUID when the other one with its guid has dropped out.
func TestSharedGuidIsRemembered(t *testing.T) {
	for _, lines := range [][]string{
		{"g l1 t1 -", "g l2 t2 -"},
		{"g l t1 -", "g l t2 -"},
	} {
		both := entriesOf(lines...)
		known := identities{}.identify(both)
		alone := entriesOf(lines[0])
		again := known.identify(alone)
		if alone[0].doc.GUID != both[0].doc.GUID {
			t.Errorf("%q: GUID goes from %q to %q", lines, both[0].doc.GUID, alone[0].doc.GUID)
		}
		if !maps.Equal(known.Shared, again.Shared) {
			t.Errorf("%q: %v is remembered as %v", lines, known.Shared, again.Shared)
		}
	}
}

func TestRememberedGuidsAreBounded(t *testing.T) {
	var entries []entry
	for i := range 2 * maxShared {
		entries = append(entries, entriesOf(fmt.Sprintf("g%d l1 t -", i), fmt.Sprintf("g%d l2 t -", i))...)
	}
	if known := (identities{}).identify(entries); len(known.Shared) != maxShared {
		t.Errorf("%d guids are remembered", len(known.Shared))
	}
}

// Whatever a feed's guids, links and titles are, no two items that differ in one
// of them become one document.
func TestNoItemIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(s string) *rapid.Generator[string] { return rapid.SampledFrom([]string{s + "1", s + "2", "-"}) }
		lines := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) string {
			return strings.Join([]string{word("g").Draw(t, "guid"), word("l").Draw(t, "link"), rapid.SampledFrom([]string{"t1", "t2", "t3"}).Draw(t, "title"), "-"}, " ")
		}), rapid.ID[string]).Draw(t, "items")
		entries := entriesOf(lines...)
		identities{}.identify(entries)
		kept := map[string]string{}
		for i, e := range entries {
			if other, taken := kept[e.doc.GUID]; taken {
				t.Fatalf("%q and %q have both the GUID %q", other, lines[i], e.doc.GUID)
			}
			kept[e.doc.GUID] = lines[i]
		}
	})
}

func TestOldestFirst(t *testing.T) {
	tests := []struct {
		name     string
		in, want string
	}{
		{"newest on top", "c 3,b 2,a 1", "a b c"},
		{"oldest on top", "a 1,b 2,c 3", "a b c"},
		{"no dates", "c -,b -,a -", "a b c"},
		{"one without a date", "c 3,b -,a 1", "a b c"},
		{"pinned on top", "a 1,d 4,c 3,b 2", "a b c d"},
		{"same day", "b 1,a 1", "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var entries []entry
			for item := range strings.SplitSeq(tt.in, ",") {
				guid, day, _ := strings.Cut(item, " ")
				date := "-"
				if day != "-" {
					date = "2026-01-0" + day
				}
				entries = append(entries, entryOf(guid+" - - "+date))
			}
			oldestFirst(entries)
			var got []string
			for _, e := range entries {
				got = append(got, e.guid)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("order %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzFeed(f *testing.F) {
	for _, name := range []string{"wordpress.xml", "rss091.xml", "rss10.xml", "atom10.xml", "atom03.xml", "letterboxd.xml", "schema-org.xml", "jsonfeed.json"} {
		f.Add(fixture(f, name), "")
	}
	f.Add([]byte(rssOf("<item><guid>1</guid>"+prefixes(300)+"</item>")), "text/xml; charset=utf-16")
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		p, err := parse(t.Context(), b, contentType, nil, noon())
		if err != nil {
			return
		}
		known := identities{}.identify(p.entries)
		first := guidsOf(p.entries)
		seen := map[string]bool{}
		entries := latest(slices.Clone(p.entries))
		oldestFirst(entries)
		size := 0
		for _, e := range entries {
			if e.fault != nil {
				continue
			}
			if e.doc.GUID == "" || seen[e.doc.GUID] || len(e.doc.RawSHA256) != 64 {
				t.Errorf("document %+v", e.doc)
			}
			seen[e.doc.GUID] = true
			size += len(e.doc.Body)
		}
		if size > 12*len(b)+1000 {
			t.Errorf("%d bytes became %d bytes of bodies", len(b), size)
		}
		if known.identify(p.entries); len(known.Shared) < maxShared && !slices.Equal(first, guidsOf(p.entries)) {
			t.Errorf("GUIDs go from %q to %q", first, guidsOf(p.entries))
		}
	})
}
