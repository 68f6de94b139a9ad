package feeds

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonfeed "github.com/mmcdole/gofeed/json"

	"github.com/filmwire/filmwire/pipeline/review"
)

var errNotJSONFeed = errors.New("JSON without an items array: not a JSON Feed (https://jsonfeed.org)")

// parseJSON reads a JSON Feed (versions 1 and 1.1), item by item, so that one
// that is wrong is lost alone and a feed that is cut short keeps those before.
func parseJSON(ctx context.Context, src []byte, at *url.URL, now time.Time) (*parsed, error) {
	shell, raws, whole, err := splitJSON(escapeControls(src))
	if err != nil {
		return nil, err
	}
	h := jsonHead(shell, at)
	inherited := h.fingerprint()
	p := &parsed{about: jsonRelations(shell), cut: !whole, older: h.older.at(at)}
	entries := func(from, to int) (all []entry) {
		for i, raw := range raws[from:to] {
			if ctx.Err() != nil {
				return nil
			}
			e := h.jsonEntry(raw)
			e.place = from + i + 1
			e.doc.FetchedAt, e.doc.RawSHA256 = now, digest(inherited, raw)
			all = append(all, e)
		}
		return all
	}
	if len(raws) > largeFeed && distinctIDs(raws) {
		p.large = &pieces{n: len(raws), make: entries}
		return p, nil
	}
	p.entries = entries(0, len(raws))
	return p, ctx.Err()
}

// distinctIDs reports whether each item has an id of its own.
func distinctIDs(raws []json.RawMessage) bool {
	var ids keys
	for _, raw := range raws {
		var item struct {
			ID any `json:"id"`
		}
		if json.Unmarshal(raw, &item) != nil || item.ID == nil {
			return false
		}
		ids.note([]byte(strings.TrimSpace(fmt.Sprint(item.ID))))
	}
	return ids.distinct()
}

// splitJSON takes the items out of a feed: the shell is what is left.
func splitJSON(src []byte) (shell []byte, items []json.RawMessage, whole bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(src))
	if _, err := dec.Token(); err != nil {
		return nil, nil, false, err
	}
	fields, found := map[string]json.RawMessage{}, false
	for err == nil && dec.More() {
		var key json.Token
		if key, err = dec.Token(); err != nil {
			break
		}
		if key == "items" {
			found = true
			items, err = jsonItems(dec, src, items)
			continue
		}
		var value json.RawMessage
		if err = dec.Decode(&value); err == nil {
			fields[fmt.Sprint(key)] = value
		}
	}
	if err == nil {
		_, err = dec.Token()
	}
	switch {
	case errors.Is(err, errItems):
		return nil, nil, false, err
	case err != nil && len(items) == 0:
		return nil, nil, false, fmt.Errorf("JSON: %w", err)
	case !found:
		return nil, nil, false, errNotJSONFeed
	}
	shell, _ = json.Marshal(fields) // raw messages that were decoded
	return shell, items, err == nil, nil
}

// jsonItems cuts the items out of src, which dec reads.
func jsonItems(dec *json.Decoder, src []byte, items []json.RawMessage) ([]json.RawMessage, error) {
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return items, cmp.Or(err, errNotJSONFeed)
	}
	var raw json.RawMessage // the same for all: what is kept are the feed's own bytes
	for dec.More() {
		if len(items) >= maxItems {
			return items, errItems
		}
		if err := dec.Decode(&raw); err != nil {
			return items, err
		}
		end := int(dec.InputOffset())
		items = append(items, src[end-len(raw):end:end])
	}
	_, err := dec.Token()
	return items, err
}

// escapeControls writes tabs and line breaks inside strings the way JSON wants
// them; templates that paste texts in forget to.
func escapeControls(src []byte) []byte {
	out, inside := []byte(nil), false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			inside = !inside
		case c == '\\' && inside && i+1 < len(src):
			if out != nil {
				out = append(out, c)
			}
			i++
		case inside && c < ' ':
			if out == nil {
				out = append(make([]byte, 0, len(src)+64), src[:i]...)
			}
			out = append(out, '\\', map[byte]byte{'\t': 't', '\n': 'n', '\r': 'r'}[c])
			continue
		}
		if out != nil {
			out = append(out, src[i])
		}
	}
	if out == nil {
		return src
	}
	return out
}

