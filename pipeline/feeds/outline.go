package feeds

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// dialect is which family of feeds a document belongs to.
type dialect int

const (
	dialectRSS  dialect = iota // RSS 0.9x, 1.0 (RDF) and 2.0
	dialectAtom                // Atom 0.3 and 1.0
)

// The limits on what is handed to the XML parser, which takes memory by depth
// and time by the square of namespaces in scope and of pieces of mixed content.
const (
	maxDepth      = 256
	maxNamespaces = 256
	maxElements   = 1000     // in one item, or in the head
	maxItemBytes  = 64 << 10 // of one item without its texts
	maxHeadBytes  = 64 << 10
	maxRootBytes  = 2 << 10 // of namespace declarations
	maxItems      = 50_000
)

var (
	errNotFeed = fmt.Errorf("no rss, rdf:RDF or feed element in it: %w", pipeline.ErrNotFeed)
	errDeep    = fmt.Errorf("elements nested more than %d deep", maxDepth)
	errSpaces  = fmt.Errorf("more than %d namespaces declared within each other", maxNamespaces)
	errItems   = fmt.Errorf("more than %d items", maxItems)
	errLarge   = fmt.Errorf("more than %d elements or %d kB besides its texts", maxElements, maxItemBytes>>10)
)

// outline is a feed cut into items. The texts, which are nearly all of a feed's
// bytes, are taken out; what is left is small, well-formed XML for the parser:
// the skeleton.
type outline struct {
	dialect  dialect
	skeleton []byte // of everything
	root     int    // skeleton[:root] opens the root
	open     int    // skeleton[:open] holds the feed's own elements too
	close    int    // skeleton[close:] closes the root
	base     string // xml:base of root and channel
	language string // xml:lang of the root
	items    []item
	complete bool // the root element is closed: nothing was cut off
	lost     int  // items that were begun and never ended

	// spans are where the items of a large feed stand, which has them cut anew, some
	// at a time, when they are needed: see again. It has no items then.
	spans []span
	ends  []span // of items, while it is not known whether the feed is large
	again func([]span) *outline
}

// span is where an item stands in a feed's bytes, and whether a DOCTYPE stands before
// it, which the lexer goes by.
type span struct {
	from, to int
	doctype  bool
}

// largeFeed is how many items a feed may have that is read at one go.
const largeFeed = 500

// item is one item of an outline.
type item struct {
	raw      []byte // all of it, as it stands in the feed
	skeleton [2]int // its part of the outline's skeleton
	title    content
	body     content // content:encoded, content
	summary  content // description, summary
	base     string  // xml:base
	language string  // xml:lang
	fault    error   // why it was not read
}

// scanner makes an outline in one pass.
type scanner struct {
	lexer
	ctx      context.Context
	out      outline
	buf      bytes.Buffer // the skeleton
	root     []byte       // the root element's name
	prefix   []byte       // its prefix: that of the format's own elements
	scope    int          // namespaces declared by root and channel
	elements int          // copied into this item, or the head
	stack    [][]byte     // open elements below the item
	counts   []int        // namespaces in scope at each
	large    int          // more items than so many are cut later
	alone    bool         // src ends with the item
	keys     keys         // of a large feed's items
}

// outlineOf cuts a feed in UTF-8 into items.
func outlineOf(ctx context.Context, src []byte, large int) (*outline, error) {
	s := &scanner{ctx: ctx, lexer: lexer{src: src}, large: large}
	root, ok := s.findRoot()
	if !ok {
		return nil, errNotFeed
	}
	s.begin(root)
	var items bytes.Buffer // the items, while the head may still go on
	s.out.root = s.buf.Len()
	if err := s.children(&items); err != nil {
		return nil, err
	}
	if s.out.spans != nil {
		rootTag := bytes.Clone(s.buf.Bytes()[:s.out.root])
		s.out.again = func(part []span) *outline { return s.cutAgain(rootTag, part) }
		if !s.keys.distinct() { // which item is which is only known of all together
			whole := s.out.again(s.out.spans)
			s.out.items, s.out.spans = whole.items, nil
			items.Write(whole.skeleton[whole.open:whole.close])
			for i := range s.out.items {
				s.out.items[i].skeleton[0] -= whole.open
				s.out.items[i].skeleton[1] -= whole.open
			}
		}
	}
	s.close(&items)
	return &s.out, nil
}

