package config_test

import (
	"fmt"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
)

// readFeed is how a plug-in reads its options: set what holds where nothing is
// said, decode, check the rest.
func readFeed(o pipeline.Options) pipeline.OpenSource {
	options := struct {
		URL   string `config:"url,required"`
		Pages int    `config:"pages"`
	}{Pages: 1}
	o.Decode(&options)
	if options.Pages > 100 {
		o.Fault("pages", "want at most 100")
	}
	return func(pipeline.SourceEnv) (pipeline.Source, error) {
		return nil, fmt.Errorf("%d pages of %s", options.Pages, options.URL)
	}
}

func ExampleParse() {
	cfg, err := config.Parse("filmwire.yaml", []byte(`
version: 1
site: {url: https://reviews.example.org}
sources:
  - name: blog
    type: feed
    url: https://example.org/feed/
    pages: 3
`), config.Catalogue{Sources: []pipeline.SourceType{{Name: "feed", Configure: readFeed}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = cfg.Sources[0].Open(pipeline.SourceEnv{})
	fmt.Println(cfg.Sources[0].Name, cfg.Sources[0].Schedule, err)
	// Output:
	// blog @every 15m 3 pages of https://example.org/feed/
}

func ExampleFaults() {
	_, err := config.Parse("filmwire.yaml", []byte(`
version: 1
site: {url: https://reviews.example.org}
sources:
  - name: blog
    type: feed
    url: https://example.org/feed/
    shedule: "@every 1h"
    pages: 300
`), config.Catalogue{Sources: []pipeline.SourceType{{Name: "feed", Configure: readFeed}}})
	fmt.Println(err)
	// Output:
	// filmwire.yaml:8:5: unknown key "shedule" (config.unknown_key)
	//     8 |     shedule: "@every 1h"
	//       |     ^
	//    did you mean "schedule"?
	// filmwire.yaml:9:12: pages: want at most 100 (config.bad_value)
	//     9 |     pages: 300
	//       |            ^
	// 2 faults
}

func ExampleStringOptions() {
	given := config.StringOptions(map[string]string{"url": "https://example.org/feed/", "page": "2"}, config.Catalogue{})
	readFeed(given)
	fmt.Println(given.Err())
	// Output:
	// unknown key "page" (config.unknown_key)
	//    did you mean "pages"?
	// 1 fault
}
