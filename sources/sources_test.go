package sources_test

import (
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sources"
)

func TestBuiltinIsComplete(t *testing.T) {
	seen := map[string]pipeline.SourceType{}
	for _, typ := range sources.Builtin() {
		if typ.Name == "" || typ.Summary == "" || typ.Configure == nil {
			t.Errorf("%+v lacks something", typ)
		}
		if _, twice := seen[typ.Name]; twice {
			t.Errorf("two types are called %s", typ.Name)
		}
		seen[typ.Name] = typ
	}
	for _, name := range []string{"files", "feed"} {
		if _, there := seen[name]; !there {
			t.Errorf("there is no %s", name)
		}
	}
}
