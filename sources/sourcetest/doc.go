// Package sourcetest is the suite that every source must pass, and what a
// source's own tests need: a clock that stands still, options that are decoded
// from a map, and an Out that keeps what it is given. It knows no source.
//
// A source's test says how to make a place for it to read, and runs the suite:
//
//	func TestConformance(t *testing.T) {
//		sourcetest.Run(t, sourcetest.Case{
//			Type: mysource.Type(),
//			Place: func(t *testing.T) sourcetest.Place { ... },
//		})
//	}
package sourcetest
