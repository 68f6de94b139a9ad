package files

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decodeText turns a file's bytes into UTF-8 with plain line breaks. A byte-order
// mark decides; else what is valid UTF-8 is UTF-8; else zeros at every other
// place are UTF-16, and the rest is what the page says it is, or Windows-1252,
// which Latin-1 is a part of. ok is false for what is no text.
func decodeText(b []byte, k kind) (s string, ok bool) {
	switch order := byteOrder(b); {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case order != 0:
		endian := unicode.LittleEndian
		if order == 'B' {
			endian = unicode.BigEndian
		}
		if decoded, err := unicode.UTF16(endian, unicode.UseBOM).NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return "", false
	}
	if !utf8.Valid(b) {
		b = decodeLegacy(b, k)
	}
	if bytes.IndexByte(b, '\r') < 0 {
		return string(b), true
	}
	return lineBreaks.Replace(string(b)), true
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// byteOrder is L or B for UTF-16, and 0 for anything else.
func byteOrder(b []byte) byte {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return 'L'
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return 'B'
	case len(b) < 4 || len(b)%2 != 0:
		return 0
	case b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return 'L'
	case b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		return 'B'
	}
	return 0
}

// decodeLegacy decodes a page as it says, and all else byte by byte.
func decodeLegacy(b []byte, k kind) []byte {
	if k == kindPage {
		if enc, name, _ := charset.DetermineEncoding(b, ""); name != "utf-8" {
			if decoded, err := enc.NewDecoder().Bytes(b); err == nil {
				return decoded
			}
		}
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}
