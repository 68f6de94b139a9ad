package exports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// cutter cuts a WordPress export into items without reading what is in them, a
// window at a time. It knows CDATA sections, for a post may well talk of </item>.
type cutter struct {
	in     io.Reader
	buf    []byte // read and not yet cut
	line   int    // that buf begins on
	err    error  // of in: io.EOF at the end
	closed bool   // the root element ended
}

// The limits on a piece of an export. A post with a thousand comments has
// a megabyte or two.
const (
	maxItem = 16 << 20
	window  = 64 << 10 // that is read at a time
	maxTag  = 64 << 10
)

var (
	errCutShort = errors.New("the file ends before its end; was the download cut off? What is whole was read, and nothing is taken for gone")
	errItemCut  = errors.New("the file ends in this item; was the download cut off?")
	errItemOpen = errors.New("this item is not closed where the next begins; it is passed over")
	errItemSize = fmt.Errorf("an item of more than %d MB; it is passed over", maxItem>>20)
	errCDATA    = errors.New("a CDATA section in this item is not closed; it is passed over")
)

// fill reads more. It is false at the end.
func (c *cutter) fill() bool {
	if c.err != nil {
		return false
	}
	have := len(c.buf)
	if cap(c.buf)-have < window {
		c.buf = append(make([]byte, 0, 2*have+4*window), c.buf...)
	}
	n, err := c.in.Read(c.buf[have : have+window])
	c.buf = c.buf[:have+n]
	c.err = err
	return n > 0 || err == nil
}

// drop cuts n bytes off, and counts their lines.
func (c *cutter) drop(n int) {
	c.line += bytes.Count(c.buf[:n], []byte{'\n'})
	c.buf = c.buf[n:]
}

// mark is where one of the signs stands that matter to the cutter.
type mark int

const (
	markEnd   mark = iota // of the file
	markItem              // <item>
	markClose             // </item>
	markRoot              // </rss>
	markTorn              // a CDATA section that runs on into the next item
)

// seek goes on from an offset to the next mark, and says where it stands. Bytes
// before keep are not needed: a piece that is too large is let go.
func (c *cutter) seek(from int) (at int, m mark) {
	for {
		i := bytes.IndexByte(c.buf[from:], '<')
		if i < 0 {
			from = len(c.buf)
			if len(c.buf) > maxItem || !c.fill() {
				return from, markEnd
			}
			continue
		}
		from += i
		for len(c.buf)-from < len("<![CDATA[") && c.fill() {
		}
		switch rest := c.buf[from:]; {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			end, torn := c.section(from + len("<![CDATA["))
			if torn {
				return end, markTorn
			}
			if end < 0 {
				return len(c.buf), markEnd
			}
			from = end
		case isTag(rest, "<item"):
			return from, markItem
		case isTag(rest, "</item"):
			return from, markClose
		case isTag(rest, "</rss"), isTag(rest, "</channel"):
			return from, markRoot
		default:
			from++
		}
	}
}

// isTag reports a start or an end tag of that very name.
func isTag(b []byte, tag string) bool {
	if !bytes.HasPrefix(b, []byte(tag)) {
		return false
	}
	if len(b) == len(tag) {
		return true
	}
	switch b[len(tag)] {
	case '>', ' ', '\t', '\r', '\n', '/':
		return true
	}
	return false
}

// section finds the end of a CDATA section. torn says that the item ends first, at
// that offset; -1 is a section without end, or one that is too large.
func (c *cutter) section(from int) (end int, torn bool) {
	for seen := from; ; {
		i := bytes.Index(c.buf[seen:], []byte("]]>"))
		limit := len(c.buf)
		if i >= 0 {
			limit = seen + i
		}
		if at := boundary(c.buf[seen:limit], i < 0); at >= 0 {
			return seen + at, true
		}
		if i >= 0 {
			return limit + 3, false
		}
		if len(c.buf)-from > maxItem {
			return -1, false
		}
		seen = max(seen, from, len(c.buf)-maxBetween)
		if !c.fill() {
			at := boundary(c.buf[from:], false)
			return max(from+at, at), at >= 0
		}
	}
}

