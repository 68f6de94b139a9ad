package wordpress

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

type rawJSON = json.RawMessage

// ratingNames are fields that sites put beside those of WordPress itself: the API
// gives what it is asked for, and passes over what it does not know.
const ratingNames = "rating,stars,score,grade,review_rating,review_score,movie_rating,film_rating,star_rating,overall_rating"

// wantedFields are those of a post that are read.
const wantedFields = "id,guid,link,status,date,date_gmt,modified_gmt,title,content,excerpt,lang,meta,acf," + ratingNames +
	",yoast_head_json.author,_links,_embedded"

// readListed reads what the short list says of a post.
func readListed(raw rawJSON) (id int, p post, ok bool) {
	var l struct {
		ID       int     `json:"id"`
		Modified string  `json:"modified_gmt"`
		GUID     rawJSON `json:"guid"`
	}
	if json.Unmarshal(raw, &l) != nil && l.ID <= 0 || l.ID <= 0 {
		return 0, post{}, false
	}
	clean := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ", "\x01", "")
	return l.ID, post{modified: clean.Replace(clip(l.Modified, 40)), guid: clean.Replace(rendered(l.GUID))}, true
}

// rendered is the text of a field that is an object with it, or the text itself.
func rendered(raw rawJSON) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(html.UnescapeString(text))
	}
	var o struct {
		Rendered string `json:"rendered"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	return strings.TrimSpace(html.UnescapeString(o.Rendered))
}

// text is a text, or an object with one and the mark of a password before it.
type text struct {
	Rendered  string `json:"rendered"`
	Protected bool   `json:"protected"`
}

// wirePost is a post as the API gives it.
type wirePost struct {
	ID        int     `json:"id"`
	GUID      rawJSON `json:"guid"`
	Link      string  `json:"link"`
	Status    string  `json:"status"`
	Date      string  `json:"date"`
	DateGMT   string  `json:"date_gmt"`
	Modified  string  `json:"modified_gmt"`
	Title     text    `json:"title"`
	Content   *text   `json:"content"`
	Excerpt   text    `json:"excerpt"`
	Lang      rawJSON `json:"lang"`
	Meta      rawJSON `json:"meta"`
	ACF       rawJSON `json:"acf"`
	YoastHead rawJSON `json:"yoast_head_json"`
	Embedded  rawJSON `json:"_embedded"`
}

// readPost makes a document of a post. open is false for one that not everybody may
// read.
func readPost(raw rawJSON, root string) (d review.Document, open bool, err error) {
	var w wirePost
	if err := json.Unmarshal(raw, &w); err != nil {
		return d, false, wrongType(err)
	}
	if w.Content == nil {
		return d, false, errors.New("has no content: a plugin of the site leaves it out of the API")
	}
	d = review.Document{GUID: rendered(w.GUID), URL: w.Link, Form: review.FormHTML, Body: w.Content.Rendered}
	if d.GUID == "" {
		d.GUID = guidOf(root, w.ID)
	}
	if w.Content.Protected || w.Status != "" && w.Status != "publish" {
		return d, false, nil
	}
	s := &d.Stated
	s.URL, s.Title = w.Link, strings.TrimSpace(w.Title.Rendered)
	s.Summary = ownExcerpt(w.Excerpt.Rendered)
	s.PublishedAt, s.ModifiedAt = firstTime(w.DateGMT, w.Date), firstTime(w.Modified)
	if json.Unmarshal(w.Lang, &s.Language) != nil {
		s.Language = ""
	}
	w.readEmbedded(s)
	if s.Critic.Name == "" {
		var head struct {
			Author string `json:"author"`
		}
		if json.Unmarshal(w.YoastHead, &head) == nil {
			s.Critic.Name = head.Author
		}
	}
	d.Fields = w.customFields(raw)
	return d, true, nil
}

// guidOf is the guid that WordPress gives a post.
func guidOf(root string, id int) string { return homeOf(root) + "/?p=" + strconv.Itoa(id) }

// wrongType names the field that is not what it should be.
func wrongType(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("its %s is a %s, which no WordPress writes; a plugin of the site does", wrong.Field, wrong.Value)
	}
	return err
}

// ownExcerpt is the summary that the author wrote. One that WordPress cut off the
// text by itself ends in an ellipsis in brackets, or in a link to the rest.
func ownExcerpt(s string) string {
	if strings.Contains(s, "[&hellip;]") || strings.Contains(s, "[…]") || strings.Contains(s, "[...]") || strings.Contains(s, "more-link") {
		return ""
	}
	return strings.TrimSpace(s)
}

func firstTime(texts ...string) time.Time {
	for _, text := range texts {
		if t, err := review.ParseTime(text); err == nil && t.Year() > 1 {
			return t
		}
	}
	return time.Time{}
}

// readEmbedded takes the author's name, the featured picture and the terms. What the
// site does not show to strangers stands there as an error, and is none.
func (w *wirePost) readEmbedded(s *review.Review) {
	var e struct {
		Author []rawJSON `json:"author"`
		Media  []rawJSON `json:"wp:featuredmedia"`
		Terms  []rawJSON `json:"wp:term"`
	}
	if json.Unmarshal(w.Embedded, &e) != nil {
		return
	}
	var author struct {
		Name string `json:"name"`
		Link string `json:"link"`
	}
	if len(e.Author) > 0 && json.Unmarshal(e.Author[0], &author) == nil && !strings.Contains(author.Name, "@") && !strings.EqualFold(author.Name, "admin") {
		s.Critic.Name, s.Critic.URL = strings.TrimSpace(author.Name), author.Link
	}
	var media struct {
		Source string `json:"source_url"`
		Alt    string `json:"alt_text"`
		Kind   string `json:"media_type"`
	}
	if len(e.Media) > 0 && json.Unmarshal(e.Media[0], &media) == nil && media.Source != "" && (media.Kind == "" || media.Kind == "image") {
		s.Media = []review.Media{{URL: media.Source, Alt: media.Alt, Kind: "image"}}
	}
	for _, list := range e.Terms {
		readTerms(list, s)
	}
}

// maxTags is more than a post has.
const maxTags = 200

func readTerms(list rawJSON, s *review.Review) {
	var terms []struct {
		Name     string `json:"name"`
		Slug     string `json:"slug"`
		Taxonomy string `json:"taxonomy"`
	}
	if json.Unmarshal(list, &terms) != nil {
		return
	}
	for _, t := range terms {
		name := strings.Join(strings.Fields(html.UnescapeString(t.Name)), " ")
		switch {
		case t.Taxonomy == "language":
			s.Language = t.Slug
		case t.Taxonomy == "post_format", t.Taxonomy == "author", name == "", strings.EqualFold(name, "Uncategorized"), len(s.Tags) >= maxTags:
		default:
			s.Tags = append(s.Tags, name)
		}
	}
}

// The limits on custom fields.
const (
	maxFields     = 300
	maxFieldDepth = 4
	maxField      = 64 << 10
)

// customFields are those the site shows: meta, Advanced Custom Fields, and fields
// beside those of WordPress that are named like a rating.
func (w *wirePost) customFields(raw rawJSON) []review.Field {
	var f fieldList
	f.add("", w.Meta, 0)
	f.add("", w.ACF, 0)
	var all map[string]rawJSON
	if json.Unmarshal(raw, &all) == nil {
		for _, name := range strings.Split(ratingNames, ",") {
			if value, there := all[name]; there {
				f.add(name, value, 0)
			}
		}
	}
	return f
}

// fieldList gathers fields; an object's are named with a dot.
type fieldList []review.Field

func (f *fieldList) add(name string, raw rawJSON, depth int) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || len(raw) > maxField || depth > maxFieldDepth || len(*f) >= maxFields {
		return
	}
	switch raw[0] {
	case '{':
		d := json.NewDecoder(bytes.NewReader(raw))
		if _, err := d.Token(); err != nil {
			return
		}
		for d.More() {
			key, err := d.Token()
			var value rawJSON
			if err != nil || d.Decode(&value) != nil {
				return
			}
			f.add(strings.TrimPrefix(fmt.Sprintf("%s.%v", name, key), "."), value, depth+1)
		}
	case '[':
		var list []rawJSON
		if json.Unmarshal(raw, &list) == nil && len(list) == 1 { // a field of several values, with one
			f.add(name, list[0], depth+1)
		}
	case '"':
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			*f = append(*f, review.Field{Name: name, Value: text})
		}
	case 'n', 't', 'f':
	default:
		*f = append(*f, review.Field{Name: name, Value: string(raw)})
	}
}

// hashOf is a digest of everything a document says.
func hashOf(d *review.Document) string {
	stated, err := json.Marshal(d.Stated)
	if err != nil {
		stated = nil
	}
	return hex.EncodeToString(digest(d.GUID, d.URL, d.Body, stated, d.RatingText, d.RatingScale.Best, d.RatingField, d.Fields))
}

// addition is what an export says of a post besides.
type addition struct {
	fields []review.Field
	rating string
	field  string
	scale  review.Scale
}

// addFromExport reads the export for what it adds to the posts that are wanted.
func (r *reading) addFromExport(wanted []int) error {
	if r.options.Export == "" || len(wanted) == 0 {
		return nil
	}
	r.added = map[string]addition{}
	for _, id := range wanted {
		r.added[r.listed[id].guid] = addition{}
	}
	return r.env.Export(r.ctx, pipeline.Export{Path: string(r.options.Export), PostTypes: r.exportTypes()}, adding{r})
}

// exportTypes are the types of posts as an export calls them: the API's usual names
// are plurals.
func (r *reading) exportTypes() []string {
	var types []string
	for _, t := range r.options.Types {
		types = append(types, t, strings.TrimSuffix(t, "s"))
	}
	return types
}

// adding keeps what the export adds.
type adding struct{ r *reading }

func (a adding) Document(d review.Document) error {
	if _, wanted := a.r.added[d.GUID]; wanted {
		a.r.added[d.GUID] = addition{fields: d.Fields, rating: d.RatingText, field: d.RatingField, scale: d.RatingScale}
	}
	return nil
}

func (a adding) Gone(string) error { return nil } // the site says what there is

func (a adding) Problem(p pipeline.Problem) error { return a.r.problem(p.Where, p.Err) }

// add adds to a document what the export says of it.
func (r *reading) add(d *review.Document) {
	more := r.added[d.GUID]
	d.Fields = append(d.Fields, more.fields...)
	d.RatingText, d.RatingField, d.RatingScale = more.rating, more.field, more.scale
}