// close puts the items behind the head, and ends the skeleton.
func (s *scanner) close(items *bytes.Buffer) {
	s.out.open = s.buf.Len()
	for i := range s.out.items {
		s.out.items[i].skeleton[0] += s.out.open
		s.out.items[i].skeleton[1] += s.out.open
	}
	s.buf.Write(items.Bytes())
	s.out.close = s.buf.Len()
	if s.out.dialect == dialectRSS {
		s.buf.WriteString("</channel></rss>")
	} else {
		fmt.Fprintf(&s.buf, "</%s>", s.root)
	}
	s.out.skeleton = s.buf.Bytes()
}

// cutAgain is an outline of some of the items, behind the root's start tag.
func (s *scanner) cutAgain(rootTag []byte, part []span) *outline {
	c := &scanner{ctx: s.ctx, root: s.root, prefix: s.prefix, scope: s.scope, large: len(part), alone: true}
	c.out.dialect, c.out.root = s.out.dialect, len(rootTag)
	c.buf.Write(rootTag)
	var items bytes.Buffer
	for _, p := range part {
		c.lexer = lexer{src: s.src[:p.to], at: p.from, doctype: p.doctype}
		if t, ok := c.next(); ok {
			c.item(t, &items)
		}
	}
	c.close(&items)
	return &c.out
}

// put takes an item that stands in buf from its begin on. Of a large feed, only where
// it stands and what it is known by is kept.
func (s *scanner) put(it item, at span, buf *bytes.Buffer) {
	if s.out.spans == nil && len(s.out.items) < s.large {
		s.out.items = append(s.out.items, it)
		s.out.ends = append(s.out.ends, at)
		return
	}
	if s.out.spans == nil {
		s.out.spans = s.out.ends
		for i := range s.out.items {
			s.keys.add(buf.Bytes()[s.out.items[i].skeleton[0]:s.out.items[i].skeleton[1]])
		}
		s.out.items, s.out.ends = nil, nil
	}
	s.out.spans = append(s.out.spans, at)
	s.keys.add(buf.Bytes()[it.skeleton[0]:it.skeleton[1]])
	buf.Reset()
}

// keys tell whether each of many items has a guid, and one of its own.
type keys struct {
	seen    map[uint64]struct{}
	seed    maphash.Seed
	unclear bool
}

// add takes the skeleton of an item: the text of its guid or id, as it is written.
func (k *keys) add(skeleton []byte) { k.note(guidIn(skeleton)) }

func (k *keys) note(key []byte) {
	if k.seen == nil {
		k.seen, k.seed = map[uint64]struct{}{}, maphash.MakeSeed()
	}
	sum := maphash.Bytes(k.seed, key)
	if _, twice := k.seen[sum]; twice || len(key) == 0 {
		k.unclear = true
	}
	if !k.unclear {
		k.seen[sum] = struct{}{}
	}
}

func (k *keys) distinct() bool { return !k.unclear }

func guidIn(skeleton []byte) []byte {
	for l := (lexer{src: skeleton}); ; {
		t, ok := l.next()
		if !ok {
			return nil
		}
		if t.mark != markStart {
			continue
		}
		switch _, local := split(t.name); string(local) {
		case "guid", "id":
			return bytes.TrimSpace(skeleton[t.end:l.find(t.end, "</")])
		}
	}
}

// findRoot looks for the feed's root element, over whatever a broken site puts
// before it.
func (s *scanner) findRoot() (token, bool) {
	for {
		t, ok := s.next()
		if !ok {
			return t, false
		}
		if t.mark != markStart {
			continue
		}
		prefix, _ := split(t.name)
		switch string(lower(t.name, new([16]byte))) {
		case "rss", "rdf":
			s.out.dialect = dialectRSS
		case "feed":
			s.out.dialect, s.prefix = dialectAtom, prefix
		default:
			continue
		}
		s.root = t.name
		return t, true
	}
}

// begin writes the root's start tag.
func (s *scanner) begin(root token) {
	tag := s.src[root.start:root.end]
	s.out.language = attribute(tag, "xml:lang")
	s.out.base = attribute(tag, "xml:base")
	if s.out.dialect == dialectRSS {
		s.buf.WriteString("<rss")
		s.scope = s.declare(tag)
		s.buf.WriteString("><channel>")
		return
	}
	fmt.Fprintf(&s.buf, "<%s", s.root)
	s.scope = s.declare(tag)
	s.buf.WriteByte('>')
}

