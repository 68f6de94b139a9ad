package normalize

import "golang.org/x/net/html/atom"

// role is what the cleaner does with an element.
type role uint8

const (
	passing role = iota // the tags go, what is inside stays
	dropped             // goes with everything inside
	inline              // kept, inside a run
	block               // kept, ends a run
	box                 // goes, but what is inside stands apart from what is outside
	void                // br, img, hr: has no inside
)

// roleOf says what is kept. What is not named here is passing: whatever HTML
// comes to mean by a new element, its tags do not get through.
func roleOf(tag atom.Atom) role {
	switch tag {
	case atom.Em, atom.Strong, atom.B, atom.I, atom.S, atom.Sub, atom.Sup, atom.Small, atom.Mark,
		atom.Abbr, atom.Cite, atom.Q, atom.A, atom.Del, atom.Ins, atom.Time, atom.Code:
		return inline
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.Blockquote, atom.Pre,
		atom.Table, atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th,
		atom.Figure, atom.Figcaption, atom.Details, atom.Summary:
		return block
	case atom.Br, atom.Img, atom.Hr:
		return void
	case atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside,
		atom.Nav, atom.Address, atom.Center, atom.Form, atom.Fieldset, atom.Hgroup, atom.Dir,
		atom.Menu, atom.Body, atom.Html:
		return box
	case atom.Script, atom.Style, atom.Iframe, atom.Object, atom.Applet, atom.Noscript,
		atom.Noembed, atom.Noframes, atom.Template, atom.Svg, atom.Math, atom.Textarea, atom.Title,
		atom.Select, atom.Button, atom.Audio, atom.Video, atom.Canvas, atom.Map,
		atom.Datalist, atom.Xmp, atom.Plaintext, atom.Label, atom.Legend:
		return dropped
	}
	return passing
}

// raw reports that the element's inside is text whatever stands there, so that
// it ends at the first end tag of its name.
func raw(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Iframe, atom.Noscript, atom.Noembed, atom.Noframes,
		atom.Textarea, atom.Title, atom.Xmp, atom.Plaintext:
		return true
	}
	return false
}

// phrasing reports that a block holds text only: other blocks end it, and
// paragraphs and boxes in it are mere spaces.
func phrasing(tag atom.Atom) bool {
	return heading(tag) || tag == atom.Summary || tag == atom.Caption || tag == atom.Dt
}

func heading(tag atom.Atom) bool {
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// cell reports an element that closes itself off from what is outside: no end
// tag inside reaches past it.
func cell(tag atom.Atom) bool {
	return tag == atom.Td || tag == atom.Th || tag == atom.Caption
}

func tablePart(tag atom.Atom) bool {
	switch tag {
	case atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th, atom.Caption:
		return true
	}
	return false
}

func tableSection(tag atom.Atom) bool {
	return tag == atom.Thead || tag == atom.Tbody || tag == atom.Tfoot
}

// itemOf is the element in which text directly inside a list or a table belongs;
// 0 for elements that hold text themselves.
func itemOf(tag atom.Atom) atom.Atom {
	switch tag {
	case atom.Ul, atom.Ol:
		return atom.Li
	case atom.Dl:
		return atom.Dd
	case atom.Table:
		return atom.Tbody
	case atom.Thead, atom.Tbody, atom.Tfoot:
		return atom.Tr
	case atom.Tr:
		return atom.Td
	}
	return 0
}

// attribute reports whether an element keeps an attribute. Values of addresses
// and numbers are checked apart.
func attribute(tag atom.Atom, key string) bool {
	switch key {
	case "title":
		return tag == atom.A || tag == atom.Abbr || tag == atom.Img
	case "href":
		return tag == atom.A
	case "src", "alt", "width", "height":
		return tag == atom.Img
	case "cite":
		return tag == atom.Blockquote || tag == atom.Q || tag == atom.Del || tag == atom.Ins
	case "datetime":
		return tag == atom.Time || tag == atom.Del || tag == atom.Ins
	case "colspan", "rowspan":
		return tag == atom.Td || tag == atom.Th
	case "start":
		return tag == atom.Ol
	}
	return false
}

// number reports an attribute whose value must be digits.
func number(key string) bool {
	switch key {
	case "width", "height", "colspan", "rowspan", "start":
		return true
	}
	return false
}
