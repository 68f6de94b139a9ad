package normalize

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// namedFile is what the name of a file says, as "2020-05-29-mulan.md" and "Mulan
// (2020).md" do: site generators take the date from it, and notebooks the title.
type namedFile struct {
	date  time.Time
	title string
}

func readFileName(name string) (f namedFile) {
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	if len(name) >= len(time.DateOnly) {
		if d, err := review.ParseDate(name[:len(time.DateOnly)]); err == nil {
			f.date, _ = review.ParseTime(d.String())
			name = strings.TrimLeft(name[len(time.DateOnly):], "-_. ")
		}
	}
	if strings.IndexFunc(name, unicode.IsLetter) < 0 || noTitle(name) {
		return f
	}
	if f.title = name; !strings.Contains(name, " ") {
		f.title = spoken(name)
	}
	return f
}

// noTitle reports a name that says what the file is and not what is in it.
func noTitle(name string) bool {
	switch strings.ToLower(strings.TrimRight(name, "0123456789 -_().")) {
	case "index", "_index", "readme", "review", "untitled", "post", "draft", "note", "notes", "new", "text", "file", "page", "document", "movie", "film", "copy", "test", "x":
		return true
	}
	return false
}

// spoken is a name as an address has it, in words: never-let-me-go.
func spoken(name string) string {
	var words []string
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '+' }) {
		begin, n := utf8.DecodeRuneInString(word)
		words = append(words, string(unicode.ToUpper(begin))+word[n:])
	}
	return strings.Join(words, " ")
}

// settleFile takes from the file's name what neither the fields nor the text say. A
// title of there is a guess at one, and is said to be.
func (u *understanding) settleFile() {
	if u.doc.File == "" {
		return
	}
	f := readFileName(u.doc.File)
	r := &u.review
	if r.PublishedAt.IsZero() {
		r.PublishedAt = f.date
	}
	if r.Title == "" && u.film == "" && r.Film.Title == "" && f.title != "" && u.doc.Form != review.FormPage && u.body.own() {
		r.Title = f.title
		r.Warn(titleFromFile, "title", fmt.Sprintf("no title stands in it; the file is called %q", u.doc.File))
	}
}
