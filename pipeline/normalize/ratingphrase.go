package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// phrase is a rating that counts: a value, perhaps a unit, perhaps a scale.
type phrase struct {
	tokens [maxTokens]token
	n, at  int
	text   string

	value, worst, best review.Decimal
	unit, glyphs       bool
	weak, lost         bool
	head               int // where a remark in words begins, 0 for none
}

// maxTokens is more than any rating has.
const maxTokens = 24

type kind uint8

const (
	none    kind = iota
	num          // 3, 3.5, 4,5, ½
	word         // stars, out, of; in lower case
	signs        // ★★★½☆, ****, 🌕🌗
	slash        // /
	plus         // +
	minus        // - and its kin
	percent      // %
	span         // .. and …
	open         // ( [
	shut         // ) ]
	other
)

type token struct {
	kind   kind
	spaced bool // white space before it
	end    int  // in the text
	text   string
	number review.Decimal
	whole  int64 // the number, if it is a small whole one, else -1
	filled int   // in quarters
	all    int   // places, filled or not, a half counting as one
	empty  int
}

// lex cuts a text into tokens; false where there are more than a rating has.
func (p *phrase) lex(text string) bool {
	p.text = text
	spaced := false
	for i := 0; i < len(text); {
		r, width := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) || r == 0xfe0f || r == 0x200d {
			spaced = spaced || r != 0xfe0f && r != 0x200d
			i += width
			continue
		}
		if p.n == maxTokens {
			return false
		}
		t, end := next(text, i, r, width)
		t.spaced, t.text, t.end = spaced, text[i:end], end
		if t.kind == word {
			t.text = strings.ToLower(t.text)
		}
		p.tokens[p.n] = t
		p.n++
		i, spaced = end, false
	}
	return p.n > 0
}

// next is the token at i.
func next(text string, i int, r rune, width int) (token, int) {
	switch {
	case r >= '0' && r <= '9', r == '.' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
		return lexNumber(text, i)
	case fraction(r) > 0:
		return token{kind: num, whole: -1, number: eighths(0, fraction(r))}, i + width
	case glyphOf(r) != 0:
		return lexSigns(text, i)
	case unicode.IsLetter(r):
		end := i
		for end < len(text) {
			r, width := utf8.DecodeRuneInString(text[end:])
			if !unicode.IsLetter(r) && r != '\'' && r != '’' {
				break
			}
			end += width
		}
		return token{kind: word}, end
	case r == '.' && strings.HasPrefix(text[i:], ".."):
		end := i
		for end < len(text) && text[end] == '.' {
			end++
		}
		return token{kind: span}, end
	}
	return token{kind: signKind(r)}, i + width
}

func signKind(r rune) kind {
	switch r {
	case '/', '⁄', '∕':
		return slash
	case '+':
		return plus
	case '-', '–', '—', '−':
		return minus
	case '%', '％':
		return percent
	case '…':
		return span
	case '(', '[':
		return open
	case ')', ']':
		return shut
	}
	return other
}

// lexNumber reads digits with a point, or a comma that is one, and a fraction
// sign behind them.
func lexNumber(text string, i int) (token, int) {
	end, points, comma := i, 0, -1
	for end < len(text) {
		c := text[end]
		digitNext := end+1 < len(text) && text[end+1] >= '0' && text[end+1] <= '9'
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && digitNext:
			points++
		case c == ',' && digitNext:
			points++
			comma = end
		default:
			c = 0
		}
		if c == 0 {
			break
		}
		end++
	}
	digits := text[i:end]
	if comma >= 0 {
		if end-comma-1 == 3 && comma > i+1 {
			points++ // 12,000: thousands
		}
		digits = digits[:comma-i] + "." + digits[comma-i+1:]
	}
	d, err := review.ParseDecimal(digits)
	if err != nil || points > 1 {
		return token{kind: other}, end
	}
	n := whole(digits)
	r, width := utf8.DecodeRuneInString(text[end:])
	if f := fraction(r); f > 0 && n >= 0 {
		return token{kind: num, whole: -1, number: eighths(n, f)}, end + width
	}
	return token{kind: num, whole: n, number: d}, end
}

// whole is what up to six digits say, -1 for anything else.
func whole(digits string) int64 {
	if len(digits) > 6 {
		return -1
	}
	n := int64(0)
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return -1
		}
		n = n*10 + int64(digits[i]-'0')
	}
	return n
}

// fraction is a fraction sign in eighths, 0 for other characters. Thirds have no
// exact decimal and are left out.
func fraction(r rune) int64 {
	switch r {
	case '½':
		return 4
	case '¼':
		return 2
	case '¾':
		return 6
	case '⅛':
		return 1
	case '⅜':
		return 3
	case '⅝':
		return 5
	case '⅞':
		return 7
	}
	return 0
}

