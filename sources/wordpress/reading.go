package wordpress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// How many posts are asked for at once: of the short list as many as WordPress
// allows, of texts fewer, and fewer still of a server that cannot.
const (
	listSize  = 100
	fetchSize = 50
)

// relist is how often all posts are listed although nothing seems to be missing.
const relist = 24 * time.Hour

// overlap is how far behind the latest known change changes are asked for: clocks of
// a site jump when summer ends, and a post may be stored later than it says.
const overlap = 3 * time.Hour

// reading is one Read under way.
type reading struct {
	*source
	ctx    context.Context
	out    pipeline.Out
	now    time.Time
	known  *checkpoint
	budget int // requests that may still be made
	size   int // posts that are fetched at once

	listed    map[int]post // what the lists say, by id
	kinds     map[int]string
	total     int  // of all lists, -1 where a server does not say
	whole     bool // all posts were listed
	fresh     map[string]list
	added     map[string]addition // what the export adds, by guid
	handed    int
	failed    []int
	stopped   error // of out: it ends the reading
	unchanged bool
	complete  bool
}

// run reads the site.
func (r *reading) run() error {
	if err := r.begin(); err != nil {
		return err
	}
	if r.unchanged {
		return nil
	}
	missing, err := r.missing()
	if err != nil {
		return err
	}
	wanted := r.wanted()
	held := r.whole && 2*len(missing) > len(r.known.posts)
	if held { // too many at once: let the engine see all there is, and decide
		wanted = slices.Sorted(maps.Keys(r.listed))
	}
	if err := r.addFromExport(wanted); err != nil {
		return err
	}
	if err := r.fetchAll(wanted); err != nil {
		return err
	}
	r.known.Held = 0
	if held {
		r.known.Held = len(missing)
		r.complete = len(r.failed) == 0
	} else if err := r.takeBack(missing); err != nil {
		return err
	}
	r.conclude()
	return nil
}

// begin lists what has changed, or all there is where that is called for.
func (r *reading) begin() error {
	r.listed, r.kinds, r.fresh = map[int]post{}, map[int]string{}, map[string]list{}
	if state := r.exportState(); state != r.known.Export {
		r.known.Export = state
		r.forget()
	}
	if r.known.Root != "" && r.now.Sub(r.known.ListedAt) < relist && !r.now.Before(r.known.ListedAt) {
		err := r.listChanges()
		if notFound(err) {
			r.known.Root = ""
		} else if err != nil || r.unchanged || r.total < 0 || r.total == r.expected()+r.known.Hidden {
			return err
		}
	}
	if err := r.findSite(); err != nil {
		return err
	}
	return r.listAll()
}

// notFound reports that the API is not where it was.
func notFound(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.status == http.StatusNotFound
}

// forget makes every known post one that has changed.
func (r *reading) forget() {
	for id, p := range r.known.posts {
		r.known.posts[id] = post{guid: p.guid}
	}
	r.known.ListedAt, r.known.Lists = time.Time{}, map[string]list{}
}

// findSite finds the API, and the ids of the categories and tags that are read.
func (r *reading) findSite() error {
	if r.known.Root != "" {
		if err := r.try(r.known.Root); err == nil {
			return r.resolveTerms()
		} else if !elsewhere(err) {
			return err
		}
		r.known.Root = ""
	}
	roots, err := r.roots()
	if err != nil {
		return err
	}
	var first error
	for _, root := range roots {
		err := r.try(root)
		if err == nil {
			r.known.Root = root
			return r.resolveTerms()
		}
		if first == nil {
			first = err
		}
		if !elsewhere(err) {
			break
		}
	}
	return first
}

// elsewhere reports an answer after which it is worth looking in another place.
func elsewhere(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.status < 500 || errors.Is(err, errCut)
}

// try asks for one post.
func (r *reading) try(root string) error {
	_, err := r.get(endpoint(root, r.options.Types[0], onePost(url.Values{})), nil)
	return err
}

// expected is how many posts there should be: those known, seen, or never read for a
// fault, without those that are missing and held.
func (r *reading) expected() int {
	n := len(r.known.posts) - r.known.Held
	for id := range r.listed {
		if _, ok := r.known.posts[id]; !ok {
			n++
		}
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.failed, r.known.Failed)))) {
		_, known := r.known.posts[id]
		if _, listed := r.listed[id]; !known && !listed {
			n++
		}
	}
	return n
}

// query is what every list of posts is asked with.
func (r *reading) query() url.Values {
	q := url.Values{}
	for key, ids := range r.known.Terms {
		q.Set(key, joined(ids))
	}
	return q
}

func joined(ids []int) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	return strings.Join(texts, ",")
}

// listQuery asks for the short list: which posts, the latest changed first.
func (r *reading) listQuery(size, page int) url.Values {
	q := r.query()
	q.Set("_fields", "id,guid,modified_gmt")
	q.Set("orderby", "modified")
	q.Set("order", "desc")
	q.Set("per_page", strconv.Itoa(size))
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	return q
}

