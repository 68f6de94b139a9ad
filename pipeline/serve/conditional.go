package serve

import (
	"net/http"
	"strings"
	"time"
)

// unchanged reports whether the reader has this version already (RFC 9110, 13).
// If-None-Match is the better word; only without it is the time asked, and only
// where one was given.
func unchanged(r *http.Request, etag string, modified time.Time, settled bool) bool {
	if lists := r.Header["If-None-Match"]; len(lists) > 0 {
		for _, list := range lists {
			if matches(list, etag) {
				return true
			}
		}
		return false
	}
	since := r.Header.Get("If-Modified-Since")
	if since == "" || !settled {
		return false
	}
	t, err := http.ParseTime(since)
	return err == nil && !modified.After(t)
}

// matches reports whether etag is in a list of entity tags, or the list is *.
// Weak tags match too. A list that is broken matches as far as it can be read.
func matches(list, etag string) bool {
	for {
		list = strings.TrimLeft(list, " \t,")
		if strings.HasPrefix(list, "*") {
			return true
		}
		list = strings.TrimPrefix(list, "W/")
		if !strings.HasPrefix(list, `"`) {
			return false
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if list[:end+2] == etag {
			return true
		}
		list = list[end+2:]
	}
}

// acceptsGzip reads Accept-Encoding: gzip is there, and not with a weight of 0.
func acceptsGzip(headers []string) bool {
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			coding, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				return !refused(params)
			}
		}
	}
	return false
}

// refused reports whether the parameters hold a weight of 0: q=0, q=0.000.
func refused(params string) bool {
	name, weight, ok := strings.Cut(params, "=")
	return ok && strings.EqualFold(strings.TrimSpace(name), "q") && strings.Trim(strings.TrimSpace(weight), "0.") == ""
}
