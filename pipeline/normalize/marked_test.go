package normalize_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

const shots = "<p>A shot near the middle runs for four minutes, and nothing in it moves but the curtain.</p><p>Then it rains for the rest of the film, on all of them alike, and on the house.</p>"

// page puts what a body holds into a page, with the article's text where %s is.
func page(head, body string) review.Document {
	if strings.Contains(body, "%s") {
		body = fmt.Sprintf(body, shots)
	} else {
		body += "<article><h1>Mulan</h1>" + shots + "</article>"
	}
	return review.Document{Form: review.FormPage, URL: "https://critic.example/mulan/", Body: "<html><head><title>Mulan</title>" + head + "</head><body>" + body + "</body></html>"}
}

func ld(json string) string { return `<script type="application/ld+json">` + json + `</script>` }

// TestWhoseRatingItIs has what pages mark up for machines, and whose it is: the
// critic's, or somebody else's.
func TestWhoseRatingItIs(t *testing.T) {
	const (
		reader = `<div itemprop=review itemscope itemtype="http://schema.org/Review"><b itemprop=author>moviefan</b> <b itemprop=ratingValue>9</b>/<b itemprop=bestRating>10</b></div>`
		movie  = `<div itemscope itemtype="https://schema.org/Movie"><h1 itemprop=name>Mulan</h1>`
		rated  = `<div itemprop=reviewRating itemscope itemtype="https://schema.org/Rating"><b itemprop=ratingValue>3</b>/<b itemprop=bestRating>4</b></div>`
	)
	for _, c := range []struct{ name, head, body, want string }{
		{"a review around the text", "", `<article itemscope itemtype="https://schema.org/Review">%s` + rated + `</article>`, "3/4"},
		{"a review of a film, hidden", "", movie + `<div itemprop=review itemscope itemtype="https://schema.org/Review" style="display:none">` + rated + `</div>%s</div>`, "3/4"},
		{"the mean of readers beside it", "", movie + `<div itemprop=aggregateRating itemscope itemtype="https://schema.org/AggregateRating"><b itemprop=ratingValue>9</b></div>%s</div>`, "unrated"},
		{"one reader, and the mean of all", "", movie + `<div itemprop=aggregateRating itemscope itemtype="https://schema.org/AggregateRating"><b itemprop=ratingValue>9</b></div></div><main>%s</main>` +
			strings.Replace(movie, "<h1 itemprop=name>Mulan</h1>", "", 1) + `<div itemprop=aggregateRating>9</div>` + reader + `</div>`, "unrated"},
		{"several readers", "", movie + `<main>%s</main>` + reader + reader + `</div>`, "unrated"},
		{"said to be a reader's", "", `<main>%s</main><div itemscope itemtype="https://schema.org/UserReview"><b itemprop=ratingValue>9</b></div>`, "unrated"},
		{"in the comments", "", `<main>%s</main><div class=comments>` + reader + `</div>`, "unrated"},
		{"a microformat of another page", "", `<main>%s</main><div class=h-review><a class="p-name u-url" href="https://critic.example/ran/">Ran</a> <b class=p-rating>5</b></div>`, "unrated"},
		{"a microformat of this page, beside the text", "", `<main>%s</main><div class=h-review><a class=u-url href="http://critic.example/mulan">#</a> <b class=p-rating>3</b>/<b class=p-best>4</b></div>`, "3/4"},
		{"an entry with a rating", "", `<div class=h-entry><div class=e-content>%s</div><data class=p-rating value=3></data><data class=p-best value=4></data></div>`, "3/4"},
		{"two loose ones that differ", "", `<main>%s<b itemprop=ratingValue content=3></b><b itemprop=ratingValue content=5></b></main>`, "unrated"},
		{"RDFa", "", `<article vocab="https://schema.org/" typeof=Review>%s<p property=reviewRating typeof=Rating><b property=ratingValue>3</b>/<b property=bestRating>4</b></p></article>`, "3/4"},
		{"the old vocabulary", "", `<div itemscope itemtype="http://data-vocabulary.org/Review"><b itemprop=itemreviewed>Mulan</b><div itemprop=description>%s</div><b itemprop=rating>3/4</b></div>`, "3/4"},
		{"JSON-LD that names the page", ld(`[{"@type":"Review","url":"https://critic.example/ran/","reviewRating":{"ratingValue":5,"bestRating":5}},{"@type":"Review","url":"http://critic.example/mulan","reviewRating":{"ratingValue":3,"bestRating":4}}]`), "", "3/4"},
		{"JSON-LD that names the film", ld(`[{"@type":"Review","name":"Ran","reviewRating":{"ratingValue":5,"bestRating":5}},{"@type":"Review","itemReviewed":{"name":"Mulan"},"reviewRating":{"ratingValue":3,"bestRating":4}}]`), "", "3/4"},
		{"JSON-LD of others", ld(`[{"@type":"Review","name":"Ran","reviewRating":{"ratingValue":5,"bestRating":5}},{"@type":"Review","name":"Ikiru","reviewRating":{"ratingValue":3,"bestRating":4}}]`), "", "unrated"},
		{"a list in JSON-LD", ld(`{"@type":"ItemList","itemListElement":[{"@type":"Review","name":"Mulan","reviewRating":{"ratingValue":5,"bestRating":5}}]}`), "", "unrated"},
		{"a film's only review, by the author", `<meta name=author content="Jane Doe">` + ld(`{"@type":"Movie","name":"Mulan","aggregateRating":{"ratingValue":9},"review":{"@type":"Review","author":{"name":"Jane Doe"},"reviewRating":{"ratingValue":3,"bestRating":4}}}`), "", "3/4"},
		{"a film's only review, by somebody else", `<meta name=author content="Jane Doe">` + ld(`{"@type":"Movie","name":"Mulan","review":{"@type":"Review","author":{"name":"moviefan"},"reviewRating":{"ratingValue":3,"bestRating":4}}}`), "", "unrated"},
		{"a film's only review, by nobody", ld(`{"@type":"Movie","name":"Mulan","review":{"@type":"Review","reviewRating":{"ratingValue":3,"bestRating":4}}}`), "", "3/4"},
		{"a film's only review, and the mean of all", ld(`{"@type":"Movie","name":"Mulan","aggregateRating":{"ratingValue":9},"review":{"@type":"Review","reviewRating":{"ratingValue":3,"bestRating":4}}}`), "", "unrated"},
		{"by reference", ld(`{"@graph":[{"@type":"Rating","@id":"#r","ratingValue":3,"bestRating":4},{"@type":"Review","reviewRating":{"@id":"#r"}}]}`), "", "3/4"},
		{"references in a circle", ld(`{"@graph":[{"@type":"Review","@id":"#a","review":{"@id":"#b"}},{"@type":"Movie","@id":"#b","review":{"@id":"#a"}}]}`), "", "unrated"},
		{"a comma too many", ld(`{"@type":"Review","reviewRating":{"ratingValue":3,"bestRating":4,},}`), "", "3/4"},
		{"a comment", ld("// ours\n{\"@type\":\"Review\", /* stars */ \"url\":\"http://x//y\", \"reviewRating\":{\"ratingValue\":3,\"bestRating\":4}}"), "", "3/4"},
		{"a line break in a text", ld("{\"@type\":\"Review\",\"description\":\"a\n\tb\",\"reviewRating\":{\"ratingValue\":3,\"bestRating\":4}}"), "", "3/4"},
		{"in CDATA with comments", ld("\n/* <![CDATA[ */\n{\"@type\":\"Review\",\"reviewRating\":{\"ratingValue\":3,\"bestRating\":4}}\n/* ]]> */\n"), "", "3/4"},
		{"in references", ld(`{&quot;@type&quot;:&quot;Review&quot;,&quot;reviewRating&quot;:{&quot;ratingValue&quot;:3,&quot;bestRating&quot;:4}}`), "", "3/4"},
		{"two in one script", ld(`{"@type":"WebSite"}{"@type":"Review","reviewRating":{"ratingValue":3,"bestRating":4}}`), "", "3/4"},
		{"cut off", ld(`{"@type":"Review","reviewRating":{"ratingValue":3,"bestRating":4`), "", "unrated"},
		{"a number without a best", ld(`{"@type":"Review","reviewRating":{"@type":"Rating","ratingValue":4}}`), "", "ambiguous"},
		{"stars of links beside it", "", `<div class=x><ul><li><a href=/ran>Ran</a> ★★★★★</li><li><a href=/ikiru>Ikiru</a> ★★★</li></ul></div><div class=y><h1>Mulan</h1>%s</div>`, "unrated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, page(c.head, c.body))
			if got := r.Rating.String(); got != c.want {
				t.Errorf("got %s in %s, want %s", got, r.Rating.FoundIn, c.want)
			}
			if r.Critic.Name == "moviefan" {
				t.Error("a reader is the critic")
			}
			if !strings.HasPrefix(r.BodyText, "A shot near") || !strings.Contains(r.BodyText, "and on the house.") {
				t.Errorf("the text is %q", r.BodyText)
			}
		})
	}
}

