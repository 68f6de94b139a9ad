package normalize

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// object is a node of JSON-LD.
type object map[string]any

// readLinkedData reads the review that a page's JSON-LD describes, and what it says of
// the article that it stands in.
func (u *understanding) readLinkedData(p *page, text area) error {
	c := collector{byID: map[string]object{}}
	for _, script := range p.data {
		values, err := decodeLinked(script)
		if err != nil {
			u.review.Warn(jsonldBroken, "", clip("not JSON: "+err.Error(), 120))
		}
		for _, v := range values {
			c.index(v, 0)
			c.collect(v, within{}, 0)
		}
	}
	c.join()
	r := c.critics(p, text, u.review.URL)
	if r == nil && c.films == 1 && len(c.within) > 0 {
		u.readFilmObject(c.film) // the film is named, and the reviews are readers'
	}
	if r != nil {
		if c.films > 1 {
			c.film = nil
		}
		if err := u.readReviewObject(r, c.film); err != nil {
			return err
		}
	}
	u.readArticleObject(c.article)
	return nil
}

// within is what a review of JSON-LD is a part of.
type within struct {
	film    bool // of what is reviewed, as readers' are
	readers bool // which has the mean of many
}

// collector finds the reviews and the films in JSON-LD.
type collector struct {
	alone   []object // reviews that stand by themselves, or in an article
	within  []object // reviews in a film: the critic's own, or readers'
	readers bool     // the film has the mean of many
	film    object
	films   int
	article object
	byID    map[string]object
}

// maxLinkedDepth is deeper than any JSON-LD of a page is nested, and maxLinked more
// than any has.
const (
	maxLinkedDepth = 16
	maxLinked      = 2000
)

// index notes what objects are called, for others that name them.
func (c *collector) index(v any, depth int) {
	if depth > maxLinkedDepth || len(c.byID) > maxLinked {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			c.index(item, depth+1)
		}
	case map[string]any:
		if id, ok := v["@id"].(string); ok && len(v) > 1 && c.byID[id] == nil {
			c.byID[id] = v
		}
		for _, inner := range v {
			c.index(inner, depth+1)
		}
	}
}

// join puts objects in the place of their names, one level deep, in what was found.
func (c *collector) join() {
	for _, list := range [...][]object{c.alone, c.within} {
		for i, o := range list {
			list[i] = c.joined(o)
		}
	}
	c.article = c.joined(c.article)
}

func (c *collector) joined(o object) object {
	if o == nil {
		return nil
	}
	whole := object{}
	for key, v := range o {
		whole[key] = c.named(v)
	}
	return whole
}

func (c *collector) named(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = item
			if m, ok := item.(map[string]any); ok {
				list[i] = c.named(m)
			}
		}
		return list
	case map[string]any:
		if id, ok := v["@id"].(string); ok && c.byID[id] != nil && len(v) <= 2 {
			return map[string]any(c.byID[id])
		}
	}
	return v
}

func (c *collector) collect(v any, in within, depth int) {
	if depth > maxLinkedDepth || len(c.alone)+len(c.within) > maxLinked {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			c.collect(item, in, depth+1)
		}
	case map[string]any:
		c.object(v, in, depth)
	}
}

func (c *collector) object(o object, in within, depth int) {
	inside := within{film: true, readers: in.readers || o["aggregateRating"] != nil}
	switch {
	case o.is("UserReview"):
		return
	case o.is("Review", "CriticReview", "MediaReview", "ReviewNewsArticle"):
		if in.film {
			c.within = append(c.within, o)
			c.readers = c.readers || in.readers
		} else {
			c.alone = append(c.alone, o)
		}
	case o.is("Movie", "Film"):
		if c.films++; c.film == nil {
			c.film = o
		}
	case o.is("Article", "NewsArticle", "BlogPosting", "OpinionNewsArticle", "WebPage", "ItemPage"):
		if c.article == nil || c.article.is("WebPage", "ItemPage") {
			c.article = o
		}
		inside = within{}
	case o.is("ItemList", "CollectionPage", "BreadcrumbList"):
		return // what else there is to read
	}
	c.collect(o["@graph"], in, depth+1)
	for _, key := range [...]string{"mainEntity", "about", "mainEntityOfPage"} {
		c.collect(o[key], in, depth+1)
	}
	c.collect(o["review"], inside, depth+1)
	c.collect(o["reviews"], inside, depth+1)
}

// critics is the critic's review, nil where it cannot be told from others. Of several
// that stand by themselves it is the one that names this page, or its title. A single
// one in a film is the critic's unless the film has a mean of many, or somebody else
// than the author of the page wrote it.
func (c *collector) critics(p *page, text area, address string) object {
	switch {
	case len(c.alone) == 1:
		return c.alone[0]
	case len(c.alone) > 1:
		return c.ofPage(p, text, address)
	case len(c.within) != 1:
		return nil
	}
	author, by := fold.Key(personal(c.within[0].name("author"))), fold.Key(first(p.author, p.chosen(text, address).author))
	if author != "" && by != "" {
		if author == by {
			return c.within[0]
		}
		return nil
	}
	if c.readers {
		return nil
	}
	return c.within[0]
}

// ofPage is the one of several reviews that says it is this page, or is called so.
func (c *collector) ofPage(p *page, text area, address string) object {
	for _, o := range c.alone {
		for _, key := range [...]string{"url", "mainEntityOfPage", "@id"} {
			if where := first(o.text(key), o.object(key).text("@id")); where != "" && address != "" && samePage(where, address) {
				return o
			}
		}
	}
	titles := []string{p.ogTitle, p.title}
	for _, h := range p.near(text) {
		titles = append(titles, h.text)
	}
	var found object
	for _, o := range c.alone {
		if !called(o, titles) {
			continue
		}
		if found != nil {
			return nil
		}
		found = o
	}
	return found
}

// called reports that a title holds what the review, or its film, is called.
func called(o object, titles []string) bool {
	for _, name := range [...]string{o.object("itemReviewed").text("name"), o.text("headline"), o.text("name")} {
		key := fold.Key(name)
		for _, title := range titles {
			if key != "" && strings.Contains(" "+fold.Key(title)+" ", " "+key+" ") {
				return true
			}
		}
	}
	return false
}

// readArticleObject takes what an article says of itself, where the review says
// nothing.
func (u *understanding) readArticleObject(o object) {
	r := &u.review
	if o == nil {
		return
	}
	if !o.is("WebPage", "ItemPage") {
		r.Title = first(r.Title, oneLine(o.text("headline")))
	}
	u.readWho(o)
	u.readWhen(o)
}

// readWho takes who wrote it, and for whom.
func (u *understanding) readWho(o object) {
	r := &u.review
	if r.Critic.Name == "" {
		u.readAuthors(o)
	}
	if r.Critic.Outlet == "" {
		r.Critic.Outlet = review.Outlet(oneLine(o.name("publisher")))
	}
	r.Language = first(r.Language, o.text("inLanguage"))
}

// readWhen takes when it was published, and changed.
func (u *understanding) readWhen(o object) {
	r := &u.review
	if t, ok := when(o.text("datePublished")); ok && r.PublishedAt.IsZero() {
		r.PublishedAt = t
	}
	if t, ok := when(o.text("dateModified")); ok && r.ModifiedAt.IsZero() {
		r.ModifiedAt = t
	}
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
	u.readWho(o)
	u.readWhen(o)
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