// declare copies the namespace declarations that the parser needs, and counts
// them all. A default namespace is that of the format, or a mistake, so it is
// left out; and a prefix that stands for what it usually does needs none, which
// spares the parser a copy of them all at every element.
func (s *scanner) declare(tag []byte) (n int) {
	attributes(tag, func(name, value []byte) {
		prefix, declared := bytes.CutPrefix(name, []byte("xmlns:"))
		if !declared {
			return
		}
		n++
		if len(value) < maxRootBytes && s.buf.Len() < maxRootBytes && (bytes.Equal(prefix, s.prefix) || !usual(string(prefix), string(bytes.TrimSpace(value)))) {
			fmt.Fprintf(&s.buf, ` xmlns:%s="%s"`, prefix, bytes.ReplaceAll(value, []byte(`"`), []byte("&quot;")))
		}
	})
	return n
}

// usual reports that the parser takes the prefix for what it is also where it is
// not declared: it goes by the prefix then.
func usual(prefix, uri string) bool {
	switch uri {
	case "http://purl.org/dc/elements/1.1/":
		return prefix == "dc"
	case "http://purl.org/dc/terms/":
		return prefix == "dcterms"
	case "http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss":
		return prefix == "media"
	case "http://www.w3.org/2005/Atom":
		return prefix == "atom"
	case "http://rssnamespace.org/feedburner/ext/1.0":
		return prefix == "feedburner"
	case "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", "http://channel.netscape.com/rdf/simple/0.9/":
		return prefix == "rss"
	}
	switch prefix {
	case "dc", "dcterms", "media", "atom", "feedburner", "rss", "rdf":
		return false
	}
	return true
}

// children reads what stands in the root and in the channel.
func (s *scanner) children(items *bytes.Buffer) error {
	head := &s.buf
	for {
		t, ok := s.next()
		if !ok {
			return nil
		}
		switch t.mark {
		case markStart, markEmpty:
			switch {
			case s.isItem(t):
				switch err := s.ctx.Err(); {
				case err != nil:
					return err
				case len(s.out.items)+len(s.out.spans) >= maxItems:
					return errItems
				}
				s.item(t, items)
			case t.mark == markStart && s.isChannel(t.name):
				tag := s.src[t.start:t.end]
				s.out.base = joinBase(s.out.base, attribute(tag, "xml:base"))
				s.scope += bytes.Count(tag, []byte("xmlns"))
			default:
				s.elements = 0
				if err := s.child(t, head, s.scope, headElement(t.name) && head.Len() < maxHeadBytes); err != nil {
					return err
				}
			}
		case markEnd:
			if bytes.Equal(t.name, s.root) {
				s.out.complete = true
				return nil
			}
			if s.isChannel(t.name) && strings.EqualFold(string(s.root), "rss") {
				s.out.complete = true // nothing that matters follows the channel of RSS 2.0
			}
		}
	}
}

// joinBase is an xml:base inside another, as one that can be resolved later.
func joinBase(outer, inner string) string {
	if u := rebased(nil, outer); u != nil && inner != "" {
		return rebased(u, inner).String()
	}
	return first(inner, outer)
}

// headElement keeps those elements of the feed itself that reviews inherit from.
func headElement(name []byte) bool {
	switch string(lower(name, new([16]byte))) {
	case "link", "language", "author", "creator", "generator":
		return true
	}
	return false
}

func (s *scanner) isItem(t token) bool {
	name := lower(t.name, new([16]byte))
	if s.out.dialect == dialectAtom {
		return string(name) == "entry"
	}
	return string(name) == "item"
}

// item reads one item, whose start tag is t. One that is not closed where the
// next begins is kept as it is; one that the feed ends in is lost.
func (s *scanner) item(t token, buf *bytes.Buffer) {
	tag := s.src[t.start:t.end]
	it := item{base: attribute(tag, "xml:base"), language: attribute(tag, "xml:lang")}
	it.skeleton[0] = buf.Len()
	s.elements = 0
	doctype := s.doctype
	name, scope := s.itemTag(t, buf)
	if t.mark == markStart && !s.itemChildren(t, &it, scope, buf) {
		buf.Truncate(it.skeleton[0])
		s.out.lost++
		return
	}
	if it.fault == nil && buf.Len()-it.skeleton[0] > maxItemBytes {
		it.fault = errLarge
	}
	if it.fault != nil {
		buf.Truncate(it.skeleton[0])
	} else {
		fmt.Fprintf(buf, "</%s>", name)
	}
	it.skeleton[1] = buf.Len()
	it.raw = s.src[t.start:s.at]
	s.put(it, span{t.start, s.at, doctype}, buf)
}

