package sourcetest

import "github.com/filmwire/filmwire/config"

// NewOptions makes options of a source as a config file would give them, of values
// by key: text, numbers, truth values, lists and maps. Ask its Faults at the end.
func NewOptions(values map[string]any) config.Given {
	return config.ValueOptions(values, config.Catalogue{})
}
