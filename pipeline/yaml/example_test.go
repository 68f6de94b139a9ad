package yaml_test

import (
	"fmt"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

func ExampleParse() {
	doc, faults := yaml.Parse([]byte("title: Never Let Me Go\nyear: 2010\nwatched: no\ntags: [drama, sf]\nyear: 2011\n"))
	fmt.Println(doc.Get("title").Value, "/", doc.Get("year").Value, doc.Get("year").Tag, "/", doc.Get("watched").Tag)
	fmt.Println(doc.Get("tags").Strings())
	fmt.Println(faults)
	// Output:
	// Never Let Me Go / 2010 int / str
	// [drama sf]
	// [5:1: key "year" is here a second time; the first is on line 2]
}
