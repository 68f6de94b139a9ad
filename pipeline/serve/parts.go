package serve

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// parts are a feed cut into its entries. Put together again they are the feed, but
// for the space between entries.
type parts struct {
	head, tail []byte
	between    string
	entries    []part
}

// part is one entry of a feed, as it stands there.
type part struct {
	id   string
	text []byte
}

// cut cuts a feed of a media type.
func cut(kind string, doc []byte) (*parts, error) {
	if kind == "application/feed+json" {
		return cutJSON(doc)
	}
	return cutXML(doc)
}

var errNoFeed = errors.New("not a feed")

// cutXML cuts RSS, whose entries are items of a channel, and Atom.
func cutXML(doc []byte) (*parts, error) {
	p := &parts{between: "\n"}
	d := xml.NewDecoder(bytes.NewReader(doc))
	var stack []string
	var id *strings.Builder
	begin, end := int64(-1), int64(-1) // of the entry at hand, of the last one
	for {
		at := d.InputOffset()
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("cut feed: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			stack = append(stack, qualified(t.Name))
			if begin < 0 && isEntry(stack) {
				if begin = at; p.head == nil {
					p.head = doc[:at]
				}
				p.entries = append(p.entries, part{})
			}
			if begin >= 0 && isID(stack) {
				id = &strings.Builder{}
			}
		case xml.CharData:
			if id != nil {
				id.Write(t)
			}
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1] != qualified(t.Name) {
				return nil, fmt.Errorf("cut feed: </%s>: %w", qualified(t.Name), errNoFeed)
			}
			switch last := &p.entries; {
			case begin >= 0 && isID(stack):
				(*last)[len(*last)-1].id = strings.TrimSpace(id.String())
				id = nil
			case begin >= 0 && isEntry(stack):
				end = d.InputOffset()
				(*last)[len(*last)-1].text = doc[begin:end]
				begin = -1
			}
			stack = stack[:len(stack)-1]
		}
	}
	if len(p.entries) == 0 || begin >= 0 || len(stack) > 0 {
		return nil, fmt.Errorf("cut feed: no entries: %w", errNoFeed)
	}
	p.tail = doc[end:]
	return p, nil
}

func qualified(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func isEntry(stack []string) bool {
	return slices.Equal(stack, []string{"rss", "channel", "item"}) || slices.Equal(stack, []string{"feed", "entry"})
}

func isID(stack []string) bool {
	return slices.Equal(stack, []string{"rss", "channel", "item", "guid"}) || slices.Equal(stack, []string{"feed", "entry", "id"})
}

// cutJSON cuts a JSON Feed.
func cutJSON(doc []byte) (*parts, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("cut feed: no object: %w", errNoFeed)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("cut feed: %w", err)
		}
		if key == "items" {
			return cutItems(doc, d)
		}
		var other json.RawMessage
		if err := d.Decode(&other); err != nil {
			return nil, fmt.Errorf("cut feed: %w", err)
		}
	}
	return nil, fmt.Errorf("cut feed: no items: %w", errNoFeed)
}

// cutItems cuts the list that stands next.
func cutItems(doc []byte, d *json.Decoder) (*parts, error) {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, fmt.Errorf("cut feed: items are no list: %w", errNoFeed)
	}
	p := &parts{between: ",", head: doc[:d.InputOffset()]}
	for d.More() {
		var text json.RawMessage
		if err := d.Decode(&text); err != nil {
			return nil, fmt.Errorf("cut feed: %w", err)
		}
		var entry struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(text, &entry); err != nil {
			return nil, fmt.Errorf("cut feed: item: %w", err)
		}
		p.entries = append(p.entries, part{entry.ID, text})
	}
	p.tail = doc[d.InputOffset():]
	return p, nil
}

// join is the feed with the entries that keep keeps alone.
func (p *parts) join(keep func(part) bool) (doc []byte, kept int) {
	doc = slices.Clone(p.head)
	for _, e := range p.entries {
		if !keep(e) {
			continue
		}
		if kept > 0 {
			doc = append(doc, p.between...)
		}
		doc = append(doc, e.text...)
		kept++
	}
	return append(doc, p.tail...), kept
}