// itemTag writes the item's start tag, with its attributes only if it declares
// namespaces of its own.
func (s *scanner) itemTag(t token, buf *bytes.Buffer) (name string, scope int) {
	name = "item"
	if s.out.dialect == dialectAtom {
		name = string(t.name)
	}
	tag := s.src[t.start:t.end]
	scope = s.scope + bytes.Count(tag, []byte("xmlns"))
	if scope == s.scope || scope > maxNamespaces {
		fmt.Fprintf(buf, "<%s>", name)
		return name, scope
	}
	fmt.Fprintf(buf, "<%s", name)
	attributes(tag, func(n, v []byte) {
		if bytes.HasPrefix(n, []byte("xmlns:")) {
			fmt.Fprintf(buf, ` %s="%s"`, n, bytes.ReplaceAll(v, []byte(`"`), []byte("&quot;")))
		}
	})
	buf.WriteByte('>')
	return name, scope
}

// itemChildren reads up to the item's end. It is false where the feed ends first.
func (s *scanner) itemChildren(open token, it *item, scope int, buf *bytes.Buffer) bool {
	for {
		t, ok := s.next()
		if !ok {
			return s.alone
		}
		switch t.mark {
		case markStart, markEmpty:
			if s.isItem(t) {
				s.at = t.start
				return true
			}
			text := s.textOf(t, it)
			switch {
			case text != nil && !text.present:
				s.text(t, text, open.name)
			case it.fault != nil:
			default:
				keep := text == nil && s.itemElement(t.name) && buf.Len()-it.skeleton[0] <= maxItemBytes
				it.fault = s.child(t, buf, scope, keep, open.name)
			}
		case markEnd:
			if bytes.Equal(t.name, open.name) {
				return true
			}
			if bytes.Equal(t.name, s.root) || s.isChannel(t.name) {
				s.at = t.start
				return true
			}
		}
	}
}

func (s *scanner) isChannel(name []byte) bool {
	return s.out.dialect == dialectRSS && string(lower(name, new([16]byte))) == "channel"
}

// textOf is where an element's text goes, if it is one of the item's texts.
func (s *scanner) textOf(t token, it *item) *content {
	prefix, _ := split(t.name)
	name := string(lower(t.name, new([16]byte)))
	if s.out.dialect == dialectRSS {
		switch {
		case name == "encoded":
			return &it.body
		case len(prefix) > 0 && string(prefix) != "rss":
			return nil
		case name == "title":
			return &it.title
		case name == "description":
			return &it.summary
		}
		return nil
	}
	if !bytes.Equal(prefix, s.prefix) {
		return nil
	}
	switch name {
	case "title":
		return &it.title
	case "content":
		return &it.body
	case "summary":
		return &it.summary
	}
	return nil
}

// text takes the inside of the element that t opens. A text that is not closed
// ends where its item does.
func (s *scanner) text(t token, into *content, itemName []byte) {
	tag := s.src[t.start:t.end]
	*into = content{
		kind:    strings.ToLower(attribute(tag, "type")),
		mode:    strings.ToLower(attribute(tag, "mode")),
		base:    attribute(tag, "xml:base"),
		present: true,
	}
	if s.out.dialect == dialectRSS {
		into.kind = kindRSS
	}
	if t.mark == markEmpty {
		into.present = false // another one may hold something
		return
	}
	for depth := 1; ; {
		in, ok := s.next()
		if !ok {
			into.inner = s.src[t.end:]
			return
		}
		switch {
		case in.mark == markEnd && bytes.Equal(in.name, t.name):
			if depth--; depth == 0 {
				into.inner = s.src[t.end:in.start]
				into.present = len(into.inner) > 0
				return
			}
		case in.mark == markStart && bytes.Equal(in.name, t.name):
			depth++
		case s.endsItem(in, itemName):
			into.inner = s.src[t.end:in.start]
			s.at = in.start
			return
		}
	}
}

// endsItem reports that a token cannot stand inside an item.
func (s *scanner) endsItem(t token, itemName []byte) bool {
	switch t.mark {
	case markEnd:
		return bytes.Equal(t.name, itemName) || bytes.Equal(t.name, s.root)
	case markStart, markEmpty:
		return s.isItem(t)
	}
	return false
}

