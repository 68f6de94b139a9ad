package wordpress

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAddressesOfTheAPI(t *testing.T) {
	for _, c := range []struct{ given, root, list, home string }{
		{"https://x.example/wp-json", "https://x.example/wp-json/", "https://x.example/wp-json/wp/v2/posts?page=2", "https://x.example"},
		{"https://x.example/blog/wp-json/wp/v2/posts", "https://x.example/blog/wp-json/", "https://x.example/blog/wp-json/wp/v2/posts?page=2", "https://x.example/blog"},
		{"https://x.example/?rest_route=/", "https://x.example/?rest_route=/", "https://x.example/?page=2&rest_route=%2Fwp%2Fv2%2Fposts", "https://x.example"},
		{"https://public-api.wordpress.com/wp/v2/sites/x.wordpress.com/posts", "https://public-api.wordpress.com/wp/v2/sites/x.wordpress.com/", "https://public-api.wordpress.com/wp/v2/sites/x.wordpress.com/posts?page=2", "https://x.wordpress.com"},
		{"https://x.example/wp-jsonish/", "", "", ""},
		{"https://x.example/", "", "", ""},
	} {
		u, err := url.Parse(c.given)
		if err != nil {
			t.Fatal(err)
		}
		root := givenRoot(u)
		if root != c.root {
			t.Errorf("%s: root %q, want %q", c.given, root, c.root)
		}
		if root == "" {
			continue
		}
		if got := endpoint(root, "posts", url.Values{"page": {"2"}}); got != c.list {
			t.Errorf("%s: list %q, want %q", c.given, got, c.list)
		}
		if got := homeOf(root); got != c.home {
			t.Errorf("%s: home %q, want %q", c.given, got, c.home)
		}
	}
}

func TestLinkHeader(t *testing.T) {
	at, _ := url.Parse("https://x.example/blog/")
	for header, want := range map[string]string{
		`<https://x.example/wp-json/>; rel="https://api.w.org/"`:                                "https://x.example/wp-json/",
		`</feed/>; rel="alternate", </blog/?rest_route=/>; rel="https://api.w.org/"; title="x"`: "https://x.example/blog/?rest_route=/",
		`<https://x.example/wp-json/wp/v2/pages/2>; rel="alternate"; title="JSON"`:              "",
		`<javascript:alert(1)>; rel="https://api.w.org/"`:                                       "",
		`<`: "",
	} {
		if got := linkTo(header, at); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// TestCheckpointOfALargeSite holds that what is remembered of as many posts as are
// read fits into a value of the store, however their guids look.
func TestCheckpointOfALargeSite(t *testing.T) {
	for name, guid := range map[string]string{"one home": "https://x.example/?p=%d", "addresses": "https://old%[1]d.example/2011/%[1]d/a-review-of-a-film-%[1]x/"} {
		random := rand.New(rand.NewPCG(1, 2))
		c := &checkpoint{Site: "x", posts: map[int]post{}}
		for id := 1; id <= maxPosts; id++ {
			c.posts[3*id] = post{modified: time.Unix(1_000_000_000+random.Int64N(700_000_000), 0).UTC().Format("2006-01-02T15:04:05"), guid: fmt.Sprintf(guid, 3*id)}
		}
		kept, err := c.write()
		if err != nil || len(kept) > 740<<10 {
			t.Errorf("%s: %v, %d kB", name, err, len(kept)>>10)
		}
		again := readCheckpoint(kept, "x")
		if len(again.posts) != maxPosts || again.posts[3].modified != c.posts[3].modified {
			t.Errorf("%s: %d posts, %v", name, len(again.posts), again.posts[3])
		}
		if strings.Contains(name, "home") && !reflect.DeepEqual(again.posts, c.posts) {
			t.Errorf("%s: not what was written", name)
		}
		t.Logf("%s: %d kB", name, len(kept)>>10)
	}
}
