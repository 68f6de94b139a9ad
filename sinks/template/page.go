package template

import (
	"encoding/xml"
	"fmt"
	htmltemplate "html/template"
	"io"
	"path"
	"path/filepath"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Page is what a template is executed on.
type Page struct {
	Site    pipeline.Site
	Sink    string             // the sink's name
	Film    review.Film        // of a document for a film or a review, as its first review has it
	Updated time.Time          // the last change among the reviews; zero where there are none
	Reviews []pipeline.Telling // in the order asked for
}

// Review is the first of the reviews: the one of a document for each review.
func (p Page) Review() (pipeline.Telling, error) {
	if len(p.Reviews) == 0 {
		return pipeline.Telling{}, fmt.Errorf("there is no review: ask {{if .Reviews}} first")
	}
	return p.Reviews[0], nil
}

// page makes the page of some reviews.
func (v *View) page(events []*review.Event) Page {
	p := Page{Site: v.env.Site, Sink: v.env.Name}
	for _, e := range events {
		if at := e.Updated(); at.After(p.Updated) {
			p.Updated = at
		}
		p.Reviews = append(p.Reviews, pipeline.Telling{Event: allowed(e), Live: true, Site: v.env.Site, Sink: v.env.Name})
	}
	if v.settings.For != forAll && len(events) > 0 {
		p.Film = events[0].Film
	}
	return p
}

// allowed is the event with as much of its text as may be passed on.
func allowed(e *review.Event) *review.Event {
	if e.Rights == "" || e.Rights == review.RightsFull {
		return e
	}
	less := *e
	less.BodyHTML, less.BodyText = "", ""
	if e.Rights != review.RightsExcerpt {
		less.Summary = ""
	}
	return &less
}

// wording is a parsed template of either kind.
type wording interface {
	Execute(w io.Writer, data any) error
}

// words are the functions that documents need besides those of all templates.
func words() texttemplate.FuncMap {
	all := pipeline.Words()
	all["xml"] = func(s string) (string, error) {
		var b strings.Builder
		err := xml.EscapeText(&b, []byte(s))
		return b.String(), err
	}
	// A text in a calendar: RFC 5545, 3.3.11.
	all["ics"] = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace
	// The body of a review is sanitised HTML.
	all["trusted"] = func(s string) htmltemplate.HTML { return htmltemplate.HTML(s) }
	return all
}

// wording parses the template and tries it, which finds fields that do not exist.
func (s *Settings) wording() (wording, error) {
	name := filepath.Base(string(s.File))
	var w wording
	var err error
	if path.Ext(s.Path) == ".html" {
		w, err = htmltemplate.New(name).Funcs(words()).Parse(s.content)
	} else {
		w, err = texttemplate.New(name).Funcs(words()).Parse(s.content)
	}
	if err != nil {
		return nil, fmt.Errorf("not a template: %w", err)
	}
	return w, w.Execute(io.Discard, sample())
}

// say words a document.
func (v *View) say(p Page) ([]byte, error) {
	var b strings.Builder
	if err := v.words.Execute(&b, p); err != nil {
		return nil, err
	}
	if path.Ext(v.settings.Path) == ".ics" {
		return calendar(b.String()), nil
	}
	return []byte(b.String()), nil
}

// calendarLine is how long a line of a calendar may be, in bytes: RFC 5545, 3.1.
const calendarLine = 75

// calendar ends the lines as calendars do, folds the long ones between characters
// and leaves the empty ones out.
func calendar(text string) []byte {
	var out []byte
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		for room := calendarLine; line != ""; room = calendarLine - 1 {
			n := min(room, len(line))
			for n < len(line) && n > 1 && !utf8.RuneStart(line[n]) {
				n--
			}
			if room < calendarLine {
				out = append(out, ' ')
			}
			out = append(append(out, line[:n]...), "\r\n"...)
			line = line[n:]
		}
	}
	return out
}
