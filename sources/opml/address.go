package opml

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/url"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

var (
	errNoAddress = errors.New("has no address that a feed could be at; xmlUrl should be one, as https://example.org/feed/")
	errInclude   = errors.New("is another list (type include), and lists within lists are not followed: make it a source of its own")
)

// address reads a feed's address as lists write it, relative to that of the list, which
// may be nil.
func address(text string, base *url.URL) (*url.URL, error) {
	text = review.Line(text)
	for _, prefix := range [...]string{"feed:http://", "feed:https://"} {
		if len(text) > len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			text = text[len("feed:"):]
		}
	}
	if len(text) > 7 && strings.EqualFold(text[:7], "feed://") {
		text = "http://" + text[7:]
	}
	u, err := url.Parse(text)
	if err == nil && base != nil {
		u = base.ResolveReference(u)
	}
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errNoAddress
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// feedKey is what a feed is known by: its address without what changes when a site
// goes over to https or drops its www.
func feedKey(u *url.URL) string {
	key := host(u) + strings.TrimSuffix(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		key += "?" + u.RawQuery
	}
	return key
}

func host(u *url.URL) string {
	name := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		name += ":" + port
	}
	return name
}

// itemKey is what an item is known by in any feed, 0 where it can be the item of one feed
// alone: its link, unless that leads to a site's front page, else an id that is meant
// to be the only one of its kind.
func itemKey(d *review.Document) uint64 {
	what := ""
	switch u, err := url.Parse(d.URL); {
	case err == nil && u.Host != "" && strings.Trim(u.Path, "/")+u.RawQuery != "":
		what = host(u) + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + withoutTracking(u.Query())
	case strings.HasPrefix(d.GUID, "tag:"), strings.HasPrefix(d.GUID, "urn:uuid:"):
		what = d.GUID
	default:
		return 0
	}
	sum := sha256.Sum256([]byte(what))
	return max(binary.BigEndian.Uint64(sum[:keyBytes]), 1)
}

// keyBytes is the size of an item's key: among a million items, two have the same one
// in one list of thirty million.
const keyBytes = 8

// withoutTracking is a query without what tells a site where a reader came from.
func withoutTracking(q url.Values) string {
	for name := range q {
		if strings.HasPrefix(name, "utm_") {
			q.Del(name)
		}
	}
	return q.Encode()
}
