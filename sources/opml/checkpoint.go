package opml

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"maps"
	"slices"
)

// The bounds of what is remembered.
const (
	maxShown   = 100   // items of one feed
	maxRetired = 1_000 // feeds that have left the list
	// maxPacked is the size of a checkpoint, which is stored as text: a third more, and
	// 4 MiB at most.
	maxPacked = 2_900_000 // bytes
	maxUnpack = 64 << 20  // bytes
)

// memory is what is remembered between readings: of each feed by its key. It is stored
// packed, since a list may hold thousands.
type memory map[string]feedMemory

// feedMemory is what is remembered of one feed.
type feedMemory struct {
	// Checkpoint is the feed's own.
	Checkpoint []byte `json:"c,omitempty"`
	// Settings is a fingerprint of what list and config say of the feed: its documents
	// are read anew when that changes.
	Settings string `json:"s,omitempty"`
	// Shown are the items that are the feed's, of those it showed last: keyBytes each.
	// Those of a feed that has left the list stay its own. Foreign are those of them
	// that are another feed's, for as long as this one shows them.
	Shown   []byte `json:"i,omitempty"`
	Foreign []byte `json:"f,omitempty"`
}

// unpack reads a checkpoint. One that is not ours counts for nothing.
func unpack(stored []byte) memory {
	m := memory{}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stored)), maxUnpack))
	if err != nil || json.Unmarshal(text, &m) != nil || m == nil {
		return memory{}
	}
	return m
}

// pack is the memory as it is stored. Where that would be more than a checkpoint may
// be, the items of each feed that are remembered become fewer: then one in two feeds may
// come twice, which is better than to ask all feeds anew each time.
func (m memory) pack() ([]byte, error) {
	for most := maxShown; ; most /= 2 {
		packed, err := m.least(most).packAll()
		if err != nil || len(packed) <= maxPacked || most == 0 {
			return packed, err
		}
	}
}

// least is the memory with at most so many items of each feed.
func (m memory) least(most int) memory {
	if most >= maxShown {
		return m
	}
	less := make(memory, len(m))
	for key, f := range m {
		f.Shown, f.Foreign = newest(f.Shown, most), newest(f.Foreign, most)
		less[key] = f
	}
	return less
}

func (m memory) packAll() ([]byte, error) {
	text, err := json.Marshal(m) // sorts the keys
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// retire keeps of feeds that are not in the list only which items are theirs, and
// not of too many.
func (m memory) retire(in map[string]bool) {
	retired := 0
	for _, key := range slices.Sorted(maps.Keys(m)) {
		f := m[key]
		if in[key] {
			continue
		}
		if retired++; retired > maxRetired || len(f.Shown) == 0 {
			delete(m, key)
			continue
		}
		m[key] = feedMemory{Shown: f.Shown}
	}
}

// equal says whether two memories are the same.
func (m memory) equal(other memory) bool {
	return maps.EqualFunc(m, other, func(a, b feedMemory) bool {
		return a.Settings == b.Settings && bytes.Equal(a.Checkpoint, b.Checkpoint) && bytes.Equal(a.Shown, b.Shown) && bytes.Equal(a.Foreign, b.Foreign)
	})
}

// owners says whose the items are that were shown.
func (m memory) owners() map[uint64]string {
	owners := map[uint64]string{}
	for feed, f := range m {
		for key := range keySet(f.Shown) {
			owners[key] = feed
		}
	}
	return owners
}

// keySet are the keys of items that stand behind each other.
func keySet(keys []byte) map[uint64]bool {
	set := make(map[uint64]bool, len(keys)/keyBytes)
	for chunk := range slices.Chunk(keys, keyBytes) {
		key := uint64(0)
		for _, b := range chunk {
			key = key<<8 | uint64(b)
		}
		set[key] = true
	}
	return set
}

// appendKey adds an item's key, and forgets the first of too many: feeds are read from the
// oldest item on.
func appendKey(keys []byte, key uint64) []byte {
	for i := keyBytes - 1; i >= 0; i-- {
		keys = append(keys, byte(key>>(8*i)))
	}
	return newest(keys, maxShown)
}

// newest are the last of the keys.
func newest(keys []byte, most int) []byte { return keys[max(0, len(keys)-most*keyBytes):] }
