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
