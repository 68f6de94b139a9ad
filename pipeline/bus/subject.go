package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

const (
	reviewPrefix = "filmwire.reviews."
	filmPrefix   = "filmwire.films."
	pollPrefix   = "filmwire.poll."
	allReviews   = reviewPrefix + "*.*"
	allFilms     = filmPrefix + "*"
	allPolls     = pollPrefix + "*"
)

// subjectOf is where an event is published: one subject for each review and film.
func subjectOf(a *pipeline.Append) string {
	if a.Film != nil {
		return filmPrefix + token(string(a.Film.FilmID))
	}
	return reviewSubject(a.Review.Source.Name, a.Review.ReviewID)
}

func reviewSubject(source string, id review.ID) string {
	return reviewPrefix + token(source) + "." + token(string(id))
}

const longestToken = 64

// token makes one word of a subject. Plain words stay readable; anything else
// (spaces, dots, wildcards, other alphabets) becomes a tilde and a hash, and since
// no plain word holds a tilde, the two never meet.
func token(name string) string {
	if name != "" && len(name) <= longestToken && strings.IndexFunc(name, notPlain) < 0 {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "~" + hex.EncodeToString(sum[:16])
}

func notPlain(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
