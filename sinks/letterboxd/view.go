package letterboxd

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View makes the files of one sink. Its state holds places, not texts:
//
//	r/REVIEW              -> CRITIC/ORDER: where the review stands
//	o/CRITIC/ORDER        -> its position on the log and the size of its row, 8 bytes each
//	p/CRITIC/PART         -> a fingerprint of the reviews in a part
//
// ORDER sorts by the day the review came out, the oldest first: what is new joins the
// last part, and the others stay as they are. Where an account has several entries
// of a film, the newest is imported last.
type View struct {
	settings Settings
	env      pipeline.ViewEnv
}

var _ pipeline.View = (*View)(nil)

const (
	reviewKeys = "r/"
	orderKeys  = "o/"
	partKeys   = "p/"
)

const (
	// codeVersion changes when the same reviews and settings give other bytes.
	codeVersion = "letterboxd/1"

	// What Letterboxd takes in one file: a megabyte, and some 1,900 films.
	maxPart = 1_000_000
	maxRows = 1_900
	// maxRow is the most bytes of one row; the text of what is longer is shortened.
	maxRow = maxPart / 2
)

// New makes a view. Settings that the config would refuse are an error.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("letterboxd %q: %w", env.Name, err)
	}
	return &View{settings: s, env: env}, nil
}

// Version is a fingerprint of the settings and the code.
func (v *View) Version() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{codeVersion, v.env.Name, v.settings.Text, v.settings.Dates}, "\n")))
	return hex.EncodeToString(sum[:16])
}

// Apply moves the reviews to where they belong, and writes the files that have changed.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("letterboxd %q: %w", v.env.Name, err)
	}
	latest := map[review.ID]pipeline.Entry{}
	for _, e := range entries {
		if e.Review != nil {
			latest[e.Review.ReviewID] = e
		}
	}
	dirty, at := map[string]bool{}, map[pipeline.Position]*review.Event{}
	for id, e := range latest {
		v.move(id, e, st, dirty)
		at[e.Position] = e.Review
	}
	for critic := range dirty {
		if err := v.write(ctx, critic, at, st, docs); err != nil {
			return fmt.Errorf("letterboxd %q: %w", v.env.Name, err)
		}
	}
	return nil
}

// move takes a review from where it stood, and puts it where it belongs now.
func (v *View) move(id review.ID, e pipeline.Entry, st pipeline.State, dirty map[string]bool) {
	if where, stood := st.Get(reviewKeys + string(id)); stood {
		critic, _, _ := strings.Cut(string(where), "/")
		dirty[critic] = true
		st.Delete(orderKeys + string(where))
		st.Delete(reviewKeys + string(id))
	}
	if !e.Live || !isFilm(&e.Review.Film) {
		return
	}
	critic := criticKey(e.Review.Critic.ID)
	where := critic + "/" + fmt.Sprintf("%020d", uint64(e.Review.Date().Unix())+1<<63) + string(id)
	value := binary.BigEndian.AppendUint64(nil, uint64(e.Position))
	value = binary.BigEndian.AppendUint64(value, uint64(len(v.settings.row(e.Review))))
	st.Set(reviewKeys+string(id), []byte(where))
	st.Set(orderKeys+where, value)
	dirty[critic] = true
}

// criticKey is the critic's id if it can be a part of a path, else a hash of it; "" is
// nobody.
func criticKey(id review.CriticID) string {
	if id == "" || review.FilmID(id).IsSlug() {
		return string(id)
	}
	sum := sha256.Sum256([]byte(id))
	return "~" + hex.EncodeToString(sum[:8])
}

// path is where a part of a critic's file goes. A critic's id holds no dots, so none
// is taken for a part of another's.
func (v *View) path(critic string, part int) string {
	path := "letterboxd/" + v.env.Name
	if critic != "" {
		path += "/" + critic
	}
	if part > 1 {
		path += fmt.Sprintf(".%d", part)
	}
	return path + ".csv"
}

// part is the reviews in one file, by their positions.
type part []pipeline.Position

// parts fills files with a critic's reviews, as many as each takes.
func parts(critic string, st pipeline.Reader) (all []part) {
	header := len(encode(columns()))
	room := 0
	st.Scan(orderKeys+critic+"/", func(_ string, value []byte) bool {
		position, size := binary.BigEndian.Uint64(value), int(binary.BigEndian.Uint64(value[8:]))
		if len(all) == 0 || size > room || len(all[len(all)-1]) == maxRows {
			all, room = append(all, nil), maxPart-header
		}
		room -= size
		last := &all[len(all)-1]
		*last = append(*last, pipeline.Position(position))
		return true
	})
	return all
}

// fingerprint tells whether a part is as it was when it was written.
func (p part) fingerprint() []byte {
	h := sha256.New()
	for _, at := range p {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(at)))
	}
	return h.Sum(nil)[:16]
}

// write writes the parts of a critic that have changed, and removes those that are no
// longer there.
func (v *View) write(ctx context.Context, critic string, at map[pipeline.Position]*review.Event, st pipeline.State, docs pipeline.Documents) error {
	all := parts(critic, st)
	for i, p := range all {
		key, now := partKey(critic, i+1), p.fingerprint()
		if was, ok := st.Get(key); ok && slices.Equal(was, now) {
			continue
		}
		content, modified, err := v.render(ctx, p, at)
		if err != nil {
			return err
		}
		docs.PutWith(v.path(critic, i+1), content, pipeline.Facts{Modified: modified})
		st.Set(key, now)
	}
	for n := len(all) + 1; ; n++ {
		key := partKey(critic, n)
		if _, ok := st.Get(key); !ok {
			return nil
		}
		docs.Remove(v.path(critic, n))
		st.Delete(key)
	}
}

func partKey(critic string, n int) string { return partKeys + critic + "/" + fmt.Sprintf("%08d", n) }

// render makes a file. A review that the log no longer holds is left out: its newer
// revision is about to come, and has another position.
func (v *View) render(ctx context.Context, p part, at map[pipeline.Position]*review.Event) (content []byte, modified time.Time, err error) {
	content = encode(columns())
	for _, position := range p {
		e := at[position]
		if e == nil {
			entry, err := v.env.At(ctx, position)
			if errors.Is(err, pipeline.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, modified, fmt.Errorf("position %d: %w", position, err)
			}
			e = entry.Review
		}
		if updated := e.Updated(); updated.After(modified) {
			modified = updated
		}
		content = append(content, v.settings.row(e)...)
	}
	return content, modified, nil
}
