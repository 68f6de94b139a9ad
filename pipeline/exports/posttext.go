package exports

import (
	"encoding/json"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// postText is the text of a post as its editor wrote it, made into HTML.
type postText struct {
	html string
	// rating is what a shortcode or a block of the editor says, best its scale where
	// that says one, and field what it is called.
	rating, field string
	best          review.Decimal
}

// readPostText does to the text of a post what WordPress does before it shows it:
// shortcodes are taken out, and line breaks, where the editor left no blocks, are
// breaks.
func readPostText(s string) postText {
	p := postText{html: strings.ReplaceAll(s, "\r\n", "\n")}
	p.block()
	if strings.IndexByte(p.html, '[') >= 0 {
		p.shortcodes()
	}
	if !strings.Contains(p.html, "<!-- wp:") {
		p.html = lineBreaks(p.html)
	}
	return p
}

// ratingBlock is how Jetpack's block for stars begins, whose rating stands in JSON,
// and blockEnd how it ends.
const (
	ratingBlock = "<!-- wp:jetpack/rating-star "
	blockEnd    = "<!-- /wp:jetpack/rating-star -->"
)

// block takes the first block with a rating out: its stars are whole ones only.
func (p *postText) block() {
	before, rest, ok := strings.Cut(p.html, ratingBlock)
	if !ok {
		return
	}
	var b struct {
		Rating    json.Number `json:"rating"`
		MaxRating json.Number `json:"maxRating"`
	}
	if json.NewDecoder(strings.NewReader(rest)).Decode(&b) != nil || b.Rating == "" {
		return
	}
	best, err := review.ParseDecimal(b.MaxRating.String())
	if err != nil {
		best = review.Int(5) // what the block takes where it says nothing
	}
	p.rating, p.field, p.best = b.Rating.String(), "jetpack/rating-star", best
	if _, after, ok := strings.Cut(rest, blockEnd); ok {
		p.html = before + after
	}
}

// shortcode is [name attributes] or [/name].
type shortcode struct {
	name, attrs string
	closing     bool
	from, to    int
}

// nextShortcode finds the next one from an offset. [[name]] stands for itself.
func nextShortcode(s string, from int) (c shortcode, ok bool) {
	for {
		i := strings.IndexByte(s[from:], '[')
		if i < 0 {
			return c, false
		}
		c.from = from + i
		from = c.from + 1
		if strings.HasPrefix(s[from:], "[") {
			from++
			continue
		}
		n := strings.IndexAny(s[from:], "[]<\n")
		if n < 0 || s[from+n] != ']' && s[from+n] != '<' && s[from+n] != '\n' {
			continue
		}
		if s[from+n] != ']' {
			if n = strings.IndexByte(s[from:min(len(s), from+maxShortcode)], ']'); n < 0 || !strings.ContainsRune(s[from:from+n], '=') {
				continue
			}
		}
		body := s[from : from+n]
		c.to = from + n + 1
		c.closing = strings.HasPrefix(body, "/")
		body = strings.TrimSuffix(strings.TrimPrefix(body, "/"), "/")
		end := strings.IndexFunc(body, func(r rune) bool { return !shortcodeRune(r) })
		if end < 0 {
			end = len(body)
		}
		c.name, c.attrs = strings.ToLower(body[:end]), body[end:]
		if c.name != "" && (c.name[0] < '0' || c.name[0] > '9') {
			return c, true
		}
	}
}

func shortcodeRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

// maxShortcode is longer than one is, and maxCaption than a picture and the words
// under it.
const (
	maxShortcode = 2000
	maxCaption   = 20_000
)

// maxShortcodes is more than a post has; what is behind stays as it is.
const maxShortcodes = 5000

// shortcodes takes them out. A caption becomes what it stands for, a rating is
// noted, and of the others only what they enclose stays. Brackets that are no
// shortcode stay: [sic].
func (p *postText) shortcodes() {
	s := p.html
	closed := map[string]bool{}
	for at, n := 0, 0; n < maxShortcodes; n++ {
		c, ok := nextShortcode(s, at)
		if !ok {
			break
		}
		if at = c.to; c.closing {
			closed[c.name] = true
		}
	}
	var b strings.Builder
	done := 0
	for at, n := 0, 0; n < maxShortcodes; n++ {
		c, ok := nextShortcode(s, at)
		if !ok {
			break
		}
		at = c.to
		if c.name == "caption" || c.name == "wp_caption" {
			if end := strings.Index(s[c.to:min(len(s), c.to+maxCaption)], "[/"+c.name+"]"); end >= 0 && !c.closing {
				b.WriteString(s[done:c.from])
				b.WriteString(caption(c.attrs, s[c.to:c.to+end]))
				done = c.to + end + len(c.name) + len("[/]")
				at = done
				continue
			}
		}
		if !p.shortcode(&c, closed) {
			continue
		}
		b.WriteString(s[done:c.from])
		if done = c.to; c.name == "embed" && !c.closing { // the address of what is embedded
			if end := strings.Index(s[c.to:min(len(s), c.to+maxShortcode)], "[/embed]"); end >= 0 {
				done = c.to + end + len("[/embed]")
				at = done
			}
		}
	}
	b.WriteString(s[done:])
	p.html = b.String()
}

// shortcode reports one that is to be taken out, and notes the rating it states.
func (p *postText) shortcode(c *shortcode, closed map[string]bool) bool {
	if c.closing {
		return true
	}
	if ratingShortcode(c.name) {
		if value, best := ratingIn(c.attrs); value != "" {
			if p.rating == "" {
				p.rating, p.best, p.field = value, best, "["+c.name+"]"
			}
			return true
		}
	}
	switch c.name {
	case "gallery", "embed", "video", "audio", "playlist", "ratings", "kkstarratings", "wp-review", "taq_review", "yasr_overall_rating",
		"yasr_visitor_votes", "contact-form", "contact-form-7", "more", "toc", "jetpack_subscription_form", "sharing", "ad", "adsense":
		return true
	}
	return strings.Contains(c.attrs, "=") || closed[c.name] || strings.ContainsRune(c.name, '_')
}

// ratingShortcode reports a shortcode in which a critic writes the rating.
func ratingShortcode(name string) bool {
	switch name {
	case "rating", "stars", "star", "star_rating", "star-rating", "starrating", "starratings", "review_rating", "review-rating", "usr", "score",
		"movie_rating", "film_rating", "rate", "starreview":
		return true
	}
	return false
}

// ratingIn reads :3.5, =3/5, 3.5, rating="3.5" max="5".
func ratingIn(attrs string) (value string, best review.Decimal) {
	rest := strings.TrimLeft(attrs, ":= ")
	if word, _, _ := strings.Cut(rest, " "); isRatingValue(strings.Trim(word, `"'`)) {
		value = strings.Trim(word, `"'`)
	}
	attributesOf(attrs, func(name, text string) {
		switch name {
		case "rating", "stars", "star", "score", "value", "number", "points", "rate":
			if value == "" && isRatingValue(text) {
				value = text
			}
		case "max", "best", "out_of", "outof", "total", "scale", "of":
			if d, err := review.ParseDecimal(text); err == nil {
				best = d
			}
		}
	})
	return value, best
}

// attributesOf calls each for the attributes of a shortcode, quoted or not.
func attributesOf(attrs string, each func(name, value string)) {
	for {
		name, rest, ok := strings.Cut(attrs, "=")
		if !ok {
			return
		}
		if i := strings.LastIndexAny(name, " \t\n"); i >= 0 {
			name = name[i+1:]
		}
		value := rest
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			value, attrs, _ = strings.Cut(rest[1:], rest[:1])
		} else {
			value, attrs, _ = strings.Cut(rest, " ")
		}
		each(strings.ToLower(name), strings.TrimSpace(value))
	}
}

