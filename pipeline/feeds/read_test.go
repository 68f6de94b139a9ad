package feeds

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filmwire/filmwire/pipeline/review"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// documents parses a feed as it was got from https://feed.example/dir/feed.xml.
func documents(t testing.TB, b []byte, contentType string) ([]review.Document, *parsed) {
	t.Helper()
	at, _ := url.Parse("https://feed.example/dir/feed.xml")
	p, err := parse(t.Context(), b, contentType, at, noon())
	if err != nil {
		t.Fatal(err)
	}
	identities{}.identify(p.entries)
	entries := latest(p.entries)
	oldestFirst(entries)
	var docs []review.Document
	for _, e := range entries {
		if e.fault == nil {
			docs = append(docs, e.doc)
		}
	}
	return docs, p
}

func at(s string) time.Time {
	t, err := review.ParseTime(s)
	if err != nil {
		panic(err)
	}
	return t
}

// doc makes a document whose URL is in both its places.
func doc(guid, link string, form review.Form, body string, stated review.Review) review.Document {
	stated.URL = link
	return review.Document{GUID: guid, Fickle: true, URL: link, FetchedAt: noon(), Form: form, Body: body, Stated: stated}
}

// rated adds a rating to a document.
func rated(d review.Document, text, field string, scale review.Scale) review.Document {
	d.RatingText, d.RatingField, d.RatingScale = text, field, scale
	return d
}

// reading is a fixture, and the documents it holds.
type reading struct {
	fixture string
	want    []review.Document
}

func TestDialects(t *testing.T) {
	check(t, []reading{
		{"wordpress.xml", []review.Document{
			doc("https://seat.example/older-permalink", "https://seat.example/2026/11/older/", review.FormHTML, "It is <i>fine</i> &amp; long.", review.Review{
				Title: "Older", Language: "en-GB", Critic: review.Critic{Name: "John Roe"}, PublishedAt: at("2026-11-21T15:00:00Z"),
			}),
			doc("https://seat.example/?p=7", "https://seat.example/2026/11/heat/", review.FormHTML, "<p>Two men, one table. <b>4/5</b></p>", review.Review{
				Title: "Heat (1995) – still hot & bothered", Summary: "Two men, one table. Read on …", Language: "en-GB",
				Critic: review.Critic{Name: "Jane Doe"}, CoCritics: []review.Critic{{Name: "John Roe"}}, PublishedAt: at("2026-11-22T09:00:00Z"), Tags: []string{"Crime & Punishment", "Reviews"},
				Media: []review.Media{
					{URL: "https://seat.example/sound/heat.mp3", Kind: "audio", Type: "audio/mpeg"},
					{URL: "https://seat.example/heat.jpg", Alt: "The table", Kind: "image"},
				},
			}),
		}},
		{"rss091.xml", []review.Document{
			doc("http://old.example/amelie", "http://old.example/amelie", review.FormHTML, "Jolie.", review.Review{Title: "Amélie", Language: "fr"}),
		}},
		{"rss10.xml", []review.Document{
			doc("http://rdf.example/a", "http://rdf.example/a", review.FormHTML, "<p>Im Weltraum</p>", review.Review{
				Title: "Alien", Language: "de", Critic: review.Critic{Name: "Ada"}, PublishedAt: at("2024-05-06T05:08:09Z"), Tags: []string{"horror"},
			}),
		}},
		{"atom10.xml", []review.Document{
			doc("urn:4", "https://atom.example/blog/four", review.FormText, "Only this.", review.Review{
				Title: "Four", Language: "en", Critic: review.Critic{Name: "Feed Author", URL: "https://atom.example/blog/about"},
				PublishedAt: at("2025-04-01"), ModifiedAt: at("2025-04-01"),
			}),
			doc("urn:3", "https://atom.example/blog/three", review.FormText, "Tom <3 Jerry", review.Review{
				Title: "Three", Language: "en", Critic: review.Critic{Name: "Feed Author", URL: "https://atom.example/blog/about"},
				PublishedAt: at("2025-05-01"), ModifiedAt: at("2025-05-01"),
			}),
			doc("urn:2", "https://atom.example/blog/fr/deux", review.FormHTML,
				`<p>Tr&#232;s <i></i>bien<br/>a &lt; b <img src="https://atom.example/blog/fr/i.png"/></p>`, review.Review{
					Title: "Deux", Language: "fr", Critic: review.Critic{Name: "Second Author"},
					PublishedAt: at("2025-06-01"), ModifiedAt: at("2025-06-01"),
				}),
			doc("urn:1", "https://atom.example/blog/up.html", review.FormHTML, `<p>See <a href="https://atom.example/blog/more">more</a></p>`, review.Review{
				Title: "Up & away", Summary: "Short.", Language: "en", Critic: review.Critic{Name: "Feed Author", URL: "https://atom.example/blog/about"},
				PublishedAt: at("2026-01-01T00:00:00Z"), ModifiedAt: at("2026-01-01T00:00:01Z"), Tags: []string{"Animation"},
				Media: []review.Media{{URL: "https://atom.example/blog/up.png", Alt: "Balloons", Kind: "image", Type: "image/png", Length: 10240}},
			}),
		}},
		{"atom03.xml", []review.Document{
			doc("tag:x,1", "http://x.example/ran", review.FormHTML, "<p>Chaos.</p>", review.Review{
				Title: "Ran", Critic: review.Critic{Name: "Kuro"}, PublishedAt: at("2003-12-13T12:29:29Z"), ModifiedAt: at("2003-12-14T12:29:29Z"),
			}),
		}},
	})
}

