package sinktest

import (
	"maps"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// Memory is a view's state in memory: a [pipeline.State] that holds views to the
// contract. A write during a scan panics, and a value kept after a scan's
// callback has returned turns to rubbish. The zero value is empty and ready.
type Memory struct {
	keys     []string // sorted
	values   map[string]string
	scanning int
}

var _ pipeline.State = (*Memory)(nil)

// Get returns a copy of the value.
func (m *Memory) Get(key string) ([]byte, bool) {
	v, ok := m.values[key]
	return []byte(v), ok
}

// Set keeps a copy of value.
func (m *Memory) Set(key string, value []byte) {
	m.mustNotScan("Set", key)
	if m.values == nil {
		m.values = map[string]string{}
	}
	if at, there := slices.BinarySearch(m.keys, key); !there {
		m.keys = slices.Insert(m.keys, at, key)
	}
	m.values[key] = string(value)
}

// Delete forgets a key, whether it is there or not.
func (m *Memory) Delete(key string) {
	m.mustNotScan("Delete", key)
	if at, there := slices.BinarySearch(m.keys, key); there {
		m.keys = slices.Delete(m.keys, at, at+1)
		delete(m.values, key)
	}
}

// Scan calls f with the keys under prefix in ascending order until it returns false.
func (m *Memory) Scan(prefix string, f func(key string, value []byte) bool) {
	for _, key := range m.under(prefix) {
		if !m.visit(key, f) {
			return
		}
	}
}

// ScanBack is Scan in descending order.
func (m *Memory) ScanBack(prefix string, f func(key string, value []byte) bool) {
	for _, key := range slices.Backward(m.under(prefix)) {
		if !m.visit(key, f) {
			return
		}
	}
}

// Len is the number of keys.
func (m *Memory) Len() int { return len(m.keys) }

// Clone returns a copy that goes its own way, as the state of a batch that may
// be thrown away.
func (m *Memory) Clone() *Memory {
	return &Memory{keys: slices.Clone(m.keys), values: maps.Clone(m.values)}
}

// under returns the part of the sorted keys that begins with prefix.
func (m *Memory) under(prefix string) []string {
	from, _ := slices.BinarySearch(m.keys, prefix)
	to := from
	for to < len(m.keys) && strings.HasPrefix(m.keys[to], prefix) {
		to++
	}
	return m.keys[from:to]
}

func (m *Memory) visit(key string, f func(string, []byte) bool) bool {
	m.scanning++
	defer func() { m.scanning-- }()
	lent := []byte(m.values[key])
	more := f(key, lent)
	for i := range lent {
		lent[i] = '#'
	}
	return more
}

func (m *Memory) mustNotScan(call, key string) {
	if m.scanning > 0 {
		panic("sinktest: " + call + " " + key + " during a scan: collect the keys first")
	}
}
