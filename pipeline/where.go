package pipeline

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Where is a sink's filter. Every field that is set must hold; in a list, one of
// its values must. Words are compared without regard to case. The zero value
// keeps everything.
type Where struct {
	Critics     []string       `config:"critics" form:"filled" doc:"Critics, by id or name, one of whom wrote the review, alone or with others."`
	Outlets     []string       `config:"outlets" form:"filled" doc:"Publications, by name."`
	Sources     []string       `config:"sources" form:"filled" doc:"Sources, by their name in the config."`
	Films       []string       `config:"films" form:"slug" doc:"Films, by slug, as parasite-2019."`
	Tags        []string       `config:"tags" form:"filled" doc:"Tags, one of which the review has."`
	Languages   []string       `config:"languages" form:"language" doc:"Languages, as BCP 47 tags; en keeps en-GB too."`
	Years       []int          `config:"years" min:"1870" max:"2999" doc:"Years of release of the film."`
	MinRating   review.Decimal `config:"min_rating" min:"0" max:"100" doc:"The least rating, 0 to 100 whatever the critic's scale; keeps scored reviews only."`
	MaxRating   review.Decimal `config:"max_rating" min:"0" max:"100" doc:"The highest rating, 0 to 100 whatever the critic's scale; keeps scored reviews only."`
	RatingKinds []string       `config:"rating_kinds" enum:"scored,verdict,unrated,lost,ambiguous,invalid" doc:"Kinds of rating."`
	EntryKinds  []string       `config:"entry_kinds" enum:"review,rating" doc:"Kinds of entry: review, or rating for those without a text of the critic's own."`
	HasText     *bool          `config:"has_text" doc:"true keeps reviews with a text of the critic's own, false those without."`
	Text        []string       `config:"text" form:"filled" doc:"Words or phrases, one of which stands in the title, the summary or the text."`
}

// Match reports whether the filter keeps the review as it stands.
func (w *Where) Match(e *review.Event) bool { return w.Against(e) == "" }

// Against is the key of the first field that does not hold for the review, ""
// where the filter keeps it.
func (w *Where) Against(e *review.Event) string {
	switch {
	case !w.critic(e):
		return "critics"
	case !anyOf(w.Outlets, string(e.Critic.Outlet)):
		return "outlets"
	case !anyOf(w.Sources, e.Source.Name):
		return "sources"
	case !anyOf(w.Films, string(e.Film.ID)):
		return "films"
	case !anyOf(w.Tags, e.Tags...):
		return "tags"
	case !w.language(e.Language):
		return "languages"
	case len(w.Years) > 0 && !slices.Contains(w.Years, e.Film.Year):
		return "years"
	case !w.MinRating.IsZero() && (e.Rating.Kind != review.Scored || e.Rating.Norm.Cmp(w.MinRating) < 0):
		return "min_rating"
	case !w.MaxRating.IsZero() && (e.Rating.Kind != review.Scored || e.Rating.Norm.Cmp(w.MaxRating) > 0):
		return "max_rating"
	case !anyOf(w.RatingKinds, string(e.Rating.Kind)):
		return "rating_kinds"
	case !anyOf(w.EntryKinds, string(e.EntryKind)):
		return "entry_kinds"
	case w.HasText != nil && *w.HasText != hasText(e):
		return "has_text"
	case !w.says(e):
		return "text"
	}
	return ""
}

// Found is what the review has where a field of a filter looks, for people: "" for
// nothing.
func (w *Where) Found(key string, e *review.Event) string {
	switch key {
	case "critics":
		return e.Byline()
	case "outlets":
		return string(e.Critic.Outlet)
	case "sources":
		return e.Source.Name
	case "films":
		return string(e.Film.ID)
	case "tags":
		return strings.Join(e.Tags, ", ")
	case "languages":
		return e.Language
	case "years":
		if e.Film.Year != 0 {
			return strconv.Itoa(e.Film.Year)
		}
	case "min_rating", "max_rating":
		if e.Rating.Kind == review.Scored {
			return e.Rating.Norm.String()
		}
		return string(e.Rating.Kind)
	case "rating_kinds":
		return string(e.Rating.Kind)
	case "entry_kinds":
		return string(e.EntryKind)
	case "has_text":
		return strconv.FormatBool(hasText(e))
	}
	return ""
}

// hasText reports whether there is a text of the critic's own.
func hasText(e *review.Event) bool {
	return strings.TrimSpace(e.BodyText) != "" || strings.TrimSpace(e.BodyHTML) != ""
}

// says reports whether one of the phrases stands in the review.
func (w *Where) says(e *review.Event) bool {
	if len(w.Text) == 0 {
		return true
	}
	for _, text := range []string{e.Title, e.Summary, e.BodyText} {
		text = words(text)
		if slices.ContainsFunc(w.Text, func(phrase string) bool { return stands(words(phrase), text) }) {
			return true
		}
	}
	return false
}

// words is a text in lower case, with one space wherever there is any.
func words(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// stands reports whether a phrase stands in a text as whole words: "art" is not in
// "heart". In scripts without spaces between words, which have no capitals either,
// it is enough that it stands there.
func stands(phrase, text string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], phrase)
		if phrase == "" || at < 0 {
			return false
		}
		at += from
		end := at + len(phrase)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		first, size := utf8.DecodeRuneInString(phrase)
		last, _ := utf8.DecodeLastRuneInString(phrase)
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !(spelt(before) && spelt(first)) && !(spelt(last) && spelt(after)) {
			return true
		}
		from = at + size
	}
}

// spelt reports whether words are made of letters like this one.
func spelt(r rune) bool { return unicode.IsDigit(r) || unicode.IsLower(r) || unicode.Is(unicode.M, r) }

func (w *Where) critic(e *review.Event) bool {
	return anyOf(w.Critics, string(e.Critic.ID), e.Critic.Name) || slices.ContainsFunc(e.CoCritics, func(c review.Critic) bool {
		return anyOf(w.Critics, string(c.ID), c.Name)
	})
}

func (w *Where) language(tag string) bool {
	if len(w.Languages) == 0 {
		return true
	}
	tag = strings.ToLower(tag)
	for _, want := range w.Languages {
		want = strings.ToLower(want)
		if tag == want || strings.HasPrefix(tag, want+"-") {
			return true
		}
	}
	return false
}

// anyOf reports whether a value is among those wanted, or none are wanted.
func anyOf(wanted []string, values ...string) bool {
	if len(wanted) == 0 {
		return true
	}
	for _, v := range values {
		if v != "" && slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, v) }) {
			return true
		}
	}
	return false
}

// Check notes what the tags of the fields cannot say, by key.
func (w *Where) Check(fault func(key, text string)) {
	if !w.MinRating.IsZero() && !w.MaxRating.IsZero() && w.MinRating.Cmp(w.MaxRating) > 0 {
		fault("min_rating", "is above max_rating: nothing could match")
	}
}
