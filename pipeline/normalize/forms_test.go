package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

func TestMarkdownBecomesCleanHTML(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"emphasis", "It is *long* and **late**.", "<p>It is <em>long</em> and <strong>late</strong>.</p>"},
		{"a table", "| a | b |\n|---|---|\n| 1 | 2 |", "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"},
		{"struck out", "~~no~~ yes", "<p><del>no</del> yes</p>"},
		{"raw HTML", "a <b onclick=x>b</b> <script>x</script>c", "<p>a <b>b</b> c</p>"},
		{"a link that runs", "[x](javascript:alert(1))", "<p>x</p>"},
		{"a relative link", "[x](../y)", `<p><a href="https://critic.example/y">x</a></p>`},
		{"footnote marks stay text", "a[^1]", "<p>a[^1]</p>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormMarkdown, URL: "https://critic.example/a/b", Body: c.body, Stated: review.Review{Title: "Mulan"}})
			if r.BodyHTML != c.want {
				t.Errorf("got  %s\nwant %s", r.BodyHTML, c.want)
			}
		})
	}
}

// TestMarkdownMadeToBeSlow would not end if it were rendered.
func TestMarkdownMadeToBeSlow(t *testing.T) {
	for name, body := range map[string]string{
		"marks":      strings.Repeat("**a_", 1_000_000),
		"quotations": strings.Repeat("> ", 100_000) + "x",
		"brackets":   strings.Repeat("[a](", 1_000_000),
		"indented":   strings.Repeat(" ", 100_000) + "- a",
	} {
		r := read(t, review.Document{Form: review.FormMarkdown, Body: body, Stated: review.Review{Title: "Mulan"}})
		if !strings.Contains(r.BodyText, strings.TrimSpace(body[len(body)-20:])) {
			t.Errorf("%s: the text is gone", name)
		}
	}
}

func TestWhichPartOfAPageIsTheReview(t *testing.T) {
	prose := strings.Repeat("A shot near the middle runs for four minutes. ", 5)
	other := strings.Repeat("Buy this mug and this lamp and a poster as well. ", 20)
	for _, c := range []struct{ name, page string }{
		{"by its class", `<div class=x>` + other + `</div><div class="post hentry"><div class="entry-content">%s</div></div>`},
		{"by microdata", `<article>` + other + `<div itemprop="reviewBody">%s</div></article>`},
		{"by its element", `<div>` + other + `</div><article>%s</article><aside>` + other + other + `</aside>`},
		{"by its role", `<div role=main>%s</div><footer>` + other + `</footer>`},
		{"by its text", `<div><a href=/>` + other + `</a></div><div><div>%s</div></div>`},
		{"not the comments", `<div class=comments>` + other + `</div><div id=x>%s</div>`},
		{"not a comment that is an article", `<article>%s</article><article class="comment">` + other + `</article>`},
		{"without ends", `<nav>` + other + `</nav><main><p>%s`},
		{"nothing but text", `%s`},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := "<html><head><title>Mulan</title><style>p{}</style></head><body class='sidebar'>" + fmt.Sprintf(c.page, prose)
			if r := read(t, review.Document{Form: review.FormPage, Body: page}); r.BodyText != strings.TrimSpace(prose) {
				t.Errorf("got %q", r.BodyText)
			}
		})
	}
}

