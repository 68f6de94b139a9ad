package normalize_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

func show(r review.Rating) string {
	s := string(r.Kind)
	for _, f := range [...][2]string{{"value", r.Value.String()}, {"worst", r.Worst.String()}, {"best", r.Best.String()},
		{"letter", r.Letter}, {"verdict", string(r.Verdict)}, {"norm", r.Norm.String()}, {"", string(r.Basis)}} {
		if f[1] != "" {
			s += " " + strings.TrimPrefix(f[0]+"="+f[1], "=")
		}
	}
	return s
}

func TestRatingForms(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"★★★½☆", "scored value=3.5 best=5 norm=70.0 stated"},
		{"★★★☆☆", "scored value=3 best=5 norm=60.0 stated"},
		{"★★★½", "ambiguous"},
		{"★★★★★", "ambiguous"},
		{"⭐️⭐️", "ambiguous"},
		{"☆☆☆☆☆", "ambiguous"},
		{"***½", "ambiguous"},
		{"***/****", "scored value=3 best=4 norm=75.0 stated"},
		{"***½/****", "scored value=3.5 best=4 norm=87.5 stated"},
		{"**** out of *****", "scored value=4 best=5 norm=80.0 stated"},
		{"🌕🌕🌗🌑🌑", "scored value=2.5 best=5 norm=50.0 stated"},
		{"🌕🌗", "ambiguous"},
		{"🌕🌖🌑🌑", "scored value=1.75 best=4 norm=43.8 stated"},
		{"●●●○○", "scored value=3 best=5 norm=60.0 stated"},
		{"★ ★ ★ ☆ ☆", "scored value=3 best=5 norm=60.0 stated"},
		{"★★★ out of 5", "scored value=3 best=5 norm=60.0 stated"},
		{"★★★ 1/2", "ambiguous"},
		{"★★★ 1/2 / 5", "scored value=3.5 best=5 norm=70.0 stated"},
		{"★★½☆☆ (2.5/5)", "scored value=2.5 best=5 norm=50.0 stated"},
		{"★★★★ 4/5", "scored value=4 best=5 norm=80.0 stated"},
		{"★★★★ (3/5)", "invalid"},
		{"4/5 ★★★★", "scored value=4 best=5 norm=80.0 stated"},
		{"★ 4/5", "scored value=4 best=5 norm=80.0 stated"},
		{"4★", "ambiguous"},
		{"4 ★ / 5", "scored value=4 best=5 norm=80.0 stated"},
		{"☆★★", "invalid"},
		{"3 1/2 out of 4", "scored value=3.5 best=4 norm=87.5 stated"},
		{"3½/4", "scored value=3.5 best=4 norm=87.5 stated"},
		{"3 ½ / 4", "scored value=3.5 best=4 norm=87.5 stated"},
		{"3-1/2 stars out of 4", "scored value=3.5 best=4 norm=87.5 stated"},
		{"3 and 1/2 stars", "ambiguous"},
		{"1/2 star out of 4", "scored value=0.5 best=4 norm=12.5 stated"},
		{"1/2 star", "ambiguous"},
		{"3¼/5", "scored value=3.25 best=5 norm=65.0 stated"},
		{"2 3/4 out of 5", "scored value=2.75 best=5 norm=55.0 stated"},
		{"3⅞/5", "scored value=3.875 best=5 norm=77.5 stated"},
		{"★★★¼", "ambiguous"},
		{"★★⅞", "invalid"},
		{"⅓/4", "invalid"},
		{"½/4", "scored value=0.5 best=4 norm=12.5 stated"},
		{"1/2", "scored value=1 best=2 norm=50.0 stated"},
		{"three and a half out of four stars", "scored value=3.5 best=4 norm=87.5 stated"},
		{"Three-and-a-half stars out of five", "scored value=3.5 best=5 norm=70.0 stated"},
		{"two out of four stars", "scored value=2 best=4 norm=50.0 stated"},
		{"half a star out of four", "scored value=0.5 best=4 norm=12.5 stated"},
		{"one star", "ambiguous"},
		{"7 out of 10", "scored value=7 best=10 norm=70.0 stated"},
		{"7 points out of 10", "scored value=7 best=10 norm=70.0 stated"},
		{"7 on a scale of 1 to 10", "scored value=7 worst=1 best=10 norm=66.7 stated"},
		{"4 (out of 5)", "scored value=4 best=5 norm=80.0 stated"},
		{"4,5/5", "scored value=4.5 best=5 norm=90.0 stated"},
		{"3,5 / 5", "scored value=3.5 best=5 norm=70.0 stated"},
		{"85%", "scored value=85 best=100 norm=85.0 stated"},
		{"85 percent", "scored value=85 best=100 norm=85.0 stated"},
		{"110%", "invalid"},
		{"4.5 stars out of 5", "scored value=4.5 best=5 norm=90.0 stated"},
		{"4 von 5 Sternen", "scored value=4 best=5 norm=80.0 stated"},
		{"3 sur 5", "scored value=3 best=5 norm=60.0 stated"},
		{"0/10", "scored value=0 best=10 norm=0.0 stated"},
		{"0 stars", "scored value=0 norm=0.0 stated"},
		{"zero stars out of five", "scored value=0 best=5 norm=0.0 stated"},
		{"no stars", "invalid"},
		{"-2 out of -4..+4", "scored value=-2 worst=-4 best=4 norm=25.0 stated"},
		{"-1", "invalid"},
		{"-1/5", "invalid"},
		{"3/5.", "scored value=3 best=5 norm=60.0 stated"},
		{"(3/5)", "scored value=3 best=5 norm=60.0 stated"},
		{"Rating: 3/5", "scored value=3 best=5 norm=60.0 stated"},
		{"4/5 - a fine film", "scored value=4 best=5 norm=80.0 stated"},
		{"4/5 (80%)", "scored value=4 best=5 norm=80.0 stated"},
		{"4/5 (70%)", "invalid"},
		{"3/5/2020", "invalid"},
		{"3/0", "invalid"},
		{"10,000/5", "invalid"},
		{"a+", "scored letter=A+ norm=100.0 stated"},
		{"B−", "scored letter=B- norm=66.7 stated"},
		{"F-", "invalid"}, {"E", "invalid"}, {"A/B", "invalid"}, {"PG-13", "invalid"}, {"Apple", "invalid"},
		{"Thumbs up!", "verdict verdict=positive"},
		{"two thumbs down", "verdict verdict=negative"},
		{"👍🏽", "verdict verdict=positive"},
		{"Fresh", "verdict verdict=positive"}, {"Rotten", "verdict verdict=negative"},
		{"mixed", "verdict verdict=mixed"},
		{"", "unrated"}, {"N/A", "unrated"}, {"-", "unrated"}, {"not rated", "unrated"},
		{"(out of 5)", "lost best=5"},
		{"out of 5 stars", "lost best=5"},
		{"stars (out of 5)", "lost best=5"},
		{"/10", "lost best=10"}, {"?/10", "lost best=10"}, {"_/5", "lost best=5"}, {"-/10", "lost best=10"},
		{"99999999999999999999/5", "invalid"},
		{"3/5 4/5 5/5 3/5 4/5 5/5 3/5 4/5 5/5 3/5 4/5", "invalid"},
	} {
		t.Run(c.text, func(t *testing.T) {
			got := normalize.Rating(c.text, review.Scale{})
			if show(got) != c.want {
				t.Errorf("Rating(%q) = %s, want %s", c.text, show(got), c.want)
			}
			if got.Raw != strings.TrimSpace(c.text) {
				t.Errorf("raw %q, want %q", got.Raw, c.text)
			}
		})
	}
}

