package review

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Form is the form a document's body is written in.
type Form string

// The forms.
const (
	FormHTML     Form = "html"     // a fragment: what stands in a feed item
	FormPage     Form = "page"     // a whole HTML page, with everything around the review
	FormMarkdown Form = "markdown" // with or without front matter
	FormText     Form = "text"     // plain text, paragraphs apart by empty lines
)

// Document is a review as a source found it: the bytes, and what the source
// states in fields of its own. Understanding it is not the source's business.
type Document struct {
	GUID string // the source's own id, stable across edits; required
	// Fickle says that the source may call the same review otherwise tomorrow, as
	// feeds do. The engine then looks whether a review that comes anew is an old one.
	Fickle bool
	// Kin is what the GUIDs of the reviews begin with that a fickle one may be: those
	// of one feed in a source of many. "" is all of the source.
	Kin       string
	URL       string    // where a person reads it
	FetchedAt time.Time // when it was read
	RawSHA256 string    // over the bytes it was read from, hex; lets an unchanged document be passed over
	Form      Form
	Body      string // UTF-8
	// File is the name of the file it was read from, where it is one of its own: people
	// put dates and titles into it.
	File string

	// Stated holds the fields the source states: of Film, Critic, dates, tags,
	// media and so on, those that are known. Its Rating and Body fields are not read.
	Stated Review
	// RatingText is the rating as the source writes it ("3/5", "★★★", "B+"), not
	// yet understood, and RatingScale the scale where the source states that apart.
	RatingText  string
	RatingScale Scale
	// RatingField names the field RatingText stood in, for found_in.
	RatingField string
	// Fields are what the source keeps beside the text under names that somebody
	// else chose: the custom fields of a WordPress site. Those that say something
	// of the rating or the film are understood, the others passed over.
	Fields []Field

	// Aside is set where the source knows that this is no review of a film; it is
	// passed over and counted.
	Aside Aside

	// Defaults is what the operator says of the document where it does not say so
	// itself. A source of several parts fills in what is said of one of them; the
	// pipeline adds what is said of the source as a whole.
	Defaults Defaults
}

// Field is one custom field, its value as the source keeps it.
type Field struct{ Name, Value string }

// Aside is what a document is where it is no review of a film.
type Aside string

// The things that stand beside reviews where people keep them.
const (
	AsideTelevision Aside = "television"
	AsideList       Aside = "a list of films"
)

// Defaults is what the operator says of all reviews of a source, or of a part of one.
type Defaults struct {
	Critic Critic // for reviews that name none
	Scale  Scale  // of bare numbers
	// Earlier are the scales that bare numbers were on before, oldest first.
	Earlier []EarlierScale
	// Conversion says what some ratings are worth, whatever the scale, by the rating
	// as written: a letter, a number, stars, words. The worth is a norm.
	Conversion map[string]Decimal
	Language   string // where none is stated
	Rights     Rights
	Tags       []string // added to every review
}

// EarlierScale is a scale that was given up on a day.
type EarlierScale struct {
	Scale
	Until Date // the first day on which it was not used any more
}

// ScaleOn is the scale of bare numbers in a review of a day: the present one where
// the day is not known.
func (d *Defaults) ScaleOn(day Date) Scale {
	if !day.IsZero() {
		for _, e := range d.Earlier {
			if day.Before(e.Until) {
				return e.Scale
			}
		}
	}
	return d.Scale
}

// Or fills in what d does not say from other; the tags of both are added.
func (d Defaults) Or(other Defaults) Defaults {
	d.Critic = d.Critic.Or(other.Critic)
	if d.Scale.IsZero() && d.Earlier == nil {
		d.Scale, d.Earlier = other.Scale, other.Earlier
	}
	if d.Conversion == nil {
		d.Conversion = other.Conversion
	}
	if d.Language == "" {
		d.Language = other.Language
	}
	if d.Rights == "" {
		d.Rights = other.Rights
	}
	d.Tags = slices.Concat(d.Tags, other.Tags)
	return d
}

// DiaryGUID identifies an entry of a film diary by the film as the entry names it
// and the day of the viewing, which may be unknown: for services that call the same
// entry one thing in one place and another in the next.
func DiaryGUID(film *Film, on Date) string {
	return strings.Join([]string{film.Title, strconv.Itoa(film.Year), on.String()}, "|")
}
