package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

// TestTitlesOfPages: which part of what a page calls itself is the film.
func TestTitlesOfPages(t *testing.T) {
	for _, c := range []struct{ name, head, body, title, film string }{
		{"a heading with the year", "<title>Never Let Me Go | A Film Blog</title>", "<h2>Never Let Me Go (2010)</h2>%s", "Never Let Me Go (2010)", "Never Let Me Go 2010"},
		{"a heading before the article", "<title>Never Let Me Go | A Film Blog</title>", "<h1>A Film Blog</h1><h2>Never Let Me Go (2010)</h2><div class=entry-content>%s</div>", "Never Let Me Go (2010)", "Never Let Me Go 2010"},
		{"the year in the title alone", "<title>Never Let Me Go (2010) - A Film Blog</title>", "<h2>Never Let Me Go</h2>%s", "Never Let Me Go (2010)", "Never Let Me Go 2010"},
		{"a longer heading", "<title>Parasite – A Film Blog</title>", "<h1>Parasite: the stairs always win</h1>%s", "Parasite: the stairs always win", "Parasite: the stairs always win 0"},
		{"a review of it", "<title>Never Let Me Go review :: A Film Blog</title>", "<h3>Review: Never Let Me Go</h3>%s", "Review: Never Let Me Go", "Never Let Me Go 0"},
		{"a film with a dash", "<title>Mission: Impossible - Rogue Nation | A Film Blog</title>", "<h1>Mission: Impossible - Rogue Nation (2015)</h1>%s", "Mission: Impossible - Rogue Nation (2015)", "Mission: Impossible - Rogue Nation 2015"},
		{"a film with a dash and no heading", "<title>Mission: Impossible - Rogue Nation</title>", "%s", "Mission: Impossible - Rogue Nation", "Mission: Impossible - Rogue Nation 0"},
		{"a film with a dash, and the site's name", "<title>Mission: Impossible - Rogue Nation - The Back Row</title><meta property=og:site_name content='The Back Row'>", "%s", "Mission: Impossible - Rogue Nation", "Mission: Impossible - Rogue Nation 0"},
		{"a film with a bar", "<title>Life | Death</title>", "<h1>Life | Death</h1>%s", "Life | Death", "Life | Death 0"},
		{"the host's name", "<title>Never Let Me Go « The Critic</title>", "%s", "Never Let Me Go", "Never Let Me Go 0"},
		{"the host's name first", "<title>Critic » Never Let Me Go</title>", "%s", "Never Let Me Go", "Never Let Me Go 0"},
		{"no name of the site", "<title>Never Let Me Go - The Sequel</title>", "%s", "Never Let Me Go - The Sequel", "Never Let Me Go - The Sequel 0"},
		{"the site's heading and the film's", "<title>A Film Blog: Review: Never Let Me Go (2010)</title>", "<h1>A Film Blog</h1><h3>Review: Never Let Me Go (2010)</h3>%s", "Review: Never Let Me Go (2010)", "Never Let Me Go 2010"},
		{"the site's heading, an archive and the film's", "<title>Film Notes &raquo; Blog Archive &raquo; Kes (1969)</title>", "<h1>Film Notes</h1><div><h2>Kes (1969)</h2>%s</div>", "Kes (1969)", "Kes 1969"},
		{"a year far behind the title", "<title>Nomadland movie review &amp; film summary (2020) | The Lantern</title>", "<h1>Nomadland</h1>%s", "Nomadland movie review & film summary (2020)", "Nomadland 2020"},
		{"a heading that is the site", "<title>Never Let Me Go | A Film Blog</title>", "<h1>A Film Blog</h1>%s", "Never Let Me Go", "Never Let Me Go 0"},
		{"a heading marked as the site", "<title>Never Let Me Go</title>", "<h1 class=site-title>A Film Blog</h1>%s", "Never Let Me Go", "Never Let Me Go 0"},
		{"a heading in the navigation", "<title>Never Let Me Go | X</title>", "<nav><h2>Never Let</h2></nav>%s", "Never Let Me Go | X", "Never Let Me Go | X 0"},
		{"another heading", "<title>Home</title>", "<h1>Mulan</h1>%s", "Mulan", "Mulan 0"},
		{"another film's heading", "<title>Alien | A Film Blog</title>", "<h2>Aliens</h2>%s", "Alien | A Film Blog", "Alien | A Film Blog 0"},
		{"stated for others", "<title>Never Let Me Go | A Film Blog</title><meta property=og:title content='Never Let Me Go review – a quiet school'>", "<h2>Never Let Me Go (2010)</h2>%s", "Never Let Me Go review – a quiet school", "Never Let Me Go 2010"},
		{"far down", "<title>Never Let Me Go | X</title>", "%s%s%s%s%s<h2>Never Let Me Go (2011)</h2>", "Never Let Me Go | X", "Never Let Me Go | X 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			paragraph := "<p>" + prose + "</p>"
			body := strings.ReplaceAll(c.body, "%s", paragraph)
			r := read(t, review.Document{Form: review.FormPage, URL: "https://www.critic.example/2020/x/", Body: "<html><head>" + c.head + "</head><body><main>" + body + "</main></body></html>"})
			if got := fmt.Sprint(r.Film.Title, " ", r.Film.Year); r.Title != c.title || got != c.film {
				t.Errorf("title %q, film %q; want %q, %q", r.Title, got, c.title, c.film)
			}
			if strings.HasPrefix(r.BodyText, c.title+"\n") {
				t.Errorf("the title stands in the text: %q", r.BodyText)
			}
		})
	}
}