// TestAWorstOfTheConfigHoldsInAPage has a best that a page states and a worst that
// only the operator does.
func TestAWorstOfTheConfigHoldsInAPage(t *testing.T) {
	d := page(ld(`{"@type":"Review","reviewRating":{"ratingValue":3,"bestRating":5}}`), "")
	for worst, want := range map[int64]string{0: "60.0", 1: "50.0"} {
		d.Defaults.Scale = review.Scale{Best: review.Int(5), Worst: review.Int(worst)}
		if r := read(t, d).Rating; r.Norm.String() != want {
			t.Errorf("worst %d: norm %s, want %s", worst, r.Norm, want)
		}
	}
}

func TestPagesThatAreNoReview(t *testing.T) {
	teaser := `<article><h2><a href="/%d">Film %[1]d</a></h2><p>A shot near the middle runs for four minutes, and nothing moves.</p><p>%[1]d/5</p></article>`
	var list, cards string
	for i := range 5 {
		list += fmt.Sprintf(teaser, i)
		cards += strings.NewReplacer("<article>", "<div class=card>", "</article>", "</div>").Replace(fmt.Sprintf(teaser, i))
	}
	for name, body := range map[string]string{
		"articles":     "<main>" + list + "</main>",
		"cards":        "<main>" + cards + "</main>",
		"a book":       `<article itemscope itemtype="https://schema.org/Review"><div itemprop=itemReviewed itemscope itemtype="https://schema.org/Book"><b itemprop=name>Emma</b></div>` + shots + `<b itemprop=ratingValue>4</b></article>`,
		"a television": ld(`{"@type":"Review","itemReviewed":{"@type":"TVSeries","name":"Lost"}}`) + "<article>" + shots + "</article>",
	} {
		d := page("", body+"%s")
		d.Body = strings.Replace(d.Body, shots+"</body>", "</body>", 1)
		if r, err := normalize.Normalize(d); !errors.Is(err, pipeline.ErrNotReview) {
			t.Errorf("%s: %v, title %q, text %q", name, err, r.Title, r.BodyText)
		}
	}
	// A review with teasers under it is one.
	if r := read(t, page("", "<main><div class=text>%s%[1]s%[1]s</div>"+cards+"</main>")); !strings.HasPrefix(r.BodyText, "A shot") || strings.Contains(r.BodyText, "Film 1") {
		t.Errorf("with teasers: %q", r.BodyText)
	}
}

// TestAPageOfUnluckyNames is one where everything is called what stands beside
// articles.
func TestAPageOfUnluckyNames(t *testing.T) {
	r := read(t, page("", `<div class="widget-page sidebar-left"><div class="related-content">%s</div></div>`))
	if !strings.HasPrefix(r.BodyText, "A shot near") {
		t.Errorf("text %q", r.BodyText)
	}
}
