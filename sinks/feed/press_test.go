package feed

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPress prints documents of all sizes and asks that none is touched before
// the press is reset, and that it does not keep everything for ever.
func TestPress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p press
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			p.reset()
			kept := 0
			for _, b := range p.spare {
				kept += cap(b)
			}
			if kept > roomForSpare || len(p.used) > 0 {
				t.Fatalf("%d bytes kept after a reset, %d buffers in use", kept, len(p.used))
			}
			var want []string
			var got [][]byte
			for n := range rapid.IntRange(0, 8).Draw(t, "documents") {
				size := rapid.SampledFrom([]int{0, 1, 10, 100, 1000, 3 << 20}).Draw(t, "size")
				parts := [][]byte{nil, bytes.Repeat([]byte{byte('a' + n)}, size), []byte("end")}
				want = append(want, strings.Repeat(string(rune('a'+n)), size)+"end")
				got = append(got, p.print(parts))
			}
			for i := range want {
				if string(got[i]) != want[i] {
					t.Fatalf("document %d of %d was overwritten by a later one", i+1, len(want))
				}
			}
		}
	})
}

func TestPressUsesMemoryAgain(t *testing.T) {
	var p press
	first := p.print([][]byte{[]byte("a document")})
	second := p.print([][]byte{[]byte("another one")})
	p.reset()
	again := p.print([][]byte{[]byte("a new one")})
	if &again[0] != &first[0] && &again[0] != &second[0] {
		t.Error("a document after a reset took new memory")
	}
}
