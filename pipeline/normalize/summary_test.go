package normalize_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// TestSummariesAreTheCriticsOwnSentences: whole ones, nobody else's, and nothing that
// was folded away.
func TestSummariesAreTheCriticsOwnSentences(t *testing.T) {
	long := strings.Repeat("彼女は海を見ている。誰も何も言わない。", 12)
	for _, c := range []struct{ name, body, want string }{
		{"abbreviations", "<p>Dr. Strange vs. the U.S. Army is not what I wanted. It has J. K. Simmons as Mr. Smith. Yet it works!</p>",
			"Dr. Strange vs. the U.S. Army is not what I wanted. It has J. K. Simmons as Mr. Smith. Yet it works!"},
		{"a quotation in front", "<blockquote><p>Nobody has ever filmed a field like this, and nobody will.</p></blockquote><p>So said another critic, and he was wrong about both of them.</p>",
			"So said another critic, and he was wrong about both of them."},
		{"a quotation and nothing else", "<blockquote><p>It begins in a field at dusk, and it ends there as well, with nobody left in it.</p></blockquote>",
			"It begins in a field at dusk, and it ends there as well, with nobody left in it."},
		{"folded away", "<p>It begins in a field at dusk, and one of them does not come back from it.</p><details><summary>The end</summary><p>It is the brother who dies in the field, at dusk.</p></details>",
			"It begins in a field at dusk, and one of them does not come back from it."},
		{"code", "<pre><code>for (;;) { watch(); }</code></pre><p>It begins in a field at dusk, and it is as good as that.</p>",
			"It begins in a field at dusk, and it is as good as that."},
		{"under a picture", "<figure><img src=/a.jpg><figcaption>Ana Lima in Long Field, which she also wrote.</figcaption></figure><p>It begins in a field at dusk, and it is as good as that.</p>",
			"It begins in a field at dusk, and it is as good as that."},
		{"no space between sentences", "<p>" + long + "</p>", strings.Repeat("彼女は海を見ている。誰も何も言わない。", 4) + "彼女は海を見ている。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormHTML, Body: c.body, URL: "https://critic.example/1", Stated: review.Review{Title: "Long Field"}})
			if r.Summary != c.want || !utf8.ValidString(r.Summary) {
				t.Errorf("summary %q, want %q", r.Summary, c.want)
			}
		})
	}
}

// TestStatedSummariesWithoutTheSitesWords: what a feed puts behind an excerpt is no part
// of it, and the critic's own words that look alike stay.
func TestStatedSummariesWithoutTheSitesWords(t *testing.T) {
	const own = "It begins in a field at dusk."
	for _, c := range []struct{ name, stated, want string }{
		{"a line of its own", "<p>" + own + "</p><p>The post <a href=/x>Long Field</a> appeared first on <a href=/>The Back Row</a>.</p>", own},
		{"on the same line", own + " The post Long Field appeared first on The Back Row.", own},
		{"in German", "<p>" + own + " [&#8230;]</p><p>Der Beitrag <a href=/x>Long Field</a> erschien zuerst auf <a href=/>Kino</a>.</p>", own},
		{"in French", own + " L’article Long Field est apparu en premier sur Ciné.", own},
		{"in Spanish", own + " La entrada Long Field se publicó primero en Cine.", own},
		{"dots in brackets", own + " [&hellip;]", own},
		{"three dots in brackets", own + " [...]", own},
		{"a sentence cut off", "It begins in a field at [&hellip;]", "It begins in a field at…"},
		{"all three", "It begins in a field, [&#8230;] Continue reading Long Field &#8594; The post Long Field appeared first on The Back Row", "It begins in a field…"},
		{"a link with an arrow", own + " Continue reading &rarr;", own},
		{"a link without one", own + " Read more", own},
		{"dots behind a sentence", own + " And then…", own + " And then…"},
		{"the critic's own post", "The post office appeared first on the screen. It was a fine building, and it burned.", "The post office appeared first on the screen. It was a fine building, and it burned."},
		{"the critic's own reading", "It made me want to read more", "It made me want to read more"},
		{"the critic's own bracket", "He says that it [the field] is empty.", "He says that it [the field] is empty."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormHTML, Body: "<p>Nobody is explained, and it is in no hurry to tell.</p>", URL: "https://critic.example/1", Stated: review.Review{Title: "Long Field", Summary: c.stated}})
			if r.Summary != c.want {
				t.Errorf("summary %q, want %q", r.Summary, c.want)
			}
		})
	}
	for _, all := range []string{"The post Long Field appeared first on The Back Row.", "[&hellip;]", "Continue reading &rarr;"} {
		r := read(t, review.Document{Form: review.FormHTML, Body: "<p>Nobody is explained, and it is in no hurry to tell.</p>", URL: "https://critic.example/1", Stated: review.Review{Title: "Long Field", Summary: all}})
		if want := "Nobody is explained, and it is in no hurry to tell."; r.Summary != want {
			t.Errorf("of %q: summary %q, want the body's", all, r.Summary)
		}
	}
	r := read(t, review.Document{Form: review.FormHTML, Body: "<p>Nobody is explained, and it is in no hurry.</p><p>Der Beitrag Long Field erschien zuerst auf Kino.</p>", URL: "https://critic.example/1", Stated: review.Review{Title: "Long Field"}})
	if strings.Contains(r.BodyText, "Beitrag") {
		t.Errorf("body %q", r.BodyText)
	}
}
