package films

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// overrides are the operator's, made ready for look-ups.
type overrides struct {
	print     string // fingerprint
	all       []*pipeline.Override
	texts     map[string]bool
	titled    map[string][]*ruling // by folded title
	ided      map[string][]*ruling // by catalogue/id
	reviews   map[string]*pipeline.Override
	different []*pipeline.Override
}

// ruling is an override that speaks of films that a reference means.
type ruling struct {
	override *pipeline.Override
	year     int
	anyYear  bool
}

func compile(all []pipeline.Override) *overrides {
	o := &overrides{
		texts: map[string]bool{}, titled: map[string][]*ruling{}, ided: map[string][]*ruling{}, reviews: map[string]*pipeline.Override{},
	}
	h := sha256.New()
	for i := range all {
		one := &all[i]
		o.all = append(o.all, one)
		o.texts[one.String()] = true
		h.Write([]byte(one.String() + "\n"))
		switch {
		case len(one.Different) > 0:
			o.different = append(o.different, one)
		case one.Review != "":
			o.reviews[one.Review] = one
		case one.Alias != "":
			key := titleKey(one.Alias)
			o.titled[key] = append(o.titled[key], &ruling{override: one, year: one.Year, anyYear: one.Year == 0})
		}
		for _, ref := range one.Same {
			if ref.Title != "" {
				key := titleKey(ref.Title)
				o.titled[key] = append(o.titled[key], &ruling{override: one, year: ref.Year})
			}
			ref.IDs.Each(func(catalogue, id string) {
				o.ided[catalogue+"/"+id] = append(o.ided[catalogue+"/"+id], &ruling{override: one})
			})
		}
	}
	if len(all) > 0 {
		o.print = hex.EncodeToString(h.Sum(nil)[:12])
	}
	return o
}

// speaksOf is the override that says which film a review is of, nil for none. The
// most particular comes first: the review itself, an id, a title.
func (o *overrides) speaksOf(id review.ID, r *review.Review, titleKeys []string) *pipeline.Override {
	if len(o.all) == 0 {
		return nil
	}
	if one := o.reviews[string(id)]; one != nil {
		return one
	}
	if one := o.reviews[r.URL]; one != nil && r.URL != "" {
		return one
	}
	var found *pipeline.Override
	r.Film.IDs.Each(func(catalogue, foreign string) {
		for _, rule := range o.ided[catalogue+"/"+foreign] {
			if found == nil {
				found = rule.override
			}
		}
	})
	for _, key := range titleKeys {
		for _, rule := range o.titled[key] {
			if found == nil && (rule.anyYear || rule.year == r.Film.Year) {
				found = rule.override
			}
		}
	}
	return found
}

// parts finds the override that says that a film of these claims is not the
// namesake, which goes by the title of this key; nil for none.
func (o *overrides) parts(c *claims, n *namesake, key string) *pipeline.Override {
	for _, one := range o.different {
		means := func(ref pipeline.FilmRef) bool {
			return ref.Film != "" && (ref.Film == n.own || ref.Film == n.root) ||
				sharesID(ref.IDs, n.ids) || ref.Title != "" && ref.Year == n.year && titleKey(ref.Title) == key
		}
		at := slices.IndexFunc(one.Different, func(ref pipeline.FilmRef) bool { return ref.Film != "" && means(ref) })
		if at < 0 {
			at = slices.IndexFunc(one.Different, means)
		}
		if at < 0 {
			continue
		}
		for i, ref := range one.Different {
			if i != at && c.meantBy(ref) && !c.meantBy(one.Different[at]) {
				return one
			}
		}
	}
	return nil
}

// sharesID reports that both have the same id in a catalogue.
func sharesID(a, b review.FilmIDs) bool {
	shared := false
	a.Each(func(catalogue, id string) {
		b.Each(func(c, other string) { shared = shared || c == catalogue && other == id })
	})
	return shared
}

// resolve finds the film that a reference means: the one of that id, or the only
// one of that title and year.
func resolve(st pipeline.Reader, ref pipeline.FilmRef) (*row, error) {
	own, err := ownOf(st, ref)
	if err != nil || own == "" {
		return nil, err
	}
	return load(st, own)
}

func ownOf(st pipeline.Reader, ref pipeline.FilmRef) (found review.FilmID, err error) {
	if ref.Film != "" {
		return ref.Film, nil
	}
	ref.IDs.Each(func(catalogue, id string) {
		if own, _, ok := identified(st, catalogue, id); ok {
			found = own
		}
	})
	if ref.Title == "" {
		return found, nil
	}
	all, err := called(st, titleKey(ref.Title))
	if err != nil {
		return "", err
	}
	real := slices.ContainsFunc(all, func(n namesake) bool { return n.year == ref.Year && !n.open })
	root := review.FilmID("")
	for i := range all {
		n := &all[i]
		if n.year != ref.Year || n.open && real {
			continue
		}
		if root != "" && root != n.root {
			return "", nil
		}
		if root == "" || n.own == n.root {
			found = n.own
		}
		root = n.root
	}
	return found, nil
}
