package charset_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/filmwire/filmwire/pipeline/charset"
)

const french = "Amélie – “jolie”\nc’est naïf, n’est-ce pas?\n"

func inUTF16(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func inCharmap(t testing.TB, c *charmap.Charmap, s string) string {
	t.Helper()
	out, err := c.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name, content string
		page          bool
		want          string
	}{
		{"utf-8", french, false, french},
		{"empty", "", false, ""},
		{"a mark", "\ufeff" + french, false, french},
		{"a mark and wrong bytes", "\ufeffAm\xe9lie", false, "Amélie"},
		{"windows line breaks", "a\r\nb\r\n", false, "a\nb\n"},
		{"old mac line breaks", "a\rb\r", false, "a\nb\n"},
		{"windows-1252", inCharmap(t, charmap.Windows1252, french), false, french},
		{"one wrong byte in utf-8", french + "caf\xe9", false, french + "café"},
		{"mac roman", inCharmap(t, charmap.Macintosh, french), false, french},
		{"utf-16 little-endian with a mark", inUTF16("\ufeff"+french, binary.LittleEndian), false, french},
		{"utf-16 big-endian with a mark", inUTF16("\ufeff"+french, binary.BigEndian), false, french},
		{"utf-16 without a mark", inUTF16(french, binary.LittleEndian), false, french},
		{"utf-16 big-endian without a mark", inUTF16(french, binary.BigEndian), false, french},
		{"utf-16 cut in the middle of a character", inUTF16("\ufeffabc", binary.LittleEndian)[:7], false, "ab\ufffd"},
		{"a page that says what it is", "<meta charset=koi8-r><p>\xeb\xc9\xce\xcf", true, "<meta charset=koi8-r><p>Кино"},
		{"a page that says what it is the old way", "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'><p>\xca\xe8\xed\xee", true, "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'><p>Кино"},
		{"a page that lies", "<meta charset=iso-8859-1><p>Кино", true, "<meta charset=iso-8859-1><p>Кино"},
		{"a page that lies the other way", "<meta charset=utf-8><p>Am\xe9lie", true, "<meta charset=utf-8><p>Amélie"},
		{"XML that says what it is", "<?xml version='1.0' encoding='koi8-r'?><p>\xeb\xc9\xce\xcf", true, "<?xml version='1.0' encoding='koi8-r'?><p>Кино"},
		{"a declaration that is not the first thing", "<p><?xml encoding='koi8-r'?>\xe9", true, "<p><?xml encoding='koi8-r'?>é"},
		{"text that is no page says nothing", "<meta charset=koi8-r>\xe9", false, "<meta charset=koi8-r>é"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := charset.Text([]byte(c.content), c.page); got != c.want || !ok {
				t.Errorf("got %q, %v, want %q", got, ok, c.want)
			}
		})
	}
	for _, binary := range []string{"x\x00y\x00\x00", "\x7fELF\x00\x00\x00\x00\x01", "\x00\x00\x00\x00"} {
		if got, ok := charset.Text([]byte(binary), false); ok {
			t.Errorf("%q is text: %q", binary, got)
		}
	}
}

func TestClaims(t *testing.T) {
	for _, c := range []struct{ name, content, claimed, want string }{
		{"what is claimed", "\xca\xe8\xed\xee", "windows-1251", "Кино"},
		{"valid utf-8 counts before", "Кино", "iso-8859-1", "Кино"},
		{"what hides in ASCII", "\x1b$B$=$l\x1b(B", "iso-2022-jp", "それ"},
		{"utf-16 that is none", "Am\xe9lie", "utf-16", "Amélie"},
		{"nobody knows it", "Am\xe9lie", "x-klingon", "Amélie"},
		{"bytes that are not in it", "\x81\x82", "euc-jp", "\ufffd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := charset.Decode([]byte(c.content), func() []string { return []string{"", c.claimed} })
			if !strings.HasPrefix(string(got), c.want) || !utf8.Valid(got) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestWhatTheSenderSaysCountsFirst has a server and a declaration that differ.
func TestWhatTheSenderSaysCountsFirst(t *testing.T) {
	const text = "<?xml version='1.0' encoding='iso-8859-1'?><p>"
	if got, _ := charset.Text([]byte(text+"\xca\xe8\xed\xee"), true, "text/xml; charset=windows-1251"); got != text+"Кино" {
		t.Errorf("%q", got)
	}
	if got, _ := charset.Text([]byte(text+"\xe9"), true, "text/xml"); got != text+"é" {
		t.Errorf("%q", got)
	}
}

func TestReader(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"as it is", "Am\xe9lie", "Am\xe9lie"},
		{"a mark", "\ufeffx", "x"},
		{"utf-16", inUTF16("\ufeff"+french, binary.BigEndian), french},
		{"utf-16 without a mark", inUTF16(french, binary.LittleEndian), french},
		{"short", "x", "x"},
		{"nothing", "", ""},
	} {
		got, err := io.ReadAll(charset.Reader(iotest.OneByteReader(strings.NewReader(c.content))))
		if string(got) != c.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestWhatIsUTF8IsNotCopied(t *testing.T) {
	b := []byte(french)
	if got := charset.Decode(b, nil); &got[0] != &b[0] {
		t.Error("it was")
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{french, inUTF16(french, binary.LittleEndian), inCharmap(f, charmap.Macintosh, french), "<meta charset=shift_jis>\x83\x4c", "\x1b$B$=", "\xff\xfe\x00"} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, page bool) {
		before := bytes.Clone(b)
		text, ok := charset.Text(b, page)
		if !utf8.ValidString(text) || strings.ContainsRune(text, '\r') || strings.ContainsRune(text, 0) {
			t.Errorf("not clean: %q", text)
		}
		if !ok && text != "" || !bytes.Equal(b, before) {
			t.Errorf("%q, ok %v, the bytes %q are now %q", text, ok, before, b)
		}
		if again, _ := charset.Text([]byte(text), false); ok && again != text && !strings.HasPrefix(text, "\ufeff") {
			t.Errorf("%q decoded again is %q", text, again)
		}
	})
}