// jsonHead reads what items inherit. A field of the wrong type is passed over
// with its neighbours: the items matter more.
func jsonHead(shell []byte, at *url.URL) head {
	h := head{base: at}
	f, err := new(jsonfeed.Parser).Parse(bytes.NewReader(shell))
	if err != nil {
		return h
	}
	h.link = resolve(at, f.HomePageURL)
	h.base = rebased(at, first(f.HomePageURL, f.FeedURL))
	h.language = f.Language
	h.authors = jsonAuthors(f.Authors, f.Author)
	h.older.link("next", f.NextURL)
	return h
}

func (h *head) jsonEntry(raw json.RawMessage) entry {
	f, err := new(jsonfeed.Parser).Parse(bytes.NewReader(slices.Concat([]byte(`{"items":[`), raw, []byte(`]}`))))
	if err != nil || len(f.Items) != 1 || f.Items[0] == nil {
		return entry{fault: cmp.Or(err, errors.New("not an object"))}
	}
	n := f.Items[0]
	e := entry{guid: strings.TrimSpace(n.ID)}
	d := &e.doc
	jsonExtensions(d, raw)
	d.Form, d.Body = review.FormHTML, n.ContentHTML
	if d.Body == "" {
		d.Form, d.Body = review.FormText, n.ContentText
	}
	d.URL = resolve(h.base, first(n.URL, n.ExternalURL))
	if d.URL == "" && webLink(e.guid) {
		d.URL = e.guid
	}
	s := &d.Stated
	s.URL = d.URL
	s.Title = strings.Join(strings.Fields(n.Title), " ")
	s.Summary = strings.TrimSpace(n.Summary)
	s.Language = first(n.Language, h.language)
	s.PublishedAt = instantOf(n.DatePublished)
	s.ModifiedAt = instantOf(n.DateModified)
	h.sign(s, jsonAuthors(n.Authors, n.Author), h.base)
	s.Tags = nil
	for _, tag := range n.Tags {
		s.Tags = addTag(s.Tags, tag)
	}
	s.Media = h.jsonMedia(n)
	return e
}

func (h *head) jsonMedia(n *jsonfeed.Item) []review.Media {
	m := mediaList{base: h.base}
	m.add(attached{link: n.Image, medium: "image"})
	m.add(attached{link: n.BannerImage, medium: "image"})
	if n.Attachments != nil {
		for _, a := range *n.Attachments {
			m.add(attached{link: a.URL, mediaType: a.MimeType, alt: a.Title, length: strconv.FormatInt(a.SizeInBytes, 10)})
		}
	}
	return m.list
}

// jsonExtensions takes the film and the rating out of an extension: a member
// whose name begins with an underscore (JSON Feed 1.1, "Extensions") and that is
// shaped like a review in its loose form.
func jsonExtensions(d *review.Document, raw json.RawMessage) {
	if !bytes.Contains(raw, []byte(`"_`)) {
		return
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		object := bytes.TrimSpace(members[name])
		if name[:min(1, len(name))] != "_" || len(object) < 3 || object[0] != '{' {
			continue
		}
		// ParseDocument wants an id; an extension has none of its own.
		stated, err := review.ParseDocument(slices.Concat([]byte(`{"id":"-",`), object[1:]))
		if err != nil || stated.RatingText == "" && stated.Stated.Film.Title == "" {
			continue
		}
		d.Stated = stated.Stated
		var from struct {
			Via string `json:"via"`
		}
		if json.Unmarshal(object, &from) == nil {
			d.Stated.Source.URL = origin(nil, from.Via)
		}
		d.RatingText, d.RatingScale, d.RatingField = stated.RatingText, stated.RatingScale, ""
		if d.RatingText != "" {
			d.RatingField = name + ".rating"
		}
		return
	}
}