func aside(what review.Aside, d review.Document) review.Document {
	d.Aside = what
	return d
}

func TestElementsOfOtherNamespaces(t *testing.T) {
	five := review.Scale{Best: review.Int(5)}
	check(t, []reading{
		{"letterboxd.xml", []review.Document{
			aside(review.AsideTelevision, doc("letterboxd-watch-2", "https://letterboxd.com/jane/film/some-show/", review.FormHTML, "<p>Watched on Saturday August 1, 2026.</p>", review.Review{
				EntryKind: review.EntryRating, Title: "Some Show, 2020", Critic: review.Critic{Name: "Jane"}, PublishedAt: at("2026-08-02T01:01:00Z"),
				Film:      review.Film{Title: "Some Show", Year: 2020, IDs: review.FilmIDs{Letterboxd: "some-show"}},
				WatchedOn: review.Date{Year: 2026, Month: 8, Day: 1},
			})),
			rated(doc("letterboxd-review-1", "https://letterboxd.com/jane/film/never-let-me-go/", review.FormHTML,
				`<p><img src="https://a.ltrbxd.com/x.jpg"/></p> <p>Quiet.</p>`, review.Review{
					EntryKind: review.EntryRating, Title: "Never Let Me Go, 2010 - ★★★★", Critic: review.Critic{Name: "Jane"}, PublishedAt: at("2026-08-03T01:01:00Z"),
					Film:      review.Film{Title: "Never Let Me Go", Year: 2010, IDs: review.FilmIDs{TMDB: "42188", Letterboxd: "never-let-me-go"}},
					WatchedOn: review.Date{Year: 2026, Month: 8, Day: 2}, Rewatch: true, Liked: true,
				}), "4.0", "letterboxd:memberRating", five),
			aside(review.AsideList, doc("letterboxd-list-3", "https://letterboxd.com/jane/list/seen/", review.FormHTML, "<ul><li>Ran</li></ul>", review.Review{
				Title: "Seen", Critic: review.Critic{Name: "Jane"}, PublishedAt: at("2026-08-04T01:01:00Z"),
			})),
		}},
		{"schema-org.xml", []review.Document{
			rated(doc("tag:s.example,2026:1", "", review.FormHTML, "Chaos.", review.Review{
				Title: "Ran",
				Film:  review.Film{Title: "Ran", Year: 1985, IDs: review.FilmIDs{IMDb: "tt0089881", TMDB: "11645", Wikidata: "Q245208", Letterboxd: "ran"}},
			}), "9.5", "schema:reviewRating", review.Scale{Worst: review.Int(1), Best: review.Int(10)}),
		}},
		{"media-group.xml", []review.Document{
			doc("yt:video:1", "https://video.example/watch?v=1", review.FormHTML, "", review.Review{
				Title: "Stalker, reviewed", Critic: review.Critic{Name: "Channel"},
				PublishedAt: at("2026-03-01T12:00:00Z"), ModifiedAt: at("2026-03-02T12:00:00Z"),
				Media: []review.Media{{URL: "https://video.example/v/1.mp4", Alt: "Into the Zone", Kind: "video", Type: "video/mp4", Length: 73400320}},
			}),
		}},
		{"odd-rss.xml", []review.Document{
			doc("3", "https://odd.example/blog/three", review.FormHTML, "c", review.Review{Critic: review.Critic{Name: "Head Critic"}, PublishedAt: at("2026-01-01"), Media: []review.Media{{URL: "https://odd.example/t.png", Kind: "image"}}}),
			doc("2", "https://odd.example/real", review.FormHTML, "b", review.Review{Critic: review.Critic{Name: "Head Critic"}, PublishedAt: at("2026-01-02T03:04:05Z"), ModifiedAt: at("2026-01-05")}),
			doc("https://odd.example/1", "https://odd.example/1", review.FormHTML, "a", review.Review{Critic: review.Critic{Name: "Ann"}, PublishedAt: at("2026-01-03"), Tags: []string{"noir"}}),
		}},
		{"jsonfeed.json", []review.Document{
			doc("plain", "https://elsewhere.example/", review.FormText, "Just text, 8 of 10.", review.Review{
				Language: "en", Critic: review.Critic{Name: "Feed Author"}, Media: []review.Media{{URL: "https://j.example/a.mp3", Kind: "audio", Type: "audio/mpeg", Length: 5 << 30}},
			}),
			rated(doc("7", "https://j.example/seven", review.FormHTML, "<p>Dark.</p>", review.Review{
				Title: "Seven", Summary: "Dark", Language: "en", Critic: review.Critic{Name: "Jane Doe", URL: "https://j.example/jane"},
				PublishedAt: at("2026-02-03T09:05:06Z"), ModifiedAt: at("2026-02-04T04:05:06Z"), Tags: []string{"crime"},
				Film:      review.Film{Title: "Se7en", Year: 1995, IDs: review.FilmIDs{IMDb: "tt0114369"}},
				WatchedOn: review.Date{Year: 2026, Month: 2, Day: 1}, Media: []review.Media{{URL: "https://j.example/seven.jpg", Kind: "image"}},
			}), "3.5", "_review.rating", review.Scale{Best: review.Int(4)}),
		}},
	})
}

func check(t *testing.T, tests []reading) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			got, p := documents(t, fixture(t, tt.fixture), "")
			if p.cut {
				t.Error("a whole feed counts as cut short")
			}
			ignore := cmpopts.IgnoreFields(review.Document{}, "RawSHA256")
			if diff := cmp.Diff(tt.want, got, ignore, cmp.AllowUnexported(review.Decimal{})); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}
