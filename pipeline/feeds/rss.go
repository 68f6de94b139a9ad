package feeds

import (
	"net/url"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"github.com/filmwire/filmwire/pipeline/review"
)

// rssHead takes what items inherit from a channel. Its managing editor and web
// master are not the critic.
func rssHead(f *rss.Feed) head {
	h := head{link: f.Link, language: first(f.Language, extension(f.Extensions, "dc", "language")), about: rssRelations(f.Extensions)}
	for _, c := range f.Extensions["dc"]["creator"] {
		h.authors.add(c.Value, "")
	}
	for _, l := range f.Extensions["atom"]["link"] {
		h.older.link(l.Attrs["rel"], l.Attrs["href"])
	}
	h.older.generator(f.Generator)
	return h
}

func (h *head) rssEntry(it *item, n *rss.Item) entry {
	base := rebased(h.base, it.base)
	var e entry
	d := &e.doc
	h.texts(d, it)
	if n.GUID != nil {
		e.guid = strings.TrimSpace(n.GUID.Value)
	}
	d.URL = resolve(base, first(extension(n.Extensions, "feedburner", "origLink"), n.Link, atomLink(n.Extensions)))
	if d.URL == "" && n.GUID != nil && n.GUID.IsPermalink != "false" && webLink(e.guid) {
		d.URL = e.guid
	}
	s := &d.Stated
	s.URL = d.URL
	if n.Source != nil {
		s.Source.URL = origin(base, n.Source.URL)
	}
	for _, l := range n.Extensions["atom"]["link"] {
		if l.Attrs["rel"] == "via" {
			s.Source.URL = first(s.Source.URL, origin(base, l.Attrs["href"]))
		}
	}
	s.Language = first(extension(n.Extensions, "dc", "language"), it.language, h.language)
	s.PublishedAt = instant(n.PubDateParsed)
	if s.PublishedAt.IsZero() {
		s.PublishedAt = instantOf(first(extension(n.Extensions, "dc", "date"), extension(n.Extensions, "dcterms", "created"), extension(n.Extensions, "atom", "published")))
	}
	s.ModifiedAt = instantOf(first(extension(n.Extensions, "atom", "updated"), extension(n.Extensions, "dcterms", "modified")))
	h.sign(s, rssAuthors(n), base)
	for _, c := range n.Categories {
		s.Tags = addTag(s.Tags, c.Value)
	}
	for _, subject := range n.Extensions["dc"]["subject"] {
		s.Tags = addTag(s.Tags, subject.Value)
	}
	m := mediaList{base: base}
	for _, c := range n.Enclosures {
		m.add(attached{link: c.URL, mediaType: c.Type, length: c.Length})
	}
	m.extensions(n.Extensions)
	s.Media = m.list
	filmFields(d, n.Extensions)
	if strings.HasPrefix(e.guid, letterboxdList) {
		d.Aside = review.AsideList
	}
	return e
}

// personName takes the name out of "jane@example.org (Jane Doe)", "Jane Doe
// <jane@example.org>" and the like. A mere address is no name.
func personName(s string) string {
	s = strings.Trim(strings.Join(strings.Fields(plain(s)), " "), `" `)
	if !strings.Contains(s, "@") {
		return s
	}
	if i, j := strings.IndexByte(s, '('), strings.LastIndexByte(s, ')'); i >= 0 && j > i {
		if in := strings.TrimSpace(s[i+1 : j]); !strings.Contains(in, "@") {
			return in
		}
		return strings.TrimSpace(s[:i])
	}
	var words []string
	for _, w := range strings.Fields(s) {
		if !strings.Contains(w, "@") {
			words = append(words, w)
		}
	}
	return strings.Trim(strings.Join(words, " "), `"<>, `)
}

// origin is the address that an item says it is from: another feed, or the page that
// pointed to it. What is no web address is none.
func origin(base *url.URL, link string) string {
	if link = resolve(base, link); webLink(link) {
		return link
	}
	return ""
}

// atomLink is the alternate link that some RSS feeds state as an Atom element.
func atomLink(x ext.Extensions) string {
	for _, l := range x["atom"]["link"] {
		if rel := l.Attrs["rel"]; rel == "" || rel == "alternate" {
			return l.Attrs["href"]
		}
	}
	return ""
}

// extension is the text of the first element of that name.
func extension(x ext.Extensions, prefix, name string) string { return extensionText(x[prefix][name]) }

// extensionText is the first text of some elements.
func extensionText(elements []ext.Extension) string {
	for _, e := range elements {
		if v := strings.TrimSpace(e.Value); v != "" {
			return v
		}
	}
	return ""
}
