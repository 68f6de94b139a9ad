package normalize

import "strings"

// templateMark is a kind of mark in Markdown that a site's generator, or a notebook,
// takes out before anybody reads the text: shortcodes, tags, classes, comments.
type templateMark struct{ open, shut string }

var templateMarks = [...]templateMark{
	{"{% comment %}", "{% endcomment %}"},
	{"{{<", ">}}"}, {"{{%", "%}}"}, {"{%", "%}"}, {"{{", "}}"}, // Hugo, Liquid, Nunjucks
	{"{:", "}"}, {"%%", "%%"}, // kramdown, Obsidian
}

// withoutTemplates takes such marks out of Markdown, but not out of code, and hands
// each to taken. What is opened and never closed is text.
func withoutTemplates(text string, taken func(mark string)) string {
	if !strings.Contains(text, "{") && !strings.Contains(text, "%%") && !strings.HasPrefix(text, "import ") && !strings.HasPrefix(text, "export ") {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	rest := withoutModules(text)
	for rest != "" {
		code := codeBlock(rest)
		out.WriteString(rest[:code])
		rest = rest[code:]
		next := codeAt(rest)
		cutTemplates(&out, rest[:next], taken)
		rest = rest[next:]
	}
	return out.String()
}

// codeAt is where the next block of code begins.
func codeAt(text string) int {
	for at := 0; at < len(text); at += len(firstLine(text[at:])) {
		if codeFence(firstLine(text[at:])) != "" {
			return at
		}
	}
	return len(text)
}

// codeBlock is the length of the block of code that a text begins with, 0 for none.
func codeBlock(text string) int {
	line := firstLine(text)
	mark := codeFence(line)
	if mark == "" {
		return 0
	}
	for at := len(line); at < len(text); {
		line := firstLine(text[at:])
		at += len(line)
		if codeFence(line) == mark {
			return at
		}
	}
	return len(text)
}

func codeFence(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, mark := range [...]string{"```", "~~~"} {
		if strings.HasPrefix(line, mark) {
			return mark
		}
	}
	return ""
}

// cutTemplates writes a text without the marks.
func cutTemplates(out *strings.Builder, text string, taken func(mark string)) {
	for text != "" {
		at := strings.IndexAny(text, "{%`")
		if at < 0 {
			break
		}
		out.WriteString(text[:at])
		percent := at > 0 && text[at] == '%' && text[at-1] >= '0' && text[at-1] <= '9' // 100%%
		text = text[at:]
		n := templateLen(text)
		if n == 0 || percent {
			n = max(1, codeSpan(text))
			out.WriteString(text[:n])
		} else {
			taken(text[:n])
		}
		text = text[n:]
	}
	out.WriteString(text)
}

// maxTemplate is longer than any mark but a comment.
const maxTemplate = 2000

// templateLen is the length of the mark that a text begins with, 0 for none.
func templateLen(text string) int {
	for _, m := range templateMarks {
		if !strings.HasPrefix(text, m.open) {
			continue
		}
		most := min(len(text), maxTemplate)
		if n := strings.Index(text[len(m.open):most], m.shut); n >= 0 {
			return len(m.open) + n + len(m.shut)
		}
	}
	return 0
}

// codeSpan is the length of the code in a line that a text begins with, 0 for none.
func codeSpan(text string) int {
	ticks := len(text) - len(strings.TrimLeft(text, "`"))
	if ticks == 0 {
		return 0
	}
	mark := text[:ticks]
	if n := strings.Index(firstParagraph(text[ticks:]), mark); n >= 0 {
		return ticks + n + ticks
	}
	return ticks
}

func firstParagraph(text string) string {
	if n := strings.Index(text, "\n\n"); n >= 0 {
		return text[:n]
	}
	return text
}

// withoutModules takes out the lines on top of MDX that load components.
func withoutModules(text string) string {
	for {
		line := firstLine(text)
		module := strings.HasPrefix(line, "import ") && (strings.Contains(line, " from ") || strings.ContainsAny(line, `"'`)) ||
			strings.HasPrefix(line, "export ") && strings.Contains(line, "=")
		if !module && (line == "" || strings.TrimSpace(line) != "") {
			return text
		}
		text = text[len(line):]
	}
}

// templateRating is the rating in a mark that draws one: {{< rating 4.5 >}},
// {% include stars.html rating="4" max="5" %}. "" is for any other mark, and for one
// with numbers of which nobody says what they are.
func templateRating(mark string) (text string, best string) {
	inside := strings.Trim(mark, "{}<>% ")
	if drawn := strings.ToLower(inside); !strings.Contains(drawn, "rating") && !strings.Contains(drawn, "stars") && !strings.Contains(drawn, "score") {
		return "", ""
	}
	for word := range strings.FieldsSeq(inside) {
		key, value, named := strings.Cut(word, "=")
		if !named {
			key, value = "", word
		}
		value = strings.Trim(value, `"'`)
		if value == "" || value[0] < '0' || value[0] > '9' {
			continue
		}
		switch plainKey(key) {
		case "max", "best", "of", "outof", "total":
			best = value
		case "", "value", "rating", "stars", "score", "num", "n":
			if text != "" {
				return "", ""
			}
			text = value
		}
	}
	return text, best
}
