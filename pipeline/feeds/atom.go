package feeds

import (
	"net/url"
	"strings"

	"github.com/mmcdole/gofeed/atom"

	"github.com/filmwire/filmwire/pipeline/review"
)

func atomHead(f *atom.Feed) head {
	h := head{link: alternate(f.Links), language: f.Language, authors: atomAuthors(f.Authors), about: atomRelations(f.Links)}
	for _, l := range f.Links {
		h.older.link(l.Rel, l.Href)
	}
	if f.Generator != nil {
		h.older.generator(f.Generator.URI + " " + f.Generator.Value)
	}
	return h
}

func (h *head) atomEntry(it *item, n *atom.Entry) entry {
	base := rebased(h.base, it.base)
	e := entry{guid: strings.TrimSpace(n.ID)}
	d := &e.doc
	h.texts(d, it)
	d.URL = resolve(base, first(extension(n.Extensions, "feedburner", "origLink"), alternate(n.Links)))
	if d.URL == "" && webLink(e.guid) {
		d.URL = e.guid
	}
	s := &d.Stated
	s.URL = d.URL
	s.Language = first(it.language, h.language)
	s.ModifiedAt = instant(n.UpdatedParsed)
	s.PublishedAt = instant(n.PublishedParsed)
	if s.PublishedAt.IsZero() && n.Published == "" {
		// RFC 4287 demands updated only, and it is then when the entry came out.
		s.PublishedAt = s.ModifiedAt
	}
	named := atomAuthors(n.Authors)
	if len(named) == 0 && n.Source != nil {
		named = atomAuthors(n.Source.Authors)
	}
	h.sign(s, named, base)
	if n.Source != nil {
		s.Source.URL = origin(base, first(linkOf(n.Source.Links, "self"), alternate(n.Source.Links)))
	}
	s.Source.URL = first(s.Source.URL, origin(base, linkOf(n.Links, "via")))
	for _, c := range n.Categories {
		// Blogger says with a category that the entry is a post.
		if !strings.HasSuffix(c.Scheme, "#kind") {
			s.Tags = addTag(s.Tags, first(c.Label, c.Term))
		}
	}
	s.Media = h.atomMedia(base, n)
	filmFields(d, n.Extensions)
	return e
}

func (h *head) atomMedia(base *url.URL, n *atom.Entry) []review.Media {
	m := mediaList{base: base}
	for _, l := range n.Links {
		if l.Rel == "enclosure" {
			m.add(attached{link: l.Href, mediaType: l.Type, alt: l.Title, length: l.Length})
		}
	}
	m.extensions(n.Extensions)
	return m.list
}

// linkOf is the first link of that relation.
func linkOf(links []*atom.Link, rel string) string {
	for _, l := range links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

// alternate is the link that a person follows: HTML before anything else.
func alternate(links []*atom.Link) string {
	found := ""
	for _, l := range links {
		if l.Rel != "alternate" || l.Href == "" {
			continue
		}
		if l.Type == "" || strings.Contains(l.Type, "html") {
			return l.Href
		}
		found = first(found, l.Href)
	}
	return found
}
