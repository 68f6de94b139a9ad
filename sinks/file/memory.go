package file

import (
	"strconv"
	"strings"
)

// remembered is how many reviews the delivery knows the last line of, at least: many
// times what a crash can have handed over again.
const remembered = 20_000

// memory knows the newest revision written of each review, for the reviews written
// last. The older half is forgotten when the newer is full.
type memory struct {
	newer, older map[string]int
}

// has says whether an event, or a later one of its review, has been written.
func (m *memory) has(review string, revision int) bool {
	known, ok := m.newer[review]
	if !ok {
		known, ok = m.older[review]
	}
	return ok && revision <= known
}

func (m *memory) add(review string, revision int) {
	if m.has(review, revision) {
		return
	}
	if m.newer == nil || len(m.newer) >= remembered {
		m.newer, m.older = map[string]int{}, m.newer
	}
	m.newer[review] = revision
}

// addEvent is add for an event's id, which is made of both. Another id is none of ours.
func (m *memory) addEvent(id string) {
	review, digits, _ := strings.Cut(id, ".")
	if revision, err := strconv.Atoi(digits); err == nil {
		m.add(review, revision)
	}
}

// size is how many reviews are known.
func (m *memory) size() int { return len(m.newer) + len(m.older) }
