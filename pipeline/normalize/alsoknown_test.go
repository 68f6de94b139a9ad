package normalize_test

import (
	"fmt"
	"testing"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

// TestTitlesOfAFilm: a film's title as people and catalogues write it, whether in a
// field or as the title of the review.
func TestTitlesOfAFilm(t *testing.T) {
	for _, c := range []struct {
		title string
		want  string // the film's title, and the others it goes by
	}{
		{"Matrix, The", "The Matrix []"},
		{"Avventura, L'", "L'Avventura []"},
		{"Oldeuboi (a.k.a. Oldboy)", "Oldeuboi [Oldboy]"},
		{"Oldeuboi [aka Oldboy]", "Oldeuboi [Oldboy]"},
		{"Oldeuboi AKA Oldboy", "Oldeuboi [Oldboy]"},
		{"Oldeuboi, aka Oldboy", "Oldeuboi [Oldboy]"},
		{"Seven Samurai (also known as Shichinin no Samurai)", "Seven Samurai [Shichinin no Samurai]"},
		{"Birds, The (aka Vögel, Die)", "The Birds [Die Vögel]"},
		{"AKA Jane Roe", "AKA Jane Roe []"},
		{"Osaka", "Osaka []"},
		{"Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", "Dr. Strangelove [Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb]"},
		{"Do or Die", "Do or Die []"},
		{"1917", "1917 []"},
		{"$", "$ []"},
		{"…", "… []"},
		{"WALL·E", "WALL·E []"},
		{"8½", "8½ []"},
	} {
		r, err := normalize.Normalize(review.Document{GUID: "a", Form: review.FormText, Body: "A text of its own.", Stated: review.Review{Film: review.Film{Title: c.title}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Film.Title, " ", r.Film.AltTitles); got != c.want {
			t.Errorf("a field %q is %q, want %q", c.title, got, c.want)
		}
	}
	r, err := normalize.Normalize(review.Document{GUID: "a", Form: review.FormText, Body: "A text.", Stated: review.Review{Title: "Review: Oldeuboi (a.k.a. Oldboy) (2003) ★★★★"}})
	if err != nil || fmt.Sprintf("%s %v %d", r.Film.Title, r.Film.AltTitles, r.Film.Year) != "Oldeuboi [Oldboy] 2003" {
		t.Errorf("a title is of %q %v %d, %v", r.Film.Title, r.Film.AltTitles, r.Film.Year, err)
	}
}

// TestCataloguesPages: the ids that addresses in a text hold. A page of television
// is of no film.
func TestCataloguesPages(t *testing.T) {
	for _, c := range []struct{ href, want string }{
		{"https://www.imdb.com/title/tt1375666/?ref_=fn", "{tt1375666   }"},
		{"https://www.imdb.com/fr/title/tt1375666/", "{tt1375666   }"},
		{"https://www.themoviedb.org/movie/27205-inception", "{ 27205  }"},
		{"https://www.themoviedb.org/tv/1399-game-of-thrones", "{   }"},
		{"https://www.wikidata.org/wiki/Q25188", "{  Q25188 }"},
		{"http://www.wikidata.org/entity/Q25188", "{  Q25188 }"},
		{"https://letterboxd.com/film/inception/", "{   inception}"},
		{"https://letterboxd.com/somebody/film/inception/", "{   inception}"},
		{"https://letterboxd.com/tmdb/27205", "{ 27205  }"},
		{"https://letterboxd.com/imdb/tt1375666/", "{tt1375666   }"},
		{"https://boxd.it/1skk", "{   }"},
	} {
		r, err := normalize.Normalize(review.Document{GUID: "a", Form: review.FormHTML,
			Body: `<p>A text about <a href="` + c.href + `">a film</a> that goes on for a while.</p>`, Stated: review.Review{Film: review.Film{Title: "Inception"}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Film.IDs); got != c.want {
			t.Errorf("%s: %s, want %s", c.href, got, c.want)
		}
	}
}