// eighths is n and f eighths, with the digits it needs.
func eighths(n, f int64) review.Decimal {
	if n < 0 {
		return review.Decimal{}
	}
	switch {
	case f%8 == 0:
		return review.Int(n + f/8)
	case f%4 == 0:
		return review.NewDecimal(n*10+f*10/8, 1)
	case f%2 == 0:
		return review.NewDecimal(n*100+f*100/8, 2)
	}
	return review.NewDecimal(n*1000+f*1000/8, 3)
}

func (p *phrase) peek() token { return p.ahead(0) }

func (p *phrase) ahead(n int) token {
	if p.at+n < p.n {
		return p.tokens[p.at+n]
	}
	return token{}
}

// take steps over a token of a kind, if one is next.
func (p *phrase) take(k kind) bool {
	if p.at < p.n && p.tokens[p.at].kind == k {
		p.at++
		return true
	}
	return false
}

// takeWord steps over a word.
func (p *phrase) takeWord(w string) bool {
	if t := p.peek(); t.kind == word && t.text == w {
		p.at++
		return true
	}
	return false
}

// parse reads the whole phrase, and reports whether it is a rating.
func (p *phrase) parse() bool {
	if t := p.peek(); t.kind == signs && t.all == 1 && p.ahead(1).kind == num && !p.isFraction(1) {
		p.at++ // a star for decoration: ★ 4/5
	}
	value, ok := p.parseValue()
	if !ok {
		return p.parseLost() && p.parseEnd()
	}
	p.value = value
	p.parseUnit()
	p.parseHalfBehind()
	switch {
	case p.take(percent), p.takeWord("percent"):
		p.best = review.Int(100)
	case !p.parseScale():
		return false
	}
	return p.parseEnd()
}

// isFraction reports a written-out fraction, 1/2, n tokens on.
func (p *phrase) isFraction(n int) bool {
	_, ok := p.fractionAt(n)
	return ok
}

// fractionAt is a half or a quarter written out n tokens on, in eighths.
func (p *phrase) fractionAt(n int) (int64, bool) {
	top, line, bottom := p.ahead(n), p.ahead(n+1), p.ahead(n+2)
	if top.kind != num || line.kind != slash || bottom.kind != num || line.spaced || bottom.spaced {
		return 0, false
	}
	switch top.text + "/" + bottom.text {
	case "1/2":
		return 4, true
	case "1/4":
		return 2, true
	case "3/4":
		return 6, true
	}
	return 0, false
}

// parseValue reads what stands before the unit and the scale.
func (p *phrase) parseValue() (review.Decimal, bool) {
	switch t := p.peek(); t.kind {
	case signs:
		return p.parseSigns()
	case word:
		if d, ok := p.parseLetters(); ok {
			return d, true
		}
		return p.parseSpelled()
	case plus, minus:
		if p.ahead(1).kind != num || p.ahead(1).spaced {
			return review.Decimal{}, false
		}
		p.at += 2
		return signed(p.tokens[p.at-1], t.kind)
	case num:
		if f, ok := p.fractionAt(0); ok && p.halfStar() {
			p.at += 3
			return eighths(0, f), true
		}
		p.at++
		return p.parseFraction(t.number, t.whole)
	}
	return review.Decimal{}, false
}

// halfStar reports that a fraction is followed by what it is a fraction of.
func (p *phrase) halfStar() bool {
	t := p.ahead(3)
	return t.kind == word && (unitWord(t.text) || t.text == "out" || t.text == "a") || t.kind == slash
}

func signed(t token, sign kind) (review.Decimal, bool) {
	if sign != minus {
		return t.number, !t.number.IsZero()
	}
	d, err := review.ParseDecimal("-" + t.number.String())
	return d, err == nil
}

// parseFraction reads what may follow a whole number: 3 1/2, 3-1/2, 3 ½, 3 and a
// half.
func (p *phrase) parseFraction(d review.Decimal, n int64) (review.Decimal, bool) {
	if n < 0 {
		return d, !d.IsZero()
	}
	skip := 0
	if t := p.peek(); t.kind == minus || t.kind == word && t.text == "and" || t.kind == other && t.text == "&" {
		skip = 1
	}
	t := p.ahead(skip)
	if f, ok := p.fractionAt(skip); ok && (skip == 1 || t.spaced) {
		p.at += skip + 3
		return eighths(n, f), true
	}
	if r, _ := utf8.DecodeRuneInString(t.text); t.kind == num && fraction(r) > 0 {
		p.at += skip + 1
		return eighths(n, fraction(r)), true
	}
	if skip == 1 && p.parseHalf() {
		return eighths(n, 4), true
	}
	return d, true
}

