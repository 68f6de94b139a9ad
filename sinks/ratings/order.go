package ratings

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// order is one way in which all films are listed.
type order struct {
	name   string // a word for keys and addresses
	title  string
	root   string // the document of the whole, without its ending
	lead   string // what the first films of a long list are called, "" to show none
	asJSON bool   // there is a JSON beside each page
	// steps is where a film stands: on each level of sections, the name of the one
	// it is in. They sort as the films do.
	steps func(*card) []string
	// head is how many steps come before those of the title, and what each is for
	// people: they count down, so that the highest comes first.
	head func(steps []string) []string
	// label is what people call a section, from the head of its steps.
	label func(head []string) string
	mark  string // what parts the head's steps in an address
}

// The orders. Documents of sections stand in folders: no film's can be there.
func orders() []*order {
	return []*order{
		{name: "rank", title: "By rating", root: "films/index", lead: "The best", asJSON: true, steps: rankSteps, head: rankHead, label: rankLabel},
		{name: "date", title: "By date", root: "films/by-date/index", lead: "The latest", steps: dateSteps, head: dateHead, label: dateLabel, mark: "-"},
		{name: "title", title: "By title", root: "films/by-title/index", steps: titleSteps, head: func([]string) []string { return nil }},
	}
}

// last is the step behind which there is no other.
const last = "!"

// titleSteps are the signs of the film's slug, which is its folded title and its
// year, without an English article in front. (In other languages the same words
// mean other things: nobody looks for Die Hard under H.)
func titleSteps(c *card) []string { return append(strings.Split(sortName(c.ID), ""), last) }

func sortName(id review.FilmID) string {
	name := string(id)
	for _, article := range []string{"the-", "a-", "an-"} {
		if rest, ok := strings.CutPrefix(name, article); ok && rest != "" {
			return rest
		}
	}
	return name
}

func titleLabel(steps []string) string {
	name := strings.Join(steps, "")
	whole := strings.TrimSuffix(name, last)
	label := strings.ToUpper(strings.ReplaceAll(whole, "-", " "))
	if whole != name {
		return label
	}
	return label + "…"
}

// unknown is the section of films without a rating or a date, behind all others.
const unknown = "x"

// rankDigits is how many steps a ranked score has: hundredths below 100.
const rankDigits = 4

// rankSteps are the digits of the ranked score, from above: 9999 less its
// hundredths, of which 100.00 has as many as 99.99. Films with the same score go
// by their titles.
func rankSteps(c *card) []string {
	if c.N == 0 {
		return append([]string{unknown}, titleSteps(c)...)
	}
	score := min(hundredths(c.Ranked), 9999)
	return append(strings.Split(fmt.Sprintf("%0*d", rankDigits, 9999-score), ""), titleSteps(c)...)
}

// hundredths of a number with two places.
func hundredths(d review.Decimal) int {
	n, err := strconv.Atoi(strings.Replace(d.String(), ".", "", 1))
	if err != nil {
		panic("ratings: no ranked score: " + d.String()) // the caller has one, with two places
	}
	return n
}

// rankHead turns the digits back.
func rankHead(steps []string) []string {
	if steps[0] == unknown {
		return []string{unknown}
	}
	var head []string
	for _, s := range steps[:min(len(steps), rankDigits)] {
		head = append(head, string('9'-s[0]+'0'))
	}
	return head
}

func rankLabel(head []string) string {
	if head[0] == unknown {
		return "No rating"
	}
	known := strings.Join(head, "")
	point := func(s string) string { return strings.TrimPrefix(s[:2], "0") + "." + s[2:] }
	low, high := point(known+"0000"[len(known):]), point(known+"9999"[len(known):])
	if low == high {
		return low
	}
	return low + " to " + high
}

// dateSteps are the year, month and day of the film's newest review, counted
// down. Films of one day go by their titles.
func dateSteps(c *card) []string {
	day, err := time.Parse(time.DateOnly, c.Date)
	if err != nil {
		return append([]string{unknown}, titleSteps(c)...)
	}
	return append([]string{
		fmt.Sprintf("%04d", 9999-day.Year()), fmt.Sprintf("%02d", 12-int(day.Month())), fmt.Sprintf("%02d", 31-day.Day()),
	}, titleSteps(c)...)
}

func dateHead(steps []string) []string {
	if steps[0] == unknown {
		return []string{unknown}
	}
	from := [...]int{9999, 12, 31}
	var head []string
	for i, s := range steps[:min(len(steps), len(from))] {
		n, _ := strconv.Atoi(s) // dateSteps wrote it
		head = append(head, fmt.Sprintf("%0*d", len(s), from[i]-n))
	}
	return head
}

func dateLabel(head []string) string {
	if head[0] == unknown {
		return "No date"
	}
	return strings.Join(head, "-")
}

// sectionName is what people call a section.
func (o *order) sectionName(steps []string) string {
	head := o.head(steps)
	switch {
	case len(head) == 0:
		return titleLabel(steps)
	case len(head) == len(steps):
		return o.label(head)
	}
	return o.label(head) + ", " + titleLabel(steps[len(head):])
}

// longestName is the longest name of a section's document, in bytes.
const longestName = 100

// document is the path of a section's page, without its ending.
func (o *order) document(node string) string {
	if node == "" {
		return o.root
	}
	steps := stepsOf(node)
	head := o.head(steps)
	name := strings.Join(head, o.mark)
	if title := strings.Join(steps[len(head):], ""); title != "" {
		name = strings.TrimPrefix(name+"-"+title, "-")
	}
	if len(name) > longestName {
		sum := fnv.New64a()
		sum.Write([]byte(name))
		name = hex.EncodeToString(sum.Sum(nil))
	}
	return "films/by-" + o.name + "/in-" + name
}

// card is what the lists say of a film.
type card struct {
	ID     review.FilmID  `json:"id"`
	Title  string         `json:"title"`
	Year   int            `json:"year,omitempty"`
	N      int            `json:"n"`
	TooFew bool           `json:"too_few,omitempty"`
	Mean   review.Decimal `json:"mean,omitzero"`
	Ranked review.Decimal `json:"ranked,omitzero"`
	// Reviews is how many live reviews there are, votes or not.
	Reviews int    `json:"reviews"`
	Date    string `json:"date,omitempty"` // of the newest, YYYY-MM-DD
	URL     string `json:"url"`
}
