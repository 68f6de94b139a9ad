package feed_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// The rules behind the messages of the W3C feed validator, as far as a feed of
// reviews can meet them. Each fault begins with the validator's name for it.

// faults collects what is wrong with a document.
type faults []string

func (f *faults) add(ok bool, message string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Sprintf(message, args...))
	}
}

var (
	rfc2822Date = regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d [+-]\d\d\d0$`)
	rfc3339Date = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	fullURI     = regexp.MustCompile(`^[a-zA-Z][0-9a-zA-Z+.-]*:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+$`)
	mimeType    = regexp.MustCompile(`^[^\s()<>,;:\\"/\[\]?=]+/[^\s()<>,;:\\"/\[\]?=]+$`)
	languageTag = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)
)

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && fullURI.MatchString(s)
}

// checkText holds for every element and attribute of an XML feed.
func checkText(f *faults, root *node, known ...string) {
	root.each(func(n *node) {
		f.add(slices.Contains(known, n.name.Space), "UnknownNamespace: %s %s", n.name.Space, n.name.Local)
		texts := []string{n.text}
		for _, v := range n.attrs {
			texts = append(texts, v)
		}
		for _, s := range texts {
			for _, r := range s {
				f.add((r < 0x7f || r > 0x9f) && r != '\ufffd' && r != '\r', "BadCharacters: %q in %s", r, n.name.Local)
			}
		}
		f.add(len(n.children) == 0 || strings.TrimSpace(n.text) == "", "UnexpectedText: in %s", n.name.Local)
	})
}

// rssFaults checks an RSS feed that stands at self.
func rssFaults(root *node, self string) (f faults) {
	f.add(root.name.Local == "rss" && root.attrs["version"] == "2.0", "MissingNamespace: root is %v", root.name)
	checkText(&f, root, "", atomSpace, bodySpace, dcSpace, schemaSpace, mediaSpace, fhSpace)
	channel := root.one("", "channel")
	for _, name := range []string{"title", "link", "description"} {
		f.add(strings.TrimSpace(channel.says("", name)) != "", "MissingElement, NotBlank: channel %s", name)
	}
	f.add(isWebURL(channel.says("", "link")), "InvalidFullLink: channel %s", channel.says("", "link"))
	for _, d := range channel.all("", "lastBuildDate") {
		f.add(rfc2822Date.MatchString(d.text), "InvalidRFC2822Date: lastBuildDate %q", d.text)
	}
	linkFaults(&f, channel, self, "application/rss+xml")
	seen := map[string]bool{}
	for _, it := range channel.all("", "item") {
		guid := it.says("", "guid")
		f.add(!seen[guid], "DuplicateValue: guid %s", guid)
		seen[guid] = true
		rssItemFaults(&f, it)
	}
	return f
}

// linkFaults checks the links of a feed that stands at self to its documents.
func linkFaults(f *faults, feed *node, self, mediaType string) {
	rels := map[string][]*node{}
	for _, l := range feed.all(atomSpace, "link") {
		rels[l.attrs["rel"]] = append(rels[l.attrs["rel"]], l)
		f.add(isWebURL(l.attrs["href"]), "InvalidFullLink: %s %q", l.attrs["rel"], l.attrs["href"])
	}
	f.add(len(rels["self"]) == 1 && rels["self"][0].attrs["href"] == self && rels["self"][0].attrs["type"] == mediaType,
		"MissingSelf, SelfDoesntMatchLocation, SelfNotAtom")
	for rel, links := range rels {
		f.add(slices.Contains([]string{"self", "alternate", "hub", "current", "prev-archive", "next-archive"}, rel), "UnregisteredAtomLinkRel: %s", rel)
		f.add(len(links) == 1, "DuplicateAtomLink: %s", rel)
	}
	if len(feed.all(fhSpace, "archive")) > 0 {
		f.add(len(rels["prev-archive"])+len(rels["next-archive"]) > 0, "ArchiveIncomplete")
		f.add(len(rels["current"]) == 1, "MissingCurrentInArchive")
	}
}

func rssItemFaults(f *faults, it *node) {
	guid := it.one("", "guid")
	f.add(guid != nil && guid.text != "", "MissingGuid")
	f.add(guid != nil && guid.attrs["isPermaLink"] == "false", "InvalidPermalink: a tag: URI is no link")
	f.add(guid != nil && fullURI.MatchString(guid.text), "InvalidTAG: %v", guid)
	f.add(it.one("", "title") != nil && strings.TrimSpace(it.says("", "title")) != "", "NotBlank: title")
	f.add(isWebURL(it.says("", "link")), "InvalidFullLink: item %q", it.says("", "link"))
	f.add(len(it.all("", "author")) == 0, "InvalidContact: author must be an e-mail address")
	f.add(len(it.all("", "enclosure")) <= 1, "DuplicateEnclosure")
	for _, c := range it.all("", "enclosure") {
		n, err := strconv.Atoi(c.attrs["length"])
		f.add(err == nil && n > 0, "InvalidIntegerAttribute: an enclosure of %q bytes", c.attrs["length"])
		f.add(mimeType.MatchString(c.attrs["type"]), "InvalidMIMEAttribute: enclosure %q", c.attrs["type"])
		f.add(isWebURL(c.attrs["url"]), "MissingAttribute: enclosure %q", c.attrs["url"])
	}
	for _, c := range it.all(mediaSpace, "content") {
		f.add(isWebURL(c.attrs["url"]), "media:content of %q", c.attrs["url"])
		f.add(c.attrs["type"] == "" || mimeType.MatchString(c.attrs["type"]), "media:content of type %q", c.attrs["type"])
		f.add(c.attrs["fileSize"] != "0", "media:content of no size")
		for _, d := range c.all(mediaSpace, "description") {
			f.add(strings.TrimSpace(d.text) != "", "NotBlank: media:description")
		}
	}
	var order []string
	once := map[string]int{}
	for _, c := range it.children {
		order = append(order, c.name.Local)
		once[c.name.Space+" "+c.name.Local]++
		switch c.name.Local {
		case "pubDate":
			f.add(rfc2822Date.MatchString(c.text), "InvalidRFC2822Date: %q", c.text)
		case "updated":
			f.add(rfc3339Date.MatchString(c.text), "InvalidRFC3339Date: %q", c.text)
		case "category", "creator":
			f.add(strings.TrimSpace(c.text) != "", "NotBlank: %s", c.name.Local)
		case "language":
			f.add(languageTag.MatchString(c.text), "InvalidLanguage: %q", c.text)
		case "source":
			f.add(isWebURL(c.attrs["url"]), "MissingAttribute: source without url")
		}
	}
	for name, n := range once {
		f.add(n == 1 || name == " category" || name == mediaSpace+" content" || name == dcSpace+" creator", "DuplicateElement: %s", name)
	}
	if at := slices.Index(order, "encoded"); at >= 0 {
		f.add(slices.Contains(order[:at], "description"), "NeedDescriptionBeforeContent")
	}
	schemaFaults(f, it)
}

// schemaFaults checks what is said in schema.org's words.
func schemaFaults(f *faults, n *node) {
	for _, rating := range n.all(schemaSpace, "reviewRating") {
		var numbers []float64
		if why := rating.one(schemaSpace, "ratingExplanation"); why != nil { // it has no number
			f.add(why.text != "" && len(rating.all(schemaSpace, "ratingValue")) == 0, "reviewRating: %q, and a number", why.text)
			continue
		}
		for _, name := range []string{"worstRating", "ratingValue", "bestRating"} {
			v, err := strconv.ParseFloat(rating.says(schemaSpace, name), 64)
			f.add(err == nil, "reviewRating: %s is %q", name, rating.says(schemaSpace, name))
			numbers = append(numbers, v)
		}
		f.add(slices.IsSorted(numbers), "reviewRating: worst, value, best are %v", numbers)
	}
	for _, film := range n.all(schemaSpace, "itemReviewed") {
		f.add(film.says(schemaSpace, "name") != "", "itemReviewed: no name")
		for _, same := range film.all(schemaSpace, "sameAs") {
			f.add(isWebURL(same.text), "itemReviewed: sameAs %q", same.text)
		}
	}
}

// atomFaults checks an Atom feed that stands at self.
func atomFaults(root *node, self string) (f faults) {
	f.add(root.name.Space == atomSpace && root.name.Local == "feed", "UndefinedElement: root is %v", root.name)
	checkText(&f, root, atomSpace, schemaSpace, fhSpace)
	for _, name := range []string{"id", "title", "updated"} {
		f.add(strings.TrimSpace(root.says(atomSpace, name)) != "", "MissingElement, NotBlank: feed %s", name)
	}
	f.add(fullURI.MatchString(root.says(atomSpace, "id")), "InvalidFullLink: feed id %q", root.says(atomSpace, "id"))
	f.add(rfc3339Date.MatchString(root.says(atomSpace, "updated")), "InvalidRFC3339Date: feed")
	linkFaults(&f, root, self, "application/atom+xml")
	newest, authors := root.says(atomSpace, "updated"), root.all(atomSpace, "author")
	ids, dates := map[string]bool{}, map[string]bool{}
	for _, e := range root.all(atomSpace, "entry") {
		id, updated := e.says(atomSpace, "id"), e.says(atomSpace, "updated")
		f.add(!ids[id], "DuplicateEntries: %s", id)
		f.add(!dates[updated], "DuplicateUpdated: %s", updated)
		f.add(updated <= newest, "the feed's updated is before an entry's")
		ids[id], dates[updated] = true, true
		atomEntryFaults(&f, e, authors)
	}
	return f
}

func atomEntryFaults(f *faults, e *node, feedAuthors []*node) {
	for _, name := range []string{"id", "title", "updated", "summary"} {
		f.add(strings.TrimSpace(e.says(atomSpace, name)) != "", "MissingElement, MissingTextualContent, NotBlank: entry %s", name)
	}
	f.add(fullURI.MatchString(e.says(atomSpace, "id")), "InvalidTAG: entry id %q", e.says(atomSpace, "id"))
	f.add(rfc3339Date.MatchString(e.says(atomSpace, "updated")), "InvalidRFC3339Date: entry updated")
	if p := e.one(atomSpace, "published"); p != nil {
		f.add(rfc3339Date.MatchString(p.text), "InvalidRFC3339Date: entry published")
	}
	authors := slices.Concat(e.all(atomSpace, "author"), feedAuthors)
	f.add(len(authors) > 0, "MissingElement: no author")
	for _, a := range authors {
		f.add(strings.TrimSpace(a.says(atomSpace, "name")) != "", "NotBlank: author without a name")
		for _, u := range a.all(atomSpace, "uri") {
			f.add(isWebURL(u.text), "InvalidFullLink: author uri %q", u.text)
		}
	}
	alternates := 0
	for _, l := range e.all(atomSpace, "link") {
		f.add(isWebURL(l.attrs["href"]), "InvalidFullLink: %q", l.attrs["href"])
		if l.attrs["rel"] == "alternate" {
			alternates++
		}
		f.add(l.attrs["type"] == "" || mimeType.MatchString(l.attrs["type"]), "InvalidMIMEType: %q", l.attrs["type"])
		f.add(l.attrs["length"] != "0", "an enclosure of no length")
	}
	f.add(alternates == 1, "MissingContentOrAlternate, DuplicateAtomLink: %d alternates", alternates)
	for _, c := range e.all(atomSpace, "category") {
		f.add(strings.TrimSpace(c.attrs["term"]) != "" && c.text == "", "MissingAttribute: category without term")
	}
	for _, c := range e.all(atomSpace, "content") {
		f.add(c.attrs["type"] == "html", "content of type %q", c.attrs["type"])
	}
	f.add(e.attrs["lang"] == "" || languageTag.MatchString(e.attrs["lang"]), "InvalidLanguage: %q", e.attrs["lang"])
	schemaFaults(f, e)
}

// jsonFaults checks a JSON feed that stands at self, by the rules of JSON Feed 1.1.
func jsonFaults(doc jsonDoc, self string) (f faults) {
	f.add(doc.Version == "https://jsonfeed.org/version/1.1", "version %q", doc.Version)
	f.add(doc.Title != "", "no title")
	f.add(doc.Items != nil, "no items: the array must be there when empty too")
	f.add(doc.FeedURL == self, "feed_url %q", doc.FeedURL)
	f.add(isWebURL(doc.HomePageURL), "home_page_url %q", doc.HomePageURL)
	ids := map[string]bool{}
	for _, it := range doc.Items {
		f.add(it.ID != "" && !ids[it.ID], "id %q is empty or there twice", it.ID)
		ids[it.ID] = true
		f.add(it.ContentHTML != nil || it.ContentText != nil, "neither content_html nor content_text: %s", it.ID)
		f.add(isWebURL(it.URL), "url %q", it.URL)
		f.add(it.Image == "" || isWebURL(it.Image), "image %q", it.Image)
		f.add(it.Language == "" || languageTag.MatchString(it.Language), "language %q", it.Language)
		for _, d := range []string{it.Published, it.Modified} {
			f.add(d == "" || rfc3339Date.MatchString(d), "date %q", d)
		}
		for _, a := range it.Authors {
			f.add(a.Name != "", "author without a name")
		}
		for _, a := range it.Attachments {
			f.add(isWebURL(a.URL) && mimeType.MatchString(a.Type) && a.Length >= 0, "attachment %+v", a)
		}
		about, _ := it.Review["about"].(string)
		f.add(isWebURL(about), "an extension says what it is about, not %q", about)
	}
	return f
}

// mustBeValid fails the test with every fault of the three documents of a feed.
func mustBeValid(t testing.TB, files map[string]string, base string) {
	t.Helper()
	site := sinktest.Site().URL + "/"
	var all faults
	all = append(all, rssFaults(parseXML(t, files[base+".rss"]), site+base+".rss")...)
	all = append(all, atomFaults(parseXML(t, files[base+".atom"]), site+base+".atom")...)
	all = append(all, jsonFaults(readJSON(t, files[base+".json"]), site+base+".json")...)
	if len(all) > 0 {
		t.Errorf("%d faults:\n%s", len(all), strings.Join(all[:min(len(all), 20)], "\n"))
	}
}

func TestRulesOfValidators(t *testing.T) {
	bare := func(opts ...sinktest.Option) *review.Event {
		e := sinktest.Event(opts...)
		e.Review = review.Review{EntryKind: review.EntryRating, Source: e.Source}
		return e
	}
	cases := []struct {
		name   string
		events []*review.Event
	}{
		{"empty", nil},
		{"of every sort", golden()},
		{"nothing known but the id", []*review.Event{bare()}},
		{"no author", []*review.Event{sinktest.Event(sinktest.By("", ""))}},
		{"an outlet for an author", []*review.Event{sinktest.Event(sinktest.By("", "The Aisle Seat"))}},
		{"no link", []*review.Event{sinktest.Event(func(e *review.Event) { e.URL = " " })}},
		{"no body", []*review.Event{sinktest.Event(sinktest.Text(""))}},
		{"no summary", []*review.Event{sinktest.Event(func(e *review.Event) { e.Summary = "" })}},
		{"plain body", []*review.Event{sinktest.Event(func(e *review.Event) { e.BodyHTML = "" })}},
		{"spoilers without a summary", []*review.Event{sinktest.Event(func(e *review.Event) { e.Summary, e.Spoiler = "", true })}},
		{"no date at all", []*review.Event{sinktest.Event(sinktest.On(""), func(e *review.Event) { e.FirstSeenAt = time.Time{} })}},
		{"a date no format can write", []*review.Event{sinktest.Event(func(e *review.Event) { e.PublishedAt = time.Date(12010, 1, 1, 0, 0, 0, 0, time.UTC) })}},
		{"parts of a second, far from Greenwich", []*review.Event{sinktest.Event(func(e *review.Event) {
			e.PublishedAt = time.Date(2010, 1, 1, 0, 0, 0, 5e8, time.FixedZone("", 13*3600+1800))
		})}},
		{"a foreign feed id", []*review.Event{sinktest.Event(func(e *review.Event) { e.FeedID = "an id of <no> form" })}},
		{"no feed id", []*review.Event{sinktest.Event(func(e *review.Event) { e.FeedID = "" })}},
		{"a later word for rights", []*review.Event{sinktest.Event(func(e *review.Event) { e.Rights = "two-sentences" })}},
		{"an image, a video and something", []*review.Event{sinktest.Event(func(e *review.Event) {
			e.Media = []review.Media{{URL: "https://e.org/v", Kind: "video"}, {URL: "/i.jpg", Kind: "image"}, {URL: "https://e.org/i.jpg", Kind: "image"}}
		})}},
		{"a language that is none", []*review.Event{sinktest.Event(func(e *review.Event) { e.Language = "en_GB.UTF-8" })}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, feed.Defaults())
			b.apply(c.events...)
			mustBeValid(t, b.docs.Files(), "feeds/test")
			if got := len(readJSON(t, b.docs.Content("feeds/test.json")).Items); got != len(c.events) {
				t.Errorf("%d items of %d reviews", got, len(c.events))
			}
		})
	}
}

// TestEqualTimestamps has many reviews of one day, as an archive has, and asks
// that newcomers do not make those before them look updated.
func TestEqualTimestamps(t *testing.T) {
	b := newBench(t, feed.Defaults())
	updated := func() map[string]string {
		mustBeValid(t, b.docs.Files(), "feeds/test")
		dates := map[string]string{}
		for _, e := range parseXML(t, b.docs.Content("feeds/test.atom")).all(atomSpace, "entry") {
			dates[e.says(atomSpace, "id")] = e.says(atomSpace, "updated")
		}
		return dates
	}
	var last map[string]string
	for n := range 12 {
		b.apply(sinktest.Event(sinktest.GUID(fmt.Sprint(n)), func(e *review.Event) {
			e.FirstSeenAt = e.FirstSeenAt.Add(time.Duration(n) * time.Hour)
		}))
		now := updated()
		for id, date := range last {
			if now[id] != date {
				t.Errorf("review %d moved the date of %s from %s to %s", n, id, date, now[id])
			}
		}
		last = now
	}
}

func TestTenThousandItems(t *testing.T) {
	s := feed.Defaults()
	s.Limit = feed.MaxLimit
	b := newBench(t, s)
	events := make([]*review.Event, feed.MaxLimit+1)
	for n := range events {
		events[n] = sinktest.Event(sinktest.GUID(fmt.Sprint(n)))
	}
	b.apply(events...)
	mustBeValid(t, b.docs.Files(), "feeds/test")
	if got := len(b.titles("feeds/test.json")); got != feed.MaxLimit {
		t.Errorf("%d items, want %d", got, feed.MaxLimit)
	}
}