// parseHalf reads "and a half", "and one half", with hyphens or without.
func (p *phrase) parseHalf() bool {
	i := 0
	for i < 6 {
		t := p.ahead(i)
		i++
		switch {
		case t.kind == minus:
		case t.kind == word && (t.text == "and" || t.text == "a" || t.text == "one"):
		case t.kind == word && t.text == "half":
			p.at += i
			return true
		default:
			return false
		}
	}
	return false
}

// parseHalfBehind reads the half that stands behind the unit: "trois étoiles et demie",
// "three stars and a half".
func (p *phrase) parseHalfBehind() {
	n := whole(p.value.String())
	t, half := p.peek(), p.ahead(1)
	if n < 0 || !p.unit || t.kind != word || half.kind != word {
		return
	}
	switch {
	case t.text == "et" && (half.text == "demi" || half.text == "demie"), (t.text == "y" || t.text == "e") && (half.text == "media" || half.text == "mezza" || half.text == "mezzo" || half.text == "meia"):
		p.at += 2
	case t.text != "and" || !p.parseHalf():
		return
	}
	p.value = eighths(n, 4)
}

// parseSpelled reads a number in words: three, two and a half, half a star.
func (p *phrase) parseSpelled() (review.Decimal, bool) {
	t := p.peek()
	n, ok := numberWords[t.text]
	if stem, half := strings.CutSuffix(t.text, "einhalb"); half && !ok { // dreieinhalb
		if n, ok = numberWords[stem]; ok {
			p.at++
			return eighths(n, 4), true
		}
	}
	switch {
	case t.text == "half":
	case t.text == "one" && p.ahead(1).text == "half", t.text == "a" && p.ahead(1).text == "half":
		p.at++
	case t.text == "a" && unitWord(p.ahead(1).text):
		n, ok = 1, true
		fallthrough
	default:
		if !ok {
			return review.Decimal{}, false
		}
		p.at++
		return p.parseFraction(review.Int(n), n)
	}
	p.at++
	if p.ahead(0).kind == minus {
		p.at++
	}
	p.takeWord("of")
	p.takeWord("a")
	return eighths(0, 4), true
}

// parseLetters reads stars of a symbol font that was lost: a row of the letter they
// stand at in it, "BBBB (out of 5)". With its scale it can be nothing else.
func (p *phrase) parseLetters() (review.Decimal, bool) {
	t := p.peek()
	if len(t.text) < 2 || len(t.text) > maxSigns || strings.Trim(t.text, t.text[:1]) != "" || !p.capital() {
		return review.Decimal{}, false
	}
	half, skip := int64(0), 1
	if f, ok := p.fractionAt(1); ok {
		half, skip = f, 4
	} else if r, _ := utf8.DecodeRuneInString(p.ahead(1).text); fraction(r) > 0 {
		half, skip = fraction(r), 2
	}
	if !p.outOf(skip) {
		return review.Decimal{}, false
	}
	p.at += skip
	return eighths(int64(len(t.text)), half), true
}

// outOf reports "out of" n tokens on, in brackets or not.
func (p *phrase) outOf(n int) bool {
	if p.ahead(n).kind == open {
		n++
	}
	return p.ahead(n).text == "out" && p.ahead(n+1).text == "of"
}

// capital reports that the text begins with a capital letter.
func (p *phrase) capital() bool { return p.text != "" && p.text[0] >= 'A' && p.text[0] <= 'Z' }

// parseSigns reads a row of stars, perhaps with a fraction behind it, and knows
// its scale where empty ones are shown.
func (p *phrase) parseSigns() (review.Decimal, bool) {
	t := p.peek()
	p.at++
	p.glyphs, p.unit = true, true
	filled, places := t.filled, t.all
	if next := p.peek(); next.kind == num {
		r, _ := utf8.DecodeRuneInString(next.text)
		f := fraction(r)
		width := 1
		if f == 0 {
			f, _ = p.fractionAt(0)
			width = 3
		}
		if f > 0 && f%2 == 0 && filled%4 == 0 {
			p.at += width
			filled += int(f / 2)
			places++
			if more := p.peek(); more.kind == signs && more.filled == 0 {
				t.empty += more.empty
				places += more.empty
				p.at++
			}
		}
	}
	if t.empty > 0 && filled > 0 {
		p.best = review.Int(int64(places))
	}
	return eighths(0, int64(filled)*2), places <= maxSigns
}

// parseUnit reads what the value counts.
func (p *phrase) parseUnit() {
	if p.peek().kind == minus && p.ahead(1).kind == word && unitWord(p.ahead(1).text) {
		p.at++
	}
	if t := p.peek(); t.kind == word && unitWord(t.text) {
		p.at++
		p.unit = true
	} else if t.kind == signs && t.all == 1 && !p.glyphs {
		p.at++ // 4★
		p.unit = true
	}
}

