package wordpress

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// term is a category or a tag.
type term struct {
	ID     int    `json:"id"`
	Slug   string `json:"slug"`
	Name   string `json:"name"`
	Parent int    `json:"parent"`
}

// maxTermPages is how many pages of categories are looked through.
const maxTermPages = 20

// resolveTerms finds the ids of the categories and tags that the config names.
func (r *reading) resolveTerms() error {
	terms := map[string][]int{}
	if len(r.options.Categories) > 0 {
		all, err := r.allTerms("categories")
		if err != nil {
			return err
		}
		ids, err := r.chosen("categories", r.options.Categories, all)
		if err != nil {
			return err
		}
		terms["categories"] = withBelow(ids, all)
	}
	if len(r.options.Tags) > 0 {
		all, err := r.someTerms("tags", url.Values{"slug": {strings.Join(r.options.Tags, ",")}, "per_page": {"100"}})
		if err != nil {
			return err
		}
		ids, err := r.chosen("tagged", r.options.Tags, all)
		if err != nil {
			return err
		}
		terms["tags"] = ids
	}
	r.known.Terms = terms
	return nil
}

// allTerms lists all terms of a taxonomy, for which are below which.
func (r *reading) allTerms(name string) (all []term, err error) {
	for page := 1; page <= maxTermPages; page++ {
		some, err := r.someTerms(name, url.Values{"per_page": {"100"}, "page": {strconv.Itoa(page)}, "orderby": {"id"}})
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) < 100 {
			break
		}
	}
	return all, nil
}

func (r *reading) someTerms(name string, q url.Values) (all []term, err error) {
	q.Set("_fields", "id,slug,name,parent")
	a, err := r.get(endpoint(r.known.Root, name, q), nil)
	if errors.Is(err, errLastPage) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, raw := range a.items {
		var t term
		if json.Unmarshal(raw, &t) == nil && t.ID > 0 {
			all = append(all, t)
		}
	}
	return all, nil
}

// chosen are the ids of the terms that are named by slug, name or id.
func (r *reading) chosen(option string, names []string, all []term) (ids []int, err error) {
	for _, name := range names {
		at := slices.IndexFunc(all, func(t term) bool {
			return strings.EqualFold(t.Slug, name) || strings.EqualFold(html.UnescapeString(t.Name), name) || strconv.Itoa(t.ID) == name
		})
		if at >= 0 {
			ids = append(ids, all[at].ID)
			continue
		}
		if id, err := strconv.Atoi(name); err == nil && id > 0 && option == "tagged" {
			ids = append(ids, id)
			continue
		}
		return nil, fmt.Errorf("wordpress: %s: `%s`: the site has no %q%s", r.name, option, name, among(all))
	}
	return ids, nil
}

// among names some of the terms there are.
func among(all []term) string {
	var slugs []string
	for _, t := range all[:min(len(all), 15)] {
		slugs = append(slugs, t.Slug)
	}
	if len(slugs) == 0 {
		return ""
	}
	return "; it has " + strings.Join(slugs, ", ")
}

// withBelow adds the categories below others.
func withBelow(ids []int, all []term) []int {
	for i := 0; i < len(ids); i++ {
		for _, t := range all {
			if t.Parent == ids[i] && !slices.Contains(ids, t.ID) {
				ids = append(ids, t.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}
