package normalize

import (
	"fmt"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// understanding is a review while it is being understood.
type understanding struct {
	doc    *review.Document
	review review.Review
	body   *body
	said   reading // what its lines say
	around reading // what stands beside the text in a page
	base   resolver
	found  []finding // ratings, those outside of title and text
	site   string    // the name of the site, which titles often end in
	film   string    // the film as a field names it, perhaps with its year
	// scale is that of bare numbers, and basis where it comes from.
	scale  review.Scale
	basis  review.Basis
	worths *worths // of ratings, where the operator says
}

// Normalize understands a document. It is a pipeline.Normalize: pure, and the
// error is pipeline.ErrNotReview, wrapped with the reason, for a document that is
// no review of a film (a draft, a review of a book, nothing at all). Any other
// error is a fault in the document, with its line: front matter that is not YAML.
//
// It fills everything but Source, which is the engine's, and what the registry
// of films decides.
func Normalize(doc review.Document) (review.Review, error) {
	if doc.Aside != "" {
		return review.Review{}, fmt.Errorf("%w: %s", pipeline.ErrNotReview, doc.Aside)
	}
	scale := doc.Defaults.Scale
	r, err := onScale(doc, scale)
	if err != nil || len(doc.Defaults.Earlier) == 0 {
		return r, err
	}
	// Its day may stand in the text, and so may its rating: it is read again by the
	// scale of that day.
	if then := doc.Defaults.ScaleOn(dayOf(&r)); then != scale {
		return onScale(doc, then)
	}
	return r, nil
}

// dayOf is the day a review says it is of, none where it does not.
func dayOf(r *review.Review) review.Date {
	if r.PublishedAt.IsZero() {
		return r.WatchedOn
	}
	return review.DateOf(r.PublishedAt)
}

// onScale understands a document whose bare numbers are on a scale, unless it states
// another.
func onScale(doc review.Document, scale review.Scale) (review.Review, error) {
	u := understanding{doc: &doc, review: stated(doc.Stated)}
	u.worths = newWorths(doc.Defaults.Conversion, scale)
	u.scale, u.basis = doc.RatingScale, review.BasisStated
	if u.scale.IsZero() {
		u.scale, u.basis = scale, review.BasisConfigured
	}
	u.review.URL = first(u.review.URL, doc.URL)
	u.base = newResolver(u.review.URL)
	u.site = string(u.review.Critic.Outlet)
	if u.site == "" {
		u.site = string(doc.Defaults.Critic.Outlet)
	}
	if err := u.read(); err != nil {
		return review.Review{}, err
	}
	u.settle()
	if u.review.Film.Title == "" && u.review.BodyText == "" {
		return review.Review{}, fmt.Errorf("%w: neither a film nor a text in it", pipeline.ErrNotReview)
	}
	return u.review, nil
}

// stated is what the source states, in slices of our own.
func stated(s review.Review) review.Review {
	s.Rating, s.BodyHTML, s.BodyText, s.Warnings = review.Rating{}, "", "", nil
	s.CoCritics = slices.Clone(s.CoCritics)
	s.Tags, s.Credits, s.Media = slices.Clone(s.Tags), slices.Clone(s.Credits), slices.Clone(s.Media)
	s.Awards, s.Festivals = slices.Clone(s.Awards), slices.Clone(s.Festivals)
	s.Film.Years, s.Film.Directors = slices.Clone(s.Film.Years), slices.Clone(s.Film.Directors)
	s.Film.Countries = slices.Clone(s.Film.Countries)
	return s
}

// read brings the document into a body, whatever its form, and notes what is said
// outside of the text.
func (u *understanding) read() error {
	switch u.doc.Form {
	case review.FormPage:
		return u.readPage()
	case review.FormMarkdown:
		return u.readMarkdown()
	case review.FormText:
		text, err := u.readFrontMatter(u.doc.Body)
		u.readText(text)
		return err
	default:
		if err := u.readMarkup(); err != nil {
			return err
		}
		u.body = clean(u.doc.Body, u.base)
	}
	u.readFields()
	return nil
}

// settle reads the body and puts everything together.
func (u *understanding) settle() {
	r := &u.review
	watched, posted := u.body.boilerplate()
	if r.WatchedOn.IsZero() {
		r.WatchedOn = watched
	}
	u.settleTitle()
	u.body.compact()
	u.body.index()
	u.settleSpoiler()
	u.body.worths = u.worths
	u.said = u.body.readLines(u.scale, u.basis)
	u.said.or(posted)
	u.said.add(&u.around)
	u.settleDate()
	u.settleFile()
	t := readTitle(r.Title, u.site)
	u.settleCredits(t)
	u.settleFilm(t)
	u.settleCritics()
	u.settleRating(t)
	u.settleText()
	u.settleDefaults()
	u.damage()
}

// settleTitle takes the title from the text where no field has it, and out of the
// text where it stands there a second time.
func (u *understanding) settleTitle() {
	r := &u.review
	r.Title = oneLine(plainTitle(r.Title))
	seen := 0
	for i := range u.body.runs {
		run := &u.body.runs[i]
		if run.dropped || run.to == run.from {
			continue
		}
		if seen++; run.to-run.from > maxTitle || seen > nearTop {
			return
		}
		text := oneLine(u.body.at(i))
		switch {
		case r.Title == "" && u.film == "" && r.Film.Title == "" && heading(run.tag):
			r.Title = text
			u.body.drop(i)
			return
		case strings.EqualFold(text, r.Title), heading(run.tag) && u.sameTitle(text):
			u.body.drop(i)
			return
		case len(text) > maxMetaLine && !isByline(text), heading(run.tag) && r.Title == "":
			return
		}
	}
}

// sameTitle reports a heading that says what the title says, or only the film.
func (u *understanding) sameTitle(text string) bool {
	key := fold.Key(text)
	return key == fold.Key(u.review.Title) || key == fold.Key(readTitle(u.review.Title, u.site).film) ||
		key == fold.Key(u.review.Film.Title)
}

// maxTitle is longer than a title, in bytes.
const maxTitle = 200

// plainTitle takes markup out of a title that a feed wrote as HTML.
func plainTitle(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	return clean(s, resolver{}).plain
}

// settleSpoiler notes a warning in the first lines.
func (u *understanding) settleSpoiler() {
	for i := range min(len(u.body.runs), 2) {
		if text := u.body.at(i); len(text) <= 120 && containsFold(text, "spoiler") && spoilerLine(strings.ToLower(text)) {
			u.review.Spoiler = true
			u.body.runs[i].meta = true
		}
	}
}

func spoilerLine(s string) bool {
	for _, not := range [...]string{"no spoiler", "spoiler-free", "spoiler free", "without spoiler", "not contain", "non-spoiler", "n't contain", "avoid spoiler", "ohne spoiler", "keine spoiler", "sans spoiler", "sin spoiler"} {
		if strings.Contains(s, not) {
			return false
		}
	}
	for _, sign := range [...]string{"contain", "alert", "ahead", "warning", "follow", "beware", "below", "spoilers!", "spoilers for", "achtung", "enthält"} {
		if strings.Contains(s, sign) {
			return true
		}
	}
	return false
}

// settleDate takes the date from the text where no field has it.
func (u *understanding) settleDate() {
	if u.review.PublishedAt.IsZero() {
		u.review.PublishedAt = u.said.on
	}
}

// settleCredits joins the credits of the text with those of the fields.
func (u *understanding) settleCredits(t titled) {
	r := &u.review
	r.Credits = append(r.Credits, u.said.credits...)
	if len(t.directors) > 0 {
		r.Credits = append(r.Credits, review.Credit{Role: "director", Names: t.directors})
	}
	if len(r.Credits) > 0 {
		r.Credits = merged(r.Credits)
	}
	for _, c := range r.Credits {
		if c.Role == "director" && len(r.Film.Directors) == 0 {
			r.Film.Directors = slices.Clone(c.Names)
		}
	}
}

// settleFilm says which film it is, as far as the review does. A year beside the
// countries is surer than one in a title.
func (u *understanding) settleFilm(t titled) {
	f := &u.review.Film
	facts := &u.said.facts
	if f.Title == "" && u.film != "" {
		named := titled{}
		f.Title = trimTitle(named.cutBrackets(u.film))
		f.OriginalTitle = first(f.OriginalTitle, named.original)
		t.year = firstYearOf(named.year, t.year)
	}
	f.Title = first(oneLine(f.Title), t.film)
	f.OriginalTitle = first(oneLine(f.OriginalTitle), t.original, oneLine(facts.original))
	settleTitles(f)
	years := append(slices.Clip(f.Years), f.Year, facts.year, t.year)
	f.Year = firstYearOf(plausible(f.Year), facts.year, t.year)
	for _, festival := range append(slices.Clip(t.festivals), facts.festivals...) {
		years = append(years, festival.Year)
		if !slices.Contains(u.review.Festivals, festival) {
			u.review.Festivals = append(u.review.Festivals, festival)
		}
	}
	for _, award := range facts.awards {
		if !slices.Contains(u.review.Awards, award) {
			u.review.Awards = append(u.review.Awards, award)
		}
	}
	if len(f.Companies) == 0 {
		f.Companies = facts.companies
	}
	f.Years = severalYears(years)
	if len(f.Countries) == 0 {
		f.Countries = facts.countries
	}
	if len(f.Countries) == 0 {
		f.Countries = t.countries
	}
	f.IDs = f.IDs.Or(filmIDs(u.body.links))
	u.review.Spoiler = u.review.Spoiler || t.spoiler
}

func firstYearOf(years ...int) int {
	for _, y := range years {
		if y != 0 {
			return y
		}
	}
	return 0
}

// severalYears are the different years among those given, nil if there is but one.
func severalYears(years []int) []int {
	slices.Sort(years)
	years = slices.Compact(slices.DeleteFunc(years, func(y int) bool { return plausible(y) == 0 }))
	if len(years) < 2 {
		return nil
	}
	return years
}

// settleRating collects the ratings, the strongest first, and takes one.
func (u *understanding) settleRating(t titled) {
	var found []finding
	add := func(s strength) {
		for _, f := range u.found {
			if f.strength == s {
				found = append(found, f)
			}
		}
	}
	add(strengthStructured)
	if f, ok := u.statedRating(); ok {
		found = append(found, f)
	}
	add(strengthField)
	if t.rating != "" {
		f := field(t.rating, inTitle, u.scale, u.basis, strengthTitle)
		if t.ratingAt >= 0 {
			f.rating.Span = review.Span{Start: t.ratingAt, End: t.ratingAt + len(t.rating)}
		}
		found = append(found, f)
	}
	found = append(append(found, u.said.labelled...), u.said.alone...)
	if len(u.said.labelled)+len(u.said.alone) == 0 {
		found = append(found, u.body.saidRatings(u.scale, u.basis)...)
	}
	scale, basis := u.drawnScale(found)
	found = append(found, u.body.imageRatings(scale, basis)...)
	found = append(append(found, u.around.labelled...), u.around.alone...)
	for i := range found {
		u.worths.convert(&found[i].grade)
	}
	u.review.Rating = choose(found, u.review.Warn)
}

// drawnScale is the scale of drawn stars: where only a scale is left of a rating
// in the text, "Rating: (out of 5)", the value was drawn.
func (u *understanding) drawnScale(found []finding) (review.Scale, review.Basis) {
	for i := range found {
		if r := &found[i].rating; r.Kind == review.Lost && r.FoundIn == inText && !r.Best.IsZero() {
			return review.Scale{Worst: r.Worst, Best: r.Best}, review.BasisStated
		}
	}
	return u.scale, u.basis
}

// statedRating is the rating the source has a field for. A scale without a value
// is one whose value is gone.
func (u *understanding) statedRating() (finding, bool) {
	name := inField + first(u.doc.RatingField, "rating")
	if strings.TrimSpace(u.doc.RatingText) != "" {
		return field(u.doc.RatingText, name, u.scale, u.basis, strengthField), true
	}
	s := u.doc.RatingScale
	if s.IsZero() {
		return finding{}, false
	}
	r := review.Rating{Kind: review.Lost, Worst: s.Worst, Best: s.Best, FoundIn: name}
	return finding{grade{rating: r}, strengthField}, true
}

// settleText decides whether there is any text of the critic's own, and keeps it.
func (u *understanding) settleText() {
	r := &u.review
	own := u.body.own()
	if !own {
		u.body.clear()
		if r.Rating.FoundIn == inText {
			r.Rating.Span = review.Span{}
		}
	}
	rated := r.Rating.Kind != review.Unrated || r.EntryKind == review.EntryRating
	r.EntryKind = review.EntryReview
	if !own && rated {
		r.EntryKind = review.EntryRating
	}
	r.BodyHTML, r.BodyText = string(u.body.html), u.body.plain
	if r.Summary != "" {
		r.Summary = statedSummary(r.Summary)
	}
	if r.Summary == "" {
		r.Summary = u.body.summary(r.Rating)
	}
	for _, im := range u.body.images {
		u.addMedia(im)
	}
}

// maxMedia is how many pictures of a text are noted.
const maxMedia = 50

// addMedia notes a picture once. Stars are a rating and no picture.
func (u *understanding) addMedia(im image) {
	r := &u.review
	if im.src == "" || len(r.Media) >= maxMedia || starPicture(im.src) != 0 {
		return
	}
	for i := range r.Media {
		if r.Media[i].URL == im.src {
			return
		}
	}
	r.Media = append(r.Media, review.Media{URL: im.src, Alt: im.alt, Kind: "image"})
}

// settleDefaults fills in what the operator says.
func (u *understanding) settleDefaults() {
	r, d := &u.review, &u.doc.Defaults
	r.Language = languageTag(first(r.Language, d.Language))
	if r.Rights == "" {
		r.Rights = d.Rights
	}
	tags := r.Tags[:0:0]
	for _, tag := range slices.Concat(r.Tags, d.Tags) {
		if tag = oneLine(tag); tag != "" {
			tags = addWord(tags, tag)
		}
	}
	r.Tags = tags
}

// languageTag writes a language as BCP 47 does, en_us as en-US; what is no
// language is none.
func languageTag(s string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '-' || r == '_' })
	for i, p := range parts {
		if len(p) > 8 || strings.Trim(strings.ToLower(p), "abcdefghijklmnopqrstuvwxyz0123456789") != "" || i == 0 && (len(p) < 2 || len(p) > 3) {
			return ""
		}
		parts[i] = strings.ToLower(p)
		switch {
		case i > 0 && len(p) == 2:
			parts[i] = strings.ToUpper(p)
		case i > 0 && len(p) == 4 && (p[0] < '0' || p[0] > '9'):
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		}
	}
	return strings.Join(parts, "-")
}
