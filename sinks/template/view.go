package template

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"
	texttemplate "text/template"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View makes the documents of one sink. Its state holds places, not texts: for each
// document the order of its reviews with their positions on the log.
type View struct {
	settings Settings
	env      pipeline.ViewEnv
	words    wording
	places   *texttemplate.Template
	// shown are the events of the document of all as it was last made.
	shown map[pipeline.Position]*review.Event
}

var (
	_ pipeline.View   = (*View)(nil)
	_ pipeline.Linker = (*View)(nil)
)

// codeVersion changes when the same reviews and settings give other bytes.
const codeVersion = "template/1"

// New makes a view. Settings that Check has a fault with are an error.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("template %q: %w", env.Name, err)
	}
	v := &View{settings: s, env: env}
	var err, wrong error
	v.words, err = s.wording()
	v.places, wrong = s.places()
	if err := errors.Join(err, wrong); err != nil {
		return nil, fmt.Errorf("template %q: %w", env.Name, err)
	}
	return v, nil
}

// Version is a fingerprint of the template's text, the settings, the site and the
// code.
func (v *View) Version() string {
	data, err := json.Marshal([]any{codeVersion, v.env.Name, v.env.Site, v.settings, v.settings.content})
	if err != nil {
		panic("template: settings have no JSON form: " + err.Error()) // they are strings and numbers
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// Links is the document of all reviews.
func (v *View) Links() []pipeline.Link {
	if v.settings.For != forAll {
		return nil
	}
	media, _, _ := strings.Cut(mime.TypeByExtension(path.Ext(v.settings.Path)), ";")
	if media == "" {
		media = "text/plain"
	}
	return []pipeline.Link{{Title: v.env.Name, Path: v.settings.Path, MediaType: media}}
}

// free says whether no other sink makes documents at a path, or in its folder.
func (v *View) free(p string) error {
	same := 0
	for _, l := range v.env.Links() {
		if l.Path == p {
			same++
		}
		mine, _, deep := strings.Cut(p, "/")
		theirs, _, folder := strings.Cut(l.Path, "/")
		if deep && folder && mine == theirs && l.Path != v.settings.Path {
			return fmt.Errorf("%s: another sink makes documents in %s/; choose another path", p, mine)
		}
	}
	if same > 1 || same == 1 && v.settings.For != forAll {
		return fmt.Errorf("%s: another sink makes this document; choose another path", p)
	}
	return nil
}

// Keys of the state: where a review stands, the reviews of a document in their order,
// and the path that a document has.
const (
	rowKeys   = "r/"
	orderKeys = "o/"
	pathKeys  = "p/"
	begun     = "begun"
)

// Apply moves the reviews to where they belong and makes each document that has
// changed, once.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("template %q: %w", v.env.Name, err)
	}
	latest := map[review.ID]pipeline.Entry{}
	for _, e := range entries {
		if e.Review != nil {
			latest[e.Review.ReviewID] = e
		}
	}
	dirty := map[string]bool{}
	for id, e := range latest {
		v.move(id, e, st, dirty)
	}
	if _, was := st.Get(begun); v.settings.For == forAll && (!was || len(entries) == 0) {
		dirty[""] = true
		st.Set(begun, nil)
	}
	for document := range dirty {
		if err := v.write(ctx, document, latest, st, docs); err != nil {
			return fmt.Errorf("template %q: %w", v.env.Name, err)
		}
	}
	return nil
}

// move takes a review out of the document it stands in, and puts it where it
// belongs now.
func (v *View) move(id review.ID, e pipeline.Entry, st pipeline.State, dirty map[string]bool) {
	if where, stood := st.Get(rowKeys + string(id)); stood {
		document, _, _ := strings.Cut(string(where), "/")
		dirty[document] = true
		st.Delete(orderKeys + string(where))
		st.Delete(rowKeys + string(id))
	}
	document, ok := v.document(e.Review)
	if !e.Live || !ok {
		return
	}
	where := document + "/" + v.sortKey(e.Review) + "/" + string(id)
	st.Set(rowKeys+string(id), []byte(where))
	st.Set(orderKeys+where, strconv.AppendUint(nil, uint64(e.Position), 10))
	dirty[document] = true
}

