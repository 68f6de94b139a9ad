package drafts_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/drafts"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

func TestDelivery(t *testing.T) {
	sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
		return open(t, drafts.Defaults(), env), env.Tree.(*sinktest.Tree).Files
	})
}

func open(t testing.TB, s drafts.Settings, env pipeline.DeliveryEnv) *drafts.Delivery {
	t.Helper()
	d, err := drafts.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// desk is a delivery, and the files that a person finds on their desk.
type desk struct {
	t    testing.TB
	d    *drafts.Delivery
	tree *sinktest.Tree
}

func newDesk(t testing.TB, s drafts.Settings) *desk {
	env, tree := sinktest.DeliveryEnv()
	return &desk{t: t, d: open(t, s, env), tree: tree}
}

func mastodon() drafts.Settings { return drafts.Settings{Networks: []string{"mastodon"}} }

// deliver hands events over, each twice, as after a crash.
func (k *desk) deliver(events ...*review.Event) {
	k.t.Helper()
	for _, e := range events {
		for range 2 {
			verdicts, err := k.d.Deliver(context.Background(), sinktest.NewHistory(e))
			if err != nil || verdicts[0].Outcome != pipeline.Done {
				k.t.Fatalf("%s: %v, %v", e.Kind, verdicts, err)
			}
		}
	}
}

// drafts are the files but for the index.
func (k *desk) drafts() map[string]string {
	files := k.tree.Files()
	for path := range files {
		if strings.HasPrefix(path, "index/") {
			delete(files, path)
		}
	}
	return files
}

func (k *desk) only() (path, content string) {
	k.t.Helper()
	files := k.drafts()
	if len(files) != 1 {
		k.t.Fatalf("want one draft, there are %q", k.tree.Paths())
	}
	for path, content = range files {
	}
	return path, content
}

func (k *desk) parse(path string) *drafts.Draft {
	k.t.Helper()
	content, err := k.tree.Read(path)
	if err != nil {
		k.t.Fatal(err)
	}
	d, err := drafts.Parse(content)
	if err != nil {
		k.t.Fatal(err)
	}
	return d
}

// edit changes the file as a person would.
func (k *desk) edit(old, new string) {
	k.t.Helper()
	path, content := k.only()
	if !strings.Contains(content, old) {
		k.t.Fatalf("%q is not in %s", old, content)
	}
	if _, err := k.tree.Write(path, []byte(strings.Replace(content, old, new, 1))); err != nil {
		k.t.Fatal(err)
	}
}

func published(opts ...sinktest.Option) *review.Event { return sinktest.Event(opts...) }

func later(kind review.EventKind, revision int, opts ...sinktest.Option) *review.Event {
	return sinktest.Event(append([]sinktest.Option{sinktest.Kind(kind, revision)}, opts...)...)
}

func TestLife(t *testing.T) {
	other := sinktest.Text("I have come to see it differently.")
	for name, c := range map[string]struct {
		do   func(k *desk)
		want map[string][]string // path's end: what its file holds
	}{
		"a revision replaces": {func(k *desk) {
			k.deliver(published(), later(review.Revised, 2, other))
		}, map[string][]string{".md": {"status: draft", "revision: 2", "differently"}}},
		"withdrawal removes": {func(k *desk) {
			k.deliver(published(), later(review.Withdrawn, 2))
		}, nil},
		"restoration brings back": {func(k *desk) {
			k.deliver(published(), later(review.Withdrawn, 2), later(review.Restored, 3, other))
		}, map[string][]string{".md": {"status: draft", "revision: 3"}}},
		"another film, another name": {func(k *desk) {
			k.deliver(published(), later(review.Revised, 2, sinktest.FilmOf("Solaris", 1972)))
		}, map[string][]string{"solaris-1972-jane-doe-55c9b274.md": {"Solaris (1972)"}}},
		"what was edited is kept": {func(k *desk) {
			k.deliver(published())
			k.edit("A quiet film", "What a film")
			k.deliver(later(review.Revised, 2, other))
		}, map[string][]string{
			"55c9b274.md":         {"revision: 1", "What a film"},
			"55c9b274.revised.md": {"revision: 2", "differently", "note:"},
		}},
		"what was edited keeps its name": {func(k *desk) {
			k.deliver(published())
			k.edit("A quiet film", "What a film")
			k.deliver(later(review.Revised, 2, sinktest.FilmOf("Never Let Me Go", 2011)))
		}, map[string][]string{"-2010-jane-doe-55c9b274.md": {"What a film"}, "-2010-jane-doe-55c9b274.revised.md": {"(2011)"}}},
		"an edit outlives what says the same": {func(k *desk) {
			k.deliver(published())
			k.edit("A quiet film", "What a film")
			k.deliver(later(review.Revised, 2))
		}, map[string][]string{".md": {"What a film"}}},
		"an edit taken back is no edit": {func(k *desk) {
			k.deliver(published())
			k.edit("A quiet film", "What a film")
			k.deliver(later(review.Revised, 2, other))
			k.undo("What a film", "A quiet film")
			k.deliver(later(review.Revised, 3, other))
		}, map[string][]string{".md": {"revision: 3", "differently"}}},
		"approved stays as it was approved": {func(k *desk) {
			k.deliver(published())
			k.edit("status: draft", "status: approved")
			k.deliver(later(review.Revised, 2, other))
		}, map[string][]string{".md": {"status: approved", "A quiet film"}}},
		"approved and withdrawn": {func(k *desk) {
			k.deliver(published())
			k.edit("status: draft", "status: approved # by Jo")
			k.deliver(later(review.Withdrawn, 2))
		}, map[string][]string{".md": {"status: withdrawn", "was: approved", "A quiet film"}}},
		"posted, withdrawn and restored": {func(k *desk) {
			k.deliver(published())
			k.edit("status: draft", "status: posted")
			k.deliver(later(review.Withdrawn, 2), later(review.Restored, 3, other))
		}, map[string][]string{".md": {"status: posted", "A quiet film"}}},
		"edited and withdrawn": {func(k *desk) {
			k.deliver(published())
			k.edit("A quiet film", "What a film")
			k.deliver(later(review.Revised, 2, other), later(review.Withdrawn, 3))
		}, map[string][]string{"55c9b274.md": {"status: withdrawn", "was: draft", "What a film"}}},
		"discarded stays discarded": {func(k *desk) {
			k.deliver(published())
			k.edit("status: draft", "status: discarded")
			k.deliver(later(review.Revised, 2, other), later(review.Withdrawn, 3), later(review.Restored, 4))
		}, map[string][]string{".md": {"status: discarded", "A quiet film"}}},
		"what cannot be read is left alone": {func(k *desk) {
			k.deliver(published())
			k.edit("status: draft", "status draft, I think")
			k.deliver(later(review.Revised, 2, other), later(review.Withdrawn, 3))
		}, map[string][]string{".md": {"I think", "A quiet film"}}},
		"an old event changes nothing": {func(k *desk) {
			k.deliver(later(review.Revised, 2, other), published())
		}, map[string][]string{".md": {"revision: 2", "differently"}}},
		"a windows editor is no edit": {func(k *desk) {
			k.deliver(published())
			path, content := k.only()
			k.tree.Write(path, []byte("\ufeff"+strings.ReplaceAll(content, "\n", "\r\n")))
			k.deliver(later(review.Revised, 2, other))
		}, map[string][]string{".md": {"revision: 2", "differently"}}},
	} {
		t.Run(name, func(t *testing.T) {
			k := newDesk(t, mastodon())
			c.do(k)
			got := k.drafts()
			if len(got) != len(c.want) {
				t.Fatalf("want %d drafts, there are %q", len(c.want), k.tree.Paths())
			}
			for end, holds := range c.want {
				i := slices.IndexFunc(k.tree.Paths(), func(p string) bool { return strings.HasSuffix(p, end) && got[p] != "" })
				if i < 0 {
					t.Fatalf("nothing ends in %s: %q", end, k.tree.Paths())
				}
				for _, text := range holds {
					if content := got[k.tree.Paths()[i]]; !strings.Contains(content, text) {
						t.Errorf("%s does not hold %q:\n%s", end, text, content)
					}
				}
			}
			if len(c.want) == 0 && len(k.tree.Paths()) > 0 {
				t.Errorf("left in the index: %q", k.tree.Paths())
			}
		})
	}
}

// undo changes the draft that was edited, beside which another stands.
func (k *desk) undo(old, new string) {
	k.t.Helper()
	for path, content := range k.drafts() {
		if strings.Contains(content, old) {
			k.tree.Write(path, []byte(strings.Replace(content, old, new, 1)))
			return
		}
	}
	k.t.Fatalf("%q is nowhere", old)
}

func TestNetworksTakenOutOfTheConfig(t *testing.T) {
	k := newDesk(t, drafts.Defaults())
	k.deliver(published())
	env, _ := sinktest.DeliveryEnv()
	env.Tree = k.tree
	k.d = open(t, mastodon(), env)
	k.deliver(later(review.Revised, 2))
	if got := len(k.drafts()); got != 4 {
		t.Errorf("%d drafts are left, want all 4: an option must not delete", got)
	}
	k.deliver(later(review.Withdrawn, 3))
	if got := k.tree.Paths(); len(got) != 0 {
		t.Errorf("left after withdrawal: %q", got)
	}
}

// TestKilled cuts a move short after each of its writes: the next try of the same
// event ends where an undisturbed one does.
func TestKilled(t *testing.T) {
	events := []*review.Event{published(), later(review.Revised, 2, sinktest.FilmOf("Solaris", 1972))}
	calm := newDesk(t, drafts.Defaults())
	calm.deliver(events...)
	want := calm.tree.Files()
	for stop := 1; stop < 40; stop++ {
		k := newDesk(t, drafts.Defaults())
		k.deliver(events[0])
		env, _ := sinktest.DeliveryEnv()
		env.Tree = &breaking{Tree: k.tree, left: stop}
		verdicts, err := open(t, drafts.Defaults(), env).Deliver(t.Context(), sinktest.NewHistory(events[1:]...))
		if err != nil {
			t.Fatal(err)
		}
		if verdicts[0].Outcome == pipeline.Done {
			break
		}
		if v := verdicts[0]; v.Outcome != pipeline.Retry || v.Code != "files" || !strings.Contains(v.Reason, "disk") {
			t.Fatalf("verdict %+v", v)
		}
		k.deliver(events[1])
		if diff := cmp.Diff(want, k.tree.Files()); diff != "" {
			t.Fatalf("killed after %d changes: %s", stop-1, diff)
		}
	}
}

// TestKilledAndEdited edits the old file of a move that was killed before the old
// file went: the next try keeps the edited one.
func TestKilledAndEdited(t *testing.T) {
	k := newDesk(t, mastodon())
	k.deliver(published())
	old, content := k.only()
	move := later(review.Revised, 2, sinktest.FilmOf("Solaris", 1972))
	env, _ := sinktest.DeliveryEnv()
	env.Tree = &breaking{Tree: k.tree, left: 2} // the index, the new file
	if _, err := open(t, mastodon(), env).Deliver(t.Context(), sinktest.NewHistory(move)); err != nil {
		t.Fatal(err)
	}
	if len(k.drafts()) != 2 {
		t.Fatalf("want the old and the new file, there are %q", k.tree.Paths())
	}
	k.tree.Write(old, []byte(strings.Replace(content, "A quiet film", "What a film", 1)))
	k.deliver(move)
	if d := k.parse(old); !strings.HasPrefix(d.Text, "Never Let Me Go (2010): 4/5\n\nWhat a film") {
		t.Errorf("the edited draft says %q", d.Text)
	}
	if got := k.drafts(); len(got) != 2 || got[strings.TrimSuffix(old, ".md")+".revised.md"] == "" {
		t.Errorf("want the edited draft and the new text beside it, there are %q", k.tree.Paths())
	}
}

// breaking is a tree that takes a number of changes and then no more.
type breaking struct {
	pipeline.Tree
	left int
}

func (b *breaking) Write(path string, content []byte) (bool, error) {
	if b.left--; b.left < 0 {
		return false, errors.New("disk full")
	}
	return b.Tree.Write(path, content)
}

func (b *breaking) Remove(path string) error {
	if b.left--; b.left < 0 {
		return errors.New("disk gone")
	}
	return b.Tree.Remove(path)
}

func TestLaterEventsWaitForEarlierOnes(t *testing.T) {
	env, tree := sinktest.DeliveryEnv()
	d := open(t, mastodon(), env)
	tree.Fail(errors.New("disk full"))
	h := sinktest.NewHistory(published(), published(func(e *review.Event) { e.ReviewID = "../../etc" }), later(review.Revised, 2))
	verdicts, err := d.Deliver(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range verdicts {
		got = append(got, fmt.Sprint(v.Outcome, " ", v.Code))
	}
	want := []string{fmt.Sprint(pipeline.Retry, " files"), fmt.Sprint(pipeline.Reject, " bad_id"), fmt.Sprint(pipeline.Retry, " earlier")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTwoReviewsWithLikeIDs(t *testing.T) {
	id := func(id review.ID) sinktest.Option { return func(e *review.Event) { e.ReviewID = id } }
	k := newDesk(t, mastodon())
	one, two := published(id("aaaaaaaa1111"), sinktest.Text("One.")), published(id("aaaaaaaa2222"), sinktest.Text("Two."))
	k.deliver(one, two)
	want := []string{"mastodon/never-let-me-go-2010-jane-doe-aaaaaaaa.md", "mastodon/never-let-me-go-2010-jane-doe-aaaaaaaa2222.md"}
	for i, path := range want {
		if d := k.parse(path); !strings.Contains(d.Text, []string{"One.", "Two."}[i]) {
			t.Errorf("%s: %q", path, d.Text)
		}
	}
}

func TestNothingToSayIsRejected(t *testing.T) {
	env, tree := sinktest.DeliveryEnv()
	d := open(t, mastodon(), env)
	silent := later(review.Revised, 2, sinktest.FilmOf("", 0), sinktest.Rated(review.Lost, ""), sinktest.Text(""), func(e *review.Event) {
		e.Title, e.URL = "\u202e", "javascript:alert(1)"
	})
	verdicts, err := d.Deliver(t.Context(), sinktest.NewHistory(published(), silent))
	if err != nil || verdicts[1].Outcome != pipeline.Reject || verdicts[1].Code != "no_post" {
		t.Fatalf("%+v, %v", verdicts, err)
	}
	if paths := tree.Paths(); len(paths) > 0 {
		t.Errorf("the draft of the revision before is left: %q", paths)
	}
}

var update = flag.Bool("update", false, "write the drafts in testdata anew")

func TestGolden(t *testing.T) {
	long := sinktest.Text("Dr. Strangelove it is not, and J. J. Abrams did not make it. " +
		"Mark Romanek’s film is as still as a held breath, and as hard to let go of once it has begun. A third sentence is never quoted.")
	for name, e := range map[string]*review.Event{
		"plain":   published(long),
		"spoiler": published(long, func(e *review.Event) { e.Spoiler = true }),
		"link":    published(long, func(e *review.Event) { e.Rights = review.RightsLink }),
		"lost":    published(long, sinktest.Rated(review.Lost, "(out of 5)")),
		"japanese": published(sinktest.FilmOf("ドライブ・マイ・カー", 2021), sinktest.Text("映画は静かに終わる。そして残る。"),
			func(e *review.Event) { e.Language = "ja" }, sinktest.Rated(review.Unrated, "")),
		"grade": published(sinktest.Grade("B+"), sinktest.Text("Cut off in the middle of a sen...")),
	} {
		t.Run(name, func(t *testing.T) {
			s := drafts.Defaults()
			s.Hashtags = []string{"FilmReview", "#NowWatching"}
			k := newDesk(t, s)
			k.deliver(e)
			var got strings.Builder
			files := k.drafts()
			for _, path := range k.tree.Paths() {
				if files[path] != "" {
					fmt.Fprintf(&got, "==> %s\n%s\n", path, files[path])
				}
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWording(t *testing.T) {
	for name, c := range map[string]struct {
		e        *review.Event
		template string
		want     string
	}{
		"a bare number gets its scale": {
			published(sinktest.Text(""), func(e *review.Event) { e.Rating.Raw = "4" }), "{{.Rating}}", "4/5"},
		"stars stay stars": {
			published(func(e *review.Event) { e.Rating.Raw = "★★★★☆" }), "{{.Rating}}", "★★★★☆"},
		"a verdict in the critic's word": {
			published(sinktest.Rated(review.Verdicted, "Two thumbs up")), "{{.Rating}}", "Two thumbs up"},
		"a raw rating that is an essay": {
			published(func(e *review.Event) { e.Rating.Raw = strings.Repeat("four of five ", 9) }), "{{.Rating}}", "4/5"},
		"a number on no scale is not said": {
			published(sinktest.Rated(review.Ambiguous, "7")), "{{.Title}}{{.Rating}}", "Never Let Me Go"},
		"no film, the review's title": {
			published(sinktest.FilmOf("", 0), func(e *review.Event) { e.Title = "On leaving" }), "{{.Film}}", "On leaving"},
		"quotes end a sentence": {
			published(sinktest.Text("“Go.” He went. Then more.")), "{{.Text}}", "“Go.” He went."},
		"a fragment alone is the text": {
			published(sinktest.Text("Dull")), "{{.Text}}", "Dull"},
		"a fragment at the end is not": {
			published(sinktest.Text("It moves. And then it")), "{{.Text}}", "It moves."},
		"no summary, the body": {
			published(sinktest.Text("One. Two. Three."), func(e *review.Event) { e.Summary = "" }), "{{.Text}}", "One. Two."},
		"only an excerpt may be shown, and there is none": {
			published(sinktest.Text("One. Two."), func(e *review.Event) { e.Summary, e.Rights = "", review.RightsExcerpt }), "{{.Title}}{{.Text}}", "Never Let Me Go"},
		"lines become spaces": {
			published(sinktest.Text("One\r\n\ttwo\u2028three\x00.")), "{{.Text}}", "One two three."},
		"who wrote it":          {published(), "{{.Critic}}, {{.Outlet}} ({{.Language}}), {{.Network}}", "Jane Doe, The Aisle Seat (en), mastodon"},
		"who wrote it together": {published(sinktest.With("John Roe", "Ann Poe")), "{{.Critic}}, {{.Outlet}}", "Jane Doe, John Roe & Ann Poe, The Aisle Seat"},
		"a template too long for this review falls back": {
			published(sinktest.Text(""), sinktest.FilmOf(strings.TrimSpace(strings.Repeat("word ", 40)), 0)),
			"{{.Title}}{{if .Critic}}" + strings.Repeat("long ", 120) + "{{end}}",
			strings.TrimSpace(strings.Repeat("word ", 40)) + ": 4/5\n\nhttps://reviews.example.org/55c9b274"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mastodon()
			s.Template = c.template
			k := newDesk(t, s)
			k.deliver(c.e)
			path, _ := k.only()
			if got := k.parse(path).Text; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestNeverTooLong measures every post once more, by simple means, and looks
// whether anything in it was cut.
func TestNeverTooLong(t *testing.T) {
	pieces := rapid.OneOf(
		rapid.String(), rapid.StringMatching(`[A-Z][a-z]{1,9}( [a-z]{1,9}){0,30}[.!?]`),
		rapid.SampledFrom([]string{
			"👩‍👩‍👧‍👦", "🏳️‍🌈!", "映画は静かに終わる。", "e\u0301\u0323\u0327", "Fear.com is a.b.co bad.", "https://example.com/x?a=1&b=2 is it.",
			strings.Repeat("x", 400), strings.Repeat("Zalgo\u0300\u0301\u0302\u0303", 20), "\u202eback\u202c", "مرحبا بالعالم.", "🇩🇪🇫🇷🇯🇵", "#tag @you", "Mr. T.",
		}),
	)
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), " ")
	})
	rapid.Check(t, func(rt *rapid.T) {
		title, summary := text.Draw(rt, "title"), text.Draw(rt, "summary")
		link := "https://example.org/" + rapid.StringMatching(`[a-z0-9-]{0,300}`).Draw(rt, "link")
		e := published(sinktest.Text(summary), func(e *review.Event) {
			e.Film.Title, e.URL = title, strings.TrimRight(link, "-")
			e.Rating.Raw = text.Draw(rt, "raw")
			e.Spoiler = rapid.Bool().Draw(rt, "spoiler")
		})
		env, tree := sinktest.DeliveryEnv()
		s := drafts.Defaults()
		s.Hashtags = []string{"FilmReview", "映画"}
		d := open(t, s, env)
		if _, err := d.Deliver(context.Background(), sinktest.NewHistory(e)); err != nil {
			rt.Fatal(err)
		}
		for _, path := range tree.Paths() {
			if strings.HasPrefix(path, "index/") {
				continue
			}
			content := tree.Files()[path]
			draft, err := drafts.Parse([]byte(content))
			if err != nil {
				rt.Fatalf("%s: %v\n%s", path, err, content)
			}
			measure(rt, draft, e)
		}
	})
}

func measure(rt *rapid.T, d *drafts.Draft, e *review.Event) {
	post := d.Text + d.ContentWarning
	counted := strings.NewReplacer(e.URL, strings.Repeat("x", 23), "https://example.com/x?a=1&b=2", strings.Repeat("x", 23)).Replace(post)
	n := 0
	switch d.Network {
	case "mastodon":
		n = count(counted)
	case "bluesky":
		if n = count(post); len(post) > 3000 {
			rt.Fatalf("bluesky: %d bytes", len(post))
		}
	case "threads":
		for _, r := range post {
			if n++; unicode.Is(unicode.So, r) || r == 0x200d || r == 0xfe0f {
				n += utf8.RuneLen(r) - 1
			}
		}
	case "x":
		for _, r := range counted {
			if n++; r > 0x10ff && (r < 0x2000 || r > 0x206f) {
				n++
			}
		}
	}
	if n > d.Limit || n > d.Characters || d.Text == "" || !utf8.ValidString(d.Text) {
		rt.Fatalf("%s: %d characters, said to be %d of %d:\n%q", d.Network, n, d.Characters, d.Limit, d.Text)
	}
	known := strings.Fields(strings.Join([]string{
		e.Film.Title, e.Summary, e.Title, e.Rating.Raw, e.Rating.String(), e.URL, "(2010) (2010): #FilmReview #映画 (The review gives away the plot.)",
	}, " "))
	for i, w := range known {
		known[i] = plain(w)
	}
	for _, w := range strings.Fields(d.Text) {
		whole := strings.TrimSuffix(strings.TrimSuffix(w, ":"), "…")
		atWideStop := strings.ContainsAny(w[len(w)-min(3, len(w)):], "。！？｡")
		if !slices.Contains(known, w) && !slices.Contains(known, whole) && !atWideStop {
			rt.Fatalf("%s: %q is no whole word of the review:\n%q", d.Network, w, d.Text)
		}
	}
}

// plain is a word without the characters that no post may hold.
func plain(w string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, w)
}

func count(s string) (n int) {
	for g := graphemes.FromString(s); g.Next(); n++ {
	}
	return n
}

func TestParse(t *testing.T) {
	good := "---\nstatus: draft\nreview_id: \"r1\"\n---\n\ntext\n"
	for name, c := range map[string]struct{ file, fault string }{
		"as written":        {good, ""},
		"quoted otherwise":  {"---\nstatus: 'Draft'\nreview_id: r1 # mine\n---\ntext", ""},
		"a comment, a key":  {"---\n# hello\nstatus: draft\n\nmood: fine\nreview_id: r1\n---\ntext", ""},
		"no front matter":   {"text", "does not begin"},
		"no end":            {"---\nstatus: draft\nreview_id: r1\n", "no second"},
		"empty":             {"", "does not begin"},
		"no status":         {"---\nreview_id: r1\n---\ntext", "no status"},
		"no colon":          {"---\nstatus draft\n---\ntext", "line 2"},
		"a string unclosed": {"---\nstatus: draft\nreview_id: \"r1\n---\ntext", "line 3"},
		"a revision of no number": {
			"---\nstatus: draft\nreview_id: r1\nrevision: two\n---\ntext", "line 4"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := drafts.Parse([]byte(c.file))
			if c.fault != "" {
				if !errors.Is(err, drafts.ErrNotDraft) || !strings.Contains(err.Error(), c.fault) {
					t.Errorf("%v, want a word of %q", err, c.fault)
				}
				return
			}
			if err != nil || d.Status != drafts.StatusDraft || d.ReviewID != "r1" || d.Text != "text" {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("---\nstatus: draft\nreview_id: \"r1\"\n---\n\ntext\n"))
	f.Add([]byte("\ufeff---\r\nstatus: 'draft'\r\nwas: x\r\nreview_id: r1 # c\r\n---\r\ntext\r\n---\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		before, err := drafts.Parse(data)
		if err != nil {
			return
		}
		changed, err := drafts.WithStatus(data, drafts.StatusPosted)
		if err != nil {
			t.Fatal(err)
		}
		after, err := drafts.Parse(changed)
		if err != nil {
			t.Fatalf("%q: %v", changed, err)
		}
		if after.Status != drafts.StatusPosted || after.Text != before.Text || after.ReviewID != before.ReviewID || after.Edited() != before.Edited() {
			t.Fatalf("%q became %q", data, changed)
		}
		again, err := drafts.Parse(before.Bytes())
		if err != nil || again.Text != before.Text || again.URL != before.URL || again.Note != before.Note {
			t.Fatalf("%q, written as %q, is read as %+v, %v", data, before.Bytes(), again, err)
		}
	})
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]any
		want  []string // how the faults begin
	}{
		"defaults":         {nil, nil},
		"own words":        {map[string]any{"template": "{{.Film}} {{.Link}}", "hashtags": []string{"#Film", "映画"}}, nil},
		"no network":       {map[string]any{"networks": []string{}}, []string{"networks: want at least 1"}},
		"an unknown one":   {map[string]any{"networks": "friendster"}, []string{`networks.0: "friendster" is not one of mastodon, bluesky, threads, x`}},
		"one twice":        {map[string]any{"networks": []string{"x", "x"}}, []string{`networks: the text "x" is there twice`}},
		"no hashtag":       {map[string]any{"hashtags": "two words"}, []string{`hashtags.0: "two words" is not a hashtag`}},
		"no template":      {map[string]any{"template": "{{.Film"}, []string{"template: not a template"}},
		"an unknown field": {map[string]any{"template": "{{.Stars}}"}, []string{"template: template"}},
		"empty words":      {map[string]any{"template": "{{if .Spoiler}}!{{end}}"}, []string{"template: says nothing"}},
		"too many words":   {map[string]any{"template": strings.Repeat("word ", 60)}, []string{"template: its own words take more than"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := config.ValueOptions(c.given, config.Catalogue{})
			openDelivery := drafts.Type().Delivery(o)
			got := o.Faults()
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("faults %q, want %q", got, c.want)
			}
			if len(c.want) > 0 {
				return
			}
			env, _ := sinktest.DeliveryEnv()
			if _, err := openDelivery(env); err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
}

// The networks that the settings' tag names are those there are.
func TestNetworksOfTheSettings(t *testing.T) {
	field, _ := reflect.TypeFor[drafts.Settings]().FieldByName("Networks")
	if got := strings.Split(field.Tag.Get("enum"), ","); !slices.Equal(got, drafts.Networks()) {
		t.Errorf("%q, want %q", got, drafts.Networks())
	}
}
