package normalize

import (
	"strings"
	"time"
	"unicode/utf8"
)

// dateline is what a line over a review says of it: who wrote it, and when.
type dateline struct {
	name string
	on   time.Time // midnight in UTC, zero where no date is named
}

// or fills in what d does not say.
func (d *dateline) or(other dateline) {
	d.name = first(d.name, other.name)
	if d.on.IsZero() {
		d.on = other.on
	}
}

// maxDateline is longer than such a line.
const maxDateline = 100

// bylines are the ways a line names the critic whatever stands around it.
var bylines = [...]string{
	"reviewed by: ", "reviewed by ", "film review by ", "movie review by ", "review by: ", "review by ",
	"reviewer: ", "critic: ", "author: ",
}

// dateLabels stand in front of a date that is the review's own. Of others, as in
// "Release date: 4 January 2020", nothing is taken.
var dateLabels = [...]string{
	"posted on", "posted", "published on", "published", "first published on", "first published", "written on", "reviewed on",
	"date posted", "date", "on",
}

// readDateline reads a line that has nothing in it but a name behind "by", a date
// and what blog software puts beside them: "By Jane Doe | June 2, 2022", "Posted
// on 2 June 2022 by Jane Doe in Reviews". It is not ok for any other line, a
// sentence that begins with a date among them.
func readDateline(line string) (d dateline, ok bool) {
	if len(line) < 6 || len(line) > maxDateline || !mayBeDateline(line) {
		return d, false
	}
	labelled := false
	for s := cutSigns(line); s != ""; s = cutSigns(s) {
		if on, rest, dated := cutDate(s); dated {
			if !d.on.IsZero() && !d.on.Equal(on) {
				return dateline{}, false
			}
			d.on, s = on, rest
		} else if name, rest, signed := cutByline(s); signed {
			if d.name != "" {
				return dateline{}, false
			}
			d.name, s = name, rest
		} else if rest, account := cutAccount(s); account {
			s = rest
		} else if rest, label := cutDateLabel(s); label && !labelled {
			labelled, s = true, rest
		} else if d.name == "" && d.on.IsZero() {
			return dateline{}, false
		} else if rest, aside := cutAside(s); aside {
			s = rest
		} else {
			return dateline{}, false
		}
	}
	return d, d.name != "" || !d.on.IsZero()
}

// mayBeDateline is a quick look for a date, or for the first letter of a label.
func mayBeDateline(line string) bool {
	line = cutSigns(line)
	return line != "" && (strings.IndexByte("brfmcapBRFMCAP", line[0]) >= 0 || strings.ContainsAny(line, "0123456789"))
}

// cutSigns takes off what sets the parts of such a line apart.
func cutSigns(s string) string { return strings.TrimLeft(s, " \t,.;|/•·–—-~*_()[]") }

// cutByline takes a name and what makes it the critic's off the front.
func cutByline(s string) (name, rest string, ok bool) {
	for _, p := range bylines {
		if hasPrefixFold(s, p) {
			return cutSignature(s[len(p):])
		}
	}
	for _, p := range [...]string{"by ", "by: ", "posted by ", "posted by: "} {
		if hasPrefixFold(s, p) {
			return cutSignature(s[len(p):])
		}
	}
	return "", s, false
}

// cutAccount takes the name of somebody's account off the front, "by ida", which
// is no critic's name.
func cutAccount(s string) (string, bool) {
	if !hasPrefixFold(s, "by ") {
		return s, false
	}
	account, rest, _ := strings.Cut(s[len("by "):], " ")
	return rest, account != "" && strings.Trim(account, "abcdefghijklmnopqrstuvwxyz0123456789_-.,|") == ""
}

// cutSignature is the name at the front, up to where such lines go on.
func cutSignature(s string) (name, rest string, ok bool) {
	end := len(s)
	for _, sep := range [...]string{" | ", " on ", " at ", " in ", " - ", " – ", " — ", " • ", " · ", " / ", " (", " ~ ", "|"} {
		if i := strings.Index(s[:end], sep); i > 0 {
			end = i
		}
	}
	for i := 0; i < end; i++ { // By Jane Doe 2 June 2022
		if s[i] >= '0' && s[i] <= '9' {
			end = i
		}
	}
	name, rest, ok = cutSigned(s[:end])
	return name, rest + s[end:], ok
}

