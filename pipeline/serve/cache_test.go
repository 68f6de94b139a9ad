package serve

import (
	"fmt"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	c := cache{capacity: 10}
	hot := &known{}
	c.put("hot", hot)
	for i := range 1000 {
		c.put(fmt.Sprint(i), &known{})
		if c.get("hot") != hot {
			t.Fatalf("what is asked for all the time was forgotten after %d others", i)
		}
		if n := len(c.younger) + len(c.older); n > 20 {
			t.Fatalf("%d entries", n)
		}
	}
	if c.get("1") != nil {
		t.Error("what nobody asks for is kept for ever")
	}
}

func TestCacheBoundsBytes(t *testing.T) {
	var c cache
	for i := range 100 {
		c.put(fmt.Sprint(i), &known{gzipped: make([]byte, 1<<20)})
		if c.gzipped > maxGzipped {
			t.Fatalf("%d bytes in one generation", c.gzipped)
		}
	}
	for range 100 {
		c.put("one", &known{gzipped: make([]byte, 1<<20)})
	}
	if n := len(c.younger) + len(c.older); n < 30 {
		t.Errorf("%d entries are left: replacing one document pushes out the others", n)
	}
}
