// Package packing is the content codings of HTTP that a body may come or go in: gzip
// and Brotli (RFC 9110, 8.4). What is served and what is fetched goes through it. It
// negotiates nothing.
//
// It is the only importer of github.com/andybalholm/brotli.
package packing

import (
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Accept is the Accept-Encoding of those who read with [Decoder].
const Accept = "gzip, br"

// Writer is a compressor that can be used again.
type Writer interface {
	io.WriteCloser
	Reset(io.Writer)
}

// NewBrotli makes a compressor. The level is from 0, fast, to 11, small.
func NewBrotli(level int) Writer { return brotli.NewWriterLevel(nil, level) }

// Decoder reads bodies that came in a coding. The zero value is ready; it keeps
// what reading takes for the next body. Safe for use by many goroutines.
type Decoder struct{ gzips, brotlis sync.Pool }

// Decode is body without its coding, which is the value of Content-Encoding. It
// reads nothing before it is read from. Closing it closes body.
func (d *Decoder) Decode(coding string, body io.ReadCloser) (io.ReadCloser, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return &gzipped{from: d, body: body}, nil
	case "br":
		return &brotlied{from: d, body: body}, nil
	}
	return nil, fmt.Errorf("the body is in the coding %q, which was not asked for", coding)
}

// gzipped unpacks gzip. Its reader reads the header when it is made, which may
// take as long as the first byte takes to come.
type gzipped struct {
	from *Decoder
	body io.ReadCloser
	z    *gzip.Reader
	err  error
}

// Read reads unpacked bytes.
func (g *gzipped) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	if g.z == nil {
		if g.z, _ = g.from.gzips.Get().(*gzip.Reader); g.z == nil {
			g.z = new(gzip.Reader)
		}
		if g.err = g.z.Reset(g.body); g.err != nil {
			return 0, g.err
		}
	}
	var n int
	n, g.err = g.z.Read(p)
	return n, g.err
}

// Close closes the body.
func (g *gzipped) Close() error {
	if g.z != nil {
		g.from.gzips.Put(g.z)
		g.z, g.err = nil, io.ErrClosedPipe
	}
	return g.body.Close()
}

type brotlied struct {
	from *Decoder
	body io.ReadCloser
	b    *brotli.Reader
	done bool
}

// Read reads unpacked bytes.
func (b *brotlied) Read(p []byte) (int, error) {
	if b.done {
		return 0, io.ErrClosedPipe
	}
	if b.b == nil {
		if b.b, _ = b.from.brotlis.Get().(*brotli.Reader); b.b == nil {
			b.b = brotli.NewReader(b.body)
		} else if err := b.b.Reset(b.body); err != nil {
			return 0, err
		}
	}
	return b.b.Read(p)
}

// Close closes the body.
func (b *brotlied) Close() error {
	if b.b != nil {
		b.from.brotlis.Put(b.b)
		b.b = nil
	}
	b.done = true
	return b.body.Close()
}