// itemElement keeps those elements of an item that something is made of.
func (s *scanner) itemElement(name []byte) bool {
	prefix, _ := split(name)
	switch string(prefix) {
	case "letterboxd", "tmdb":
		return true
	case "itunes", "slash", "wfw", "thr", "sy", "georss":
		return false
	}
	switch string(lower(name, new([16]byte))) {
	case "link", "guid", "id", "origlink",
		"pubdate", "published", "issued", "created", "date", "updated", "modified",
		"author", "creator", "category", "subject", "language",
		"enclosure", "content", "group", "thumbnail",
		"reviewrating", "itemreviewed", "source":
		return true
	}
	return false
}

// child reads the element that t opens and, if keep, copies it into buf as
// well-formed XML: every element closed, comments left out, CDATA as text. An
// end tag that closes the item or the feed closes the child too.
func (s *scanner) child(t token, buf *bytes.Buffer, scope int, keep bool, itemName ...[]byte) error {
	var outer []byte
	if len(itemName) > 0 {
		outer = itemName[0]
	}
	s.stack, s.counts = s.stack[:0], append(s.counts[:0], scope)
	err := s.open(t, buf, keep)
	for err == nil && len(s.stack) > 0 {
		in, ok := s.next()
		if !ok || len(outer) > 0 && s.endsItem(in, outer) || bytes.Equal(in.name, s.root) && in.mark == markEnd {
			s.at = in.start
			if !ok {
				s.at = len(s.src)
			}
			s.closeTo(0, buf, keep)
			return nil
		}
		switch in.mark {
		case markStart, markEmpty:
			err = s.open(in, buf, keep)
		case markEnd:
			s.closeNamed(in.name, buf, keep)
		case markText:
			if keep {
				buf.Write(s.src[in.start:in.end])
			}
		case markCDATA:
			if keep {
				writeEscaped(buf, section(s.src[in.start:in.end]))
			}
		}
	}
	return err
}

// open takes a start tag onto the stack.
func (s *scanner) open(t token, buf *bytes.Buffer, keep bool) error {
	tag := s.src[t.start:t.end]
	scope := s.counts[len(s.counts)-1] + bytes.Count(tag, []byte("xmlns"))
	switch {
	case len(s.stack) >= maxDepth:
		return errDeep
	case scope > maxNamespaces:
		return errSpaces
	}
	if keep {
		if s.elements++; s.elements > maxElements || len(tag) > maxItemBytes {
			return errLarge
		}
		writeCleanTag(buf, t, tag)
	}
	if t.mark == markStart {
		s.stack = append(s.stack, t.name)
		s.counts = append(s.counts, scope)
	}
	return nil
}

// writeCleanTag copies a start tag. One whose quotes do not match is written anew
// as far as it can be made out: the parser would give up the whole feed for it.
func writeCleanTag(buf *bytes.Buffer, t token, tag []byte) {
	if bytes.Count(tag, []byte(`"`))%2 == 0 && bytes.Count(tag, []byte("'"))%2 == 0 {
		buf.Write(tag)
		return
	}
	buf.WriteByte('<')
	buf.Write(t.name)
	attributes(tag, func(name, value []byte) {
		fmt.Fprintf(buf, ` %s="%s"`, name, bytes.ReplaceAll(value, []byte(`"`), []byte("&quot;")))
	})
	if t.mark == markEmpty {
		buf.WriteByte('/')
	}
	buf.WriteByte('>')
}

// closeNamed closes elements up to the innermost of that name, or none.
func (s *scanner) closeNamed(name []byte, buf *bytes.Buffer, keep bool) {
	for i := len(s.stack) - 1; i >= 0; i-- {
		if bytes.Equal(s.stack[i], name) {
			s.closeTo(i, buf, keep)
			return
		}
	}
}

func (s *scanner) closeTo(depth int, buf *bytes.Buffer, keep bool) {
	for i := len(s.stack) - 1; i >= depth; i-- {
		if keep {
			buf.WriteString("</")
			buf.Write(s.stack[i])
			buf.WriteByte('>')
		}
	}
	s.stack, s.counts = s.stack[:depth], s.counts[:depth+1]
}

// writeEscaped writes the text of a CDATA section as text.
func writeEscaped(buf *bytes.Buffer, text []byte) {
	for len(text) > 0 {
		i := bytes.IndexAny(text, "<&>")
		if i < 0 {
			buf.Write(text)
			return
		}
		buf.Write(text[:i])
		fmt.Fprintf(buf, "&#%d;", text[i])
		text = text[i+1:]
	}
}
