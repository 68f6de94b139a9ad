package normalize

import (
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// bylineOf reads "Reviewed by Jane Doe", and near the top "By Jane Doe | May 3".
func bylineOf(line string, top bool) string {
	line = strings.TrimLeft(line, "*_-–—~ ")
	rest := ""
	for _, p := range bylines {
		if hasPrefixFold(line, p) {
			rest = line[len(p):]
			break
		}
	}
	if rest == "" && top && hasPrefixFold(line, "by ") && !strings.HasSuffix(line, ".") {
		rest = line[len("by "):]
	}
	if rest == "" {
		return ""
	}
	for _, end := range [...]string{" | ", " on ", " at ", " - ", " – ", " — ", " • ", " · ", " ("} {
		if i := strings.Index(rest, end); i > 0 {
			rest = rest[:i]
		}
	}
	name, _, _ := cutSigned(rest)
	return name
}

// cutSigned takes the critics' names off the front of a line that names nobody else:
// several up to its end, else one up to a comma. They are on one line still.
func cutSigned(s string) (name, rest string, ok bool) {
	const around = " .,;*_"
	if name = strings.Trim(s, around); len(severalNames(name)) > 1 {
		return name, "", true
	}
	name = s
	if i := strings.Index(s, ", "); i > 0 {
		name, rest = s[:i], s[i:]
	}
	if name = strings.Trim(name, around); !isName(name) || strings.Count(name, " ") > 3 {
		return "", s, false
	}
	return name, rest, true
}

// maxCritics is more than write one review: what names more lists a staff.
const maxCritics = 20

// settleCritics says who wrote it: who is stated, else the byline, else the
// operator's word.
func (u *understanding) settleCritics() {
	r, d := &u.review, &u.doc.Defaults.Critic
	c := r.Critic
	c.Name = first(c.Name, u.said.name)
	outlet := first(string(c.Outlet), string(d.Outlet))
	named := people(append([]review.Critic{c}, r.CoCritics...), d.Name, first(outlet, u.site))
	r.Critic, r.CoCritics = review.Critic{Outlet: c.Outlet}, nil
	for i := range named {
		n := &named[i]
		if n.ID == "" && strings.EqualFold(n.Name, d.Name) {
			n.ID, n.URL = d.ID, first(n.URL, d.URL)
		}
		if n.Outlet == "" {
			n.Outlet = review.Outlet(outlet)
		}
		if n.ID == "" {
			n.ID = review.CriticID(fold.Slug(n.Name))
		}
		switch {
		case i == 0:
			r.Critic = *n
		case len(r.CoCritics) < maxCritics && !slices.ContainsFunc(r.Critics(), func(o review.Critic) bool { return o.ID == n.ID }):
			r.CoCritics = append(r.CoCritics, *n)
		}
	}
	r.Critic = r.Critic.Or(*d)
	if r.Critic.ID == "" {
		r.Critic.ID = review.CriticID(fold.Slug(r.Critic.Name))
	}
}

// people are those among the named who are, each by himself: a name that is several
// is taken apart unless it is the operator's word for them, and where several are
// named, the publication and its account are not among them.
func people(named []review.Critic, known, outlet string) []review.Critic {
	var all []review.Critic
	for _, c := range named {
		c.Name = oneLine(plainTitle(c.Name))
		names := severalNames(c.Name)
		if len(names) < 2 || c.ID != "" || strings.EqualFold(c.Name, known) {
			if c.Name != "" {
				all = append(all, c)
			}
			continue
		}
		for _, name := range names {
			all = append(all, review.Critic{Name: name, Outlet: c.Outlet}) // the page is none of theirs alone
		}
	}
	persons := slices.DeleteFunc(slices.Clone(all), func(c review.Critic) bool {
		return strings.EqualFold(c.Name, outlet) || isAccount(c.Name)
	})
	if len(persons) > 0 {
		return persons
	}
	return all[:min(len(all), 1)]
}

// isAccount reports names that programs put where a critic's should be.
func isAccount(name string) bool {
	switch strings.ToLower(name) {
	case "admin", "administrator", "editor", "editors", "staff", "webmaster", "guest", "unknown":
		return true
	}
	return false
}

// severalNames are the names in a line that says plainly that they are several:
// "Jane Doe and John Roe", "Jane Doe, John Roe & Ann Poe". Each is a full name; the
// last stands behind a word for "and". A comma alone parts no names ("Jane Doe,
// Chicago", "Doe, Jane"), nor does a word that surnames have in them ("y", "e").
// Without all that it is one name, and there is nothing here.
func severalNames(s string) []string {
	if len(s) > maxDateline || !strings.Contains(s, " ") {
		return nil
	}
	parted, last := s, -1
	for _, and := range [...]string{" and ", " & ", " und ", " et "} {
		last = max(last, strings.LastIndex(s, and))
		parted = strings.ReplaceAll(parted, and, "\n")
	}
	if last < 0 || strings.Contains(s[last+1:], ",") {
		return nil
	}
	names := strings.FieldsFunc(strings.ReplaceAll(parted, ", ", "\n"), func(r rune) bool { return r == '\n' })
	for i, name := range names {
		if names[i] = strings.Trim(name, " ,"); !isFullName(names[i]) {
			return nil
		}
	}
	return names
}

// isFullName reports the name of a person with at least two parts, and nothing that
// publications and departments are called.
func isFullName(s string) bool {
	words := strings.Fields(s)
	if len(words) < 2 || len(words) > 4 || !isName(s) || isParticle(words[0]) {
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool {
		switch strings.ToLower(w) {
		case "the", "a", "an", "team", "staff", "guest", "guests", "friends", "film", "films", "movie", "movies", "cinema", "review", "reviews",
			"critic", "critics", "editor", "editors", "news", "times", "post", "daily", "weekly", "magazine", "press", "blog", "podcast", "brothers":
			return true
		}
		return false
	})
}