func TestRatingsOnAConfiguredScale(t *testing.T) {
	five := review.Scale{Best: review.Int(5)}
	fromOne := review.Scale{Worst: review.Int(1), Best: review.Int(5)}
	for _, c := range []struct {
		text  string
		scale review.Scale
		want  string
	}{
		{"4", five, "scored value=4 best=5 norm=80.0 configured"},
		{"0", five, "scored value=0 best=5 norm=0.0 configured"},
		{"6", five, "invalid"},
		{"8/10", five, "scored value=8 best=10 norm=80.0 stated"},
		{"4 stars", five, "scored value=4 best=5 norm=80.0 configured"},
		{"★★★½", five, "scored value=3.5 best=5 norm=70.0 configured"},
		{"⭐️⭐️⭐️", five, "scored value=3 best=5 norm=60.0 configured"},
		{"★★★☆", five, "scored value=3 best=4 norm=75.0 stated"},
		{"☆☆☆", five, "ambiguous"},
		{"ZERO STARS", five, "scored value=0 norm=0.0 stated"},
		{"B+", five, "scored letter=B+ norm=83.3 stated"},
		{"", five, "unrated"},
		{"3", fromOne, "scored value=3 worst=1 best=5 norm=50.0 configured"},
		{"3/5", fromOne, "scored value=3 worst=1 best=5 norm=50.0 stated"},
		{"3/4", fromOne, "scored value=3 best=4 norm=75.0 stated"},
		{"0", fromOne, "invalid"},
	} {
		t.Run(c.text, func(t *testing.T) {
			if got := normalize.Rating(c.text, c.scale); show(got) != c.want {
				t.Errorf("Rating(%q, %v) = %s, want %s", c.text, c.scale, show(got), c.want)
			}
		})
	}
}

