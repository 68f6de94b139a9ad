package serve

import (
	"io/fs"
	"os"
	"sync"
)

// known is what the server knows of one version of a file. It does not change.
type known struct {
	info  fs.FileInfo // of the file it was learnt from
	media media
	plain form
	// The gzipped form. gzipped is nil where there is none: nobody has asked for
	// it yet, or, if it was tried, it is not worth having.
	zipped    form
	gzipped   []byte
	gzipTried bool
}

// form is one of the forms a document is sent in: its header values.
type form struct{ etag, length, encoding []string }

// is reports whether the file is the very one that is known.
func (k *known) is(info fs.FileInfo) bool {
	return k.info.Size() == info.Size() && k.info.ModTime().Equal(info.ModTime()) && os.SameFile(k.info, info)
}

// The bounds of one generation of the cache; there are two.
const (
	maxKnown   = 10_000
	maxGzipped = 32 << 20 // bytes
)

// cache remembers by path. When the younger generation is full the older is
// forgotten; what is still asked for moves on.
type cache struct {
	mu       sync.RWMutex
	younger  map[string]*known
	older    map[string]*known
	gzipped  int // bytes in the younger
	capacity int // of a generation; 0 is maxKnown
}

func (c *cache) get(path string) *known {
	c.mu.RLock()
	k, young := c.younger[path]
	if !young {
		k = c.older[path]
	}
	c.mu.RUnlock()
	if k != nil && !young {
		c.put(path, k)
	}
	return k
}

func (c *cache) put(path string, k *known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	capacity := c.capacity
	if capacity == 0 {
		capacity = maxKnown
	}
	if before := c.younger[path]; before != nil {
		c.gzipped -= len(before.gzipped)
	}
	if c.younger == nil || len(c.younger) >= capacity || c.gzipped+len(k.gzipped) > maxGzipped {
		c.older, c.younger, c.gzipped = c.younger, map[string]*known{}, 0
	}
	c.younger[path] = k
	c.gzipped += len(k.gzipped)
}