// cutDateLabel takes a label off the front of a date.
func cutDateLabel(s string) (string, bool) {
	for _, l := range dateLabels {
		if hasPrefixFold(s, l) && len(s) > len(l) && (s[len(l)] == ' ' || s[len(l)] == ':') {
			return strings.TrimLeft(s[len(l):], ": "), true
		}
	}
	return s, false
}

// cutAside takes off what else stands in such a line: the time of day, how long
// the text takes to read, how many comments there are, a category.
func cutAside(s string) (string, bool) {
	if rest, ok := cutClock(s); ok {
		return rest, true
	}
	part, rest := s, ""
	if i := strings.IndexAny(s, "|•·"); i >= 0 {
		part, rest = s[:i], s[i:]
	}
	part = strings.ToLower(strings.Trim(part, " .–—-()"))
	switch part {
	case "leave a comment", "no comments", "film", "films", "movies", "review", "reviews", "film review", "film reviews", "movie review", "movie reviews":
		return rest, true
	}
	if in, ok := strings.CutPrefix(part, "in "); ok && len(in) <= 40 && !strings.ContainsAny(in, ".!?") {
		return rest, true
	}
	count := strings.TrimLeft(part, "0123456789")
	if count == part {
		return s, false
	}
	switch strings.TrimSpace(count) {
	case "min read", "mins read", "minute read", "minutes read", "min. read", "comment", "comments":
		return rest, true
	}
	return s, false
}

// cutClock takes a time of day off the front: "at 10:30 am", "18.00 Uhr".
func cutClock(s string) (string, bool) {
	if hasPrefixFold(s, "at ") {
		s = s[len("at "):]
	}
	end := 0
	for end < len(s) && end < 8 && (s[end] >= '0' && s[end] <= '9' || s[end] == ':' || s[end] == '.') {
		end++
	}
	if end == 0 || !strings.ContainsAny(s[:end], ":.") {
		return s, false
	}
	s = s[end:]
	for _, half := range [...]string{" am", " pm", "am", "pm", " a.m.", " p.m.", " uhr", " utc", " gmt"} {
		if hasPrefixFold(s, half) && atWordEnd(s[len(half):]) {
			return s[len(half):], true
		}
	}
	return s, atWordEnd(s)
}

// cutDate takes a date off the front of a text. Two numbers that may be a day and
// a month either way round are no date.
func cutDate(s string) (on time.Time, rest string, ok bool) {
	if s == "" {
		return on, s, false
	}
	rest = cutWeekday(s)
	if c := rest[0]; c >= '0' && c <= '9' {
		if on, after, ok := cutNumericDate(rest); ok {
			return on, after, true
		}
		day, after, ok := cutDay(rest)
		if !ok {
			return on, s, false
		}
		month, after := cutMonth(after)
		if month == 0 {
			return on, s, false
		}
		return dated(day, month, after, s)
	}
	month, after := cutMonth(rest)
	if month == 0 {
		return on, s, false
	}
	day, after, ok := cutDay(after)
	if !ok {
		return on, s, false
	}
	return dated(day, month, after, s)
}

// dated reads the year behind a day and a month.
func dated(day int, month time.Month, after, s string) (time.Time, string, bool) {
	after = strings.TrimLeft(after, " ,.")
	for _, of := range [...]string{"de ", "of ", "del "} {
		if hasPrefixFold(after, of) {
			after = after[len(of):]
		}
	}
	if len(after) < 4 || !atWordEnd(after[4:]) {
		return time.Time{}, s, false
	}
	on, ok := midnight(exactYear(after[:4]), month, day)
	return on, after[4:], ok
}

// midnight is a day that the calendar has.
func midnight(year int, month time.Month, day int) (time.Time, bool) {
	on := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return on, year != 0 && on.Day() == day && on.Month() == month
}

