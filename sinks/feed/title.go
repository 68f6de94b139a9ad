package feed

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// filmName is the film as people name it: "Heat (1995)". It is "" without a title.
func filmName(f *review.Film) string {
	name := line(f.Title)
	if name != "" && f.Year != 0 {
		name += " (" + strconv.Itoa(f.Year) + ")"
	}
	return name
}

// entryTitle is what the critic called the review, if that says more than which
// film it is about, else the film; with the rating behind it if stars is set.
func entryTitle(e *review.Event, stars bool) string {
	title := line(e.OwnTitle())
	if title == "" {
		title = filmName(&e.Film)
	}
	if title == "" {
		title = line(e.Title)
	}
	if title == "" {
		title = "Review"
		if by := line(cmp.Or(e.Byline(), string(e.Critic.Outlet))); by != "" {
			title += " by " + by
		}
	}
	rating := ratingText(&e.Rating)
	if !stars || rating == "" || strings.Contains(title, "★") || strings.HasSuffix(title, " "+rating) {
		return title
	}
	return title + " " + rating
}

// ratingText is the rating as a feed shows it: ★★★½ where stars can be drawn, else
// 8/10, B+ or Recommended; ?/5 where it was lost and its scale is known; "" where
// there is none.
func ratingText(r *review.Rating) string {
	if r.Kind == review.Lost && !r.Best.IsZero() {
		return "?/" + r.Best.String()
	}
	if stars := r.Stars(); stars != "" {
		return stars
	}
	return line(r.Text())
}
