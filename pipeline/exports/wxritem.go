package exports

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"
	"unicode/utf8"

	labels "golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/review"
)

// wxrHead is what stands before the items.
type wxrHead struct {
	base     string // the site's address, without a slash at the end
	language string
	// prefixes are the usual ones by those that the file declares: an exporter may
	// call wp: anything.
	prefixes map[string]string
	legacy   encoding.Encoding // of bytes that are not UTF-8, nil for Windows-1252
}

// wxrItem is one item.
type wxrItem struct {
	head       *wxrHead
	id         string // wp:post_id
	id2        string // guid
	link       string
	title      string
	content    string
	excerpt    string
	author     string // as dc:creator names them: the login
	kind       string // wp:post_type
	status     string
	password   bool
	published  time.Time
	modified   time.Time
	language   string
	tags       []string
	attachment string // the address of an attachment's file
	thumbnail  string // the post that holds the featured picture
	fields     []review.Field
}

// The limits on what is read of an item.
const (
	maxDepth    = 64
	maxElements = 200_000
	maxFields   = 1000
	maxField    = 256 << 10
	maxTags     = 200
	maxSpaces   = 256 // namespaces declared by the root
)

var (
	errDeep   = fmt.Errorf("elements nested more than %d deep", maxDepth)
	errBroken = errors.New("not well-formed: a tag is not closed, or one that was never opened; the item is passed over")
)

// readHead reads what stands before the items: the site, its language, and what
// its authors are called.
func (w *wordpress) readHead(c *cutter) *wxrHead {
	raw := c.head()
	h := &wxrHead{prefixes: map[string]string{}}
	h.declared(raw)
	var login, name string
	s := xmlScanner{src: raw}
	// What is wrong there, or too much of it, ends the reading of the head alone.
	_ = s.walk(func(e *xmlElement) error {
		if e.depth == 0 {
			h.spaces(e.attrs)
			return nil
		}
		switch text := strings.TrimSpace(h.text(e.text)); h.name(e.name) {
		case "wp:base_blog_url", "wp:base_site_url":
			if h.base == "" || strings.HasSuffix(e.name, "blog_url") {
				h.base = strings.TrimRight(text, "/")
			}
		case "language":
			h.language = text
		case "wp:author_login":
			login = text
		case "wp:author_display_name":
			name = text
		case "wp:author":
			if login != "" && name != "" && len(w.authors) < maxAuthors {
				w.authors[login] = name
			}
			login, name = "", ""
		}
		return nil
	}, h)
	return h
}

// declared notes the encoding that the file says it has. UTF-8 is recognised by
// itself.
func (h *wxrHead) declared(raw []byte) {
	if enc, name := labels.Lookup(charset.Declared(raw)); enc != nil && name != "utf-8" && !strings.HasPrefix(name, "utf-16") {
		h.legacy = enc
	}
}

// spaces notes what the root's namespaces are called.
func (h *wxrHead) spaces(attrs string) {
	n := 0
	attributes(attrs, func(name, value string) {
		prefix, ok := strings.CutPrefix(name, "xmlns:")
		if n++; !ok || n > maxSpaces {
			return
		}
		usual := ""
		switch {
		case strings.Contains(value, "wordpress.org/export/") && strings.Contains(value, "/excerpt"):
			usual = "excerpt"
		case strings.Contains(value, "wordpress.org/export/"):
			usual = "wp"
		case strings.Contains(value, "/rss/1.0/modules/content"):
			usual = "content"
		case strings.Contains(value, "/dc/elements/"):
			usual = "dc"
		}
		if usual != "" && usual != prefix {
			h.prefixes[prefix] = usual
		}
	})
}

// name is an element's name with the usual prefix.
func (h *wxrHead) name(name string) string {
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		if usual := h.prefixes[prefix]; usual != "" {
			return usual + ":" + local
		}
	}
	return name
}

// text makes text of an element's bytes: without characters that are none, and in
// UTF-8 whatever it was in.
func (h *wxrHead) text(s string) string {
	if !utf8.ValidString(s) {
		s = h.decoded(s)
	}
	if suspect(s) {
		s = strings.Map(func(r rune) rune {
			if illegal(r) {
				return -1
			}
			return r
		}, s)
	}
	return s
}

func (h *wxrHead) decoded(s string) string {
	if h.legacy != nil {
		if text, err := h.legacy.NewDecoder().String(s); err == nil {
			return text
		}
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(s[0])
		}
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

// suspect reports that there may be something illegal in a text, which is rare, by its
// bytes.
func suspect(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f || c == 0xef {
			return true
		}
	}
	return false
}

