package packing_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/packing"
)

func gzipped(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.Bytes()
}

func brotlied(s string) []byte {
	var b bytes.Buffer
	z := packing.NewBrotli(5)
	z.Reset(&b)
	io.WriteString(z, s)
	z.Close()
	return b.Bytes()
}

// closing counts how often it is closed.
type closing struct {
	io.Reader
	closed int
}

func (c *closing) Close() error { c.closed++; return nil }

func TestDecode(t *testing.T) {
	var d packing.Decoder
	for round := range 3 { // readers are used again, also after a broken body
		for _, tt := range []struct {
			coding string
			body   []byte
			want   string
			bad    bool
		}{
			{"", []byte("plain"), "plain", false},
			{"identity", []byte("plain"), "plain", false},
			{"gzip", gzipped("some text"), "some text", false},
			{"X-GZIP", gzipped("some text"), "some text", false},
			{" br ", brotlied("some text"), "some text", false},
			{"br", brotlied(strings.Repeat("long ", 1e5)), strings.Repeat("long ", 1e5), false},
			{"gzip", []byte("this is no gzip"), "", true},
			{"gzip", gzipped("some text")[:15], "", true},
			{"br", []byte("\xff\xff\xff\xff"), "", true},
			{"br", nil, "", true},
		} {
			body := &closing{Reader: bytes.NewReader(tt.body)}
			r, err := d.Decode(tt.coding, body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if (err != nil) != tt.bad || err == nil && string(got) != tt.want {
				t.Errorf("round %d, %q: %.20q, %v", round, tt.coding, got, err)
			}
			r.Close()
			if _, err := r.Read(make([]byte, 1)); err == nil && tt.coding != "" && tt.coding != "identity" {
				t.Errorf("%q can be read when it is closed", tt.coding)
			}
			if body.closed != 1 {
				t.Errorf("%q: the body was closed %d times", tt.coding, body.closed)
			}
		}
	}
	if _, err := d.Decode("zstd", nil); err == nil {
		t.Error("a coding that nobody knows is read")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("gzip", gzipped("some text"))
	f.Add("br", brotlied("some text"))
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		var d packing.Decoder
		r, err := d.Decode(coding, io.NopCloser(bytes.NewReader(body)))
		if err == nil {
			io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			r.Close()
		}
	})
}
