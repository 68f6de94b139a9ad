package feed

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// entry is the one model of an entry, which all formats are rendered from. Its
// strings are clean, its URLs absolute, its times in UTC and whole seconds.
type entry struct {
	id        string
	title     string
	link      string // never empty
	language  string
	authors   []author  // none where not even the outlet is known
	published time.Time // zero where it is not known
	updated   time.Time // never zero
	summary   string    // plain text, never empty
	content   string    // HTML; "" where the text may not be passed on, or there is none
	tags      []string
	media     []media
	via       string // where it was read
	review    reviewData
}

// author is one of those who wrote the review, or the outlet where nobody is named.
type author struct{ name, url string }

// media is a picture, a video or a sound that belongs to the review. What is not
// known is empty.
type media struct {
	url       string
	kind      string // image, video, audio
	mediaType string // MIME
	alt       string
	length    int64 // bytes
}

// reviewData is what machines want to know beyond what feeds have words for: the
// _review object of an item of the JSON Feed, and in RSS and Atom what
// schema.org has properties for.
type reviewData struct {
	About     string      `json:"about"`
	Kind      string      `json:"kind,omitempty"`
	Film      *filmData   `json:"film,omitempty"`
	Rating    *ratingData `json:"rating,omitempty"`
	Outlet    string      `json:"outlet,omitempty"`
	Spoiler   bool        `json:"spoiler,omitempty"`
	WatchedOn review.Date `json:"watched_on,omitzero"`
	Rewatch   bool        `json:"rewatch,omitempty"`
	Source    string      `json:"source,omitempty"`
	Via       string      `json:"via,omitempty"`
}

// aboutURL is where the _review object is described: JSON Feed asks for it.
const aboutURL = "https://github.com/filmwire/filmwire/blob/main/docs/feeds.md"

type filmData struct {
	ID            string          `json:"id,omitempty"`
	Title         string          `json:"title,omitempty"`
	OriginalTitle string          `json:"original_title,omitempty"`
	Year          int             `json:"year,omitempty"`
	Directors     []string        `json:"directors,omitempty"`
	IDs           *review.FilmIDs `json:"ids,omitempty"`
}

type ratingData struct {
	Kind    string         `json:"kind"`
	Raw     string         `json:"raw,omitempty"`
	Value   review.Decimal `json:"value,omitzero"`
	Worst   review.Decimal `json:"worst,omitzero"`
	Best    review.Decimal `json:"best,omitzero"`
	Letter  string         `json:"letter,omitempty"`
	Verdict string         `json:"verdict,omitempty"`
	Norm    review.Decimal `json:"norm,omitzero"`
	Basis   string         `json:"basis,omitempty"`
}

// newEntry makes the entry of an event. fallback is what it links to if the review
// has no address of its own.
func newEntry(e *review.Event, site pipeline.Site, fallback string, stars bool) *entry {
	n := &entry{
		id:        entryID(e, site),
		title:     entryTitle(e, stars),
		link:      cmp.Or(webURL(e.URL), fallback),
		language:  language(e.Language),
		authors:   authorsOf(e),
		published: dateOf(e),
		updated:   updatedOf(e).Add(ownFraction(e.ReviewID)),
		tags:      tagsOf(e.Tags),
		via:       webURL(e.Source.URL),
		review:    newReviewData(e),
	}
	n.texts(e)
	return n
}

// texts sets what of the review's text its rights let through.
func (n *entry) texts(e *review.Event) {
	switch e.Rights {
	case review.RightsLink:
	case review.RightsExcerpt:
		n.summary = summaryOf(e)
	case review.RightsFull, "":
		n.summary = summaryOf(e)
		if n.content = text(e.BodyHTML); n.content == "" {
			n.content = paragraphs(e.BodyText)
		}
		n.media = mediaOf(e.Media)
	default: // a later word for something less than full
	}
	if n.summary == "" {
		n.summary = facts(e)
	}
	if n.summary == "" {
		n.summary = n.title
	}
}

// summaryOf is the critic's own summary, else the beginning of the text, unless
// that might give the film away.
func summaryOf(e *review.Event) string {
	if s := text(e.Summary); s != "" || e.Spoiler {
		return s
	}
	return excerpt(e.BodyText)
}

// facts says who reviewed what and how it was rated, in no particular language.
func facts(e *review.Event) string {
	who := line(e.Signature())
	what := strings.TrimSpace(filmName(&e.Film) + " " + ratingText(&e.Rating))
	if who == "" || what == "" {
		return who + what
	}
	return who + ": " + what
}

// entryID is the feed id, fixed at first sight. An event of a foreign writer may
// lack one, or have one that is no URI; its review id serves as well.
func entryID(e *review.Event, site pipeline.Site) string {
	if id := uri(e.FeedID); hasScheme(id) {
		return id
	}
	return join(site.URL, "reviews", string(e.ReviewID))
}