func illegal(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == 0xfffe || r == 0xffff
}

// item reads one item.
func (h *wxrHead) item(raw []byte) (*wxrItem, error) {
	it := &wxrItem{head: h}
	var key, value string
	s := xmlScanner{src: raw, strict: true}
	err := s.walk(func(e *xmlElement) error {
		name := h.name(e.name)
		switch {
		case e.depth == 1:
			it.set(name, e)
			if name == "wp:postmeta" {
				it.meta(key, value)
				key, value = "", ""
			}
		case e.depth == 2 && e.within == "wp:postmeta" && name == "wp:meta_key":
			key = h.text(e.text)
		case e.depth == 2 && e.within == "wp:postmeta" && name == "wp:meta_value":
			value = h.text(e.text)
		}
		return nil
	}, h)
	if err != nil {
		return nil, err
	}
	return it, nil
}

// set takes one of an item's own elements.
func (it *wxrItem) set(name string, e *xmlElement) {
	text := func() string { return strings.TrimSpace(it.head.text(e.text)) }
	switch name {
	case "title":
		it.title = text()
	case "link":
		it.link = text()
	case "guid":
		it.id2 = text()
	case "pubDate":
		it.date(&it.published, text())
	case "dc:creator":
		it.author = text()
	case "content:encoded":
		it.content = it.head.text(e.text)
	case "excerpt:encoded":
		it.excerpt = text()
	case "category":
		it.category(e, text())
	case "wp:post_id":
		it.id = postNumber(text())
	case "wp:post_type":
		it.kind = text()
	case "wp:status":
		it.status = text()
	case "wp:post_password":
		it.password = text() != ""
	case "wp:post_date_gmt":
		it.date(&it.published, text())
	case "wp:post_date":
		if it.published.IsZero() {
			it.date(&it.published, text())
		}
	case "wp:post_modified_gmt":
		it.date(&it.modified, text())
	case "wp:attachment_url":
		it.attachment = text()
	}
}

// date reads a time: UTC, or as RSS writes it. "0000-00-00 00:00:00" is none.
func (it *wxrItem) date(into *time.Time, text string) {
	if t, err := review.ParseTime(text); err == nil && t.Year() > 1 {
		*into = t
	}
}

// category takes a tag: categories, tags and the terms of taxonomies of one's own.
// Some taxonomies are there for the site's machinery; that of Polylang says what
// language a post is in.
func (it *wxrItem) category(e *xmlElement, text string) {
	var domain, slug string
	attributes(e.attrs, func(name, value string) {
		switch name {
		case "domain":
			domain = value
		case "nicename":
			slug = value
		}
	})
	switch domain {
	case "language":
		it.language = slug
		return
	case "post_format", "nav_menu", "author", "link_category", "post_translations", "term_language", "term_translations", "wp_theme", "yst_prominent_words":
		return
	}
	if text = strings.Join(strings.Fields(html.UnescapeString(text)), " "); text == "" || len(it.tags) >= maxTags || strings.EqualFold(text, "Uncategorized") {
		return
	}
	for _, have := range it.tags {
		if have == text {
			return
		}
	}
	it.tags = append(it.tags, text)
}

// meta takes a custom field. Those that WordPress and its editor keep for
// themselves say nothing of a review.
func (it *wxrItem) meta(key, value string) {
	if key == "_thumbnail_id" {
		it.thumbnail = postNumber(strings.TrimSpace(value))
		return
	}
	if key == "" || value == "" || len(value) > maxField || len(it.fields) >= maxFields {
		return
	}
	for _, own := range [...]string{"_edit_", "_wp_", "_oembed_", "_encloseme", "_pingme", "_elementor_", "_jetpack_", "_publicize_"} {
		if strings.HasPrefix(key, own) {
			return
		}
	}
	it.fields = append(it.fields, review.Field{Name: key, Value: value})
}

// xmlElement is an element with the text directly in it.
type xmlElement struct {
	name   string
	attrs  string // as they stand
	text   string
	within string // the element around it, by its usual name
	depth  int
}

// xmlScanner reads a small piece of XML without believing it: elements nest as their
// tags say, up to a limit; entities are those of HTML, and what is none stands for
// itself.
type xmlScanner struct {
	src    []byte
	strict bool // what does not nest is an error
	stack  []openElement
}

type openElement struct {
	xmlElement
	parts []string
}

