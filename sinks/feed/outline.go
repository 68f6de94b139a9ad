package feed

import (
	"fmt"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// mostListed bounds the feeds that a sink's list holds: it is written anew whenever
// one of them comes, goes or takes another title. Readers take in a few hundred.
const mostListed = 1000

// listPath is where the list of the sink's feeds stands.
func (v *View) listPath() string { return "feeds/" + v.env.Name + ".opml" }

func (v *View) listTitle() string {
	return fmt.Sprintf("%s: feeds by %s (%s)", v.env.Site.Title, v.settings.Per, v.env.Name)
}

// list notes a feed's title in the list, "" where it is no more.
func (b *batch) list(key, title string) {
	row := listRows + key
	before, listed := b.st.Get(row)
	switch {
	case title == "" && listed:
		b.st.Delete(row)
		b.listed = true
	case title != "" && string(before) != title:
		b.st.Set(row, []byte(title))
		b.listed = true
	}
}

// writeList writes the list of the sink's feeds, sorted by their keys, if it has
// changed and there is more than one feed to list.
func (b *batch) writeList() error {
	if !b.listed || b.settings.Per == perNone {
		return nil
	}
	var outlines []pipeline.Outline
	b.st.Scan(listRows, func(row string, title []byte) bool {
		key := strings.TrimPrefix(row, listRows)
		outlines = append(outlines, pipeline.Outline{
			Title: string(title), Feed: b.url(key, "", b.formats[0]), Home: b.env.Site.URL + "/",
		})
		return len(outlines) < mostListed
	})
	list, err := pipeline.OPML(b.listTitle(), b.env.Site.URL+"/", outlines)
	if err != nil {
		return err
	}
	b.docs.Put(b.listPath(), list)
	return nil
}