// isRatingValue takes 3.5 and 3/5.
func isRatingValue(s string) bool {
	value, best, of := strings.Cut(s, "/")
	if _, err := review.ParseDecimal(value); err != nil {
		return false
	}
	if !of {
		return true
	}
	_, err := review.ParseDecimal(best)
	return err == nil
}

// caption is a picture with what stands under it.
func caption(attrs, inner string) string {
	end := strings.Index(inner, "</a>")
	if end >= 0 {
		end += len("</a>")
	} else if img := strings.Index(inner, "<img"); img >= 0 {
		if close := strings.IndexByte(inner[img:], '>'); close >= 0 {
			end = img + close + 1
		}
	}
	if end < 0 {
		return inner
	}
	text := strings.TrimSpace(inner[end:])
	if text == "" {
		attributesOf(attrs, func(name, value string) {
			if name == "caption" {
				text = value
			}
		})
	}
	return "<figure>" + inner[:end] + "<figcaption>" + text + "</figcaption></figure>"
}

// lineBreaks writes a break for every end of a line, as the classic editor means
// them: two make a paragraph. Inside tags, scripts and preformatted text they are
// what they are.
func lineBreaks(s string) string {
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	missing := map[string]bool{}
	for len(s) > 0 {
		i := strings.IndexAny(s, "<\n")
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		if s = s[i:]; s[0] == '\n' {
			b.WriteString("<br/>\n")
			s = s[1:]
			continue
		}
		n := verbatim(s, missing)
		b.WriteString(s[:n])
		s = s[n:]
	}
	b.WriteString(s)
	return b.String()
}

// verbatim is the length of the tag or the element that s begins with, in which the
// ends of lines are none of the editor's. missing are the ends that no more come of.
func verbatim(s string, missing map[string]bool) int {
	if len(s) < 2 || s[1] != '/' && s[1] != '!' && (s[1]|0x20 < 'a' || s[1]|0x20 > 'z') {
		return 1
	}
	end := ">"
	switch lower := strings.ToLower(s[:min(len(s), 10)]); {
	case strings.HasPrefix(lower, "<!--"):
		end = "-->"
	case strings.HasPrefix(lower, "<pre"):
		end = "</pre>"
	case strings.HasPrefix(lower, "<script"):
		end = "</script>"
	case strings.HasPrefix(lower, "<style"):
		end = "</style>"
	case strings.HasPrefix(lower, "<textarea"):
		end = "</textarea>"
	}
	for _, end := range [...]string{end, ">"} {
		if missing[end] {
			continue
		}
		if i := strings.Index(s, end); i >= 0 {
			return i + len(end)
		}
		missing[end] = true
	}
	return len(s)
}