// cutNumericDate takes 2020-01-04, 2020/1/4, and 24.01.2020 where the day cannot
// be a month, off the front.
func cutNumericDate(s string) (time.Time, string, bool) {
	var part [3]int
	var sign byte
	at, first := 0, 0
	for i := range part {
		from := at
		for at < len(s) && at-from < 4 && s[at] >= '0' && s[at] <= '9' {
			part[i] = part[i]*10 + int(s[at]-'0')
			at++
		}
		switch {
		case at == from:
			return time.Time{}, s, false
		case i == 0:
			first = at
			if at == len(s) || strings.IndexByte("-./", s[at]) < 0 {
				return time.Time{}, s, false
			}
			sign = s[at]
			at++
		case i == 1:
			if at == len(s) || s[at] != sign {
				return time.Time{}, s, false
			}
			at++
		}
	}
	if !atWordEnd(s[at:]) {
		return time.Time{}, s, false
	}
	a, b, c := part[0], part[1], part[2]
	switch {
	case first == 4: // year first
	case a > 12:
		a, c = c, a
	case b > 12 && sign == '/':
		a, b, c = c, a, b
	default:
		return time.Time{}, s, false
	}
	on, ok := midnight(plausible(a), time.Month(b), c)
	return on, s[at:], ok
}

// cutDay takes a day of the month off the front: 4, 04, 4th, 4.
func cutDay(s string) (day int, rest string, ok bool) {
	n := 0
	for n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '9' {
		day = day*10 + int(s[n]-'0')
		n++
	}
	if n == 0 || n > 2 || day < 1 || day > 31 {
		return 0, s, false
	}
	rest = s[n:]
	for _, ordinal := range [...]string{"st", "nd", "rd", "th", "er", "º", "."} {
		if hasPrefixFold(rest, ordinal) {
			rest = rest[len(ordinal):]
			break
		}
	}
	if rest == "" || rest[0] != ' ' && rest[0] != ',' {
		return 0, s, false
	}
	rest = strings.TrimLeft(rest, " ,")
	for _, of := range [...]string{"de ", "of "} {
		if hasPrefixFold(rest, of) {
			rest = rest[len(of):]
		}
	}
	return day, rest, true
}

// months are the names of the months as critics write them, and what they are
// shortened to, in lower case.
var months = func() map[string]time.Month {
	m := make(map[string]time.Month)
	for i, names := range [...]string{
		"january jan januar janvier enero gennaio janeiro januari",
		"february feb februar février febrero febbraio fevereiro februari",
		"march mar märz mars marzo março maart",
		"april apr avril abril aprile",
		"may mai mayo maggio maio mei",
		"june jun juni juin junio giugno junho",
		"july jul juli juillet julio luglio julho",
		"august aug août agosto augustus",
		"september sept sep septembre septiembre settembre setembro",
		"october oct oktober okt octobre octubre ottobre outubro",
		"november nov novembre noviembre novembro",
		"december dec dezember dez décembre diciembre dicembre dezembro",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = time.Month(i + 1)
		}
	}
	return m
}()

// weekdays in lower case, with what they are shortened to.
var weekdays = func() map[string]bool {
	m := make(map[string]bool)
	for name := range strings.FieldsSeq("monday tuesday wednesday thursday friday saturday sunday " +
		"mon tue tues wed weds thu thur thurs fri sat sun montag dienstag mittwoch donnerstag freitag samstag sonntag " +
		"lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo") {
		m[name] = true
	}
	return m
}()

// longestMonth is the longest name in months and weekdays, in bytes.
const longestMonth = 12

// cutMonth takes the name of a month off the front; 0 where there is none.
func cutMonth(s string) (time.Month, string) {
	month, rest := cutKnown(s, months)
	return month, strings.TrimLeft(rest, ". ")
}

// cutWeekday takes the name of a day off the front, if it is not all there is.
func cutWeekday(s string) string {
	if known, rest := cutKnown(s, weekdays); known {
		if rest = strings.TrimLeft(rest, "., "); rest != "" {
			return rest
		}
	}
	return s
}

// cutKnown takes a word off the front that a table has, in any case.
func cutKnown[T any](s string, table map[string]T) (known T, rest string) {
	var word [longestMonth]byte
	end := 0
	for end < len(s) && (isLetter(s[end]) || s[end] >= utf8.RuneSelf) {
		if end == len(word) {
			return known, s
		}
		if word[end] = s[end]; s[end] < utf8.RuneSelf {
			word[end] |= 0x20
		}
		end++
	}
	return table[string(word[:end])], s[end:]
}

// atWordEnd reports that no letter or digit follows.
func atWordEnd(s string) bool {
	if s == "" {
		return true
	}
	c := s[0]
	return !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf && !strings.HasPrefix(s, "–") && !strings.HasPrefix(s, "—") &&
		!strings.HasPrefix(s, "·") && !strings.HasPrefix(s, "•"))
}
