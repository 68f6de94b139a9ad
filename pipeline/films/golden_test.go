package films_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

// pair is two reviews' claims, and whether they are about one film.
type pair struct {
	kind string
	same bool
	a, b review.Film
	line string
}

// readPairs reads testdata/pairs.tsv, whose head says how it is written.
func readPairs(t testing.TB) []pair {
	t.Helper()
	data, err := os.ReadFile("testdata/pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []pair
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[1] != "same" && f[1] != "other" {
			t.Fatalf("testdata/pairs.tsv: %q: want a kind, same or other, and two sides", line)
		}
		all = append(all, pair{kind: f[0], same: f[1] == "same", a: side(t, f[2]), b: side(t, f[3]), line: line})
	}
	return all
}

// side reads "Title (Year) {o: Original; d: Director}".
func side(t testing.TB, s string) review.Film {
	t.Helper()
	var f review.Film
	if at := strings.LastIndex(s, " {"); at > 0 && strings.HasSuffix(s, "}") {
		for part := range strings.SplitSeq(s[at+2:len(s)-1], "; ") {
			key, value, ok := strings.Cut(part, ": ")
			switch {
			case !ok:
				t.Fatalf("%q: %q says nothing", s, part)
			case key == "o":
				f.OriginalTitle = value
			case key == "a":
				f.AltTitles = append(f.AltTitles, value)
			case key == "d":
				f.Directors = strings.Split(value, ", ")
			case !f.IDs.Set(key, value):
				t.Fatalf("%q: nothing is called %q", s, key)
			}
		}
		s = s[:at]
	}
	f.Title = s
	if at := strings.LastIndex(s, " ("); at > 0 && strings.HasSuffix(s, ")") {
		if year, err := strconv.Atoi(s[at+2 : len(s)-1]); err == nil {
			f.Title, f.Year = s[:at], year
		}
	}
	return f
}

// verdicts is how the rules did on pairs.
type verdicts struct {
	right, wrong, missed, apart int
	faults                      []string
}

func (v *verdicts) precision() float64 { return share(v.right, v.right+v.wrong) }
func (v *verdicts) recall() float64    { return share(v.right, v.right+v.missed) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

func (v *verdicts) count(p *pair, together bool) {
	switch {
	case p.same && together:
		v.right++
	case p.same:
		v.missed++
		v.faults = append(v.faults, "missed: "+p.line)
	case together:
		v.wrong++
		v.faults = append(v.faults, "WRONG: "+p.line)
	default:
		v.apart++
	}
}

// judge puts each pair to a registry of its own, in both orders.
func judge(t testing.TB, pairs []pair) (whole verdicts, kinds map[string]*verdicts) {
	t.Helper()
	kinds = map[string]*verdicts{}
	for i := range pairs {
		p := &pairs[i]
		if kinds[p.kind] == nil {
			kinds[p.kind] = &verdicts{}
		}
		for _, sides := range [...][2]review.Film{{p.a, p.b}, {p.b, p.a}} {
			d := newDesk(t)
			first, second := d.identify(sides[0]), d.identify(sides[1])
			whole.count(p, first.ID == second.ID)
			kinds[p.kind].count(p, first.ID == second.ID)
			d.close()
		}
	}
	return whole, kinds
}

// TestGoldenPairs: no two films are ever taken for one, and nearly all that are one
// are found to be.
func TestGoldenPairs(t *testing.T) {
	pairs := readPairs(t)
	if len(pairs) < 300 {
		t.Fatalf("%d pairs", len(pairs))
	}
	v, _ := judge(t, pairs)
	t.Logf("%d pairs, each in both orders: precision %.2f %%, recall %.2f %%\n%s", len(pairs), v.precision(), v.recall(), strings.Join(v.faults, "\n"))
	if v.wrong > 0 {
		t.Errorf("precision %.2f %%, want 100", v.precision())
	}
	if v.recall() < 95 {
		t.Errorf("recall %.2f %%, want at least 95", v.recall())
	}
}

// TestGoldenPairsTogether puts all sides of all pairs to one registry, where many
// films share their titles: none of those that are two become one.
func TestGoldenPairsTogether(t *testing.T) {
	pairs := readPairs(t)
	for _, backwards := range []bool{false, true} {
		if backwards {
			slices.Reverse(pairs)
		}
		d := newDesk(t)
		for i := range pairs {
			d.identify(pairs[i].a)
			d.identify(pairs[i].b)
			d.publish()
		}
		d.settle()
		var v verdicts
		for i := range pairs {
			v.count(&pairs[i], d.identify(pairs[i].a).ID == d.identify(pairs[i].b).ID)
		}
		t.Logf("backwards=%v: precision %.2f %%, recall %.2f %%\n%s", backwards, v.precision(), v.recall(), strings.Join(v.faults, "\n"))
		if v.wrong > 0 {
			t.Errorf("backwards=%v: %d pairs were merged that are two films", backwards, v.wrong)
		}
	}
}

// BenchmarkGoldenPairs prints precision and recall, as a whole and by kind, beside
// what a pair costs.
func BenchmarkGoldenPairs(b *testing.B) {
	pairs := readPairs(b)
	var v verdicts
	var kinds map[string]*verdicts
	for b.Loop() {
		v, kinds = judge(b, pairs)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[kind]
		fmt.Printf("%-12s precision %6.2f %%  recall %6.2f %%  (%d same, %d other, each in both orders)\n",
			kind, k.precision(), k.recall(), (k.right+k.missed)/2, (k.wrong+k.apart)/2)
	}
	b.ReportMetric(v.precision(), "precision-%")
	b.ReportMetric(v.recall(), "recall-%")
}
