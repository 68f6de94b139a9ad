package hub

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzForm reads whatever a stranger may post: what is accepted keeps to the limits.
func FuzzForm(f *testing.F) {
	f.Add("hub.mode=subscribe&hub.callback=https%3A%2F%2Fexample.org%2F%3Fa%3Db&hub.topic=x&hub.lease_seconds=86400&hub.secret=s")
	f.Add("hub.mode=unsubscribe&hub.callback=http://[::1]:80/")
	f.Add("hub.mode=subscribe&hub.callback=http://example.org/%&hub.lease_seconds=99999999999999")
	f.Add("hub.mode=subscribe;hub.callback=%ff")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		in, err := readIntent(form)
		if err != nil {
			return
		}
		u, err := url.Parse(in.Callback)
		if err != nil || in.host() == "" || u.User != nil || !strings.HasPrefix(u.Scheme, "http") || len(in.Callback) > maxCallback || len(in.Secret) > maxSecret {
			t.Errorf("accepted %+v", in)
		}
		if in.lease < MinLease || in.lease > MaxLease || in.lease%time.Second != 0 {
			t.Errorf("a lease of %v", in.lease)
		}
	})
}
