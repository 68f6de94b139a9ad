package exports

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestAllThatAnArchiveUnpacksToIsBounded reads two files of an archive that has
// room for one.
func TestAllThatAnArchiveUnpacksToIsBounded(t *testing.T) {
	u := unpacked{left: 10}
	for _, c := range []struct {
		content string
		want    error
	}{{"1234567", nil}, {"1234567", errUnpacked}, {"1", errUnpacked}} {
		if _, err := io.ReadAll(&metered{strings.NewReader(c.content), &u}); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%q: %v, want %v", c.content, err, c.want)
		}
	}
	if _, err := u.whole(strings.NewReader("1")); !errors.Is(err, errUnpacked) {
		t.Errorf("a table behind it: %v", err)
	}
}
