package normalize

import (
	"slices"
	"strings"

	"golang.org/x/net/html/atom"
)

// body is the text of a document as it has been understood: sanitised HTML, the
// same as plain text, and the runs that both consist of.
type body struct {
	html   []byte
	text   []byte // as it grows
	plain  string // the text, once it is whole
	nodes  []node
	runs   []run
	lines  []line // of the text, once it is whole
	links  []link
	images []image
	worths *worths // of ratings in words
}

// node is a block element in the HTML.
type node struct {
	tag      atom.Atom
	parent   int32 // index of the block around it, -1 at the top
	from, to int   // in html, tags included
	live     int   // runs inside that have not been dropped
}

// run is a stretch of text that nothing but inline markup interrupts: what a
// reader sees as a paragraph, a heading, an item of a list, a cell.
type run struct {
	node             int32
	tag              atom.Atom // of the block that holds it
	sep              string    // stands before it in text
	from, to         int       // in text
	htmlFrom, htmlTo int
	linked           int // bytes of text inside links
	line             int // the first of its lines
	dropped          bool
	caption          bool // stands under a picture
	meta             bool // about the review (credits, rating, byline), no part of it
}

type link struct{ href string }

// image is a picture, also one whose address was not kept.
type image struct {
	src, alt string
	run      int
}

// at returns the text of a run.
func (b *body) at(i int) string { return b.plain[b.runs[i].from:b.runs[i].to] }

// drop takes a run out; compact makes it so.
func (b *body) drop(i int) {
	r := &b.runs[i]
	if r.dropped {
		return
	}
	r.dropped = true
	for n := r.node; n >= 0; n = b.nodes[n].parent {
		b.nodes[n].live--
	}
}

// compact makes HTML and text anew without the runs that were dropped, and
// without the elements that held nothing else. It is called once: the runs' places
// in the HTML are not kept up.
func (b *body) compact() {
	if !slices.ContainsFunc(b.runs, isDropped) {
		b.compactText()
		return
	}
	html, at := b.html[:0], 0
	for i := range b.runs {
		if !b.runs[i].dropped {
			continue
		}
		// What is written never overtakes what is read.
		if from, to := b.extent(&b.runs[i]); from >= at {
			html = append(html, b.html[at:from]...)
			at = to
		}
	}
	b.html = append(html, b.html[at:]...)
	b.compactText()
}

func isDropped(r run) bool { return r.dropped }

// compactText makes the text anew. Where all that is kept stands together, as it
// does without a title over it and a footer under it, it is a part of the text.
func (b *body) compactText() {
	for len(b.runs) > 0 && b.runs[len(b.runs)-1].dropped {
		b.runs = b.runs[:len(b.runs)-1]
	}
	for len(b.runs) > 0 && b.runs[0].dropped {
		b.runs = b.runs[1:]
	}
	if !slices.ContainsFunc(b.runs, isDropped) {
		shift, end := 0, 0
		if n := len(b.runs); n > 0 {
			shift, end = b.firstText(), b.runs[n-1].to
		}
		b.plain = b.plain[shift:end]
		for i := range b.runs {
			b.runs[i].from = max(0, b.runs[i].from-shift)
			b.runs[i].to = max(0, b.runs[i].to-shift)
		}
		return
	}
	var text strings.Builder
	text.Grow(len(b.plain))
	kept := b.runs[:0]
	for _, r := range b.runs {
		if r.dropped {
			continue
		}
		if text.Len() > 0 {
			text.WriteString(r.sep)
		}
		from := text.Len()
		text.WriteString(b.plain[r.from:r.to])
		r.from, r.to = from, text.Len()
		kept = append(kept, r)
	}
	b.plain, b.runs = text.String(), kept
}

// firstText is where the text begins: behind runs that hold a picture alone, and what
// keeps it apart from them.
func (b *body) firstText() int {
	for i := range b.runs {
		if r := &b.runs[i]; r.to > r.from {
			return r.from
		}
	}
	return b.runs[len(b.runs)-1].to
}

// extent is the largest part of the HTML that holds nothing but dropped runs. A
// cell is emptied, not taken out of its row.
func (b *body) extent(r *run) (from, to int) {
	from, to = r.htmlFrom, r.htmlTo
	for n := r.node; n >= 0; n = b.nodes[n].parent {
		at := &b.nodes[n]
		if at.live > 0 {
			break
		}
		if (at.tag == atom.Td || at.tag == atom.Th) && at.parent >= 0 && b.nodes[at.parent].live > 0 {
			break
		}
		from, to = at.from, at.to
	}
	return from, to
}

// clear takes out everything.
func (b *body) clear() {
	b.html, b.plain, b.runs = nil, "", nil
}

// own reports whether any text of the critic's own is there.
func (b *body) own() bool {
	for i := range b.runs {
		if r := &b.runs[i]; !r.dropped && !r.meta && r.to > r.from {
			return true
		}
	}
	return false
}
