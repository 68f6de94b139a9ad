package feed

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a feed sink's own options.
type Settings struct {
	// Formats is any of rss, atom and json, in any order, at least one.
	Formats []string `config:"formats" enum:"rss,atom,json" least:"1" unique:"true" doc:"The formats each feed is written in."`
	// Limit is the most entries a feed holds, 1 to MaxLimit.
	Limit int `config:"limit" min:"1" max:"10000" doc:"The most entries of a feed. Older ones are in its archive pages."`
	// Per is none for one feed, or what there is a feed for each of.
	Per string `config:"per" enum:"none,film,critic,outlet,tag" doc:"none for one feed; or film, critic, outlet or tag for a feed of each."`
	// Order is what stands first: see the orders.
	Order string `config:"order" enum:"published,updated,rating" doc:"What stands first."`
	// Title and Description are text/templates over a [Topic]. What comes out
	// empty, or cannot be executed for some feed, falls back to the default.
	Title       string `config:"title" default:"made of the site and what the feed is about" doc:"A Go text/template of the feed's title."`
	Description string `config:"description" default:"made of the site and what the feed is about" doc:"A Go text/template of the feed's description."`
	// StarsInTitle puts the rating behind an entry's title.
	StarsInTitle bool `config:"stars_in_title" doc:"Whether the rating stands behind an entry's title."`
	// History keeps all reviews in archive pages behind the feed.
	History bool `config:"history" doc:"Whether archive pages keep what the feed no longer shows, back to the first review."`
	// Tombstones names withdrawn reviews in Atom (RFC 6721).
	Tombstones bool `config:"tombstones" doc:"Whether an Atom feed names the entries withdrawn from it (RFC 6721), the latest 50."`
	// Hub are WebSub hubs named besides those of the site.
	Hub []string `config:"hub" form:"url" doc:"Addresses of WebSub hubs that the feed names besides the site's own."`
	// Dialect adds the elements of another program's feeds to RSS.
	Dialect string `config:"dialect" enum:"letterboxd" default:"none" doc:"letterboxd adds the elements of Letterboxd's feeds to RSS."`
}

// MaxLimit is the most entries a feed can be made to hold: it is rendered and
// fetched as one document.
const MaxLimit = 10_000

// Defaults are the settings of a sink that states none.
func Defaults() Settings {
	return Settings{
		Formats: []string{"rss", "atom", "json"}, Limit: 50, Per: perNone, Order: byPublished, StarsInTitle: true, History: true,
	}
}

// The ways to part reviews into feeds.
const (
	perNone   = "none"
	perFilm   = "film"
	perCritic = "critic"
	perOutlet = "outlet"
	perTag    = "tag"
)

// The orders of a feed, each with the newest first where the rest is equal.
const (
	byPublished = "published" // the newest first
	byUpdated   = "updated"   // the latest published or revised first
	byRating    = "rating"    // the best first; what has no score comes last
)

// letterboxd is the one dialect there is.
const letterboxd = "letterboxd"

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "feed",
		Summary: "Publishes reviews as RSS, Atom and JSON Feed, in one feed or one per film, critic, outlet or tag, back to the first review.",
		View:    configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenView {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	s.checkFormats(fault)
	if s.Limit < 1 || s.Limit > MaxLimit {
		fault("limit", fmt.Sprintf("want 1 to %d entries, not %d", MaxLimit, s.Limit))
	}
	for _, choice := range []struct {
		key, value string
		of         []string
	}{
		{"per", s.Per, []string{perNone, perFilm, perCritic, perOutlet, perTag}},
		{"order", s.Order, []string{byPublished, byUpdated, byRating}},
		{"dialect", s.Dialect, []string{"", letterboxd}},
	} {
		if !slices.Contains(choice.of, choice.value) {
			fault(choice.key, fmt.Sprintf("want one of %s, not %q", strings.Join(slices.DeleteFunc(choice.of, isEmpty), ", "), choice.value))
		}
	}
	for _, hub := range s.Hub {
		if webURL(hub) == "" {
			fault("hub", fmt.Sprintf("%q is not a web address, as https://hub.example.org/", hub))
		}
	}
	for key, text := range map[string]string{"title": s.Title, "description": s.Description} {
		if err := s.tryTemplate(key, text); err != nil {
			fault(key, err.Error())
		}
	}
}

func isEmpty(s string) bool { return s == "" }

func (s *Settings) checkFormats(fault func(key, text string)) {
	if len(s.Formats) == 0 {
		fault("formats", "want at least one of rss, atom, json")
	}
	for i, name := range s.Formats {
		if !slices.ContainsFunc(allFormats(s), func(f format) bool { return f.name() == name }) {
			fault("formats."+strconv.Itoa(i), fmt.Sprintf("there is no format %q; there are rss, atom, json", name))
		} else if slices.Contains(s.Formats[:i], name) {
			fault("formats."+strconv.Itoa(i), fmt.Sprintf("%q is there twice", name))
		}
	}
	if s.Tombstones && !slices.Contains(s.Formats, atom{}.name()) {
		fault("tombstones", "only Atom can name withdrawn entries: add atom to formats")
	}
	if s.Dialect == letterboxd && !slices.Contains(s.Formats, rss{}.name()) {
		fault("dialect", "Letterboxd's elements are for RSS: add rss to formats")
	}
}

// formats are those that the settings ask for, in the order in which they are listed.
func (s *Settings) formats() []format {
	return slices.DeleteFunc(allFormats(s), func(f format) bool { return !slices.Contains(s.Formats, f.name()) })
}