// walk calls each for every element when it ends; for one without an end tag, never.
// The root is told of when it begins.
func (s *xmlScanner) walk(each func(*xmlElement) error, h *wxrHead) error {
	src := s.src
	for elements := 0; len(src) > 0; {
		i := bytes.IndexByte(src, '<')
		if i < 0 {
			break
		}
		s.add(html.UnescapeString(string(src[:i])))
		src = src[i:]
		switch {
		case bytes.HasPrefix(src, []byte("<![CDATA[")):
			src = src[len("<![CDATA["):]
			end := bytes.Index(src, []byte("]]>"))
			if end < 0 || swallows(src[:end], h) {
				return errCDATA
			}
			s.add(string(src[:end]))
			src = src[end+3:]
			continue
		case bytes.HasPrefix(src, []byte("<!--")):
			end := bytes.Index(src, []byte("-->"))
			if end < 0 {
				return errBroken
			}
			src = src[end+3:]
			continue
		}
		end := tagEnd(src)
		if end < 0 {
			return errBroken
		}
		tag := src[1:end]
		src = src[end+1:]
		if elements++; elements > maxElements {
			return fmt.Errorf("more than %d elements", maxElements)
		}
		if err := s.tag(tag, each, h); err != nil {
			return err
		}
	}
	if s.strict && len(s.stack) > 0 {
		return errBroken
	}
	return nil
}

// add adds text to the innermost element.
func (s *xmlScanner) add(text string) {
	if n := len(s.stack); n > 0 && text != "" {
		s.stack[n-1].parts = append(s.stack[n-1].parts, text)
	}
}

// tag opens or closes an element.
func (s *xmlScanner) tag(tag []byte, each func(*xmlElement) error, h *wxrHead) error {
	switch {
	case len(tag) == 0 || tag[0] == '?' || tag[0] == '!':
		return nil
	case tag[0] == '/':
		return s.close(strings.TrimSpace(string(tag[1:])), each)
	}
	name, attrs := string(tag), ""
	if i := strings.IndexAny(name, " \t\r\n/"); i >= 0 {
		name, attrs = name[:i], name[i:]
	}
	e := openElement{xmlElement: xmlElement{name: name, attrs: attrs, depth: len(s.stack)}}
	if n := len(s.stack); n > 0 {
		e.within = h.name(s.stack[n-1].name)
	}
	if len(s.stack) >= maxDepth {
		return errDeep
	}
	s.stack = append(s.stack, e)
	if e.depth == 0 {
		if err := each(&e.xmlElement); err != nil {
			return err
		}
	}
	if strings.HasSuffix(attrs, "/") {
		return s.close(name, each)
	}
	return nil
}

// close ends an element, and unless that is an error those in it that were left
// open. An end tag of nothing that is open is passed over.
func (s *xmlScanner) close(name string, each func(*xmlElement) error) error {
	at := len(s.stack) - 1
	for at >= 0 && s.stack[at].name != name {
		at--
	}
	if s.strict && at != len(s.stack)-1 {
		return errBroken
	}
	if at < 0 {
		return nil
	}
	e := &s.stack[at]
	s.stack = s.stack[:at]
	if at == 0 {
		return nil
	}
	if e.text = strings.Join(e.parts, ""); len(e.parts) == 0 {
		e.text = ""
	}
	return each(&e.xmlElement)
}

// swallows reports a CDATA section in which another of the file's own elements
// opens one: the end of the first is missing, and fields are lost in it.
func swallows(text []byte, h *wxrHead) bool {
	for {
		i := bytes.Index(text, []byte("><![CDATA["))
		if i < 0 {
			return false
		}
		open := bytes.LastIndexByte(text[:i], '<')
		if open >= 0 {
			name, _, _ := strings.Cut(string(text[open+1:i]), " ")
			prefix, _, _ := strings.Cut(h.name(name), ":")
			switch prefix {
			case "wp", "content", "excerpt", "dc", "category", "title":
				return true
			}
		}
		text = text[i+1:]
	}
}

// tagEnd is where the tag that src begins with ends, past quoted values; -1 if it
// does not.
func tagEnd(src []byte) int {
	quote := byte(0)
	for i, c := range src[:min(len(src), maxTag)] {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

// attributes calls each for the attributes of a tag.
func attributes(s string, each func(name, value string)) {
	for {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return
		}
		name = strings.TrimSpace(name)
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return
		}
		value, after, ok := strings.Cut(rest[1:], rest[:1])
		if !ok {
			return
		}
		each(name, html.UnescapeString(value))
		s = after
	}
}
