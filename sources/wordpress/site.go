package wordpress

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline"
)

func digest(parts ...any) []byte {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%s\x00", p)
	}
	return h.Sum(nil)
}

// apiRel is the relation by which a WordPress page says where the site's API is.
const apiRel = "https://api.w.org/"

// wordpressCom is where WordPress.com has the API of the sites it keeps.
const wordpressCom = "/wp/v2/sites/"

// maxPage is how much of a page is looked through for it.
const maxPage = 1 << 20

// roots are the addresses where the API may be, the likeliest first: the one known
// from before, what the config or the site's own page says, else where it usually is.
func (r *reading) roots() ([]string, error) {
	u, err := url.Parse(r.source.options.URL)
	if err != nil {
		return nil, fmt.Errorf("wordpress: %w", err)
	}
	if root := givenRoot(u); root != "" {
		return []string{root}, nil
	}
	found, err := r.discover()
	switch {
	case found != "":
		return []string{found}, nil
	case r.ctx.Err() != nil:
		return nil, r.ctx.Err()
	case err != nil && errors.Is(err, pipeline.ErrPrivate):
		return nil, err
	}
	home := *u
	home.RawQuery, home.Fragment = "", ""
	home.Path = strings.TrimRight(home.Path, "/") + "/"
	usual, plain := home, home
	usual.Path += "wp-json/"
	plain.RawQuery = "rest_route=/"
	all := []string{usual.String(), plain.String()}
	if strings.HasSuffix(u.Hostname(), ".wordpress.com") {
		all = append(all, "https://public-api.wordpress.com"+wordpressCom+u.Hostname()+"/")
	}
	return all, nil
}

// givenRoot is the root in an address of the API itself, "" for that of a site.
func givenRoot(u *url.URL) string {
	root := *u
	root.RawQuery, root.Fragment = "", ""
	if route := u.Query().Get("rest_route"); route != "" {
		root.RawQuery = "rest_route=/"
		return root.String()
	}
	for _, mark := range [...]string{"/wp-json", wordpressCom} {
		before, after, ok := strings.Cut(u.Path, mark)
		switch {
		case !ok:
		case mark == "/wp-json" && (after == "" || after[0] == '/'):
			root.Path = before + "/wp-json/"
			return root.String()
		case mark != "/wp-json":
			site, _, _ := strings.Cut(after, "/")
			root.Path = before + mark + site + "/"
			return root.String()
		}
	}
	return ""
}

// discover asks the site's page where its API is.
func (r *reading) discover() (string, error) {
	r.budget--
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.source.options.URL, nil)
	if err != nil {
		return "", fmt.Errorf("wordpress: %w", err)
	}
	req.Header.Set("Accept", "text/html, */*;q=0.1")
	resp, err := r.source.env.HTTP.Do(req)
	if err != nil {
		return "", fmt.Errorf("wordpress: %w", err)
	}
	defer resp.Body.Close()
	for _, link := range resp.Header.Values("Link") {
		if root := linkTo(link, resp.Request.URL); root != "" {
			return root, nil
		}
	}
	return rootIn(io.LimitReader(resp.Body, maxPage), resp.Request.URL), nil
}

// linkTo is the API's address in a Link header (RFC 8288).
func linkTo(header string, at *url.URL) string {
	for header != "" {
		_, rest, ok := strings.Cut(header, "<")
		if !ok {
			return ""
		}
		target, after, ok := strings.Cut(rest, ">")
		if !ok {
			return ""
		}
		params, _, _ := strings.Cut(after, "<")
		if strings.Contains(params, apiRel) {
			return webAddress(at, target)
		}
		header = after
	}
	return ""
}

// rootIn is the API's address in a page's head.
func rootIn(page io.Reader, at *url.URL) string {
	for z := html.NewTokenizer(page); ; {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.DataAtom != atom.Link {
				continue
			}
			rel, href := "", ""
			for _, a := range t.Attr {
				switch a.Key {
				case "rel":
					rel = a.Val
				case "href":
					href = a.Val
				}
			}
			if strings.Contains(rel, apiRel) {
				return webAddress(at, href)
			}
		}
	}
}

// webAddress resolves an address; "" is none that a client can go to.
func webAddress(at *url.URL, ref string) string {
	u, err := at.Parse(strings.TrimSpace(ref))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// endpoint is the address of a list under a root.
func endpoint(root, name string, query url.Values) string {
	u, err := url.Parse(root)
	if err != nil {
		return root
	}
	all := u.Query()
	route := "/wp/v2/" + name
	switch {
	case all.Has("rest_route"):
		all.Set("rest_route", route)
	case strings.Contains(u.Path, wordpressCom):
		u.Path = strings.TrimRight(u.Path, "/") + "/" + name
	default:
		u.Path = strings.TrimRight(u.Path, "/") + route
	}
	for key, values := range query {
		all[key] = values
	}
	u.RawQuery = all.Encode()
	return u.String()
}

// homeOf is the address of the site that a root belongs to, as the ids of its posts
// are made of.
func homeOf(root string) string {
	u, err := url.Parse(root)
	if err != nil {
		return root
	}
	if _, site, ok := strings.Cut(u.Path, wordpressCom); ok {
		site, _, _ = strings.Cut(site, "/")
		return "https://" + site
	}
	path, _, _ := strings.Cut(u.Path, "/wp-json")
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/")}).String()
}