func TestOnlyTheFirstTitleGoes(t *testing.T) {
	r := read(t, review.Document{Form: review.FormPage, Body: "<title>Mulan</title><main><p>By Jane Doe</p><h2>Mulan (2020)</h2><p>" + prose + "</p><h2>Mulan (1998)</h2><h2>Mulan (2020)</h2><p>" + prose})
	if want := "By Jane Doe\n\n" + prose + "\n\nMulan (1998)\n\nMulan (2020)\n\n" + prose; r.BodyText != want {
		t.Errorf("text %q", r.BodyText)
	}
}

func TestBesideTheText(t *testing.T) {
	text := "<p>" + prose + "</p><p>" + prose + "</p>"
	for _, c := range []struct{ name, page, want string }{
		{"a rating over a review's body", "<div itemscope itemtype=https://schema.org/Review><p>Rating: 3/5</p><div itemprop=reviewBody>%s</div></div>", "3/5 page"},
		{"a rating under it", "<article><div itemprop=reviewBody>%s</div><p>My rating: 3/5</p></article>", "3/5 page"},
		{"stars over it", "<article><p>★★★☆☆</p><div class=entry-content>%s</div></article>", "3/5 page"},
		{"the text's own first", "<article><p>Rating: 3/5</p><div class=entry-content>%s<p>Rating: 2/5</p></div></article>", "2/5 text warned"},
		{"who and when over it", "<article><header><h1>Mulan</h1><p>By Jane Doe | June 2, 2022</p></header><div class=entry-content>%s</div></article>", "unrated Jane Doe 2022-06-02"},
		{"facts over it", "<article><p>Dir. Niki Caro, USA 2020, 115 mins</p><div class=entry-content>%s</div></article>", "unrated 2020 Niki Caro"},
		{"not a reader's", "<article><div class=entry-content>%s</div><div class=comments><p>My rating: 1/5</p></div></article>", "unrated"},
		{"not a sidebar's", "<div><aside><p>Rating: 1/5</p></aside><article><div class=entry-content>%s</div></article></div>", "unrated"},
		{"stars under it", "<article><div class=entry-content>%s</div><p>★★★☆☆</p></article>", "unrated"},

		{"hreview", "<div class=hreview><span class=item><span class=fn>Mulan</span></span> by <span class=reviewer>Jane Doe</span> <abbr class=dtreviewed title=2022-06-02>June</abbr> <span class=rating>3</span> out of <span class=best>5</span><div class=description>%s</div></div>", "3/5 microdata Jane Doe 2022-06-02"},
		{"hreview with an abbreviation", "<div class=hreview><abbr class=rating title=3.5>***</abbr><div class=description>%s</div></div>", "ambiguous microdata"},
		{"hreview with both in one", "<div class=hreview><p class=rating><span class=value>3</span>/<span class=best>5</span></p><div class=description>%s</div></div>", "3/5 microdata"},
		{"h-review", "<article class=h-review><h1 class=p-name>Mulan</h1><data class=p-rating value=4>4 stars</data> of <data class=p-best value=5></data><div class=e-content>%s</div></article>", "4/5 microdata"},
		{"a class of rating elsewhere", "<div><span class=rating>3</span><article>%s</article></div>", "unrated"},
		{"microdata names the film", "<article><div itemprop=itemReviewed itemscope itemtype=https://schema.org/Movie><b itemprop=name>Mulan</b></div><b itemprop=ratingValue>3</b>/<b itemprop=bestRating>5</b><div itemprop=reviewBody>%s</div></article>", "3/5 microdata"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormPage, Body: "<title>Mulan</title><body>" + fmt.Sprintf(c.page, text)})
			got := r.Rating.String() + " " + r.Rating.FoundIn
			for _, w := range r.Warnings {
				if w.Code == "rating.conflict" {
					got += "warned"
				}
			}
			if got = strings.Replace(strings.TrimSpace(got), "textwarned", "text warned", 1); r.Critic.Name != "" {
				got += " " + r.Critic.Name
			}
			if !r.PublishedAt.IsZero() {
				got += r.PublishedAt.Format(" 2006-01-02")
			}
			if r.Film.Year != 0 {
				got += fmt.Sprint(" ", r.Film.Year, " ", strings.Join(r.Film.Directors, "+"))
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if r.Film.Title != "Mulan" || !strings.HasPrefix(r.Summary, prose) {
				t.Errorf("film %q, summary %q", r.Film.Title, r.Summary)
			}
		})
	}
}

