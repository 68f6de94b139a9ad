package fold_test

import (
	"testing"

	"github.com/filmwire/filmwire/pipeline/fold"
)

// BenchmarkKey folds titles as they come.
func BenchmarkKey(b *testing.B) {
	for _, title := range []string{"The Film Number 123", "Le Fabuleux Destin d'Amélie Poulain", "Война и мир"} {
		b.Run(title, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fold.Key(title)
			}
		})
	}
}
