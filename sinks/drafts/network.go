package drafts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// network is where posts go, and how it measures them.
type network struct {
	name  string
	limit int // in what count returns
	// count measures text in which every link that is shortened has been put in
	// at its counted length.
	count func(text string) int
	// link is what a link counts, however long it is; 0 for its own length.
	link int
	// bare: a domain without a scheme is made a link too.
	bare     bool
	maxBytes int // 0 for no such limit
	// warning: posts have a content warning of their own, which counts too.
	warning bool
}

// networks is the table.
//
//   - Mastodon: graphemes, content warning included, links as 23 (its
//     StatusLengthValidator)
//   - Bluesky: graphemes and bytes (lexicon app.bsky.feed.post)
//   - Threads: an emoji counts as many characters as it has bytes in UTF-8 (Meta,
//     Threads API, posts)
//   - X: weights (twitter-text, configuration 3). An emoji of several code points
//     counts more here than there; a text is never longer than we say.
func networks() []network {
	return []network{
		{name: "mastodon", limit: 500, count: countGraphemes, link: 23, warning: true},
		{name: "bluesky", limit: 300, count: countGraphemes, maxBytes: 3000},
		{name: "threads", limit: 500, count: countThreads},
		{name: "x", limit: 280, count: countWeights, link: 23, bare: true},
	}
}

// Networks lists the names of the networks there are drafts for.
func Networks() []string {
	var names []string
	for _, n := range networks() {
		names = append(names, n.name)
	}
	return names
}

// length measures a post as the network does, or a little longer.
func (n *network) length(text, warning string) int {
	if n.link > 0 {
		text = word.ReplaceAllStringFunc(text, n.counted)
	}
	return n.count(text + warning)
}

// fits reports whether the network takes the post.
func (n *network) fits(text, warning string) bool {
	return n.length(text, warning) <= n.limit && (n.maxBytes == 0 || len(text) <= n.maxBytes)
}

var (
	word = regexp.MustCompile(`\S+`)
	// plainLink is a link that every network recognises as one, to its end. What
	// is not as plain counts at least its own length.
	plainLink  = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(:[0-9]+)?(/[\w.~%/-]*)?(\?[\w.~%/&=+-]*)?(#[\w.~%/&=-]*)?$`)
	plainEnd   = regexp.MustCompile(`[A-Za-z0-9/=_-]$`)
	bareDomain = regexp.MustCompile(`[\pL\pN]\.[\pL]{2,}`)
)

// counted is a word at the length it counts: a link stands in as so many letters.
func (n *network) counted(w string) string {
	stand := strings.Repeat("x", n.link)
	switch {
	case plainLink.MatchString(w) && plainEnd.MatchString(w):
		return stand
	case strings.Contains(w, "://"):
		return w + stand
	case n.bare:
		return w + strings.Repeat(stand, len(bareDomain.FindAllString(w, -1)))
	}
	return w
}

func countGraphemes(text string) int {
	n := 0
	for tokens := graphemes.FromString(text); tokens.Next(); {
		n++
	}
	return n
}

// countThreads counts everything that may be part of an emoji by its bytes.
func countThreads(text string) int {
	n := 0
	for _, r := range text {
		plain := unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.Z) || r < 0x2000 && unicode.Is(unicode.M, r)
		if !plain {
			n += utf8.RuneLen(r)
		} else {
			n++
		}
	}
	return n
}

func countWeights(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r <= 4351, r >= 8192 && r <= 8205, r >= 8208 && r <= 8223, r >= 8242 && r <= 8247:
			n++
		default:
			n += 2
		}
	}
	return n
}
