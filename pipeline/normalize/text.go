package normalize

import (
	"iter"
	"strings"

	"golang.org/x/net/html/atom"
)

// readText reads plain text: paragraphs apart by empty lines, or a paragraph to
// a line. A short first line is the title.
func (u *understanding) readText(text string) {
	b := newBuilder(len(text))
	untitled := true
	for block := range blocks(text) {
		for untitled && len(block) > 0 {
			tag, line := atom.P, block[0]
			if u.isTitle(line, len(block) > 1) {
				tag = atom.H1
			} else if !isByline(line) {
				untitled = false
				break
			}
			b.element(tag, line)
			block, untitled = block[1:], tag == atom.P
		}
		if len(block) == 0 {
			continue
		}
		if wrapped(block) {
			b.element(atom.P, strings.Join(block, "\n"))
			continue
		}
		for _, line := range block {
			b.element(atom.P, line)
		}
	}
	u.body = b.finish()
}

// isTitle reports a first line that is a title and not the beginning of the text:
// short, and without the end of a sentence, or what the title is known to be.
func (u *understanding) isTitle(line string, more bool) bool {
	if known := u.review.Title; known != "" {
		return strings.EqualFold(oneLine(line), known)
	}
	if u.review.Film.Title != "" && !containsFold(line, u.review.Film.Title) {
		return false
	}
	return len(line) <= 120 && !strings.HasSuffix(line, ".") && !strings.HasSuffix(line, ",") &&
		(more || len(line) < len(u.doc.Body)-2) && traceOf(line) == nothing &&
		creditsIn(line) == nil && !isByline(line)
}

// isByline reports a line that says who wrote the review, or when.
func isByline(line string) bool {
	if _, ok := readDateline(line); ok {
		return true
	}
	return bylineOf(line, true) != ""
}

// element writes an element with text in it.
func (b *builder) element(tag atom.Atom, text string) {
	b.endRun()
	b.push(tag, "", false)
	b.words(text)
	b.pop()
}

// blocks yields the lines of each paragraph.
func blocks(text string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var block []string
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				block = append(block, line)
				continue
			}
			if len(block) > 0 && !yield(block) {
				return
			}
			block = nil
		}
		if len(block) > 0 {
			yield(block)
		}
	}
}

// wrapped reports that the lines of a block are one paragraph, broken where the
// screen ended: all but the last about equally long, and none of them long.
func wrapped(lines []string) bool {
	if len(lines) < 2 {
		return false
	}
	longest, shortest := 0, 1<<30
	for _, l := range lines[:len(lines)-1] {
		longest, shortest = max(longest, len(l)), min(shortest, len(l))
	}
	return longest <= 110 && shortest >= 45 && shortest*3 >= longest*2 && len(lines[len(lines)-1]) <= longest+8
}
