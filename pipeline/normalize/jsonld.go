package normalize

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// object is a node of JSON-LD.
type object map[string]any

// readLinkedData reads the review that a page's JSON-LD describes. Of several, as
// where readers' reviews are listed, it takes the one that is no part of another
// object, or the only one there is.
func (u *understanding) readLinkedData(scripts []string) error {
	var c collector
	for _, text := range scripts {
		var v any
		d := json.NewDecoder(strings.NewReader(scriptText(text)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			u.review.Warn(jsonldBroken, "", clip("not JSON: "+err.Error(), 120))
			continue
		}
		c.collect(v, false, 0)
	}
	r := c.review()
	if r == nil {
		return nil
	}
	return u.readReviewObject(r, c.film)
}

// scriptText takes off what old pages put around a script to hide it.
func scriptText(s string) string {
	s = strings.TrimSpace(s)
	for _, wrap := range [...][2]string{{"<!--", "-->"}, {"//<![CDATA[", "//]]>"}, {"<![CDATA[", "]]>"}, {"/*<![CDATA[*/", "/*]]>*/"}} {
		if strings.HasPrefix(s, wrap[0]) {
			s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, wrap[0]), wrap[1]))
		}
	}
	return strings.TrimSuffix(s, ";")
}

// collector finds the reviews and the films in JSON-LD.
type collector struct {
	alone  []object // reviews that stand by themselves
	within []object // reviews of something: critics' own, or readers'
	film   object
}

// maxLinkedDepth is deeper than any JSON-LD of a page is nested.
const maxLinkedDepth = 16

func (c *collector) collect(v any, within bool, depth int) {
	if depth > maxLinkedDepth {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			c.collect(item, within, depth+1)
		}
	case map[string]any:
		o := object(v)
		switch {
		case o.is("Review", "CriticReview", "UserReview", "MediaReview", "ReviewNewsArticle"):
			if within {
				c.within = append(c.within, o)
			} else {
				c.alone = append(c.alone, o)
			}
		case o.is("Movie", "Film") && c.film == nil:
			c.film = o
		}
		c.collect(o["@graph"], within, depth+1)
		c.collect(o["mainEntity"], within, depth+1)
		c.collect(o["review"], true, depth+1)
		c.collect(o["reviews"], true, depth+1)
	}
}

func (c *collector) review() object {
	switch {
	case len(c.alone) > 0:
		return c.alone[0]
	case len(c.within) == 1:
		return c.within[0]
	}
	return nil
}

// readReviewObject takes what a Review says.
func (u *understanding) readReviewObject(o, film object) error {
	item := o.object("itemReviewed")
	if item == nil {
		item = film
	}
	if kind := item.kind(); item != nil && otherThing(kind) {
		return otherReviewed(kind)
	}
	r := &u.review
	u.readFilmObject(item)
	r.Title = first(r.Title, oneLine(o.text("headline")), oneLine(o.text("name")))
	r.Language = first(r.Language, o.text("inLanguage"))
	if r.Critic.Name == "" {
		u.readAuthors(o)
	}
	if r.Critic.Outlet == "" {
		r.Critic.Outlet = review.Outlet(oneLine(o.name("publisher")))
	}
	if t, ok := when(o.text("datePublished")); ok && r.PublishedAt.IsZero() {
		r.PublishedAt = t
	}
	if t, ok := when(o.text("dateModified")); ok && r.ModifiedAt.IsZero() {
		r.ModifiedAt = t
	}
	if rating := o.object("reviewRating"); rating != nil {
		value := first(rating.text("ratingValue"), rating.text("alternateName"))
		u.structured(value, rating.text("bestRating"), rating.text("worstRating"), inJSONLD)
	}
	return nil
}

