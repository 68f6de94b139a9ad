package fold_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/fold"
)

func TestKey(t *testing.T) {
	for _, c := range []struct{ title, want string }{
		{"The Thing", "thing"},
		{"Amélie", "amelie"},
		{"AMELIE", "amelie"},
		{"Le Fabuleux Destin d'Amélie Poulain", "fabuleux destin damelie poulain"},
		{"Ocean's Eleven", "oceans 11"},
		{"Ocean’s Eleven", "oceans 11"},
		{"WALL·E", "wall e"},
		{"S.W.A.T.: Firefight", "swat firefight"},
		{"E.T. the Extra-Terrestrial", "et the extra terrestrial"},
		{"Fast & Furious", "fast and furious"},
		{"Romeo + Juliet", "romeo and juliet"},
		{"8½", "8 1 2"},
		{"8 1/2", "8 1 2"},
		{"Matrix, The", "matrix"},
		{"Avventura, L'", "avventura"},
		{"L'Avventura", "avventura"},
		{"L’Avventura", "avventura"},
		{"Me, Myself & Irene", "me myself and irene"},
		{"L.A. Confidential", "la confidential"},
		{"“L.A. Confidential”", "la confidential"},
		{"“A Beautiful Mind”", "beautiful mind"},
		{"«L'Avventura»", "avventura"},
		{"LA Confidential", "la confidential"},
		{"LA STRADA", "strada"},
		{"La La Land", "la land"},
		{"Das Boot", "boot"},
		{"Los olvidados", "olvidados"},
		{"Une femme est une femme", "femme est une femme"},
		{"Gli occhi", "occhi"},
		{"Rocky II", "rocky 2"},
		{"Rocky 2", "rocky 2"},
		{"Rocky Two", "rocky 2"},
		{"The Godfather: Part II", "godfather 2"},
		{"Kill Bill: Vol. 2", "kill bill 2"},
		{"Part II", "part 2"},
		{"I, Robot", "i robot"},
		{"V for Vendetta", "v for vendetta"},
		{"Nine", "nine"},
		{"9", "9"},
		{"Alien³", "alien3"},
		{"Ⅱ", "ii"},
		{"Civil War", "civil war"},
		{"X", "x"},
		{"Ёлки", "елки"},
		{"Война", "война"},
		{"バベル", "バベル"},
		{"기생충", "기생충"},
		{"दंगल", "दंगल"},
		{"M", "m"},
		{"A", "a"},
		{"The The", "the"},
		{"1917", "1917"},
		{"2001: A Space Odyssey", "2001 a space odyssey"},
		{"Se7en", "se7en"},
		{"Æon Flux", "aeon flux"},
		{"Straße", "strasse"},
		{"七人の侍", "七人の侍"},
		{"$", "$"},
		{"…", "…"},
		{"", ""},
	} {
		if got := fold.Key(c.title); got != c.want {
			t.Errorf("Key(%q) = %q, want %q", c.title, got, c.want)
		}
	}
}

func TestSlug(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Never Let Me Go 2010", "never-let-me-go-2010"},
		{"The Thing", "the-thing"},
		{"Josée to Tora to Sakana-tachi", "josee-to-tora-to-sakana-tachi"},
		{"Jane Doe", "jane-doe"},
		{"$", "x-09fc96082d34"[:10]},
		{"  ", ""},
		{"../../etc/passwd", "etc-passwd"},
	} {
		if got := fold.Slug(c.name); got != c.want {
			t.Errorf("Slug(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSlugIsSafeInAPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		slug := fold.Slug(name)
		if len(slug) > 96 || !utf8.ValidString(slug) {
			t.Fatalf("Slug(%q) = %q: too long or not UTF-8", name, slug)
		}
		for _, r := range slug {
			switch r {
			case '/', '\\', '.', ' ', 0, '%', '?', '#', '*', '>':
				t.Fatalf("Slug(%q) = %q holds %q", name, slug, r)
			}
		}
		if again := fold.Slug(slug); slug != "" && again != slug {
			t.Fatalf("Slug(%q) = %q, and again %q", name, slug, again)
		}
	})
}

func TestKeyIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringMatching(`[A-Za-z0-9 .'&:éøß-]{0,30}`).Draw(t, "title")
		if a, b := fold.Key(title), fold.Key(title+" "); a != b {
			t.Fatalf("a trailing blank changes the key: %q, %q", a, b)
		}
	})
}

// TestASCIIFoldsAsEverything compares the short way with the long one, which a mark
// at the end that folds to nothing asks for.
func TestASCIIFoldsAsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ -~\t]{0,30}`).Draw(t, "name")
		if a, b := fold.Slug(name), fold.Slug(name+" \u2020"); a != b && !strings.HasPrefix(a, "x-") && a != "" {
			t.Fatalf("Slug(%q) = %q, the long way %q", name, a, b)
		}
		if a, b := fold.Key(name), fold.Key("\u2020"+name); a != b && a != strings.TrimSpace(name) {
			t.Fatalf("Key(%q) = %q, the long way %q", name, a, b)
		}
	})
}
