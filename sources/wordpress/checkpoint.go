package wordpress

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkpoint is what is remembered of a site between readings.
type checkpoint struct {
	Site string `json:"site"`           // and what is read of it
	Root string `json:"root,omitempty"` // of its API
	// Lists are the first pages of the lists as they were last seen, by type: the
	// validators as the server gave them, and a digest for servers that give none.
	Lists map[string]list `json:"lists,omitempty"`
	// Terms are the ids of the categories and tags, by the parameter they are asked with.
	Terms map[string][]int `json:"terms,omitempty"`
	// ListedAt is when all posts were listed last; the zero time asks for it anew.
	ListedAt time.Time `json:"listed_at,omitzero"`
	// NotBefore is when the server, having had enough in the middle of a reading,
	// wants to be asked again.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Held are so many posts that are missing, which are left to the guard of the
	// engine: too many at once.
	Held int `json:"held,omitempty"`
	// Hidden is how many posts the site counts and does not list, as where a plugin
	// keeps some for members: so many twice in a row.
	Hidden int `json:"hidden,omitempty"`
	// Failed are the posts that could not be read: they are asked for each time.
	Failed []int `json:"failed,omitempty"`
	// Export is the state of the export whose fields were added.
	Export string `json:"export,omitempty"`
	Packed []byte `json:"posts,omitempty"`

	posts map[int]post
}

// list is the first page of a list.
type list struct {
	ETag         []byte `json:"etag,omitempty"`
	LastModified []byte `json:"last_modified,omitempty"`
	SHA256       []byte `json:"sha256,omitempty"`
	Total        int    `json:"total"` // posts on all pages, -1 where the server does not say
}

// post is what is remembered of one.
type post struct {
	modified string // as the API gives it
	guid     string
}

// The limits on what is remembered of posts: packed, it has to fit into a value of
// the store. Where it does not, the guids are left out, which are long where a site
// was moved together from several.
const (
	maxPosts    = 50_000
	maxPacked   = 400 << 10
	maxUnpacked = 64 << 20
)

// readCheckpoint takes a stored checkpoint apart. One of another site, or one that is
// not ours, counts for nothing.
func readCheckpoint(stored []byte, site string) *checkpoint {
	fresh := &checkpoint{Site: site, Lists: map[string]list{}, posts: map[int]post{}}
	c := &checkpoint{}
	if json.Unmarshal(stored, c) != nil || c.Site != site {
		return fresh
	}
	var ok bool
	if c.posts, ok = unpack(c.Packed); !ok {
		return fresh
	}
	if c.Lists == nil {
		c.Lists = map[string]list{}
	}
	c.Packed = nil
	return c
}

func (c *checkpoint) write() ([]byte, error) {
	packed, err := pack(c.posts, true)
	if err == nil && len(packed) > maxPacked {
		packed, err = pack(c.posts, false)
	}
	if err != nil {
		return nil, err
	}
	kept := *c
	kept.Packed = packed
	return json.Marshal(kept)
}

// pack writes a line for each post, by id; in the order of ids and compressed, one
// takes a few bytes.
func pack(posts map[int]post, guids bool) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	last := 0
	for _, id := range slices.Sorted(maps.Keys(posts)) {
		p := posts[id]
		if !guids {
			p.guid = ""
		}
		if _, err := fmt.Fprintf(z, "%d\t%s\t%s\n", id-last, p.modified, strings.ReplaceAll(p.guid, strconv.Itoa(id), "\x01")); err != nil {
			return nil, err
		}
		last = id
	}
	err := z.Close()
	return b.Bytes(), err
}

func unpack(packed []byte) (map[int]post, bool) {
	posts := map[int]post{}
	if len(packed) == 0 {
		return posts, true
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	lines, err := io.ReadAll(io.LimitReader(z, maxUnpacked))
	if err != nil {
		return nil, false
	}
	id := 0
	for line := range strings.Lines(string(lines)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(parts) != 3 {
			return nil, false
		}
		step, err := strconv.Atoi(parts[0])
		if err != nil {
			return nil, false
		}
		id += step
		posts[id] = post{modified: parts[1], guid: strings.ReplaceAll(parts[2], "\x01", strconv.Itoa(id))}
	}
	return posts, true
}
