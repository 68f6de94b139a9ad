package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/sources/files"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

const wordpressExport = `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<item><title>Heat</title><guid>https://x.example/?p=1</guid><content:encoded><![CDATA[Loud.]]></content:encoded>
<wp:post_id>1</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>
</channel></rss>`

func TestOtherXMLIsReadOnlyWhereItIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"export.xml": wordpressExport, "sitemap.xml": "<urlset/>", "copy.XML": strings.Replace(wordpressExport, "p=1", "p=2", 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) ([]string, bool, int) {
		out, r := sourcetest.Read(t, sourcetest.Open(t, files.Type(), sourcetest.Place{Options: map[string]any{"path": path, "watch": false}}), nil)
		return out.GUIDs(), r.Complete, len(out.Problems)
	}
	ids, complete, problems := read(dir)
	if want := []string{"https://x.example/?p=2", "https://x.example/?p=1"}; !slices.Equal(ids, want) || !complete || problems > 0 {
		t.Errorf("a folder: %q, complete %v, %d problems", ids, complete, problems)
	}
	if ids, complete, problems := read(filepath.Join(dir, "sitemap.xml")); len(ids) > 0 || complete || problems != 1 {
		t.Errorf("by name: %q, complete %v, %d problems", ids, complete, problems)
	}
}