func TestWhatAPageSaysOfItself(t *testing.T) {
	for _, c := range []struct{ name, head, body, want string }{
		{"title element", "<title>Mulan | The Back Row</title><meta property=og:site_name content='The Back Row'>", "", "Mulan|||0001-01-01|unrated"},
		{"h1 before title", "<title>Home</title>", "<h1>Mulan</h1>", "Mulan|||0001-01-01|unrated"},
		{"author and date", "<title>Mulan</title><meta name=author content='Jane Doe'><meta property=article:published_time content=2020-05-29T10:00:00+02:00>", "", "Mulan|Jane Doe||2020-05-29|unrated"},
		{"author's page is no name", "<title>Mulan</title><meta property=article:author content=https://social.example/jane>", "", "Mulan|||0001-01-01|unrated"},
		{"byline and time", "<title>Mulan</title>", "<span class=byline>By <a rel=author href=/jane>Jane Doe</a></span> <time datetime=2020-05-29>May</time>", "Mulan|Jane Doe||2020-05-29|unrated"},
		{"JSON-LD in a list", `<title>x</title><script type="application/ld+json">[{"@type":"Movie","name":"Mulan","dateCreated":"2020-09-04","review":{"@type":"Review","author":"Jane Doe","reviewRating":{"ratingValue":"4","bestRating":4}}}]</script>`, "", "Mulan|Jane Doe|2020|0001-01-01|4/4"},
		{"JSON-LD of readers", `<title>Mulan</title><script type="application/ld+json">{"@type":"Movie","name":"Mulan","review":[{"@type":"Review","reviewRating":{"ratingValue":1,"bestRating":5}},{"@type":"Review","reviewRating":{"ratingValue":5,"bestRating":5}}]}</script>`, "", "Mulan|||0001-01-01|unrated"},
		{"JSON-LD without a best", `<title>Mulan</title><script type="application/ld+json">{"@type":"Review","reviewRating":{"ratingValue":4}}</script>`, "", "Mulan|||0001-01-01|ambiguous"},
		{"JSON-LD without a value", `<title>Mulan</title><script type="application/ld+json">{"@type":"Review","reviewRating":{"bestRating":5,"ratingValue":""}}</script>`, "", "Mulan|||0001-01-01|lost"},
		{"JSON-LD in a comment", `<title>Mulan</title><script type="application/ld+json"><!-- {"@type":["Thing","https://schema.org/Review"],"reviewRating":{"ratingValue":"B+"}} --></script>`, "", "Mulan|||0001-01-01|B+"},
		{"a microformat", "<title>Mulan</title>", `<data class="p-rating" value="3.5">stars</data> of <data class="p-best" value="5">five</data>`, "Mulan|||0001-01-01|3.5/5"},
		{"readers' microdata", "<title>Mulan</title>", `<div itemprop=aggregateRating><b itemprop=ratingValue>4.9</b></div>`, "Mulan|||0001-01-01|unrated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := "<html><head>" + c.head + "</head><body><main>" + c.body + "<p>A shot near the middle runs for four minutes, and nothing in it moves.</p></main></body></html>"
			r := read(t, review.Document{Form: review.FormPage, Body: page})
			year := ""
			if r.Film.Year > 0 {
				year = fmt.Sprint(r.Film.Year)
			}
			got := strings.Join([]string{r.Film.Title, r.Critic.Name, year, r.PublishedAt.Format("2006-01-02"), r.Rating.String()}, "|")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestDrawnRatings(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"a description", `<img src="/r.png" alt="3.5 out of 5 stars">`, "3.5/5"},
		{"a description in signs", `<img src="/r.png" alt="★★★☆☆">`, "3/5"},
		{"a file name", `<img src="/img/3.5-stars.png">`, "3.5/5"},
		{"a file name, the other way", `<img src="/img/stars_4.gif">`, "4/5"},
		{"a half in a file name", `<img src="/img/2-and-a-half-stars.gif">`, "2.5/5"},
		{"a row with empty ones", `<img src="/star-on.gif"><img src="/star-off.gif"><img src="/star-off.gif"><img src="/star-off.gif">`, "1/4"},
		{"a row without", `<img src="/star.gif"><img src="/star.gif"><img src="/half-star.gif">`, "2.5/5"},
		{"a row whose scale is in the text", `<p>Rating: <img src="/star.gif"><img src="/star.gif"><img src="/star.gif"> (out of 4)</p>`, "3/4"},
		{"more stars than the scale in the text has", `<p>Rating: <img src="/star.gif"><img src="/star.gif"><img src="/star.gif"> (out of 2)</p>`, "lost"},
		{"a film called so", `<img src="/star-wars-4.jpg" alt="Star Wars">`, "unrated"},
		{"a star", `<img src="/movie-star.jpg" alt="A star">`, "unrated"},
		{"a poster", `<img src="/8-half.jpg" alt="8½">`, "unrated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormHTML, URL: "https://critic.example/", Body: c.body + "<p>It is long.</p>", Stated: review.Review{Title: "Mulan"}}
			d.Defaults.Scale.Best = review.Int(5)
			if got := read(t, d).Rating; got.String() != c.want || (got.FoundIn != "image" && strings.Contains(c.want, "/")) {
				t.Errorf("got %s in %q, want %s", got, got.FoundIn, c.want)
			}
		})
	}
}