// listChanges lists what changed since the last reading. The first page of a list
// says how many posts there are and which 100 changed last: mostly that is all. What
// lies behind is asked for with modified_after, so that the server need not look
// further back either.
func (r *reading) listChanges() error {
	since := r.latest()
	unchanged := len(r.known.Failed) == 0
	r.total = 0
	for _, kind := range r.options.Types {
		was := r.known.Lists[kind]
		for page := 1; ; page++ {
			q := r.listQuery(listSize, page)
			if page > 1 {
				q.Set("modified_after", since.Add(-overlap).Format("2006-01-02T15:04:05Z"))
			}
			validators := &was
			if page > 1 {
				validators = nil
			}
			a, err := r.get(endpoint(r.known.Root, kind, q), validators)
			if page == 1 && (errors.Is(err, errUnchanged) || err == nil && bytes.Equal(a.list.SHA256, was.SHA256)) {
				r.fresh[kind] = was
				r.count(was.Total)
				break
			}
			if errors.Is(err, errLastPage) {
				break
			}
			if err != nil {
				return err
			}
			unchanged = false
			if page == 1 {
				r.fresh[kind] = a.list
				r.count(a.list.Total)
			}
			if !r.noteItems(kind, a) || len(a.items) < listSize {
				break
			}
		}
	}
	r.unchanged = unchanged
	return nil
}

// count adds a list's total to that of all, which is not known if one is not.
func (r *reading) count(total int) {
	if total < 0 || r.total < 0 {
		r.total = -1
		return
	}
	r.total += total
}

// noteItems takes a page of the short list down, and reports whether all on it is
// new or edited: then more may be behind it.
func (r *reading) noteItems(kind string, a *answer) (allNew bool) {
	allNew = true
	for _, raw := range a.items {
		id, p, ok := readListed(raw)
		if !ok {
			continue
		}
		if known, there := r.known.posts[id]; there && known.modified == p.modified {
			allNew = false
		}
		r.listed[id], r.kinds[id] = p, kind
	}
	return allNew
}

// latest is the latest change that is known.
func (r *reading) latest() time.Time {
	last := ""
	for _, p := range r.known.posts {
		last = max(last, p.modified)
	}
	t, err := review.ParseTime(last)
	if err != nil {
		return time.Time{}
	}
	return t
}

// listAll lists all posts. A page is asked for anew where the server cannot give so
// many at once.
func (r *reading) listAll() error {
	r.unchanged = false
	clear(r.listed)
	r.total, r.whole = 0, true
	for _, kind := range r.options.Types {
		size := listSize
		for {
			err := r.listKind(kind, size)
			if err == nil {
				break
			}
			if !heavy(err) || size <= 10 || r.ctx.Err() != nil {
				return err
			}
			size /= 2
		}
	}
	return nil
}

func (r *reading) listKind(kind string, size int) error {
	before, total := len(r.listed), -1
	for page := 1; ; page++ {
		a, err := r.get(endpoint(r.known.Root, kind, r.listQuery(size, page)), nil)
		if errors.Is(err, errLastPage) {
			break
		}
		if err != nil {
			return err
		}
		if page == 1 && size == listSize {
			r.fresh[kind] = a.list
		}
		if total = a.list.Total; total > maxPosts || len(r.listed) > maxPosts {
			return fmt.Errorf("wordpress: %s: more than %d posts; say with categories or tagged which are reviews", r.name, maxPosts)
		}
		seen := len(r.listed)
		r.noteItems(kind, a)
		if len(r.listed) == seen { // the end, or a server that gives the same page for ever
			break
		}
		if len(a.items) < size && (total < 0 || page*size >= total) {
			break
		}
	}
	if total < 0 {
		r.total = -1
	} else if r.total >= 0 {
		r.total += max(total, len(r.listed)-before)
	}
	return nil
}