// TestReviewsInOtherLanguages: what a review is called is no part of the film's title, and
// a film whose title begins like it keeps its own.
func TestReviewsInOtherLanguages(t *testing.T) {
	for title, film := range map[string]string{
		"Recension: Long Field":        "Long Field",
		"Kritik: Long Field":           "Long Field",
		"Filmkritik – Long Field":      "Long Field",
		"Critique : Long Field (2019)": "Long Field",
		"Crítica: Long Field":          "Long Field",
		"CRÍTICA: Long Field":          "Long Field",
		"Reseña: Long Field":           "Long Field",
		"RESEÑA | Long Field":          "Long Field",
		"Recensione: Long Field":       "Long Field",
		"Anmeldelse: Long Field":       "Long Field",
		"[Arvostelu] Long Field":       "Long Field",
		"Recenzja: Long Field":         "Long Field",
		"Recensie: Long Field":         "Long Field",
		"Kritika: Long Field":          "Long Field",
		"Long Field – Recensione":      "Long Field",
		"Long Field (Reseña)":          "Long Field",
		"Critical Condition":           "Critical Condition",
		"Kritika Long Field":           "Kritika Long Field",
		"Recensionen":                  "Recensionen",
		"The Critique of Separation":   "The Critique of Separation",
		"Crítica de la razón pura":     "Crítica de la razón pura",
	} {
		r := read(t, review.Document{Form: review.FormText, Body: prose, URL: "https://critic.example/x/", Stated: review.Review{Title: title}})
		if r.Film.Title != film {
			t.Errorf("%q: film %q, want %q", title, r.Film.Title, film)
		}
	}
}
