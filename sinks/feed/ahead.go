package feed

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/filmwire/filmwire/pipeline"
)

// The bounds of a group: enough that no core waits, and not too much to hold.
const (
	groupFeeds = 32
	groupRows  = 2_000
)

// group is some feeds that are written one after another. What is missing in any of them
// is rendered together on all cores, while the group before is written: after an import
// that is most of what its reviews cost here.
type group struct {
	feeds   []*shelf
	rows    [][]place // of each feed
	missing []missing
	done    sync.WaitGroup // when all of missing is rendered
}

// group takes the next feeds and begins to render what is missing in them. What the log
// alone holds is left for [batch.fragments].
func (b *batch) group(feeds []*shelf) (g *group, rest []*shelf) {
	g = &group{}
	asked := map[pipeline.Position]bool{}
	for rows := 0; len(feeds) > 0 && len(g.feeds) < groupFeeds && rows < groupRows; feeds = feeds[1:] {
		of := b.window(nil, b.st, feeds[0].key)
		for _, row := range of {
			if _, have := b.rendered.get(row.position); have || asked[row.position] {
				continue
			}
			if e, ok := b.latest[row.review]; ok && e.Position == row.position {
				asked[row.position] = true
				g.missing = append(g.missing, missing{position: row.position, event: e.Review})
			}
		}
		g.feeds, g.rows, rows = append(g.feeds, feeds[0]), append(g.rows, of), rows+len(of)
	}
	if len(g.missing) > 0 {
		render := b.renderer(g.missing)
		for range min(runtime.GOMAXPROCS(0), len(g.missing)) {
			g.done.Go(render)
		}
	}
	return g, feeds
}

// renderer renders what is missing, together with others that run it too.
func (b *batch) renderer(all []missing) func() {
	b.page() // looked up once, before many ask
	var next atomic.Int64
	return func() {
		for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
			m := &all[i]
			m.fragment, m.err = b.render(m.event)
		}
	}
}

// writeAll writes feeds, and renders ahead where they are several.
func (b *batch) writeAll(feeds []*shelf) error {
	if len(feeds) == 1 {
		b.rows = b.window(b.rows[:0], b.st, feeds[0].key)
		return b.write(feeds[0], b.rows)
	}
	next, rest := b.group(feeds)
	defer func() { next.done.Wait() }()
	for len(next.feeds) > 0 {
		g := next
		g.done.Wait()
		for i := range g.missing {
			if m := &g.missing[i]; m.err == nil { // else it is rendered again, and the error told
				b.rendered.put(m.position, m.fragment, m.fragment.size())
			}
		}
		next, rest = b.group(rest)
		for i, feed := range g.feeds {
			if err := b.write(feed, g.rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