// document is which document a review stands in: a word without a slash.
func (v *View) document(e *review.Event) (string, bool) {
	switch v.settings.For {
	case forFilm:
		return string(e.Film.ID), e.Film.ID.IsSlug()
	case forReview:
		return string(e.ReviewID), !strings.Contains(string(e.ReviewID), "/")
	}
	return "", true
}

// sortKey orders the reviews of a document, those with the highest key first but
// where the order is oldest or title.
func (v *View) sortKey(e *review.Event) string {
	date := fmt.Sprintf("%020d", uint64(e.Date().Unix())+1<<63)
	switch v.settings.Order {
	case byRating:
		if e.Rating.Kind != review.Scored {
			return "0000000." + date
		}
		return fmt.Sprintf("%08.3f.%s", 1+e.Rating.Norm.Float(), date)
	case byTitle:
		title := strings.ToLower(strings.ReplaceAll(review.Line(e.Film.Title), "/", " "))
		return title[:min(len(title), 200)] + "\x00" + date
	}
	return date
}

// window lists the positions of the reviews that a document shows, in order.
func (v *View) window(document string, st pipeline.Reader) []pipeline.Position {
	var rows []pipeline.Position
	scan := st.ScanBack
	if v.settings.Order == byOldest || v.settings.Order == byTitle {
		scan = st.Scan
	}
	scan(orderKeys+document+"/", func(_ string, value []byte) bool {
		if at, err := strconv.ParseUint(string(value), 10, 64); err == nil {
			rows = append(rows, pipeline.Position(at))
		}
		return len(rows) < v.settings.Limit
	})
	return rows
}

// write makes one document, or removes it where nothing is left to show.
func (v *View) write(ctx context.Context, document string, latest map[review.ID]pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	rows := v.window(document, st)
	events, err := v.events(ctx, rows, latest)
	if err != nil {
		return err
	}
	before, _ := st.Get(pathKeys + document)
	now := ""
	if len(rows) > 0 || v.settings.For == forAll {
		if len(events) < len(rows) && len(events) == 0 {
			return nil // all superseded: their newer revisions are on the way
		}
		if now, err = v.path(events); err != nil {
			v.env.Log.Error("document has no path and is left out", "document", document, "err", err)
		}
	}
	if old := string(before); old != "" && old != now {
		docs.Remove(old)
		st.Delete(pathKeys + document)
	}
	if now == "" {
		return nil
	}
	if err := v.free(now); err != nil {
		return err
	}
	content, err := v.say(v.page(events))
	if err != nil {
		v.env.Log.Error("document cannot be made and stays as it was", "path", now, "err", err)
		return nil
	}
	docs.Put(now, content)
	st.Set(pathKeys+document, []byte(now))
	return nil
}

// path is where the document of some reviews goes.
func (v *View) path(events []*review.Event) (string, error) {
	var p Place
	switch v.settings.For {
	case forFilm:
		p.Film = string(events[0].Film.ID)
	case forReview:
		p = placeOf(events[0])
	}
	said, err := placed(v.places, p)
	if err != nil {
		return "", err
	}
	return said, nil
}

// events reads the reviews at some positions, from the batch at hand, from what was
// last shown, or from the log. One that the log no longer holds is passed over,
// since a newer revision of it is about to come.
func (v *View) events(ctx context.Context, rows []pipeline.Position, latest map[review.ID]pipeline.Entry) ([]*review.Event, error) {
	at := make(map[pipeline.Position]*review.Event, len(latest))
	for _, e := range latest {
		at[e.Position] = e.Review
	}
	shown := make(map[pipeline.Position]*review.Event, len(rows))
	var events []*review.Event
	for _, row := range rows {
		e := at[row]
		if e == nil {
			e = v.shown[row]
		}
		if e == nil {
			entry, err := v.env.At(ctx, row)
			if errors.Is(err, pipeline.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("position %d: %w", row, err)
			}
			e = entry.Review
		}
		shown[row] = e
		events = append(events, e)
	}
	if v.settings.For == forAll {
		v.shown = shown
	}
	return slices.Clip(events), nil
}
