package feed

import (
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/idna"

	"github.com/filmwire/filmwire/pipeline/review"
)

// uri is [review.URI] of a clean text.
func uri(s string) string { return review.URI(text(s)) }

// hasScheme reports whether a URI begins with a scheme, and has something behind
// it, so that it is no reference relative to something.
func hasScheme(s string) bool {
	scheme, rest, found := strings.Cut(s, ":")
	if !found || rest == "" || scheme == "" || !isLetter(scheme[0]) {
		return false
	}
	return strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") == ""
}

// webURL is s as an absolute http or https URL in ASCII and without a user name
// or password, or "" if it cannot be one.
func webURL(s string) string {
	u, err := url.Parse(uri(s))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return ""
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host, u.User = host, nil
	return u.String()
}

// join is the URL of a path on the site, each part of it encoded.
func join(siteURL string, parts ...string) string {
	for _, p := range parts {
		siteURL += "/" + url.PathEscape(p)
	}
	return siteURL
}

// pathURL is the URL of a document of the site.
func pathURL(siteURL, document string) string {
	return join(siteURL, strings.Split(path.Clean(document), "/")...)
}
