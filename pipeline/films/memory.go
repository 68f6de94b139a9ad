package films

import (
	"maps"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// memory remembers what was read of the registry's state, present or not: reviews
// of one week are of the same films. It holds at most twice memorySize values, and
// forgets the older half when the younger one is full.
type memory struct {
	young, old map[string][]byte // nil for what is not there
}

const memorySize = 8192

func newMemory() *memory {
	return &memory{young: map[string][]byte{}, old: map[string][]byte{}}
}

func (m *memory) get(key string, from pipeline.Reader) ([]byte, bool) {
	if value, known := m.young[key]; known {
		return value, value != nil
	}
	value, known := m.old[key]
	if !known {
		var ok bool
		if value, ok = from.Get(key); ok && value == nil {
			value = []byte{}
		}
	}
	if len(m.young) >= memorySize {
		m.young, m.old = map[string][]byte{}, m.young
	}
	m.young[key] = value
	return value, value != nil
}

func (m *memory) forget(key string) {
	delete(m.young, key)
	delete(m.old, key)
}

// forgetful is a state that is written to: what was remembered of it is forgotten.
// What is read of it is not remembered, for the changes may come to nothing; but
// what is remembered need not be read: nobody has written it since. A film that was
// just decided about is entered without a look-up.
type forgetful struct {
	pipeline.State
	memory *memory
}

func (f forgetful) Get(key string) ([]byte, bool) {
	value, known := f.memory.young[key]
	if !known {
		value, known = f.memory.old[key]
	}
	if known {
		return value, value != nil
	}
	return f.State.Get(key)
}

func (f forgetful) Set(key string, value []byte) {
	f.memory.forget(key)
	f.State.Set(key, value)
}

func (f forgetful) Delete(key string) {
	f.memory.forget(key)
	f.State.Delete(key)
}

// draft is the state as it will be when what was decided stands on the log.
type draft struct {
	pipeline.Reader
	memory  *memory
	changed map[string][]byte // nil for what is deleted
}

var _ pipeline.State = (*draft)(nil)

func (d *draft) Get(key string) ([]byte, bool) {
	if value, ok := d.changed[key]; ok {
		return value, value != nil
	}
	return d.memory.get(key, d.Reader)
}

func (d *draft) Set(key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	d.changed[key] = value
}

func (d *draft) Delete(key string) { d.changed[key] = nil }

// Scan reads forwards, what has changed included. Scans are rare and short.
func (d *draft) Scan(prefix string, f func(string, []byte) bool) {
	all := d.under(prefix)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !f(key, all[key]) {
			return
		}
	}
}

// ScanBack reads backwards.
func (d *draft) ScanBack(prefix string, f func(string, []byte) bool) {
	all := d.under(prefix)
	keys := slices.Sorted(maps.Keys(all))
	slices.Reverse(keys)
	for _, key := range keys {
		if !f(key, all[key]) {
			return
		}
	}
}

func (d *draft) under(prefix string) map[string][]byte {
	all := map[string][]byte{}
	d.Reader.Scan(prefix, func(key string, value []byte) bool {
		all[key] = slices.Clone(value)
		return true
	})
	for key, value := range d.changed {
		switch {
		case !strings.HasPrefix(key, prefix):
		case value == nil:
			delete(all, key)
		default:
			all[key] = value
		}
	}
	return all
}
