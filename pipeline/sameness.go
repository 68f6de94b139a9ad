package pipeline

import (
	"crypto/sha256"
	"sync"

	"github.com/filmwire/filmwire/pipeline/review"
)

// sameness remembers documents that were understood anew (by another version, or
// because their bytes changed where it does not matter) and turned out to say what
// the ledger has. No event tells the ledger so, and they would be understood anew
// at every poll. It lives in memory, 16 bytes each: a restart asks once more.
type sameness struct {
	mu   sync.Mutex
	seen map[[16]byte]struct{}
}

func samePrint(id review.ID, raw, parser string) [16]byte {
	sum := sha256.Sum256([]byte(string(id) + "\x00" + raw + "\x00" + parser))
	return [16]byte(sum[:16])
}

func (s *sameness) holds(id review.ID, raw, parser string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		return false
	}
	_, ok := s.seen[samePrint(id, raw, parser)]
	return ok
}

func (s *sameness) note(id review.ID, raw, parser string) {
	if raw == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[samePrint(id, raw, parser)] = struct{}{}
}
