package drafts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// placed is where the draft for one network stands. While it moves, Old is where
// it stood.
type placed struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
}

// places are the drafts of one review by network: the content of its file in the
// index.
type places map[string]placed

func (p places) put(network string, at placed) {
	if at.Path == "" {
		delete(p, network)
		return
	}
	p[network] = at
}

// indexFolder is where the index stands, beside the networks' folders.
const indexFolder = "index"

func indexPath(id review.ID) string {
	return indexFolder + "/" + string(id[:2]) + "/" + string(id) + ".json"
}

// index reads where a review's drafts stand.
func (d *Delivery) index(id review.ID) (places, error) {
	known := places{}
	content, err := d.tree.Read(indexPath(id))
	switch {
	case errors.Is(err, pipeline.ErrNotFound):
		return known, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(content, &known); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it to have the drafts written anew", indexPath(id), err)
	}
	return known, nil
}

// remember writes the index where it changes.
func (d *Delivery) remember(id review.ID, before, after places) error {
	if maps.Equal(before, after) {
		return nil
	}
	if len(after) == 0 {
		return d.tree.Remove(indexPath(id))
	}
	content, err := json.MarshalIndent(after, "", "  ")
	if err != nil {
		return err
	}
	_, err = d.tree.Write(indexPath(id), append(content, '\n'))
	return err
}

// resolve finds where a draft stands that may have been caught on the move. What
// a person has touched goes before what nobody has.
func (d *Delivery) resolve(at placed) (string, error) {
	if at.Old == "" {
		return at.Path, nil
	}
	old, err := d.read(at.Old)
	if err != nil {
		return "", err
	}
	now, err := d.read(at.Path)
	if err != nil {
		return "", err
	}
	if old.there && (!now.there || old.draft == nil || !old.draft.untouched()) {
		return at.Old, nil
	}
	return at.Path, nil
}

// leftBy lists the files that a move which was cut short left behind.
func (d *Delivery) leftBy(at placed, stands string) (left []string, err error) {
	if at.Old == "" {
		return nil, nil
	}
	for _, path := range []string{at.Old, at.Path} {
		now, err := d.read(path)
		if err != nil {
			return nil, err
		}
		if path != stands && now.draft != nil && now.draft.untouched() {
			left = append(left, path)
		}
	}
	return left, nil
}
