package bus_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/bus/bustest"
	"github.com/filmwire/filmwire/pipeline/review"
)

// A log in a folder: a review is published and revised, and a second writer that
// has not seen the revision is refused.
func Example() {
	dir, err := os.MkdirTemp("", "filmwire")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	b, err := bus.Open(ctx, bus.Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	log := b.Log()

	event := bustest.Review("archive", 1)
	first, err := log.Append(ctx, []pipeline.Append{{Review: event}})
	fmt.Println(first, err)
	revised := bustest.Revise(event, review.Revised)
	second, err := log.Append(ctx, []pipeline.Append{{Review: revised, After: first[0]}})
	fmt.Println(second, err)
	_, err = log.Append(ctx, []pipeline.Append{{Review: revised, After: first[0]}})
	fmt.Println(errors.Is(err, pipeline.ErrConflict))

	entries, err := log.Read(ctx, 0, 10)
	for _, e := range entries {
		fmt.Println(e.Position, e.Review.Kind, e.Review.Rating)
	}
	fmt.Println(err)
	// Output:
	// [1] <nil>
	// [2] <nil>
	// true
	// 1 published 3.50/5
	// 2 revised 3.50/5
	// <nil>
}
