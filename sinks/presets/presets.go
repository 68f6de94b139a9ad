// Package presets holds the presets that come with Filmwire: files that make a sink
// for a service out of a built-in one, and that work as well when copied and
// changed. It is not code that runs, but for handing the files out.
package presets

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// Files are the presets, NAME.yaml each.
func Files() fs.FS { return files }
