package wordpress_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/sources/sourcetest"
	"github.com/filmwire/filmwire/sources/wordpress"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden reads answers of the API, and writes down the reviews they come to.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) < 3 {
		t.Fatal(err, len(files))
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			site := &canned{body: body, total: fmt.Sprint(bytes.Count(body, []byte(`"guid"`)))}
			out, _ := sourcetest.Read(t, sourcetest.Open(t, wordpress.Type(), sourcetest.Place{Options: map[string]any{"url": "https://aisle.example.org/"}, HTTP: site}), nil)
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			for _, d := range out.Documents {
				r, err := normalize.Normalize(d)
				if err != nil {
					t.Fatal(err)
				}
				r.Source.GUID = d.GUID
				if err := enc.Encode(r); err != nil {
					t.Fatal(err)
				}
			}
			for _, guid := range out.Taken {
				fmt.Fprintf(&b, "gone %s\n", guid)
			}
			for _, p := range out.Problems {
				fmt.Fprintf(&b, "! %s: %v\n", p.Where, p.Err)
			}
			golden := strings.TrimSuffix(path, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
