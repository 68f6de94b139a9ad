package pipeline

import (
	"errors"
	"fmt"
	"sync"
)

// Leftovers knows the documents of views that are gone or are made anew: none may
// make them any more. They are noted before the view's own record of them is
// dropped, so that no crash forgets them, and stand until somebody who knows all
// views has removed those that nobody makes. Safe for use by many goroutines.
type Leftovers struct {
	store Store
	mu    sync.Mutex // one batch at a time
	state ViewState
}

// leftoversView is where the store keeps them. A dot keeps it apart from sinks.
const leftoversView = "engine.leftovers"

// NewLeftovers opens what the store has of them.
func NewLeftovers(store Store) *Leftovers {
	return &Leftovers{store: store, state: store.View(leftoversView)}
}

// Retire drops all that a view has derived, and notes the documents it leaves.
func (l *Leftovers) Retire(view string) error {
	if view == leftoversView {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	state := l.store.View(view)
	batch := l.state.Begin()
	defer batch.Discard()
	state.Scan(docKeys, func(key string, record []byte) bool {
		path := key[len(docKeys):]
		if _, waits := state.Get(stagedKeys + path); !waits { // else it was never published
			batch.Set(path, record)
		}
		return true
	})
	state.Scan(stagedKeys, func(key string, where []byte) bool {
		if string(where) == gone {
			batch.Set(key[len(stagedKeys):], nil) // it stands still; what it holds is not known any more
		}
		return true
	})
	if err := errors.Join(state.Err(), batch.Commit(0)); err != nil {
		return fmt.Errorf("view %q: note what it leaves: %w", view, err)
	}
	return l.store.Drop(view)
}

// Clear removes from public what was left and nobody owns, and forgets all of it. A
// file that somebody else has put in the place of one stays. The caller keeps views
// from publishing meanwhile.
func (l *Leftovers) Clear(public Tree, owned func(path string) bool) (removed int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := l.state.Begin()
	defer batch.Discard()
	l.state.Scan("", func(path string, record []byte) bool {
		batch.Delete(path)
		if owned(path) || !standsAs(public, path, record) {
			return true
		}
		err = public.Remove(path)
		removed++
		return err == nil
	})
	if err = errors.Join(err, l.state.Err()); err == nil {
		err = batch.Commit(0)
	}
	if err != nil {
		return removed, fmt.Errorf("remove what views left: %w", err)
	}
	return removed, nil
}

// standsAs reports whether the file at path is the document of the record.
func standsAs(public Tree, path string, record []byte) bool {
	content, err := public.Read(path)
	if err != nil || len(record) == 0 {
		return err == nil
	}
	return parseRecord(record).sum == newRecord(content, Facts{}).sum
}
