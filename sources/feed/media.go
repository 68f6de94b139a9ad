package feed

import (
	"net/url"
	"slices"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/filmwire/filmwire/pipeline/review"
)

// mediaList gathers an item's pictures, videos and sounds, each once.
type mediaList struct {
	base *url.URL
	list []review.Media
}

// add takes one. mediaType is a MIME type, medium Media RSS's own word for it.
func (m *mediaList) add(link, mediaType, medium, alt string) {
	link = resolve(m.base, link)
	if !webLink(link) || strings.Contains(link, "gravatar.com/avatar/") { // the critic's face is not the film's
		return
	}
	alt = strings.Join(strings.Fields(plain(alt)), " ")
	if i := slices.IndexFunc(m.list, func(o review.Media) bool { return o.URL == link }); i >= 0 {
		m.list[i].Alt = first(m.list[i].Alt, alt)
		m.list[i].Kind = first(m.list[i].Kind, mediaKind(mediaType, medium))
		return
	}
	m.list = append(m.list, review.Media{URL: link, Alt: alt, Kind: mediaKind(mediaType, medium)})
}

func mediaKind(mediaType, medium string) string {
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, k := range [...]string{strings.ToLower(medium), strings.ToLower(kind)} {
		if k == "image" || k == "video" || k == "audio" {
			return k
		}
	}
	return ""
}

// extensions takes the elements of Media RSS (https://www.rssboard.org/media-rss).
// A thumbnail counts where there is nothing else.
func (m *mediaList) extensions(x ext.Extensions) {
	media := x["media"]
	if media == nil {
		return
	}
	alt := first(text(media["description"]), text(media["title"]))
	m.contents(media["content"], alt)
	for _, g := range media["group"] {
		m.contents(g.Children["content"], first(text(g.Children["description"]), text(g.Children["title"]), alt))
		if len(m.list) == 0 {
			m.thumbnails(g.Children["thumbnail"])
		}
	}
	if len(m.list) == 0 {
		m.thumbnails(media["thumbnail"])
	}
}

func (m *mediaList) contents(list []ext.Extension, alt string) {
	for _, c := range list {
		own := first(text(c.Children["description"]), text(c.Children["title"]), alt)
		m.add(c.Attrs["url"], c.Attrs["type"], c.Attrs["medium"], own)
	}
}

func (m *mediaList) thumbnails(list []ext.Extension) {
	for _, t := range list {
		m.add(t.Attrs["url"], "", "image", "")
	}
}

func text(list []ext.Extension) string {
	for _, e := range list {
		if v := strings.TrimSpace(e.Value); v != "" {
			return v
		}
	}
	return ""
}
