package fetch

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/filmwire/filmwire/pipeline"
)

// Hold is a site that has asked for fewer requests: it gets none until then.
type Hold struct {
	Site  string    `json:"site"` // see siteOf
	Code  int       `json:"code"` // 429 or 503
	Until time.Time `json:"until"`
	Times int       `json:"times"` // in a row
}

// Holds are the sites that get no requests for a while. One may be shared by several
// clients. Safe for use by many goroutines.
type Holds struct {
	clock pipeline.Clock
	keep  func(Hold)

	mu   sync.Mutex
	held map[string]Hold
}

// NewHolds begins with those that were kept. keep, which may be nil, is told of each
// that comes or grows, so that it holds over a restart.
func NewHolds(clock pipeline.Clock, kept []Hold, keep func(Hold)) *Holds {
	h := &Holds{clock: clock, keep: keep, held: map[string]Hold{}}
	for _, one := range kept {
		h.held[one.Site] = one
	}
	return h
}

// How long a site is held that does not say: it doubles from the first to the last.
const (
	firstHold = 15 * time.Minute
	lastHold  = 6 * time.Hour
	mostHold  = 7 * 24 * time.Hour
	// calm is how long after a hold a new one counts as another in a row.
	calm = 24 * time.Hour
)

// check says whether a host is held: then its error is a RetryAfter.
func (h *Holds) check(host string) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.held) == 0 {
		return nil
	}
	site := siteOf(host)
	one, held := h.held[site]
	left := one.Until.Sub(h.clock.Now())
	if !held || left <= 0 {
		return nil
	}
	return &pipeline.RetryAfter{After: left, Err: fmt.Errorf("%w: %s answers with %d; nothing there is asked until %s",
		pipeline.ErrHeld, site, one.Code, one.Until.UTC().Format("2006-01-02 15:04 MST"))}
}

// note takes in an answer.
func (h *Holds) note(resp *http.Response) {
	if h == nil || resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return
	}
	site := siteOf(resp.Request.URL.Hostname())
	if site == "" {
		return
	}
	now := h.clock.Now()
	h.mu.Lock()
	one := h.held[site]
	if one.Until.After(now) { // another request that was under way
		h.mu.Unlock()
		return
	}
	if now.Sub(one.Until) > calm {
		one.Times = 0
	}
	wait := firstHold << min(one.Times, 10)
	if after, ok := pipeline.ParseRetryAfter(resp.Header.Get("Retry-After"), now, mostHold); ok && (one.Times < 2 || after > wait) {
		wait = after
	} else {
		wait = min(wait, lastHold)
	}
	one = Hold{Site: site, Code: resp.StatusCode, Until: now.Add(wait).UTC().Truncate(time.Second), Times: one.Times + 1}
	h.held[site] = one
	h.mu.Unlock()
	if h.keep != nil {
		h.keep(one)
	}
}

// siteOf is what a host belongs to that is slowed as a whole: the domain that somebody
// has registered, or the part of a shared one that is one customer's. It is "" where
// nobody is to be slowed for another: on addresses of one's own, and on hosts that
// hold the sites of many.
func siteOf(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return ""
	}
	for _, shared := range platforms() {
		if host == shared || host == "www."+shared {
			return ""
		}
		if strings.HasSuffix(host, "."+shared) {
			return host
		}
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	switch site[strings.LastIndexByte(site, '.')+1:] {
	case "local", "localhost", "internal", "lan":
		return ""
	}
	return site
}

// platforms are domains that hold the sites of many and do not stand as such in the
// public suffix list.
func platforms() []string {
	return []string{
		"wordpress.com", "medium.com", "substack.com", "tumblr.com", "ghost.io", "feedburner.com", "livejournal.com",
		"typepad.com", "over-blog.com", "squarespace.com", "hashnode.dev", "micro.blog", "beehiiv.com", "buttondown.com",
		"buttondown.email", "write.as", "dreamwidth.org", "kinja.com", "patreon.com", "weebly.com", "blog.com",
	}
}