// authorsOf are those who are named, each once; else the outlet.
func authorsOf(e *review.Event) []author {
	var list []author
	for _, c := range e.Critics() {
		name := line(c.Name)
		if name != "" && !slices.ContainsFunc(list, func(a author) bool { return a.name == name }) {
			list = append(list, author{name, webURL(c.URL)})
		}
	}
	if outlet := line(string(e.Critic.Outlet)); len(list) == 0 && outlet != "" {
		list = append(list, author{outlet, webURL(e.Critic.URL)})
	}
	return list
}

func tagsOf(tags []string) []string {
	var list []string
	for _, tag := range tags {
		tag = line(tag)
		if tag != "" && !slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(t, tag) }) {
			list = append(list, tag)
		}
	}
	return list
}

func mediaOf(all []review.Media) []media {
	var list []media
	for _, m := range all {
		now := media{url: webURL(m.URL), alt: line(m.Alt), length: max(m.Length, 0)}
		if now.url == "" || slices.ContainsFunc(list, func(o media) bool { return o.url == now.url }) {
			continue
		}
		if m.Kind == "image" || m.Kind == "video" || m.Kind == "audio" {
			now.kind = m.Kind
		}
		if isMediaType(m.Type) {
			now.mediaType = m.Type
		}
		list = append(list, now)
	}
	return list
}

// isMediaType reports whether s is type/subtype in the letters of RFC 6838.
func isMediaType(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	return ok && kind != "" && sub != "" && strings.Trim(kind+sub, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+") == ""
}

// image is the first picture.
func (n *entry) image() string {
	for _, m := range n.media {
		if m.kind == "image" {
			return m.url
		}
	}
	return ""
}

// undated is the date where a format must have one and there is none.
func undated() time.Time { return time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC) }

// moment is a time as feeds can write it: in UTC, in whole seconds, between the
// years 1 and 9999; zero otherwise.
func moment(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second)
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// dateOf is when the review came out, zero where that is not known.
func dateOf(e *review.Event) time.Time {
	if t := moment(e.Date()); !t.IsZero() {
		return t
	}
	return moment(e.FirstSeenAt)
}

func updatedOf(e *review.Event) time.Time {
	for _, t := range []time.Time{moment(e.Updated()), dateOf(e)} {
		if !t.IsZero() {
			return t
		}
	}
	return undated()
}

// ownFraction is a part of a second that is the review's own. Validators warn of
// entries that were updated at the same time, as those of a bulk edit were, and an
// entry's time may not depend on its neighbours, which come and go. It has nine
// digits and none of them ends in 0, so that all formats write the same.
func ownFraction(id review.ID) time.Duration {
	sum := sha256.Sum256([]byte(id))
	return time.Duration(binary.BigEndian.Uint32(sum[:4])%1e8*10 + 1 + uint32(sum[4])%9)
}

func newReviewData(e *review.Event) reviewData {
	return reviewData{
		About:     aboutURL,
		Kind:      line(string(e.EntryKind)),
		Film:      newFilmData(&e.Film),
		Rating:    newRatingData(&e.Rating),
		Outlet:    line(string(e.Critic.Outlet)),
		Spoiler:   e.Spoiler,
		WatchedOn: watchedOn(e),
		Rewatch:   e.Rewatch,
		Source:    line(e.Source.Name),
		Via:       webURL(e.Source.URL),
	}
}

// watchedOn is the day in the critic's diary, if it is one that can be written.
func watchedOn(e *review.Event) review.Date {
	if d := e.WatchedOn; d.Year >= 1 && d.Year <= 9999 && d.Month >= 1 && d.Month <= 12 && d.Day >= 1 && d.Day <= 31 {
		return d
	}
	return review.Date{}
}

func newFilmData(f *review.Film) *filmData {
	d := &filmData{ID: line(string(f.ID)), Title: line(f.Title), OriginalTitle: line(f.OriginalTitle), Year: f.Year}
	for _, name := range f.Directors {
		if name = line(name); name != "" {
			d.Directors = append(d.Directors, name)
		}
	}
	ids := review.FilmIDs{
		IMDb: line(f.IDs.IMDb), TMDB: line(f.IDs.TMDB), Wikidata: line(f.IDs.Wikidata), Letterboxd: line(f.IDs.Letterboxd),
	}
	if !ids.IsZero() {
		d.IDs = &ids
	}
	if d.ID == "" && d.Title == "" && d.IDs == nil {
		return nil
	}
	return d
}

func newRatingData(r *review.Rating) *ratingData {
	if r.Kind == "" {
		return nil
	}
	return &ratingData{
		Kind: line(string(r.Kind)), Raw: line(r.Raw), Value: r.Value, Worst: r.Worst, Best: r.Best,
		Letter: line(r.Letter), Verdict: line(string(r.Verdict)), Norm: r.Norm, Basis: line(string(r.Basis)),
	}
}
