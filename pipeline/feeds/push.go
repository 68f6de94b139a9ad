package feeds

import (
	"encoding/json"
	"net/url"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/mmcdole/gofeed/atom"

	"github.com/filmwire/filmwire/pipeline"
)

// relations are links that a feed, or the answer it came in, states about the feed as
// a whole: the hubs that tell of changes, and the address it is known by.
type relations struct {
	hubs []string
	self string
}

func (r *relations) add(rel, href string) {
	switch strings.ToLower(rel) {
	case "hub":
		r.hubs = append(r.hubs, href)
	case "self":
		r.self = first(r.self, href)
	}
}

// push is what the relations amount to, with those of the header before those of the
// feed (WebSub, 4). There is none without both a hub and an address; of several hubs,
// all of which tell the same, it is the first that is reached safely.
func (s *source) push(header, feed *relations, at *url.URL) []pipeline.Push {
	found := pipeline.Push{Feed: s.name}
	for _, hubs := range [][]string{header.hubs, feed.hubs} {
		for _, hub := range hubs {
			hub = webAddress(at, hub)
			if found.Hub == "" || strings.HasPrefix(hub, "https:") && !strings.HasPrefix(found.Hub, "https:") {
				found.Hub = hub
			}
		}
		if found.Hub != "" {
			break
		}
	}
	if found.Topic = webAddress(at, header.self); found.Topic == "" {
		found.Topic = webAddress(at, feed.self)
	}
	if found.Hub == "" || found.Topic == "" {
		return nil
	}
	return []pipeline.Push{found}
}

// longestAddress is longer than the address of a hub or a feed.
const longestAddress = 2000

// webAddress is an absolute address on the web, "" for what is none.
func webAddress(at *url.URL, href string) string {
	u, err := url.Parse(resolve(at, href))
	if err != nil || !webLink(u.String()) || u.Host == "" || u.User != nil || len(href) > longestAddress {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// atomRelations are those of links in Atom.
func atomRelations(links []*atom.Link) relations {
	var r relations
	for _, l := range links {
		r.add(l.Rel, l.Href)
	}
	return r
}

// rssRelations are those of Atom's links in a channel.
func rssRelations(x ext.Extensions) relations {
	var r relations
	for _, l := range x["atom"]["link"] {
		r.add(l.Attrs["rel"], l.Attrs["href"])
	}
	return r
}

// jsonRelations are those of a JSON feed. Hubs of another kind than WebSub speak
// another language.
func jsonRelations(shell []byte) relations {
	var f struct {
		FeedURL string `json:"feed_url"`
		Hubs    []struct{ Type, URL string }
	}
	if json.Unmarshal(shell, &f) != nil {
		return relations{}
	}
	r := relations{self: f.FeedURL}
	for _, hub := range f.Hubs {
		if strings.EqualFold(hub.Type, "websub") || strings.EqualFold(hub.Type, "pubsubhubbub") {
			r.add("hub", hub.URL)
		}
	}
	return r
}

// headerRelations reads Link headers (RFC 8288): <href>; rel="hub self", ...
func headerRelations(values []string) relations {
	var r relations
	for _, rest := range values {
		for {
			_, after, found := strings.Cut(rest, "<")
			href, after, closed := strings.Cut(after, ">")
			if !found || !closed {
				break
			}
			rel := ""
			rel, rest = linkRel(after)
			for word := range strings.FieldsSeq(rel) {
				r.add(word, href)
			}
		}
	}
	return r
}

// linkRel reads a link's parameters up to the comma that ends them, and keeps the
// first rel.
func linkRel(s string) (rel, rest string) {
	seen := false
	for {
		s = strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(s, ";") {
			return rel, s
		}
		end := strings.IndexAny(s[1:], "=;,") + 1
		if end == 0 {
			return rel, ""
		}
		name, value := strings.TrimSpace(s[1:end]), ""
		s = s[end:]
		if strings.HasPrefix(s, "=") {
			value, s = linkValue(strings.TrimLeft(s[1:], " \t"))
		}
		if strings.EqualFold(name, "rel") && !seen {
			rel, seen = value, true
		}
	}
}

// linkValue is a word, or what stands between quotes.
func linkValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if end := strings.IndexAny(s, " \t;,"); end >= 0 {
			return s[:end], s[end:]
		}
		return s, ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:]
		case '\\':
			if i++; i == len(s) {
				return b.String(), ""
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
