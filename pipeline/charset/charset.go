// Package charset turns bytes that others wrote into UTF-8, whatever they were
// written in: files, tables and feeds. It is the one place that decides about
// that, and it knows nothing of what the text means.
//
// A byte-order mark decides. Else what is valid UTF-8 is UTF-8, whatever is claimed,
// for claims are wrong more often. Else zeros at every other place are UTF-16, then
// comes what is claimed, and the rest is read byte by byte: as Windows-1252, which
// Latin-1 is a part of, or as the Mac wrote it where that makes words and the other
// does not.
package charset

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Text is what a file of text holds, with plain line breaks. markup is HTML or XML,
// which may say itself what it is written in; sent are the Content-Types it came with. ok
// is false for what is no text.
func Text(b []byte, markup bool, sent ...string) (text string, ok bool) {
	b = Decode(b, func() (labels []string) {
		for _, contentType := range sent {
			labels = append(labels, Sent(contentType))
		}
		if markup {
			labels = append(labels, Declared(b), ofPage(b))
		}
		return labels
	})
	if bytes.IndexByte(b, 0) >= 0 {
		return "", false
	}
	if bytes.IndexByte(b, '\r') < 0 {
		return string(b), true
	}
	return lineBreaks.Replace(string(b)), true
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// utf8Mark is the byte-order mark in UTF-8.
var utf8Mark = []byte("\xef\xbb\xbf")

// Decode turns bytes into UTF-8. claimed, which may be nil, is asked for the
// labels that the bytes or their sender give, the surest first, where they matter. Bytes
// that are UTF-8 already come back as they are, without a copy.
func Decode(b []byte, claimed func() []string) []byte {
	if bytes.HasPrefix(b, utf8Mark) {
		return repaired(b[len(utf8Mark):])
	}
	if enc := utf16(b); enc != nil {
		return repaired(decoded(enc, b))
	}
	valid := utf8.Valid(b)
	var labels []string
	if claimed != nil && (!valid || bytes.IndexByte(b, '\x1b') >= 0) {
		labels = claimed()
	}
	for _, label := range labels {
		switch enc, name := charset.Lookup(label); {
		case enc == nil, name == "utf-8", name == "utf-16le", name == "utf-16be": // else it would have looked otherwise
		case valid && name != "iso-2022-jp":
		default:
			return repaired(decoded(enc, b))
		}
	}
	if valid {
		return b
	}
	return repaired(b)
}

// utf16 is the encoding of what is UTF-16 by its mark or by its zeros, nil for
// anything else.
func utf16(b []byte) encoding.Encoding {
	switch order := byteOrder(b); order {
	case 'L':
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case 'B':
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// byteOrder is L or B for UTF-16, and 0 for anything else.
func byteOrder(b []byte) byte {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return 'L'
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return 'B'
	case len(b) < 4, len(b)%2 != 0:
		return 0
	case b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return 'L'
	case b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		return 'B'
	}
	return 0
}

// decoded leaves bytes that do not decode as they are.
func decoded(enc encoding.Encoding, b []byte) []byte {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return b
	}
	return bytes.TrimPrefix(out, utf8Mark)
}

// Sent is the label in a Content-Type header, "" for none.
func Sent(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// Declared is the label in the XML declaration that b begins with, "" for none.
func Declared(b []byte) string {
	found := declaration.FindSubmatch(b)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// ofPage is the label that a page states in its first lines. Windows-1252 is also
// what stands for none, and is what the rest is read as anyway.
func ofPage(b []byte) string {
	_, name, _ := charset.DetermineEncoding(b, "")
	if name == "windows-1252" {
		return ""
	}
	return name
}

// repaired reads each byte that is not UTF-8 by itself.
func repaired(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	table := charmap.Windows1252
	if fromMac(b) {
		table = charmap.Macintosh
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = table.DecodeByte(b[0])
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// enoughSigns is how many letters and quotes must speak for the Mac: a few may be
// chance.
const enoughSigns = 2

// fromMac reports text of an old Mac: its accented letters are where Windows-1252
// has signs, and the other way round, so in words they give each other away.
func fromMac(b []byte) bool {
	mac, windows := 0, 0
	for i := 1; i+1 < len(b); i++ {
		c := b[i]
		if c < 0x80 {
			continue
		}
		inWord := letter(b[i-1]) && letter(b[i+1])
		switch {
		case c == 0xd5 && inWord, c >= 0x80 && c <= 0x9f && c != 0x92 && c != 0x8c && c != 0x9c && inWord:
			mac++ // don’t, and letters in words
		case c == 0xd2 && !letter(b[i-1]) && letter(b[i+1]), c == 0xd3 && !letter(b[i+1]):
			mac++ // “ and ”
		case c == 0x92 && inWord, c >= 0xe0 && inWord, c == 0x93 && !letter(b[i-1]) && letter(b[i+1]), c == 0x94 && !letter(b[i+1]):
			windows++
		}
	}
	return mac >= enoughSigns && mac > 2*windows
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// Reader reads UTF-16 as UTF-8, if the first bytes say it is that, and drops a
// byte-order mark. All else passes as it is, for whoever reads it line by line to
// decode.
func Reader(in io.Reader) io.Reader {
	buffered := bufio.NewReader(in)
	head, _ := buffered.Peek(4) // an error comes again when it is read
	if bytes.HasPrefix(head, utf8Mark) {
		_, _ = buffered.Discard(len(utf8Mark))
		return buffered
	}
	if enc := utf16(head); enc != nil {
		return transform.NewReader(buffered, enc.NewDecoder())
	}
	return buffered
}