// readAuthors takes who wrote a Review. An organisation beside people is where they
// write, not who.
func (u *understanding) readAuthors(o object) {
	r, people := &u.review, 0
	authors := o.objects("author")
	for _, a := range authors {
		name := personal(oneLine(a.text("name")))
		if name == "" || a.is("Organization", "NewsMediaOrganization") && len(authors) > 1 {
			continue
		}
		c := review.Critic{Name: name, URL: u.base.resolve(a.text("url"), false), Outlet: r.Critic.Outlet}
		if people++; people == 1 {
			c.URL = first(r.Critic.URL, c.URL)
			r.Critic = c
		} else if people <= maxCritics {
			r.CoCritics = append(r.CoCritics, c)
		}
	}
}

// readFilmObject takes what a Movie says.
func (u *understanding) readFilmObject(o object) {
	if o == nil {
		return
	}
	f := &u.review.Film
	u.film = first(u.film, oneLine(o.text("name")))
	f.OriginalTitle = first(f.OriginalTitle, oneLine(o.text("alternativeHeadline")))
	f.Year = firstYearOf(f.Year, exactYear(clip(first(o.text("datePublished"), o.text("dateCreated")), 4)))
	if len(f.Directors) == 0 {
		f.Directors = o.nameList("director")
	}
	for _, link := range o.texts("sameAs") {
		f.IDs = f.IDs.Or(linkedIDs(link))
	}
	f.IDs = f.IDs.Or(linkedIDs(o.text("@id")))
	if cast := o.nameList("actor"); len(cast) > 0 {
		u.review.Credits = append(u.review.Credits, review.Credit{Role: "cast", Names: cast})
	}
}

// is reports that the object has one of the types.
func (o object) is(types ...string) bool {
	for _, have := range o.texts("@type") {
		have = have[strings.LastIndexAny(have, "/#:")+1:]
		for _, t := range types {
			if have == t {
				return true
			}
		}
	}
	return false
}

// kind is the object's first type, without the vocabulary's address.
func (o object) kind() string {
	t := o.text("@type")
	return t[strings.LastIndexAny(t, "/#:")+1:]
}

// object is the object a key has, the first of a list, nil for none.
func (o object) object(key string) object {
	switch v := o[key].(type) {
	case map[string]any:
		return v
	case []any:
		for _, item := range v {
			if m, ok := item.(map[string]any); ok {
				return m
			}
		}
	}
	return nil
}

// objects are those a key has. A text stands for one of that name.
func (o object) objects(key string) []object {
	items, ok := o[key].([]any)
	if !ok && o[key] != nil {
		items = []any{o[key]}
	}
	var list []object
	for _, item := range items {
		switch item := item.(type) {
		case string:
			list = append(list, object{"name": item})
		case map[string]any:
			list = append(list, item)
		}
	}
	return list
}

// text is the first text a key has; a number keeps its digits.
func (o object) text(key string) string {
	if list := o.texts(key); len(list) > 0 {
		return list[0]
	}
	return ""
}

func (o object) texts(key string) []string {
	switch v := o[key].(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case []any:
		var list []string
		for _, item := range v {
			switch item := item.(type) {
			case string:
				list = append(list, item)
			case json.Number:
				list = append(list, item.String())
			}
		}
		return list
	case map[string]any:
		if s, ok := v["@value"]; ok {
			return []string{fmt.Sprint(s)}
		}
	}
	return nil
}

// name is the name of the person or the organisation a key has.
func (o object) name(key string) string {
	if list := o.nameList(key); len(list) > 0 {
		return list[0]
	}
	return ""
}

func (o object) nameList(key string) []string {
	items, ok := o[key].([]any)
	if !ok && o[key] != nil {
		items = []any{o[key]}
	}
	var list []string
	for _, item := range items {
		var name string
		switch item := item.(type) {
		case string:
			name = item
		case map[string]any:
			name = object(item).text("name")
		}
		if name = oneLine(name); name != "" && len(list) < maxNames {
			list = append(list, name)
		}
	}
	return list
}
