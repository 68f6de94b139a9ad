package films_test

import (
	"fmt"
	"testing"

	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
)

func TestChoose(t *testing.T) {
	amelie := review.Film{
		Title: "Amélie", OriginalTitle: "Le Fabuleux Destin d'Amélie Poulain", Year: 2001,
		Directors: []string{"Jean-Pierre Jeunet"}, IDs: review.FilmIDs{TMDB: "194", IMDb: "tt0211915"},
	}
	twin := amelie
	twin.IDs = review.FilmIDs{TMDB: "7"}
	undated := amelie
	undated.Year = 0
	imdb := review.FilmIDs{IMDb: "tt0211915"}
	for _, c := range []struct {
		name  string
		asked review.Film
		found []review.Film
		want  bool
	}{
		{"its title and year", review.Film{Title: "AMELIE", Year: 2001}, []review.Film{amelie}, true},
		{"its original title", review.Film{Title: "Le fabuleux destin d’Amélie Poulain", Year: 2001}, []review.Film{amelie}, true},
		{"a year apart", review.Film{Title: "Amélie", Year: 2002}, []review.Film{amelie}, true},
		{"two years apart", review.Film{Title: "Amélie", Year: 2003}, []review.Film{amelie}, false},
		{"another title", review.Film{Title: "Amélie 2", Year: 2001}, []review.Film{amelie}, false},
		{"two fit", review.Film{Title: "Amélie", Year: 2001}, []review.Film{amelie, twin}, false},
		{"two fit, and an id speaks against one", review.Film{Title: "Amélie", Year: 2001, IDs: review.FilmIDs{TMDB: "194"}}, []review.Film{twin, amelie}, true},
		{"another's id", review.Film{Title: "Amélie", Year: 2001, IDs: review.FilmIDs{IMDb: "tt1"}}, []review.Film{amelie}, false},
		{"another director", review.Film{Title: "Amélie", Year: 2001, Directors: []string{"Marc Caro"}}, []review.Film{amelie}, false},
		{"no year", review.Film{Title: "Amélie"}, []review.Film{amelie}, false},
		{"no year there", review.Film{Title: "Amélie", Year: 2001}, []review.Film{undated}, false},
		{"an id alone", review.Film{IDs: imdb}, []review.Film{amelie}, true},
		{"an id and a title", review.Film{Title: "Amélie", IDs: imdb}, []review.Film{amelie}, true},
		{"an id, and the title of another", review.Film{Title: "Delicatessen", IDs: imdb}, []review.Film{amelie}, false},
		{"nothing", review.Film{Title: "Amélie", Year: 2001}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := films.New().Choose(&c.asked, c.found)
			if ok != c.want || ok && got.IDs != amelie.IDs {
				t.Errorf("chosen: %t, %+v", ok, got)
			}
		})
	}
}

// A catalogue's titles are taken over once each, and not without end.
func TestChosenTitlesAreBounded(t *testing.T) {
	f := review.Film{Title: "Amélie", Year: 2001, AltTitles: []string{"Amelie", "", "AMÉLIE!", "Le Destin", "le destin"}}
	for i := range 500 {
		f.AltTitles = append(f.AltTitles, fmt.Sprintf("Amélie in country %d", i))
	}
	got, ok := films.New().Choose(&review.Film{Title: "Amélie", Year: 2001}, []review.Film{f})
	if !ok || len(got.AltTitles) != 40 || got.AltTitles[0] != "Le Destin" || got.AltTitles[1] != "Amélie in country 0" {
		t.Errorf("%t, %d titles: %q", ok, len(got.AltTitles), got.AltTitles)
	}
}

// The lists of films stand where a film's page would.
func TestNoFilmStandsWhereAListDoes(t *testing.T) {
	d := newDesk(t)
	for title, want := range map[string]review.FilmID{"Index": "index-2", "By Date": "by-date-2", "By Title": "by-title-2", "By Rank": "by-rank"} {
		if got := d.identify(film(title, 0)); got.ID != want {
			t.Errorf("%s is %q, want %q", title, got.ID, want)
		}
	}
}

// A film that is known asks nobody.
func TestUnsure(t *testing.T) {
	d := newDesk(t)
	d.identify(film("Amélie", 2001))
	for _, c := range []struct {
		film review.Film
		want bool
	}{
		{film("Amélie", 2001), false},
		{film("Amelie", 2002), false},
		{film("Delicatessen", 1991), true},
	} {
		events := len(d.events)
		got, err := d.group.Unsure("00", &review.Review{Film: c.film})
		if err != nil || got != c.want || len(d.events) != events {
			t.Errorf("%s (%d): %t, %v", c.film.Title, c.film.Year, got, err)
		}
	}
}
