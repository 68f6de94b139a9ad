package opml

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/filmwire/filmwire/pipeline/review"
)

// The bounds of a list.
const (
	maxList  = 16 << 20 // bytes
	maxFeeds = 5_000
	maxDepth = 100 // folders in folders
	maxNames = 200 // folders and categories of a feed
	maxWord  = 200 // bytes of a title or a folder's name
)

// list is what a list of feeds holds.
type list struct {
	feeds    []listed
	problems []fault
}

// listed is a feed of the list.
type listed struct {
	key     string
	address string
	title   string
	folders []string // that it is in, and its categories
}

// name is what people know the feed by.
func (f *listed) name() string {
	if f.title != "" {
		return f.title
	}
	u, err := url.Parse(f.address)
	if err != nil {
		return f.address
	}
	return u.Redacted()
}

// fault is something in a list that cannot be read.
type fault struct {
	what string // the outline's title, "" for the list
	err  error
}

var (
	errNotList = errors.New("not a list of feeds: want OPML, with an <outline xmlUrl> for each feed")
	errCut     = errors.New("the list has no end: it was cut short, and what feeds it held besides is not known")
	errDepth   = fmt.Errorf("folders are nested deeper than %d; what is in them is left out", maxDepth)
	errMany    = fmt.Errorf("the list has more than %d feeds; the others are left out", maxFeeds)
	errEmpty   = errors.New("the list holds no feeds")
)

// parse reads a list. It is markup that a browser's tokenizer takes apart, as real lists
// hold bare ampersands, unclosed tags and entities that XML does not know. base is where
// the list is on the web, nil for a file.
func parse(text string, base *url.URL) (*list, error) {
	p := &parser{base: base, at: map[string]int{}}
	tokens := html.NewTokenizer(strings.NewReader(text))
	tokens.SetMaxBuf(maxList)
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return p.end()
		case html.StartTagToken, html.SelfClosingTagToken:
			tokens.NextIsNotRawText() // an empty <title/> is no beginning of one
			t := tokens.Token()
			p.start(&t)
		case html.EndTagToken:
			t := tokens.Token()
			p.close(t.Data)
		}
	}
}

// parser is a list that is being read.
type parser struct {
	list
	base   *url.URL
	at     map[string]int // where a feed stands in the list, by its key
	is     bool           // a list, and nothing else
	closed bool
	open   []bool   // the outlines around, and whether they are folders
	within []string // the folders around
	hidden int      // at which depth a comment began, 0 for none
	many   bool
	deep   bool
}

func (p *parser) start(t *html.Token) {
	switch t.Data {
	case "opml":
		p.is = true
	case "outline":
		p.outline(t)
	}
}

func (p *parser) close(tag string) {
	switch {
	case tag == "opml" || tag == "body":
		p.closed = true
	case tag == "outline" && len(p.open) > 0:
		last := len(p.open) - 1
		if p.open[last] {
			p.within = p.within[:len(p.within)-1]
		}
		if p.open = p.open[:last]; len(p.open) < p.hidden {
			p.hidden = 0
		}
	}
}

func (p *parser) outline(t *html.Token) {
	p.is = true
	attr := map[string]string{}
	for _, a := range t.Attr {
		if _, twice := attr[a.Key]; !twice {
			attr[a.Key] = a.Val
		}
	}
	title := word(attr["text"])
	if title == "" {
		title = word(attr["title"])
	}
	commented := strings.EqualFold(attr["iscomment"], "true")
	folder := ""
	if p.hidden == 0 && !commented {
		folder = p.entry(attr, title)
	}
	if t.Type == html.SelfClosingTagToken {
		return
	}
	p.open = append(p.open, folder != "")
	if folder != "" {
		p.within = append(p.within, folder)
	}
	if commented && p.hidden == 0 {
		p.hidden = len(p.open)
	}
}

// entry takes one outline in, and returns the name of the folder that it is, "" for
// none.
func (p *parser) entry(attr map[string]string, title string) (folder string) {
	where, kind := attr["xmlurl"], strings.ToLower(attr["type"])
	switch {
	case kind == "include":
		p.note(title, errInclude)
		return ""
	case where == "" && (kind == "rss" || kind == "atom"):
		where = attr["url"] // some write it so
	case where == "":
		return title
	}
	u, err := address(where, p.base)
	if err != nil {
		p.note(title, err)
		return ""
	}
	if title == word(where) || title == u.Host {
		title = "" // no name, but the address again
	}
	p.add(listed{key: feedKey(u), address: u.String(), title: title, folders: p.around(attr["category"])})
	return ""
}

// add adds a feed, or to one that is there already what is new.
func (p *parser) add(f listed) {
	if i, twice := p.at[f.key]; twice {
		for _, folder := range f.folders {
			if len(p.feeds[i].folders) < maxNames && !slices.Contains(p.feeds[i].folders, folder) {
				p.feeds[i].folders = append(p.feeds[i].folders, folder)
			}
		}
		return
	}
	switch {
	case len(p.within) > maxDepth:
		p.deep = true
	case len(p.feeds) >= maxFeeds:
		p.many = true
	default:
		p.at[f.key] = len(p.feeds)
		p.feeds = append(p.feeds, f)
	}
}

// around are the folders that an outline is in, and its categories.
func (p *parser) around(categories string) (names []string) {
	add := func(name string) {
		if name != "" && len(names) < maxNames && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, folder := range p.within[:min(len(p.within), maxDepth)] {
		add(folder)
	}
	for path := range strings.SplitSeq(categories, ",") {
		if len(names) == maxNames {
			break
		}
		for part := range strings.SplitSeq(path, "/") {
			add(word(part))
		}
	}
	return names
}

func (p *parser) note(what string, err error) {
	const most = 100
	if len(p.problems) < most {
		p.problems = append(p.problems, fault{what, err})
	}
}

// end is the list when all of it has been read.
func (p *parser) end() (*list, error) {
	if !p.is {
		return nil, errNotList
	}
	for _, f := range []struct {
		is  bool
		err error
	}{{!p.closed, errCut}, {p.deep, errDepth}, {p.many, errMany}, {len(p.feeds) == 0, errEmpty}} {
		if f.is {
			p.note("", f.err)
		}
	}
	return &p.list, nil
}

// word is a title or a name, on one line and of a sane length.
func word(s string) string {
	s = review.Line(s)
	if len(s) > maxWord {
		s = strings.ToValidUTF8(s[:maxWord], "")
	}
	return s
}
