package serve

import (
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// unchanged reports whether the reader has this version already (RFC 9110, 13).
// If-None-Match is the better word; only without it is the time asked, and only
// where one was given.
func unchanged(c *fasthttp.RequestCtx, etag string, modified time.Time, dated bool) bool {
	if lists := values(c, "If-None-Match"); len(lists) > 0 {
		for _, list := range lists {
			if list == etag || matches(list, etag) {
				return true
			}
		}
		return false
	}
	since := string(c.Request.Header.Peek("If-Modified-Since"))
	if since == "" || !dated {
		return false
	}
	t, err := http.ParseTime(since)
	return err == nil && !modified.After(t)
}

// matches reports whether etag is in a list of entity tags, or the list is *.
func matches(list, etag string) bool {
	found := false
	tags(list, func(tag string) bool {
		found = tag == etag || tag == "*"
		return !found
	})
	return found
}

// tags calls f with each entity tag of a list, weak ones without their mark,
// until f returns false; a * is handed on as it is. A list that is broken is read
// as far as it can be.
func tags(list string, f func(tag string) bool) {
	for {
		list = strings.TrimLeft(list, " \t,")
		if strings.HasPrefix(list, "*") {
			f("*")
			return
		}
		list = strings.TrimPrefix(list, "W/")
		if !strings.HasPrefix(list, `"`) {
			return
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 || !f(list[:end+2]) {
			return
		}
		list = list[end+2:]
	}
}
