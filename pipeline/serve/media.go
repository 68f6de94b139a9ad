package serve

import (
	"path"
	"strings"
)

// media is what a document's name says about it.
type media struct {
	contentType string
	// text is worth compressing.
	text bool
	// open may be read by scripts of any site.
	open bool
	page bool
	// feed is something to subscribe to: it has a page for people, deltas for
	// readers and hubs.
	feed bool
}

// kind is the media type without parameters.
func (m *media) kind() string {
	kind, _, _ := strings.Cut(m.contentType, ";")
	return kind
}

// media types by extension. Those of feeds are the ones that feed readers
// subscribe to; the system's own table is not asked, as it differs by machine.
func mediaTypes() map[string]*media {
	text := func(t string) *media { return &media{contentType: t, text: true} }
	other := func(t string) *media { return &media{contentType: t} }
	return map[string]*media{
		".html":  {contentType: "text/html; charset=utf-8", text: true, page: true},
		".rss":   {contentType: "application/rss+xml; charset=utf-8", text: true, feed: true},
		".atom":  {contentType: "application/atom+xml; charset=utf-8", text: true, feed: true},
		".json":  {contentType: "application/json", text: true, open: true},
		".xml":   text("application/xml; charset=utf-8"),
		".opml":  text("text/x-opml; charset=utf-8"),
		".xsl":   text("application/xslt+xml; charset=utf-8"),
		".txt":   text("text/plain; charset=utf-8"),
		".css":   text("text/css; charset=utf-8"),
		".js":    text("text/javascript; charset=utf-8"),
		".svg":   text("image/svg+xml"),
		".ico":   other("image/x-icon"),
		".png":   other("image/png"),
		".jpg":   other("image/jpeg"),
		".webp":  other("image/webp"),
		".woff2": other("font/woff2"),
		"":       other("application/octet-stream"),
		// Names that stand for more than their extension.
		feedJSON: {contentType: "application/feed+json", text: true, open: true, feed: true},
		opmlFile: text("text/x-opml; charset=utf-8"),
	}
}

const (
	feedJSON = "feeds/*.json"
	opmlFile = "opml.xml"
)

// mediaOf finds the media type of a document in the table.
func mediaOf(table map[string]*media, name string) *media {
	ext := path.Ext(name)
	switch {
	case name == opmlFile:
		ext = opmlFile
	case ext == ".json" && strings.HasPrefix(name, "feeds/"):
		ext = feedJSON
	}
	if m, known := table[ext]; known {
		return m
	}
	return table[""]
}

// FeedType is the Content-Type of the document at a path of the tree, if it is a
// feed.
func FeedType(name string) (contentType string, ok bool) {
	m := mediaOf(mediaTypes(), name)
	return m.contentType, m.feed
}