// TestRatingsAsCriticsWriteThem goes through what real critics' scores look like:
// testdata/ratings holds one to a line, by kind.
func TestRatingsAsCriticsWriteThem(t *testing.T) {
	file, err := os.Open("testdata/ratings/critics.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	n := 0
	for lines.Scan() {
		text, want, ok := strings.Cut(lines.Text(), " = ")
		if !ok || strings.HasPrefix(text, "#") {
			continue
		}
		n++
		if got := show(normalize.Rating(text, review.Scale{})); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if n < 100 {
		t.Errorf("only %d ratings in the file", n)
	}
}

// TestSharedScoreStrings goes through the file the fixture was made from.
func TestSharedScoreStrings(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "score-strings.tsv"))
	if err != nil {
		t.Skip("no ../shared beside the checkout:", err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		f := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
		r := normalize.Rating(f[0], review.Scale{})
		value := r.Value.String() + r.Letter + string(r.Verdict)
		got := []string{string(r.Kind), value, r.Best.String(), r.Norm.String()}
		if want := f[2:6]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("line %d: %q: got %q, want %q", i+2, f[0], got, want)
		}
	}
}

// FuzzRating holds what is true of every rating, whatever was written.
func FuzzRating(f *testing.F) {
	for _, s := range []string{"3/5", "★★★½☆", "B-plus", "three and a half out of four stars", "+1 out of -4..+4",
		"(out of 5)", "4,5/5", "3 1/2 stars", "85%", "⭐️⭐️", "Thumbs up", "Rating: 4 / 5", "½", "***½/****", "zero stars",
		"BBBB½ (out of 5)", "★★★★ (8/10)", "B+ (very good)"} {
		f.Add(s, "5")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, text, best string) {
		var scale review.Scale
		scale.Best, _ = review.ParseDecimal(best)
		r := normalize.Rating(text, scale)
		if r.Norm.IsZero() != (r.Kind != review.Scored) {
			t.Errorf("%q: kind %s with norm %q", text, r.Kind, r.Norm)
		}
		if r.Norm.Sign() < 0 || !r.Norm.IsZero() && r.Norm.Cmp(review.Int(100)) > 0 {
			t.Errorf("%q: norm %s", text, r.Norm)
		}
		if r.Kind != review.Scored && (!r.Value.IsZero() || r.Letter != "") {
			t.Errorf("%q: a value where there is none: %+v", text, r)
		}
		if (r.Verdict != "") != (r.Kind == review.Verdicted) {
			t.Errorf("%q: verdict %q of kind %s", text, r.Verdict, r.Kind)
		}
		if n := r.Value.Rat(); n.IsInt() && r.Kind == review.Scored && !n.Num().IsInt64() {
			t.Errorf("%q: value %s", text, r.Value)
		}
		if digits := strings.Trim(r.Value.String(), "-"); digits != "" && !written(text, digits) {
			t.Errorf("%q: value %s is not written there", text, r.Value)
		}
		if r.Basis == review.BasisStated && !r.Best.IsZero() && !written(text, strings.Trim(r.Best.String(), "-")) {
			t.Errorf("%q: best %s is not written there", text, r.Best)
		}
	})
}

