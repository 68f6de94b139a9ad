package drafts

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/filmwire/filmwire/pipeline/review"
)

// line is s on one line, without what would garble a post: control characters,
// and marks that turn the direction of all that follows.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError, r&0xfffe == 0xfffe,
			r >= 0xfdd0 && r <= 0xfdef, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// maxSummary is how much of a summary is looked at, in bytes: several times what
// the longest post holds.
const maxSummary = 4000

// wholeSentences returns what a text begins with, ever longer: one sentence, two,
// up to max, leaving out one that is cut off. A text that is no sentence at all
// counts as one.
func wholeSentences(text string, max int) []string {
	cut := len(text) > maxSummary
	if cut {
		text = strings.ToValidUTF8(text[:maxSummary], "")
	}
	text = line(text)
	all := split(text)
	if cut && len(all) > 0 {
		all = all[:len(all)-1]
	}
	if !cut && len(all) == 1 && !isCutOff(all[0]) {
		return all
	}
	var whole []string
	end := 0
	for i, s := range all {
		end += len(s)
		s = strings.TrimSpace(s)
		last := i == len(all)-1
		if len(whole) == max || !isWhole(s) || last && isCutOff(s) {
			break
		}
		whole = append(whole, strings.TrimSpace(text[:end]))
	}
	return whole
}

// split parts a line into sentences. The standard rules (UAX 29) part after
// "Mr." and "J." too, and in the middle of what no space parts ("what?!no"); those
// are put together again. The parts keep the space behind them.
func split(text string) []string {
	var all []string
	var held string
	for tokens := sentences.FromString(text); tokens.Next(); {
		held += tokens.Value()
		s := strings.TrimSpace(held)
		apart := s != held || endsWide(s)
		if apart && !endsInAbbreviation(s) {
			all = append(all, held)
			held = ""
		}
	}
	if held != "" {
		all = append(all, held)
	}
	return all
}

func endsInAbbreviation(s string) bool {
	before, dot := strings.CutSuffix(s, ".")
	if !dot {
		return false
	}
	last := strings.TrimLeft(before[strings.LastIndexByte(before, ' ')+1:], `"'“‘([`)
	switch strings.ToLower(last) {
	case "mr", "mrs", "ms", "dr", "st", "vs", "no", "jr", "sr", "prof", "vol", "etc", "e.g", "i.e", "bzw", "usw", "z.b":
		return true
	}
	r, size := utf8.DecodeRuneInString(last)
	return size == len(last) && unicode.IsUpper(r)
}

// endsWide reports that a sentence ends as those do that no space follows.
func endsWide(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, closers))
	return strings.ContainsRune("。！？｡", r)
}

const closers = `"'”’»)]）」』`

// isWhole reports that a sentence ends as one.
func isWhole(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, closers))
	return strings.ContainsRune(".!?…。！？｡", r)
}

// isCutOff reports that a text ends as excerpts do.
func isCutOff(s string) bool {
	s = strings.TrimRight(s, closers)
	return strings.HasSuffix(s, "…") || strings.HasSuffix(s, "..")
}

// maxRating is the longest rating that is still one, in characters.
const maxRating = 40

// ratingText is a score as the critic wrote it, unless that is a bare number or a
// sentence: 4 is said as 4/5. A verdict is said as everywhere, and there is none
// for a rating that says nothing by itself.
func ratingText(r *review.Rating) string {
	raw := line(r.Raw)
	_, err := review.ParseDecimal(raw)
	if bare := err == nil; r.Kind == review.Scored && raw != "" && !bare && utf8.RuneCountInString(raw) <= maxRating {
		return raw
	}
	return line(r.Text())
}

// maxLink is the longest link that goes into a post, in bytes.
const maxLink = 2000

// linkText is the review's address if people can follow it, else "".
func linkText(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	s := u.String()
	if len(s) > maxLink || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}