// parseScale reads the best value, if one is written; false where what follows
// cannot be one.
func (p *phrase) parseScale() bool {
	switch t := p.peek(); {
	case t.kind == slash:
		p.at++
	case t.kind == word && t.text == "out" && p.ahead(1).text == "of":
		p.at += 2
	case t.kind == word && ofWord(t.text):
		p.at++
		p.weak = !p.unit && t.text == "of"
		if t.text == "van" && !p.takeWord("de") {
			p.takeWord("den")
		}
	case t.kind == word && t.text == "on" && p.ahead(1).text == "a" && p.ahead(2).text == "scale":
		p.at += 4 // on a scale of
	case t.kind == open && p.ahead(1).text == "out":
		p.at += 3 // 3 (out of 5)
	default:
		return true
	}
	return p.parseBest()
}

// parseBest reads the best value, or the lowest and the best.
func (p *phrase) parseBest() bool {
	best, ok := p.parseEdge()
	if !ok {
		return false
	}
	if t := p.peek(); t.kind == span || t.kind == minus || t.kind == word && t.text == "to" {
		before := p.at
		p.at++
		if top, ok := p.parseEdge(); ok {
			p.worst, p.best = best, top
			return p.parseBestUnit()
		}
		p.at = before
	}
	if !p.best.IsZero() && p.best.Cmp(best) != 0 {
		return false // ★★★☆☆/4
	}
	p.best = best
	return p.parseBestUnit()
}

func (p *phrase) parseBestUnit() bool {
	p.unit = p.unit || p.peek().kind == word && unitWord(p.peek().text)
	p.parseUnit()
	return p.best.Sign() > 0
}

// parseEdge is one end of a scale.
func (p *phrase) parseEdge() (review.Decimal, bool) {
	t := p.peek()
	switch t.kind {
	case num:
		p.at++
		return t.number, true
	case plus, minus:
		if p.ahead(1).kind != num {
			break
		}
		p.at += 2
		return signed(p.tokens[p.at-1], t.kind)
	case word:
		n, ok := numberWords[t.text]
		if ok {
			p.at++
		}
		return review.Int(n), ok
	case signs:
		p.at++
		return review.Int(int64(t.all)), t.filled%4 == 0
	}
	return review.Decimal{}, false
}

// parseLost reads a scale whose value is gone: "(out of 5)", "/5", "?/10".
func (p *phrase) parseLost() bool {
	if t := p.peek(); t.kind == other && strings.Trim(t.text, "?_") == "" || t.kind == minus || t.kind == span || t.text == "x" {
		for p.peek().kind == t.kind && p.at < p.n {
			p.at++
		}
		if p.peek().kind != slash && p.peek().text != "out" {
			return false
		}
	}
	p.parseUnit()
	p.take(open)
	if t := p.peek(); t.kind == word && ofWord(t.text) && t.text != "of" {
		return false // "de 5 à 7" is no scale
	}
	before := p.at
	if !p.parseScale() || p.at == before {
		return false
	}
	p.lost = true
	return true
}

// parseEnd accepts what may stand behind a rating: a closing bracket, a full
// stop, a second way to say the same, or a remark set apart that has no numbers.
func (p *phrase) parseEnd() bool {
	p.take(shut)
	t := p.peek()
	if p.at == p.n {
		return true
	}
	if t.kind == signs && t.all > 1 && !p.glyphs && t.filled > 0 {
		return eighths(0, int64(t.filled)*2).Cmp(p.value) == 0 && p.at+1 == p.n // 4/5 ★★★★
	}
	if p.glyphs && p.again() {
		return true
	}
	apart := t.kind == open || t.kind == other || t.kind == span || t.kind == minus && t.spaced
	if !apart {
		return false
	}
	numbers := false
	for _, t := range p.tokens[p.at:p.n] {
		numbers = numbers || t.kind == num
		if t.kind == slash || t.kind == signs || t.kind == num && p.lost {
			return false
		}
		if t.kind == num && !p.sameAgain(t) {
			return false
		}
	}
	if !numbers {
		p.head = p.tokens[p.at-1].end
	}
	return true
}

// again reads a rating in numbers behind the same in stars: ★★★★ 4/5, ★★★½ (3.5/5).
func (p *phrase) again() bool {
	before := *p
	p.take(open)
	if number, ok := p.parseValue(); ok && number.Cmp(p.value) == 0 {
		p.value = number
		if ok = p.parseScale(); ok {
			p.take(shut)
			if p.at == p.n {
				return true
			}
		}
	}
	*p = before
	return false
}

// sameAgain reports a number behind a rating that says the same in per cent.
func (p *phrase) sameAgain(t token) bool {
	norm := review.Scale{Worst: p.worst, Best: p.best}.Norm(p.value)
	return !norm.IsZero() && norm.Cmp(t.number) == 0
}