// written reports that a number stands in a text: in digits, or by words, signs
// or fractions, which have no digits of their own to compare.
func written(text, digits string) bool {
	plain := strings.ReplaceAll(text, ",", ".")
	if strings.Contains(plain, digits) || strings.Contains(plain, strings.TrimPrefix(digits, "0")) {
		return true
	}
	lower := strings.ToLower(text)
	for _, word := range []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "half", "percent", "1/2", "1/4", "3/4", "a star", "a point",
		"ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "une", "deux", "trois", "quatre", "cinq", "sept", "huit", "neuf", "dix", "demi",
		"una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "medi", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci",
		"duas", "três", "quatro", "sete", "oito", "dez", "twee", "drie", "vijf", "zes", "zeven", "negen", "tien", "två", "fyra", "fem", "sex", "mezz", "meia"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	for i := range len(text) - 1 { // stars of a lost font
		if text[i] == text[i+1] && text[i] >= 'A' {
			return true
		}
	}
	return strings.ContainsAny(text, "★⭐🌟✭✮✯✪✫✬⭑✦*＊🌕●⚫♥❤🍿🎬☆✩✰⚝⭒✧🌑○◯⚪♡🤍⯨⯪◐◑🌗🌓🌖🌔🌘🌒½¼¾⅛⅜⅝⅞%％")
}

// TestRatingsAtTheEnd: a rating in words is one at the end of the last paragraph
// or on a line of its own, and in the middle of prose it is not.
func TestRatingsAtTheEnd(t *testing.T) {
	for _, c := range []struct{ end, want string }{
		{"It will be seen again. Four stars (out of 5)", "4/5"},
		{"It will be seen again. Four stars (out of 5).", "4/5"},
		{"It will be seen again. Three stars out of five.", "3/5"},
		{"It will be seen again. Three and a half stars (out of four)", "3.5/4"},
		{"It will be seen again - 3 stars out of 5", "3/5"},
		{"It will be seen again. (Three stars out of five.)", "3/5"},
		{"It will be seen again.\nThree stars out of five", "3/5"},
		{"It will be seen again.\n\nThree stars out of five!", "3/5"},
		{"It will be seen again.\n\nfour stars (out of 5)", "4/5"},
		{"It will be seen again, all four stars (out of 5) of it, by me.", "unrated"},
		{"Three stars out of five went home early, and the other two stayed.", "unrated"},
		{"There were three stars out of five on the poster when I came in.", "unrated"},
		{"It had three stars out of five in the paper.", "unrated"},
		{"Of its five leads, three stars out of five can act and two cannot. It is long.", "unrated"},
	} {
		t.Run(c.end, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormText, Stated: review.Review{Title: "Mulan"}, Body: prose + "\n\n" + prose + " " + c.end})
			if got := r.Rating.String(); got != c.want {
				t.Errorf("got %s from %q, want %s", got, r.Rating.Raw, c.want)
			}
		})
	}
}

// TestApartInBoxes: a number and its scale in boxes of their own are one rating, and what is
// left of a lost one takes no number that happens to stand before it.
func TestApartInBoxes(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"4", "/5", "4/5"},
		{"8.5", "/ 10", "8.5/10"},
		{"3", "out of 4 stars", "3/4"},
		{"4", "(out of 5)", "lost"},
		{"12", "/5", "lost"},
		{"Page 4", "/5", "lost"},
		{"4 comments", "out of 5", "lost"},
	} {
		d := review.Document{Form: review.FormHTML, Body: "<div>" + c.before + "</div><div>" + c.after + "</div><p>" + aParagraph + "</p>", Stated: review.Review{Title: "The Long Field"}}
		if r := read(t, d); r.Rating.String() != c.want {
			t.Errorf("%s and %s: %+v, want %s", c.before, c.after, r.Rating, c.want)
		}
	}
}