// wanted are the posts that are new or edited, and those that failed before, the
// oldest first.
func (r *reading) wanted() []int {
	var ids []int
	for id, p := range r.listed {
		if known, there := r.known.posts[id]; !there || known.modified != p.modified || slices.Contains(r.known.Failed, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range r.known.Failed {
		if _, there := r.listed[id]; !there && !r.whole {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// missing are the known posts that the site no longer has. Those that a list left
// out because posts moved between its pages are asked for once more.
func (r *reading) missing() ([]int, error) {
	if !r.whole {
		return nil, nil
	}
	var absent []int
	for id := range r.known.posts {
		if _, there := r.listed[id]; !there {
			absent = append(absent, id)
		}
	}
	slices.Sort(absent)
	for part := range slices.Chunk(absent, listSize) {
		for _, kind := range r.options.Types {
			q := r.listQuery(listSize, 1)
			q.Set("include", joined(part))
			a, err := r.get(endpoint(r.known.Root, kind, q), nil)
			if err != nil && !errors.Is(err, errLastPage) {
				return nil, err
			}
			if a != nil {
				r.noteItems(kind, a)
			}
		}
	}
	return slices.DeleteFunc(absent, func(id int) bool { _, there := r.listed[id]; return there }), nil
}

// takeBack says that posts are there no longer.
func (r *reading) takeBack(ids []int) error {
	for _, id := range ids {
		guid := r.known.posts[id].guid
		if guid == "" {
			guid = guidOf(r.known.Root, id)
		}
		if err := r.gone(guid); err != nil {
			return err
		}
		delete(r.known.posts, id)
	}
	return nil
}

func (r *reading) gone(guid string) error {
	r.stopped = r.out.Gone(guid)
	return r.stopped
}

func (r *reading) problem(where string, err error) error {
	r.stopped = r.out.Problem(pipeline.Problem{Where: where, Err: err})
	return r.stopped
}

// conclude notes what the next reading begins with.
func (r *reading) conclude() {
	r.known.Failed, r.known.NotBefore = r.failed, time.Time{}
	for kind, l := range r.fresh {
		r.known.Lists[kind] = l
	}
	if !r.whole {
		return
	}
	r.known.ListedAt = r.now
	if r.total < 0 {
		return
	}
	hidden := r.total - r.expected()
	if hidden != 0 && hidden != r.known.Hidden { // or posts moved while the pages were turned
		r.known.ListedAt = time.Time{}
	}
	r.known.Hidden = hidden
}

// cutOff notes that a reading ended before its end.
func (r *reading) cutOff(err error) {
	r.known.ListedAt, r.known.Lists = time.Time{}, map[string]list{}
	r.known.Failed = slices.Compact(slices.Sorted(slices.Values(append(r.failed, r.known.Failed...))))
	var later *pipeline.RetryAfter
	if errors.As(err, &later) {
		r.known.NotBefore = r.now.Add(later.After)
	}
	r.complete = false
}

// maxFailed bounds the posts that are asked for each time although they cannot be
// read.
const maxFailed = 200

// fail notes a post that cannot be read.
func (r *reading) fail(id int, where string, err error) error {
	if len(r.failed) < maxFailed {
		r.failed = append(r.failed, id)
	}
	return r.problem(where, err)
}

// fetchAll fetches posts with all there is of them, and hands them out.
func (r *reading) fetchAll(ids []int) error {
	byKind := map[string][]int{}
	for _, id := range ids {
		kind := r.kinds[id]
		if kind == "" {
			kind = r.options.Types[0]
		}
		byKind[kind] = append(byKind[kind], id)
	}
	for _, kind := range r.options.Types {
		if err := r.fetchKind(kind, byKind[kind]); err != nil {
			return err
		}
	}
	return nil
}

// maxInARow is how many posts may fail one after another before it is the server that
// fails.
const maxInARow = 3

func (r *reading) fetchKind(kind string, ids []int) error {
	inARow := 0
	for len(ids) > 0 {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		part := ids[:min(len(ids), r.size)]
		a, err := r.get(r.fetchAddress(kind, part), nil)
		switch {
		case errors.Is(err, errLastPage):
			a = &answer{}
		case err != nil && heavy(err) && len(part) > 1:
			r.size = max(1, len(part)/2)
			continue
		case err != nil && heavy(err) && inARow+1 < maxInARow:
			inARow++
			if err := r.fail(part[0], fmt.Sprintf("%s, post %d", r.name, part[0]), err); err != nil {
				return err
			}
			ids = ids[1:]
			continue
		case err != nil:
			return err
		}
		inARow = 0
		if err := r.handOut(part, a.items); err != nil {
			return err
		}
		ids = ids[len(part):]
	}
	return nil
}

func (r *reading) fetchAddress(kind string, ids []int) string {
	q := r.query()
	q.Set("include", joined(ids))
	q.Set("per_page", strconv.Itoa(len(ids)))
	q.Set("orderby", "include")
	q.Set("_fields", wantedFields)
	q.Set("_embed", "author,wp:featuredmedia,wp:term")
	return endpoint(r.known.Root, kind, q)
}

// handOut hands out the posts of an answer in the order they were asked for. What was
// deleted meanwhile is not in it, and is found missing the next time.
func (r *reading) handOut(asked []int, items []rawJSON) error {
	got := map[int]rawJSON{}
	for _, raw := range items {
		if id, _, ok := readListed(raw); ok {
			got[id] = raw
		}
	}
	for _, id := range asked {
		raw, there := got[id]
		if !there {
			continue
		}
		if err := r.one(id, raw); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) one(id int, raw rawJSON) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	_, p, _ := readListed(raw)
	d, open, err := readPost(raw, r.known.Root)
	if err != nil {
		return r.fail(id, fmt.Sprintf("%s, post %d", r.name, id), err)
	}
	p.guid = d.GUID
	if before := r.known.posts[id].guid; before != "" && before != d.GUID {
		if err := r.gone(before); err != nil {
			return err
		}
	}
	if !open {
		err = r.gone(d.GUID)
	} else {
		r.add(&d)
		d.FetchedAt, d.RawSHA256 = r.now, hashOf(&d)
		if err = r.out.Document(d); err == nil {
			r.handed++
		}
	}
	if r.stopped = err; err == nil {
		r.known.posts[id] = p
	}
	return err
}
