package serve

import (
	"context"
	"slices"
	"sync"
)

// again is what readers had in compressed forms before it changed. It is made
// ready for them as soon as the new version stands, so that none of them waits for
// the compression. What nobody reads is never compressed.
type again struct {
	mu    sync.Mutex
	wants map[string][]coding // by URL path
	wake  chan struct{}
}

func newAgain() again {
	return again{wants: map[string][]coding{}, wake: make(chan struct{}, 1)}
}

func (a *again) add(urlPath string, forms []coding) {
	a.mu.Lock()
	a.wants[urlPath] = forms
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default: // it is awake
	}
}

// take is one thing to make ready, none where all are.
func (a *again) take() (urlPath string, forms []coding, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for urlPath, forms := range a.wants {
		delete(a.wants, urlPath)
		return urlPath, forms, true
	}
	return "", nil, false
}

// makeReady makes documents ready until ctx ends.
func (s *Server) makeReady(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.again.wake:
		}
		for ctx.Err() == nil {
			urlPath, forms, ok := s.again.take()
			if !ok {
				break
			}
			s.pressAgain(urlPath, forms)
		}
	}
}

// pressAgain reads what stands there now. A document that is gone needs nothing,
// and a fault is told to whoever asks for it. What was read while something else
// changed is not remembered, so it is read once more.
func (s *Server) pressAgain(urlPath string, forms []coding) {
	d := s.known(urlPath, s.options.Clock.Now())
	if d == nil {
		var err error
		if d, err = s.load(urlPath); err != nil {
			return
		}
	}
	if d.body == nil {
		return
	}
	if _, kept := s.cache.get(urlPath); !kept {
		s.again.add(urlPath, forms)
		return
	}
	for _, c := range slices.Backward(forms) {
		d.form(c, &s.press)
	}
}
