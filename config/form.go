package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// form is a form that text can have, by the name that a `form:"..."` tag gives it.
// The pattern is the whole truth about it: the decoder refuses what does not
// match, and the schema holds the same pattern.
type form struct {
	pattern *regexp.Regexp
	is      string // what it is: "a web address"
	remedy  string // what one looks like
	code    string // of the fault
	loose   bool   // what is a number or a truth value without quotes is text too
}

func newForm(pattern, is, remedy string) *form {
	return &form{pattern: regexp.MustCompile(pattern), is: is, remedy: remedy, code: BadValue}
}

// The parts of forms. The patterns keep to what RE2 and ECMAScript read alike.
const (
	urlHost     = `(\[[0-9A-Fa-f:.]+\]|[^\x00-\x20\x22%/?#@:\[\]<>\\^{|}\x60\x7f]+)`
	urlPort     = `(:[0-9]{1,5})?`
	urlChar     = `([^\x00-\x20%?#\x7f]|%[0-9A-Fa-f]{2})`
	urlUser     = `([A-Za-z0-9._~$&+,;=:!-]+@)?` // what others there are is escaped
	urlRest     = `(\?([^\x00-\x20%#\x7f]|%[0-9A-Fa-f]{2})*)?(#` + urlFragment + `*)?`
	urlFragment = `([^\x00-\x20%\x7f]|%[0-9A-Fa-f]{2})`

	portNumber = `(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])`

	fraction = `(\.[0-9]{1,9})?`
)

// forms are the forms there are, by name.
func forms() map[string]*form {
	schedule := newForm(schedulePattern(), "a schedule", `five cron fields (minute, hour, day, month, weekday from 0 to 6), as "*/30 * * * *", or "@every 15m"`)
	schedule.code = BadSchedule
	filled := newForm(`[^ \t\n\f\r]`, "a value that a review could have", "leave it out")
	filled.loose = true
	return map[string]*form{
		"url": newForm(`^https?://`+urlUser+urlHost+urlPort+`(/`+urlChar+`*)?`+urlRest+`$`,
			"a web address", "as https://example.org/feed/"),
		"site": newForm(`^https?://`+urlHost+urlPort+`(/`+urlChar+`*)?$`,
			"a web address without user, ? and #", "as https://reviews.example.org: links are made by putting paths behind it"),
		"nats": newForm(`^`+natsAddress+`( *, *`+natsAddress+`)*$`,
			"the address of a NATS server", "as nats://nats.example.org:4222; several with commas"),
		"listen": newForm(`^(\[[0-9A-Fa-f:.]+(%[0-9A-Za-z]+)?\]|[^\x00-\x20:\[\]]*):`+portNumber+`$`,
			"host:port", "as 127.0.0.1:8080; port 0 takes a free one"),
		// The outer form of https://www.rfc-editor.org/rfc/rfc5646.
		"language": newForm(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`, "a language tag", "as en or pt-BR"),
		"filled":   filled,
		"slug":     newForm(`^[\p{L}\p{M}\p{Nd}_-]{1,200}$`, "a film's slug", "as parasite-2019"),
		// It becomes part of file names, URLs and keys.
		"name":     newForm(entryName, "a name: lower-case letters, digits, - and _, at most 63", "choose one for good: identity hangs on it"),
		"duration": newForm(`^(`+durationPattern()+`)$`, "a duration, as 90s, 15m or 24h", ""),
		"date":     newForm(`^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`, "a date, as 2026-11-22", ""),
		"time":     newForm(`^`+pipeline.TimePattern+`$`, "a date, as 2026-11-22, or a time, as 2026-11-22T18:00:00Z", ""),
		"schedule": schedule,
	}
}

const (
	entryName   = `^[a-z0-9][a-z0-9_-]{0,62}$`
	natsAddress = `(nats|tls|ws|wss)://` + `([A-Za-z0-9._~$&+;=:!-]+@)?` + urlHost + urlPort + `/?`
)

// durationPattern is hours, minutes and so on, each at most once and in this
// order, at least one of them.
func durationPattern() string {
	units := []string{`[0-9]{1,6}` + fraction + `h`, `[0-9]{1,7}` + fraction + `m`, `[0-9]{1,9}` + fraction + `s`,
		`[0-9]{1,9}` + fraction + `ms`, `[0-9]{1,9}` + fraction + `(us|µs)`, `[0-9]{1,9}` + fraction + `ns`}
	var all []string
	for i := range units {
		one := units[i]
		for _, later := range units[i+1:] {
			one += `(` + later + `)?`
		}
		all = append(all, one)
	}
	return strings.Join(all, "|")
}

// schedulePattern is what pipeline/schedule reads, as far as a pattern can say it.
func schedulePattern() string {
	words := func(names string) string {
		var all []string
		for name := range strings.FieldsSeq(names) {
			one := ""
			for _, letter := range name {
				one += fmt.Sprintf("[%c%c]", letter, letter-'a'+'A')
			}
			all = append(all, one)
		}
		return strings.Join(all, "|")
	}
	field := func(value string) string {
		one := `(\*|\?|(` + value + `)(-(` + value + `))?)(/0*[1-9][0-9]{0,3})?`
		return one + `(,` + one + `)*`
	}
	fields := []string{
		field(`0?[0-9]|[1-5][0-9]`),
		field(`0?[0-9]|1[0-9]|2[0-3]`),
		field(`0?[1-9]|[12][0-9]|3[01]`),
		field(`0?[1-9]|1[0-2]|` + words("jan feb mar apr may jun jul aug sep oct nov dec")),
		field(`0?[0-6]|` + words("sun mon tue wed thu fri sat")),
	}
	return `^(` + strings.Join(fields, " +") + `|@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every +(` + durationPattern() + `))$`
}
