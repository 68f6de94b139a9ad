package serve

import (
	"bytes"
	"compress/gzip"
	"sync"

	"github.com/filmwire/filmwire/pipeline/packing"
)

// How hard is pressed: what a feed of 50 kB gains beyond these costs more time
// than it saves bytes (decision 0016).
const (
	gzipLevel   = 6
	brotliLevel = 6
)

// press makes compressed forms. Its writers are used again; they are large.
type press struct{ gzips, brotlis sync.Pool }

func (p *press) press(c coding, body []byte) []byte {
	var b bytes.Buffer
	switch c {
	case gzipped:
		z, ok := p.gzips.Get().(*gzip.Writer)
		if !ok {
			z, _ = gzip.NewWriterLevel(nil, gzipLevel) // the level is a good one
		}
		defer p.gzips.Put(z)
		z.Reset(&b)
		z.Write(body) // a buffer takes everything
		z.Close()
	case brotlied:
		z, ok := p.brotlis.Get().(packing.Writer)
		if !ok {
			z = packing.NewBrotli(brotliLevel)
		}
		defer p.brotlis.Put(z)
		z.Reset(&b)
		z.Write(body)
		z.Close()
	}
	return bytes.Clone(b.Bytes())
}

// String is the coding's name in a header.
func (c coding) String() string { return [codings]string{"identity", "gzip", "br"}[c] }

// suffix tells the coding's entity tags apart.
func (c coding) suffix() string { return [codings]string{"", "-gzip", "-br"}[c] }
