package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Inference understands ratings that stand without their scale, once it is known
// which one the critic uses.
type Inference struct {
	// Version names how; when it changes, all of them are looked at again.
	Version string
	// Rate reads a rating as written on a scale that it does not state. It is not ok
	// where the rating does not fit the scale. Pure.
	Rate func(raw string, scale review.Scale) (review.Rating, bool)
}

// Scales is the view that knows on which scales each critic scores at each outlet,
// and which ratings are due for another look because of it. What is inferred is no
// evidence, so that a guess never props up the next. Its state holds
//
//	review/ID          scaleRow: what the review says of its critic's scales
//	count/GROUP SCALE  how many of the critic's scores at the outlet state a scale
//	scale/GROUP        the scale that a bare number of theirs is on, where one is
//	open/GROUP ID      scaleRow of reviews whose scale is not stated, inferred or not
//	due/ID             those of them that stand otherwise on the log than they should
type Scales struct{ Inference }

// Version names the layout of the state, and how ratings are inferred.
func (v Scales) Version() string { return "scales/1 " + v.Inference.Version }

// FewestScores and ScaleShare are how much of one scale a critic's scores show before a bare
// number is on it.
const (
	FewestScores = 5
	ScaleShare   = 90 // per cent of the scores, at least
)

// Apply takes the review events of a batch.
func (v Scales) Apply(_ context.Context, entries []Entry, st State, _ Documents) error {
	if v.Rate == nil {
		return nil
	}
	w := weighing{Scales: v, st: st, counts: map[string]int{}, groups: map[string]bool{}, open: map[review.ID]scaleRow{}}
	for i := range entries {
		if e := entries[i].Review; e != nil {
			w.take(e)
		}
	}
	w.conclude()
	return nil
}

// scaleRow is what one review says of its critic's scales: it states one, or it is
// open, a bare number. The zero row says nothing.
type scaleRow struct {
	group string
	// scale is what it states; of an open one what was inferred, "" for none.
	scale string
	open  bool
	raw   string // of an open one: the rating as written
}

func (r scaleRow) encode() []byte {
	role := "="
	if r.open {
		role = "?"
	}
	return []byte(r.group + role + r.scale + rowSeparator + r.raw)
}

func decodeScaleRow(b []byte) (r scaleRow) {
	s := string(b)
	if len(s) <= groupDigits {
		return scaleRow{}
	}
	r.group, r.open = s[:groupDigits], s[groupDigits] == '?'
	r.scale, r.raw, _ = strings.Cut(s[groupDigits+1:], rowSeparator)
	return r
}

// scaleRowOf is what a review says of its critic's scales as it stands.
func scaleRowOf(e *review.Event) scaleRow {
	if e.Gone() || e.Critic.ID == "" || e.Rating.Kind != review.Scored && e.Rating.Kind != review.Ambiguous {
		return scaleRow{}
	}
	row := scaleRow{}
	switch r := &e.Rating; {
	case r.Kind == review.Ambiguous:
		row.open, row.raw = true, r.Raw
	case r.Basis == review.BasisInferred:
		row.open, row.raw, row.scale = true, r.Raw, scaleWord(r.Worst, r.Best)
	case r.Basis != review.BasisStated:
		return scaleRow{}
	case r.Letter != "":
		row.scale = lettersScale
	case r.Best.IsZero():
		return scaleRow{}
	default:
		row.scale = scaleWord(r.Worst, r.Best)
	}
	row.group = scaleGroup(e.Critic)
	return row
}

// lettersScale is what grades in letters are on. No bare number is.
const lettersScale = "letters"

// scaleWord writes a scale in one way: "0..5".
func scaleWord(worst, best review.Decimal) string {
	low := "0"
	if !worst.IsZero() {
		low = shortest(worst)
	}
	return low + ".." + shortest(best)
}

// shortest writes a number without the zeros that say nothing.
func shortest(d review.Decimal) string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// scaleOf reads a scale that scaleWord wrote; zero for any other word.
func scaleOf(word string) review.Scale {
	low, high, ok := strings.Cut(word, "..")
	worst, err := review.ParseDecimal(low)
	best, err2 := review.ParseDecimal(high)
	if !ok || err != nil || err2 != nil {
		return review.Scale{}
	}
	if worst.Sign() == 0 {
		worst = review.Decimal{}
	}
	return review.Scale{Worst: worst, Best: best}
}

// groupDigits is how long the name of a group is.
const groupDigits = 16

// scaleGroup names a critic at an outlet.
func scaleGroup(c review.Critic) string {
	sum := sha256.Sum256([]byte(string(c.ID) + "\x00" + strings.ToLower(string(c.Outlet))))
	return hex.EncodeToString(sum[:groupDigits/2])
}

func scaleRowKey(id review.ID) string           { return "review/" + string(id) }
func countKey(group, scale string) string       { return "count/" + group + " " + scale }
func groupScaleKey(group string) string         { return "scale/" + group }
func openKey(group string, id review.ID) string { return "open/" + group + " " + string(id) }
func dueKey(id review.ID) string                { return duePrefix + string(id) }

const duePrefix = "due/"

// rowIn is what the state holds of a review.
func rowIn(st Reader, id review.ID) scaleRow {
	value, _ := st.Get(scaleRowKey(id))
	return decodeScaleRow(value)
}

