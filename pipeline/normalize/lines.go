package normalize

import (
	"strings"

	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline/review"
)

// line is one line of a run, without space around it.
type line struct {
	run      int
	from, to int // in text
	// about says that the line is about the review or the film (a credit, a
	// byline, a date, a rating, a fact) and no text of the critic's own.
	about bool
}

// index finds the lines of the text. It is called once, when nothing is dropped
// from it any more.
func (b *body) index() {
	b.lines = make([]line, 0, len(b.runs)+8)
	for i := range b.runs {
		r := &b.runs[i]
		r.line = len(b.lines)
		for at := r.from; at < r.to; {
			end, next := r.to, r.to
			if n := strings.IndexByte(b.plain[at:r.to], '\n'); n >= 0 {
				end, next = at+n, at+n+1
			}
			l := line{run: i, from: at, to: end}
			for l.from < l.to && (b.plain[l.from] == ' ' || b.plain[l.from] == '\t') {
				l.from++
			}
			for l.from < l.to && (b.plain[l.to-1] == ' ' || b.plain[l.to-1] == '\t') {
				l.to--
			}
			if l.from < l.to {
				b.lines = append(b.lines, l)
			}
			at = next
		}
	}
}

// linesOf are the lines of a run.
func (b *body) linesOf(i int) []line {
	end := len(b.lines)
	if i+1 < len(b.runs) {
		end = b.runs[i+1].line
	}
	return b.lines[b.runs[i].line:end]
}

// lineText is the text of a line.
func (b *body) lineText(l *line) string { return b.plain[l.from:l.to] }

// reading is what the lines of a text say, each by itself. It is found in one walk
// over them.
type reading struct {
	dateline
	facts           facts
	credits         []review.Credit
	labelled, alone []finding // ratings in rating position
}

// add fills in what stands beside the text, except for its ratings.
func (r *reading) add(other *reading) {
	r.or(other.dateline)
	r.credits = append(r.credits, other.credits...)
	f := other.facts
	r.facts.add(&catalogue{
		year: f.year, countries: f.countries, festivals: f.festivals,
		awards: f.awards, companies: f.companies, original: f.original,
	})
}

// maxMetaLine is how long a line may be that stands among credits and is no text
// of the critic's own.
const maxMetaLine = 60

// walk reads the lines of a text.
type walk struct {
	*body
	reading
	scale review.Scale
	basis review.Basis
	seen  int  // lines so far
	own   bool // a line was the critic's
	prose bool // a line was long enough to be the critic's text
	// waiting is the credit whose label stood in a cell of its own, -1 for none,
	// and last the run of that cell.
	waiting, last int
}

// readLines reads the lines of the body and notes which of them are no text of the
// critic's own. scale is that of bare numbers.
func (b *body) readLines(scale review.Scale, basis review.Basis) reading {
	w := walk{body: b, scale: scale, basis: basis, waiting: -1}
	for i := range b.lines {
		l := &b.lines[i]
		text := b.lineText(l)
		w.line(l, text)
		w.seen++
		w.own = w.own || !l.about
		w.prose = w.prose || !l.about && len(text) > maxDateline
	}
	for i := range b.runs {
		b.runs[i].meta = b.runs[i].meta || b.aside(i)
	}
	return w.reading
}

// nearTop is how many lines down "By Jane Doe" is still a byline, and
// farthestTop how many where none of them was prose.
const (
	nearTop     = 6
	farthestTop = 14
)

func (w *walk) line(l *line, text string) {
	tag := w.runs[l.run].tag
	waiting := w.waiting
	w.waiting = -1
	if waiting >= 0 && l.run == w.last+1 && isValueCell(tag) {
		if people, ok := names(text); ok {
			c := &w.credits[waiting]
			c.Names, c.Lost = append(c.Names, people...), false
			l.about = true
			if tag == atom.Li {
				w.waiting, w.last = waiting, l.run // one to an item
			}
			return
		}
	}
	if len(text) > maxCreditLine || tag == atom.Blockquote {
		return
	}
	top := w.seen < nearTop || !w.prose && w.seen < farthestTop
	if w.signs(l, text, top) || w.states(text, top) {
		l.about = true
		w.ratesBehind(l, text)
		return
	}
	if found := creditsIn(text); found != nil {
		l.about = true
		w.credits = append(w.credits, found...)
		if isLabelCell(tag) && found[len(found)-1].Lost {
			w.waiting, w.last = len(w.credits)-1, l.run
		}
	}
	if len(text) <= maxRatingLine && w.rates(l, text) {
		l.about = true
	}
}

