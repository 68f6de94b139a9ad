package normalize

import (
	"unicode/utf8"
)

// glyph is a sign that ratings are made of, as four quarters and one; 0 for none.
type glyph uint8

const (
	emptyGlyph glyph = 1 + iota
	quarterGlyph
	halfGlyph
	threeQuarterGlyph
	fullGlyph
)

// maxSigns is more signs than any row of stars has.
const maxSigns = 20

// glyphOf says how full a sign is.
func glyphOf(r rune) glyph {
	switch r {
	case '★', '⭐', '🌟', '✭', '✮', '✯', '✪', '✫', '✬', '⭑', '✦', '*', '＊', '🌕', '●', '⚫', '♥', '❤', '🍿', '🎬':
		return fullGlyph
	case '☆', '✩', '✰', '⚝', '⭒', '✧', '🌑', '○', '◯', '⚪', '♡', '🤍':
		return emptyGlyph
	case '⯨', '⯪', '◐', '◑', '🌗', '🌓':
		return halfGlyph
	case '🌖', '🌔':
		return threeQuarterGlyph
	case '🌘', '🌒':
		return quarterGlyph
	}
	return 0
}

// lexSigns reads a row of signs. Only full ones stand before one in part, and
// empty ones last: anything else is decoration.
func lexSigns(text string, i int) (token, int) {
	t := token{kind: signs}
	last := fullGlyph
	for i < len(text) {
		r, width := utf8.DecodeRuneInString(text[i:])
		if r == 0xfe0f || r == 0x200d || r == ' ' && i+1 < len(text) && nextIsGlyph(text[i+1:]) {
			i += width
			continue
		}
		g := glyphOf(r)
		if g == 0 {
			break
		}
		if g > last || g != fullGlyph && g != emptyGlyph && last != fullGlyph {
			t.kind = other
		}
		last = g
		if g == emptyGlyph {
			t.empty++
		}
		t.filled += int(g - emptyGlyph)
		t.all++
		i += width
	}
	return t, i
}

func nextIsGlyph(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return glyphOf(r) != 0
}