// maxBetween is more than the white space between two items.
const maxBetween = 256

// boundary finds where one item ends and the next begins, as every exporter writes
// it: an element of the exporter's own, </item>, <item>, <title>. -1 is nowhere; with
// more to come, a boundary that is not all there is none yet.
func boundary(b []byte, more bool) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("</item>"))
		if i < 0 {
			return -1
		}
		at := from + i
		from = at + 1
		if !endsItem(b[:at]) {
			continue
		}
		rest := bytes.TrimLeft(b[at+len("</item>"):], " \t\r\n")
		if isTag(rest, "<item") && len(rest) > len("<item") {
			rest = bytes.TrimLeft(rest[bytes.IndexByte(rest, '>')+1:], " \t\r\n")
			if bytes.HasPrefix(rest, []byte("<title>")) {
				return at
			}
		}
		if bytes.HasPrefix(rest, []byte("</channel>")) && !more {
			return at
		}
	}
}

// endsItem reports that the last thing in b is the end tag of an element that an
// exporter ends an item with, as </wp:postmeta>. A post that shows what a feed looks
// like has none.
func endsItem(b []byte) bool {
	b = bytes.TrimRight(b, " \t\r\n")
	open := bytes.LastIndex(b, []byte("</"))
	if open < 0 || b[len(b)-1] != '>' {
		return false
	}
	name := b[open+2 : len(b)-1]
	return len(name) < 40 && (bytes.IndexByte(name, ':') > 0 || string(name) == "category")
}

// next cuts the next item out: its bytes, good until the next call, and the line it
// begins on. A fault is why it is lost. At the end there is neither.
func (c *cutter) next() (item []byte, line int, fault error) {
	for {
		at, m := c.seek(0)
		switch m {
		case markItem:
			c.drop(at)
			return c.item()
		case markRoot:
			c.closed = true
			at++
		case markClose, markTorn:
			at++
		case markEnd:
			c.drop(at)
			if c.err != nil {
				return nil, c.line, nil
			}
			continue
		}
		c.drop(at)
	}
}

// item cuts out the item that the buffer begins with.
func (c *cutter) item() ([]byte, int, error) {
	line, large := c.line, false
	c.closed = false
	for from := 1; ; {
		at, m := c.seek(from)
		switch {
		case m == markEnd && c.err == nil: // larger than may be: let go of it
			large = true
			c.drop(at)
			from = 0
			continue
		case m == markEnd:
			c.drop(at)
			return nil, line, errItemCut
		case m == markItem, m == markRoot:
			c.drop(at)
			return nil, line, lostBy(large, errItemOpen)
		case m == markTorn:
			c.drop(at + len("</item>"))
			return nil, line, lostBy(large, errCDATA)
		}
		end := c.endOf(at)
		item := c.buf[:end]
		c.drop(end)
		if large || len(item) > maxItem {
			return nil, line, errItemSize
		}
		return item, line, nil
	}
}

// endOf is where the tag at an offset ends.
func (c *cutter) endOf(at int) int {
	for {
		if i := bytes.IndexByte(c.buf[at:], '>'); i >= 0 {
			return at + i + 1
		}
		if len(c.buf)-at > maxTag || !c.fill() {
			return len(c.buf)
		}
	}
}

func lostBy(large bool, fault error) error {
	if large {
		return errItemSize
	}
	return fault
}

// maxHead is how much of what stands before the first item is kept: the site and
// its authors come first, and a list of all its tags may follow that is larger.
const maxHead = 4 << 20

// head cuts out everything before the first item, and returns the beginning of it.
func (c *cutter) head() (head []byte) {
	for from := 0; ; {
		at, m := c.seek(from)
		if head == nil && (m == markItem || m == markRoot || m == markEnd) {
			head = bytes.Clone(c.buf[:min(at, maxHead)])
		}
		switch {
		case m == markItem, m == markRoot:
			c.drop(at)
			return head
		case m == markEnd && c.err != nil:
			return head
		case m == markEnd:
			c.drop(at)
			from = 0
		default:
			from = at + 1
		}
	}
}
