package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"github.com/filmwire/filmwire/pipeline/review"
)

// subject is what one feed of a sink is about, in the words of one review. The
// key is what stands in the feed's path: empty for the one feed of all reviews.
type subject struct {
	key    string
	film   Film
	critic Critic
	outlet string
	tag    string
}

// grouping names the feeds that a review stands in.
type grouping func(*review.Event) []subject

// groupings are the ways to part reviews into feeds, by the value of per. A way
// to add is one case here, its fields of Topic, and its plain wording.
func groupings(per string) grouping {
	switch per {
	case perFilm:
		return ofFilm
	case perCritic:
		return ofCritics
	case perOutlet:
		return ofOutlet
	case perTag:
		return ofTags
	}
	return func(*review.Event) []subject { return []subject{{}} }
}

// ofFilm: a review whose film was not identified is in no film's feed.
func ofFilm(e *review.Event) []subject {
	if e.Film.ID == "" {
		return nil
	}
	film := Film{ID: line(string(e.Film.ID)), Title: line(e.Film.Title), Year: e.Film.Year}
	return []subject{{key: pathKey(string(e.Film.ID)), film: film}}
}

// ofCritics: a review by several is in the feed of each.
func ofCritics(e *review.Event) []subject {
	var all []subject
	for _, c := range e.Critics() {
		s, named := ofCritic(&c)
		if named && !slices.ContainsFunc(all, func(o subject) bool { return o.key == s.key }) {
			all = append(all, s)
		}
	}
	return all
}

func ofCritic(c *review.Critic) (s subject, named bool) {
	name := line(c.Name)
	id := string(c.ID)
	if name == "" && id == "" {
		return s, false
	}
	s = subject{key: pathKey(id), critic: Critic{ID: line(id), Name: name, Outlet: line(string(c.Outlet))}}
	if id == "" {
		s.key = nameKey(name)
	}
	if name == "" {
		s.critic.Name = line(id)
	}
	return s, true
}

func ofOutlet(e *review.Event) []subject {
	outlet := line(string(e.Critic.Outlet))
	if outlet == "" {
		return nil
	}
	return []subject{{key: nameKey(outlet), outlet: outlet}}
}

// mostTags bounds the feeds that one review stands in: a page that has every word
// for a tag would change a thousand feeds each time.
const mostTags = 50

func ofTags(e *review.Event) []subject {
	var all []subject
	for _, tag := range tagsOf(e.Tags) {
		key := nameKey(tag)
		if len(all) < mostTags && !slices.ContainsFunc(all, func(s subject) bool { return s.key == key }) {
			all = append(all, subject{key: key, tag: tag})
		}
	}
	return all
}

// longestKey is the most bytes of a name that go into a path.
const longestKey = 100

// nameKey is a name as a part of a path: its letters and digits in lower case,
// with a hyphen for whatever is between. Names that differ in nothing else share a
// feed.
func nameKey(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
	if key := strings.Join(words, "-"); len(key) <= longestKey && isKey(key) {
		return key
	}
	return pathKey(name)
}

// isKey reports that a key can stand in a path as it is.
func isKey(key string) bool { return review.FilmID(key).IsSlug() }

// pathKey is an id as a part of a path. A slug stays what it is; anything else
// becomes what of it is safe, and a hash that tells it from its likes.
func pathKey(id string) string {
	if isKey(id) {
		return id
	}
	safe := strings.Map(func(r rune) rune {
		if isKey(string(r)) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(id, ""))
	if len(safe) > longestKey {
		safe = strings.ToValidUTF8(safe[:longestKey], "")
	}
	sum := sha256.Sum256([]byte(id))
	return strings.TrimLeft(safe+"-"+hex.EncodeToString(sum[:8]), "-")
}
