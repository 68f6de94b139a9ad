package pages

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// item is one review as the page shows it. Its strings are on one line; what is
// not known is empty.
type item struct {
	Film     string // "Heat (1995)", else the review's title
	Title    string // the review's own, where it is not just the film's
	URL      string // http or https
	Critic   string // with the outlet
	Rating   string // as it was written
	Reads    string // the rating for those who listen, where signs say it
	Date     string // YYYY-MM-DD
	Summary  string
	Spoiler  bool
	Language string
}

// summaryRunes is the most of a text that the page shows.
const summaryRunes = 300

func newItem(e *review.Event) item {
	it := item{
		Film:     line(e.Film.Title),
		Title:    line(e.Title),
		URL:      webURL(e.URL),
		Critic:   line(e.Critic.Name),
		Rating:   rating(&e.Rating),
		Date:     date(e.Date()),
		Spoiler:  e.Spoiler,
		Language: language(e.Language),
	}
	if strings.EqualFold(it.Film, it.Title) {
		it.Title = ""
	}
	if it.Film != "" && e.Film.Year != 0 {
		it.Film += " (" + strconv.Itoa(e.Film.Year) + ")"
	}
	if it.Film == "" {
		it.Film, it.Title = it.Title, ""
	}
	if it.Film == "" {
		it.Film = "A review"
	}
	if outlet := line(string(e.Critic.Outlet)); outlet != "" && outlet != it.Critic {
		it.Critic = strings.TrimPrefix(it.Critic+", "+outlet, ", ")
	}
	if strings.ContainsAny(it.Rating, "★☆⭐*") {
		it.Reads = e.Rating.String()
	}
	it.Summary = summary(e)
	return it
}

// summary is what the review's rights let through: the critic's own summary, else
// the beginning of the text, unless that might give the film away.
func summary(e *review.Event) string {
	switch e.Rights {
	case review.RightsFull, review.RightsExcerpt, "":
	default:
		return ""
	}
	if s := line(e.Summary); s != "" {
		return cut(s, summaryRunes)
	}
	if e.Spoiler {
		return ""
	}
	return cut(line(e.BodyText), summaryRunes)
}

// rating is the rating as the critic wrote it. One that was lost shows as lost,
// one that was not given or not understood is not shown.
func rating(r *review.Rating) string {
	const most = 24 // runes; more than that is no rating but a sentence around one
	switch r.Kind {
	case review.Lost:
		return "rating lost"
	case review.Scored, review.Verdicted:
		if raw := line(r.Raw); raw != "" && utf8.RuneCountInString(raw) <= most {
			return raw
		}
		return line(r.String())
	}
	return ""
}

func date(t time.Time) string {
	if t = t.UTC(); t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.DateOnly)
}

// line is a text on one line, without what is not to be seen or not UTF-8.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Noncharacter_Code_Point, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens a line to at most max runes, between words where there are any.
func cut(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	end, space, n := 0, 0, 0
	for i, r := range s {
		if n++; n > max {
			end = i
			break
		}
		if r == ' ' {
			space = i
		}
	}
	if space > end/2 {
		end = space
	}
	return strings.TrimRight(s[:end], " ,;:") + "…"
}

// webURL is s if it is an absolute http or https URL, without a user name or
// password, else "".
func webURL(s string) string {
	u, err := url.Parse(line(s))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	u.User = nil
	return u.String()
}

// language is a tag for a lang attribute, "" for what cannot be one.
func language(tag string) string {
	if strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return ""
	}
	return tag
}
