package feeds

import (
	"cmp"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/filmwire/filmwire/pipeline/review"
)

// mediaList gathers an item's pictures, videos and sounds, each once.
type mediaList struct {
	base *url.URL
	list []review.Media
}

// attached is what an item says of one picture, video or sound.
type attached struct {
	link      string
	mediaType string // MIME
	medium    string // Media RSS's own word for it
	alt       string
	length    string // bytes
}

// add takes one.
func (m *mediaList) add(a attached) {
	link := resolve(m.base, a.link)
	if !webLink(link) || strings.Contains(link, "gravatar.com/avatar/") { // the critic's face is not the film's
		return
	}
	now := review.Media{
		URL: link, Alt: strings.Join(strings.Fields(plain(a.alt)), " "), Kind: mediaKind(a.mediaType, a.medium),
		Type: mediaType(a.mediaType), Length: mediaLength(a.length),
	}
	i := slices.IndexFunc(m.list, func(o review.Media) bool { return o.URL == link })
	if i < 0 {
		m.list = append(m.list, now)
		return
	}
	m.list[i].Alt = first(m.list[i].Alt, now.Alt)
	m.list[i].Kind = first(m.list[i].Kind, now.Kind)
	m.list[i].Type = first(m.list[i].Type, now.Type)
	m.list[i].Length = cmp.Or(m.list[i].Length, now.Length)
}

// mediaType is a MIME type without parameters, "" for what is none.
func mediaType(s string) string {
	full, _, err := mime.ParseMediaType(s)
	if kind, sub, ok := strings.Cut(full, "/"); err != nil || !ok || kind == "" || sub == "" {
		return ""
	}
	return full
}

// mediaLength is a length in bytes. Many write 0 or 1 where they do not know one,
// and no picture, video or sound is that short: that is no length.
func mediaLength(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n <= 1 {
		return 0
	}
	return n
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
		m.add(attached{c.Attrs["url"], c.Attrs["type"], c.Attrs["medium"], own, c.Attrs["fileSize"]})
	}
}

func (m *mediaList) thumbnails(list []ext.Extension) {
	for _, t := range list {
		m.add(attached{link: t.Attrs["url"], medium: "image"})
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
