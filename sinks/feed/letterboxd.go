package feed

import (
	"math/big"

	"github.com/filmwire/filmwire/pipeline/review"
)

// The namespaces of Letterboxd's feeds, as they declare them.
const (
	letterboxdNS = "https://letterboxd.com"
	tmdbNS       = "https://themoviedb.org"
)

// letterboxdItem is what Letterboxd adds to an item of RSS. Programs that read its
// feeds find films and ratings in these elements; validators do not know them.
type letterboxdItem struct {
	Watched string `xml:"letterboxd:watchedDate,omitempty"`
	Rewatch string `xml:"letterboxd:rewatch,omitempty"`
	Title   string `xml:"letterboxd:filmTitle,omitempty"`
	Year    int    `xml:"letterboxd:filmYear,omitempty"`
	Rating  string `xml:"letterboxd:memberRating,omitempty"`
	TMDB    string `xml:"tmdb:movieId,omitempty"`
}

func newLetterboxdItem(n *entry) letterboxdItem {
	x := letterboxdItem{Watched: n.review.WatchedOn.String()}
	if x.Watched != "" {
		x.Rewatch = "No"
		if n.review.Rewatch {
			x.Rewatch = "Yes"
		}
	}
	if f := n.review.Film; f != nil {
		x.Title, x.Year = f.Title, f.Year
		if f.IDs != nil {
			x.TMDB = f.IDs.TMDB
		}
	}
	if r := n.review.Rating; r != nil {
		x.Rating = halfStars(r.Norm)
	}
	return x
}

// halfStars is a norm as stars of five, to the nearest half. Letterboxd has no zero:
// half a star is the least that can be given there, so a real zero is left out, as is
// what was never a number.
func halfStars(norm review.Decimal) string {
	if norm.Sign() <= 0 {
		return ""
	}
	halves := review.Round(new(big.Rat).Quo(norm.Rat(), big.NewRat(10, 1)), 0).Rat()
	if halves.Sign() == 0 {
		halves.SetInt64(1)
	}
	return review.Round(halves.Quo(halves, big.NewRat(2, 1)), 1).String()
}