// signs notes who a line says wrote the review, and when.
func (w *walk) signs(l *line, text string, top bool) bool {
	if len(text) > maxDateline {
		return false
	}
	if r := &w.runs[l.run]; r.tag == atom.Dd || r.sep == "\t" {
		return false // the value of some label: a release date, the author of a book
	}
	if !top && bylineOf(text, false) == "" {
		return false
	}
	d, ok := readDateline(text)
	if !ok {
		d.name = bylineOf(text, top)
		ok = d.name != ""
	}
	w.or(d)
	return ok
}

// states notes what a line says of the film.
func (w *walk) states(text string, top bool) bool {
	c, ok := labelledFact(text)
	if !ok {
		c, ok = readCatalogue(text, top)
	}
	if !ok {
		return false
	}
	w.facts.add(&c)
	w.credits = append(w.credits, c.credits...)
	return true
}

// rates notes a rating that has a line to itself, or a label.
func (w *walk) rates(l *line, text string) bool {
	if f, ok := labelledRating(text, l.from, w.scale, w.basis); ok {
		w.labelled = append(w.labelled, f)
		return true
	}
	if f, ok := w.worths.worded(text, l.from); ok {
		w.labelled = append(w.labelled, f)
		return true
	}
	if f, ok := w.apartRating(l, text); ok {
		w.alone = append(w.alone, f)
		return true
	}
	f, ok := loneRating(text, l.from, w.scale, w.basis)
	if !ok && asteriskRow(text) && w.atEnd(l) {
		f = textFinding(understand(text, w.scale, w.basis), text, l.from)
		ok = f.rating.Kind == review.Scored || f.rating.Kind == review.Ambiguous
	}
	if ok {
		w.alone = append(w.alone, f)
		return true
	}
	w.ratesBehind(l, text)
	return false
}

// apartRating reads a rating whose number is a box of its own, with the scale in the next
// one: "4" and "/5". A scale in brackets is what is left where a number was lost, and what
// stands before it may be anything.
func (w *walk) apartRating(l *line, text string) (finding, bool) {
	if w.seen == 0 || !strings.HasPrefix(text, "/") && !hasPrefixFold(text, "out of ") {
		return finding{}, false
	}
	before := &w.lines[w.seen-1]
	if number, err := review.ParseDecimal(w.lineText(before)); err != nil || number.Sign() < 0 || l.run > before.run+1 {
		return finding{}, false
	}
	f, ok := loneRating(w.lineText(before)+" "+text, before.from, w.scale, w.basis)
	if !ok || f.rating.Kind != review.Scored {
		return finding{}, false
	}
	before.about = true
	return textFinding(f.grade, w.plain[before.from:l.to], before.from), true
}

// atEnd reports a line at the beginning of the text, where at most a byline and
// the like stand before it, or at its end, and no other row of asterisks: what
// stands between paragraphs parts them.
func (w *walk) atEnd(l *line) bool {
	for i := range w.lines {
		other := &w.lines[i]
		if other.from != l.from && strings.Trim(w.lineText(other), "* ") == "" {
			return false
		}
	}
	return !w.own || l.from == w.lines[len(w.lines)-1].from
}

// ratesBehind notes a labelled rating behind something else on the line: "Runtime: 117
// min. Rating: 3/5". What stands in front may be the critic's text.
func (w *walk) ratesBehind(l *line, text string) {
	i := strings.LastIndex(text, ". ") + len(". ")
	if i <= len(". ") || len(text) > maxRatingLine {
		return
	}
	if f, ok := labelledRating(text[i:], l.from+i, w.scale, w.basis); ok {
		w.labelled = append(w.labelled, f)
	}
}

// aside reports a run that has no text of the critic's own: all of its lines are
// about the review or the film, or too little stands between them to be one.
func (b *body) aside(i int) bool {
	about := 0
	for _, l := range b.linesOf(i) {
		switch text := b.lineText(&l); {
		case l.about:
			about++
		case len(text) > maxMetaLine, endsSentence(text):
			return false
		}
	}
	return about > 0 && about*2 > len(b.linesOf(i))
}
