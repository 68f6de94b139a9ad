package pipeline_test

import (
	"testing"

	"github.com/filmwire/filmwire/pipeline"
)

func TestLinksOfAFilm(t *testing.T) {
	each := pipeline.Link{Title: "{film} · Site", Path: "feeds/by-film/{film}.rss", MediaType: "application/rss+xml", Feed: true, PerFilm: true}
	want := pipeline.Link{Title: "Heat (1995) · Site", Path: "feeds/by-film/heat-1995.rss", MediaType: "application/rss+xml", Feed: true}
	if got, ok := each.Of("heat-1995", "Heat (1995)"); !ok || got != want {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
	if got, ok := each.Of("../heat", "Heat"); ok {
		t.Errorf("an id that is no slug leads to %+v", got)
	}
	if got, ok := want.Of("heat-1995", "Heat"); ok {
		t.Errorf("a link that is not per film leads to %+v", got)
	}
}

func TestFilmPage(t *testing.T) {
	page := pipeline.Link{Path: "films/{film}.html", MediaType: "text/html", PerFilm: true}
	others := []pipeline.Link{
		{Path: "films/index.html", MediaType: "text/html"},
		{Path: "films/{film}.json", MediaType: "application/json", PerFilm: true},
		{Path: "feeds/{film}.html", MediaType: "text/html", Feed: true, PerFilm: true},
	}
	if got, ok := pipeline.FilmPage(others); ok {
		t.Errorf("%+v is taken for the page of a film", got)
	}
	if got, ok := pipeline.FilmPage(append(others, page)); !ok || got != page {
		t.Errorf("got %+v, %v, want %+v", got, ok, page)
	}
}

func TestFormats(t *testing.T) {
	for mediaType, want := range map[string]string{
		"application/rss+xml": "RSS", "application/atom+xml": "Atom", "application/feed+json": "JSON Feed", "text/x-opml": "text/x-opml",
	} {
		if got := (pipeline.Link{MediaType: mediaType}).Format(); got != want {
			t.Errorf("%s is called %q, want %q", mediaType, got, want)
		}
	}
}