// countsIn is how many scores state each scale in a group.
func countsIn(st Reader, group string) map[string]int {
	counts := map[string]int{}
	prefix := countKey(group, "")
	st.Scan(prefix, func(key string, value []byte) bool {
		counts[key[len(prefix):]] = number(value)
		return true
	})
	return counts
}

func number(value []byte) int {
	n, err := strconv.Atoi(string(value))
	if err != nil {
		return 0
	}
	return n
}

// verdict is the scale that these scores show a critic to use, "" for none.
func verdict(counts map[string]int) string {
	all, most, scale := 0, 0, ""
	for word, n := range counts {
		all += n
		if n > most {
			most, scale = n, word
		}
	}
	if all < FewestScores || most*100 < all*ScaleShare || scale == lettersScale {
		return ""
	}
	return scale
}

// ScalesShown is what a critic's scores at an outlet show of the scales they are on.
type ScalesShown struct {
	Scored int          // reviews that state a scale
	Scales []ScaleShown // the most used first
	Used   string       // the scale that a bare number of theirs is on, "" for none
}

// ScaleShown is a scale, "0..5" or "letters", with how many reviews state it.
type ScaleShown struct {
	Scale   string
	Reviews int
}

// ScaleEvidence counts from the log what [Scales] goes by for a critic at an outlet.
func ScaleEvidence(ctx context.Context, log Log, c review.Critic) (ScalesShown, error) {
	counts := map[string]int{}
	group := scaleGroup(c)
	err := log.Latest(ctx, func(e Entry) error {
		if row := scaleRowOf(e.Review); row.group == group && !row.open {
			counts[row.scale]++
		}
		return nil
	})
	shown := ScalesShown{Used: verdict(counts)}
	for scale, n := range counts {
		shown.Scored += n
		shown.Scales = append(shown.Scales, ScaleShown{scale, n})
	}
	slices.SortFunc(shown.Scales, func(a, b ScaleShown) int {
		return cmp.Or(cmp.Compare(b.Reviews, a.Reviews), cmp.Compare(a.Scale, b.Scale))
	})
	return shown, err
}

// weighing is one batch of events while it is taken.
type weighing struct {
	Scales
	st     State
	counts map[string]int         // changes, by key
	groups map[string]bool        // of those changes
	open   map[review.ID]scaleRow // the open reviews that changed
}

func (w *weighing) take(e *review.Event) {
	id, now := e.ReviewID, scaleRowOf(e)
	var before scaleRow
	if e.Revision > 1 { // else nothing is known of it
		before = rowIn(w.st, id)
	}
	if before == now {
		return
	}
	w.count(before, -1)
	w.count(now, 1)
	if before.open {
		w.st.Delete(openKey(before.group, id))
		delete(w.open, id)
		w.setDue(id, false)
	}
	if now.open {
		w.st.Set(openKey(now.group, id), now.encode())
		w.open[id] = now
	}
	if now == (scaleRow{}) {
		w.st.Delete(scaleRowKey(id))
	} else {
		w.st.Set(scaleRowKey(id), now.encode())
	}
}

func (w *weighing) count(r scaleRow, by int) {
	if r.group != "" && !r.open {
		w.counts[countKey(r.group, r.scale)] += by
		w.groups[r.group] = true
	}
}

// conclude keeps the counts and sees which open reviews are due because of them.
func (w *weighing) conclude() {
	for key, by := range w.counts {
		value, _ := w.st.Get(key)
		if n := number(value) + by; n > 0 {
			w.st.Set(key, []byte(strconv.Itoa(n)))
		} else {
			w.st.Delete(key)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(w.groups)) {
		before, _ := w.st.Get(groupScaleKey(group))
		now := verdict(countsIn(w.st, group))
		if now == string(before) {
			continue
		}
		if now == "" {
			w.st.Delete(groupScaleKey(group))
		} else {
			w.st.Set(groupScaleKey(group), []byte(now))
		}
		w.reopen(group)
	}
	for id, row := range w.open {
		w.judge(id, row)
	}
}

// reopen takes up all open reviews of a group.
func (w *weighing) reopen(group string) {
	prefix := openKey(group, "")
	w.st.Scan(prefix, func(key string, value []byte) bool {
		w.open[review.ID(key[len(prefix):])] = decodeScaleRow(value)
		return true
	})
}

// judge notes whether an open review is due.
func (w *weighing) judge(id review.ID, row scaleRow) {
	scale, _ := w.st.Get(groupScaleKey(row.group))
	_, fits := w.rate(row.raw, string(scale))
	should := ""
	if fits {
		should = string(scale)
	}
	w.setDue(id, row.scale != should)
}

func (w *weighing) setDue(id review.ID, due bool) {
	_, was := w.st.Get(dueKey(id))
	switch {
	case due && !was:
		w.st.Set(dueKey(id), nil)
	case !due && was:
		w.st.Delete(dueKey(id))
	}
}

// rate reads a rating on a scale, "" for none.
func (v Scales) rate(raw, scale string) (review.Rating, bool) {
	if scale == "" {
		return review.Rating{}, false
	}
	r, ok := v.Rate(raw, scaleOf(scale))
	if !ok || r.Kind != review.Scored || r.Norm.IsZero() || scaleWord(r.Worst, r.Best) != scale {
		return review.Rating{}, false
	}
	r.Basis = review.BasisInferred
	return r, true
}
