package serve

import (
	"fmt"
	"testing"
)

func TestGenerationsAreBounded(t *testing.T) {
	g := newGenerations(100, func(n int) int { return n })
	g.keep(g.now(), "hot", 10)
	for i := range 1000 {
		g.keep(g.now(), fmt.Sprint(i), 1+i%20)
		if v, ok := g.get("hot"); !ok || v != 10 {
			t.Fatalf("what is asked for all the time was forgotten after %d others", i)
		}
		sum := 0
		for _, v := range g.younger {
			sum += v
		}
		if sum != g.spent || sum > 100 {
			t.Fatalf("%d kept, %d counted, at most 100 wanted", sum, g.spent)
		}
	}
	if _, ok := g.get("1"); ok {
		t.Error("what nobody asks for is kept for ever")
	}
	if g.keep(g.now(), "huge", 1000); len(g.younger) != 1 {
		t.Errorf("%d stand beside what is larger than the bound", len(g.younger))
	}
}

func TestGenerationsForget(t *testing.T) {
	g := newGenerations(100, func(n int) int { return n })
	before := g.now()
	g.keep(before, "a", 1)
	if v, ok := g.drop("a"); !ok || v != 1 || g.spent != 0 {
		t.Errorf("dropped %d, %v; %d spent", v, ok, g.spent)
	}
	if g.keep(before, "a", 2); len(g.younger) != 0 {
		t.Error("what was learnt before it was dropped is kept")
	}
	if v := g.keep(g.now(), "a", 3); v != 3 {
		t.Errorf("kept %d", v)
	}
	if v := g.keep(g.now(), "a", 4); v != 3 {
		t.Errorf("the second to learn it got %d", v)
	}
	for i := range 50 {
		g.keep(g.now(), fmt.Sprint(i), 5) // a moves to the older generation
	}
	g.keep(g.now(), "b", 1)
	g.drop("b")
	if _, ok := g.drop("nothing"); ok {
		t.Error("dropped what was never there")
	}
}
