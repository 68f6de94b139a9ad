package feed

import (
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/idna"
)

// uriBytes are those RFC 3986 lets stand in a URI besides letters and digits,
// without the brackets, which belong to IPv6 hosts alone.
const uriBytes = "-._~:/?#@!$&'()*+,;="

// uri percent-encodes what may not stand in a URI, a stray % too. It is "" for
// "". What is encoded already stays as it is.
func uri(s string) string {
	const hex = "0123456789ABCDEF"
	s = text(s)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c), isDigit(c), strings.IndexByte(uriBytes, c) >= 0:
			b.WriteByte(c)
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// hasScheme reports whether a URI begins with a scheme, and has something behind
// it, so that it is no reference relative to something.
func hasScheme(s string) bool {
	scheme, rest, found := strings.Cut(s, ":")
	if !found || rest == "" || scheme == "" || !isLetter(scheme[0]) {
		return false
	}
	return strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") == ""
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

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
