package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/sinktest"
	"github.com/filmwire/filmwire/sinks/webhook"
)

func settings(url string) webhook.Settings {
	s := webhook.Defaults()
	s.URL, s.Secret = pipeline.NewSecret(url), pipeline.NewSecret(secret)
	return s
}

// open makes a delivery that calls through the daemon's own client, with a clock
// in which no call takes too long.
func open(t testing.TB, s webhook.Settings, env pipeline.DeliveryEnv) *webhook.Delivery {
	t.Helper()
	if _, still := env.Clock.(*sinktest.Clock); still {
		env.Clock = patient{}
	}
	client := fetch.New(fetch.Options{AllowPrivate: true})
	t.Cleanup(client.Close)
	env.HTTP = client
	d, err := webhook.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// patient is a clock that stands still.
type patient struct{}

func (patient) Now() time.Time { return sinktest.Epoch() }

func (patient) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDelivery(t *testing.T) {
	for _, mode := range []string{"structured", "batch"} {
		t.Run(mode, func(t *testing.T) {
			sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
				r := newReceiver(t)
				s := settings(r.URL)
				s.Mode = mode
				return open(t, s, env), r.outside
			})
		})
	}
}

func one(t testing.TB, d pipeline.Delivery, events ...*review.Event) []pipeline.Verdict {
	t.Helper()
	verdicts, err := d.Deliver(t.Context(), sinktest.NewHistory(events...))
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

func TestAnswers(t *testing.T) {
	date := sinktest.Epoch().Add(90 * time.Second).Format(http.TimeFormat)
	for name, c := range map[string]struct {
		status  int
		header  [2]string
		body    string
		outcome pipeline.Outcome
		after   time.Duration
		code    string
		reason  string
	}{
		"200":                        {200, [2]string{}, "thanks", pipeline.Done, 0, "", ""},
		"202":                        {202, [2]string{}, "", pipeline.Done, 0, "", ""},
		"200 with an endless answer": {200, [2]string{}, strings.Repeat("x", 1<<20), pipeline.Done, 0, "", ""},
		"429 with seconds":           {429, [2]string{"Retry-After", "120"}, "", pipeline.Retry, 2 * time.Minute, "slow_down", "429"},
		"429 with a date":            {429, [2]string{"Retry-After", date}, "", pipeline.Retry, 90 * time.Second, "slow_down", "429"},
		"429 without":                {429, [2]string{}, "", pipeline.Retry, 0, "slow_down", "429"},
		"503 with a century":         {503, [2]string{"Retry-After", "99999999999999"}, "", pipeline.Retry, 24 * time.Hour, "unavailable", "503"},
		"503 with the past":          {503, [2]string{"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"}, "", pipeline.Retry, 0, "unavailable", "503"},
		"503 with nonsense":          {503, [2]string{"Retry-After", "soon"}, "", pipeline.Retry, 0, "unavailable", "503"},
		"500":                        {500, [2]string{}, "oops", pipeline.Retry, 0, "http_500", "500 Internal Server Error: oops"},
		"408":                        {408, [2]string{}, "", pipeline.Retry, 0, "http_408", "408"},
		"401":                        {401, [2]string{}, "who are you?", pipeline.Pause, 0, "unauthorized", "who are you?"},
		"403":                        {403, [2]string{}, "", pipeline.Pause, 0, "forbidden", "403"},
		"410":                        {410, [2]string{}, "", pipeline.Pause, 0, "gone", "410 Gone"},
		"400":                        {400, [2]string{}, "no\x00 \x1b[31mfield\nx", pipeline.Reject, 0, "http_400", "400 Bad Request: no [31mfield x"},
		"404":                        {404, [2]string{}, strings.Repeat("word ", 1000), pipeline.Reject, 0, "http_404", "word…"},
		"301":                        {301, [2]string{"Location", "https://elsewhere.example/x?key=1"}, "", pipeline.Pause, 0, "moved", "moved to https://elsewhere.example;"},
		"302":                        {302, [2]string{"Location", "/login"}, "", pipeline.Retry, 0, "http_302", "302"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			r.fault = func(w http.ResponseWriter, _ *http.Request, _ func() error) bool {
				if c.header[0] != "" {
					w.Header().Set(c.header[0], c.header[1])
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
				return true
			}
			env, _ := sinktest.DeliveryEnv()
			got := one(t, open(t, settings(r.URL), env), sinktest.Event())[0]
			if got.Outcome != c.outcome || got.After != c.after || got.Code != c.code || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("got %+v", got)
			}
			if len(got.Reason) > 400 {
				t.Errorf("a reason of %d bytes", len(got.Reason))
			}
		})
	}
}

// TestRedirect: what was signed for one address is not sent to another.
func TestRedirect(t *testing.T) {
	other := newReceiver(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := newReceiver(t)
		r.fault = func(w http.ResponseWriter, req *http.Request, _ func() error) bool {
			http.Redirect(w, req, other.URL, status)
			return true
		}
		env, _ := sinktest.DeliveryEnv()
		if v := one(t, open(t, settings(r.URL), env), sinktest.Event())[0]; v.Outcome != pipeline.Retry && v.Outcome != pipeline.Pause {
			t.Errorf("%d: %+v", status, v)
		}
	}
	if other.called() != 0 {
		t.Errorf("%d calls went where they were redirected to", other.called())
	}
}

func TestPrivateAddressPauses(t *testing.T) {
	r := newReceiver(t)
	env, _ := sinktest.DeliveryEnv()
	env.Clock, env.HTTP = patient{}, fetch.New(fetch.Options{})
	d, err := webhook.New(settings(r.URL), env)
	if err != nil {
		t.Fatal(err)
	}
	v := one(t, d, sinktest.Event())[0]
	if v.Outcome != pipeline.Pause || v.Code != "private" || !strings.Contains(v.Reason, "allow_private: true") || r.called() != 0 {
		t.Errorf("%+v after %d calls", v, r.called())
	}
}

// TestBothSecretsSign: a receiver that has only the old or only the new secret can
// verify while they are changed.
func TestBothSecretsSign(t *testing.T) {
	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	s := settings(server.URL)
	s.OldSecrets = []pipeline.Secret{pipeline.NewSecret(oldSecret)}
	env, _ := sinktest.DeliveryEnv()
	one(t, open(t, s, env), sinktest.Event())
	for _, key := range []string{secret, oldSecret} {
		verifier, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.VerifyIgnoringTimestamp(body, header); err != nil {
			t.Errorf("%s: %v", key[:9], err)
		}
		if err := verifier.VerifyIgnoringTimestamp(append(body, ' '), header); err == nil {
			t.Error("another body verifies too")
		}
	}
}

func TestTemplates(t *testing.T) {
	type heard struct {
		method, path, token, media, key, body string
	}
	var got []heard
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, heard{r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), string(body)})
	}))
	defer server.Close()
	s := settings(server.URL + "/rooms/{{path .Values.room}}/{{path .EventID}}")
	s.Method, s.ContentType = "PUT", "text/plain; charset=utf-8"
	s.Headers = map[string]pipeline.Secret{"Authorization": pipeline.NewSecret("Bearer {{.Values.token}}")}
	s.Values = map[string]pipeline.Secret{"room": pipeline.NewSecret("!a/b:c"), "token": pipeline.NewSecret("t0ken")}
	s.Body = `{{if .Live}}{{.Name}}: {{.Rating.Text}} {{json .Critic.Name}}{{end}}`
	env, _ := sinktest.DeliveryEnv()
	d := open(t, s, env)
	e := sinktest.Event()
	if v := one(t, d, e, sinktest.Event(sinktest.Kind(review.Withdrawn, 2))); v[0].Outcome != pipeline.Done || v[1].Outcome != pipeline.Done {
		t.Errorf("%+v", v)
	}
	want := heard{"PUT", "/rooms/%21a%2Fb:c/" + e.EventID, "Bearer t0ken", "text/plain; charset=utf-8", e.EventID, `Never Let Me Go (2010): 4/5 "Jane Doe"`}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want one of %+v", got, want)
	}
}

func TestAFilterShowsNothingOfWhatItHides(t *testing.T) {
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
	}))
	defer server.Close()
	env, _ := sinktest.DeliveryEnv()
	d := open(t, settings(server.URL), env)
	hidden := sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.Kind(review.Revised, 2)))
	hidden[0].Live, hidden[1].Live = false, false
	if _, err := d.Deliver(t.Context(), hidden); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"kind":"withdrawn"`) || strings.Contains(bodies[0], "Never Let Me Go") || strings.Contains(bodies[0], "Jane") {
		t.Errorf("told: %q", bodies)
	}
}

// TestABatchThatIsRefusedComesApart: one bad event does not take its neighbours
// along.
func TestABatchThatIsRefusedComesApart(t *testing.T) {
	var sizes []int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sizes = append(sizes, strings.Count(string(body), `"specversion"`))
		if strings.Contains(string(body), "poison") {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
	}))
	defer server.Close()
	s := settings(server.URL)
	s.Mode = "batch"
	env, _ := sinktest.DeliveryEnv()
	v := one(t, open(t, s, env), sinktest.Event(), sinktest.Event(sinktest.GUID("2"), sinktest.Text("poison")), sinktest.Event(sinktest.GUID("3")))
	if v[0].Outcome != pipeline.Done || v[1].Outcome != pipeline.Reject || v[1].Code != "http_422" || v[2].Outcome != pipeline.Done {
		t.Errorf("%+v", v)
	}
	if len(sizes) != 4 || sizes[0] != 3 {
		t.Errorf("batches of %v", sizes)
	}
}

// TestAReceiverThatIsDownIsNotTriedForAll: the rest of the batch waits.
func TestAReceiverThatIsDownIsNotTriedForAll(t *testing.T) {
	r := newReceiver(t)
	r.fault = func(http.ResponseWriter, *http.Request, func() error) bool { panic(http.ErrAbortHandler) }
	env, _ := sinktest.DeliveryEnv()
	var events []*review.Event
	for _, guid := range strings.Fields("a b c d e f g h") {
		events = append(events, sinktest.Event(sinktest.GUID(guid)))
	}
	for i, v := range one(t, open(t, settings(r.URL), env), events...) {
		if v.Outcome != pipeline.Retry || i < 3 && v.Code != "unreachable" || i >= 3 && v.Code != "earlier" {
			t.Errorf("%d: %+v", i, v)
		}
	}
	if r.called() > 3*2 { // net/http may try an aborted call again by itself
		t.Errorf("%d calls", r.called())
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*webhook.Settings)
		key    string
		text   string
	}{
		"no address":        {func(s *webhook.Settings) { s.URL = pipeline.NewSecret("example.org/hook") }, "url", "not a web address"},
		"a template's typo": {func(s *webhook.Settings) { s.Body = "{{.Flim}}" }, "body", "Flim"},
		"no template":       {func(s *webhook.Settings) { s.Body = "{{.Film" }, "body", "not a template"},
		"unknown value":     {func(s *webhook.Settings) { s.Body = "{{.Values.room}}" }, "body", "room"},
		"a short secret":    {func(s *webhook.Settings) { s.Secret = pipeline.NewSecret("whsec_c2hvcnQ=") }, "secret", "24 to 64 bytes"},
		"a plain secret":    {func(s *webhook.Settings) { s.Secret = pipeline.NewSecret("correct horse battery") }, "secret", "openssl"},
		"old without new":   {func(s *webhook.Settings) { s.OldSecrets, s.Secret = []pipeline.Secret{s.Secret}, pipeline.Secret{} }, "old_secrets", "no secret"},
		"method":            {func(s *webhook.Settings) { s.Method = "GET" }, "method", "POST, PUT, PATCH"},
		"mode":              {func(s *webhook.Settings) { s.Mode = "binary" }, "mode", "structured, batch"},
		"a body in batches": {func(s *webhook.Settings) { s.Mode, s.Body = "batch", "x" }, "body", "mode: batch"},
		"our header": {func(s *webhook.Settings) {
			s.Headers = map[string]pipeline.Secret{"Webhook-ID": pipeline.NewSecret("x")}
		}, "headers.Webhook-ID", "event's id"},
		"no header":   {func(s *webhook.Settings) { s.Headers = map[string]pipeline.Secret{"a b": pipeline.NewSecret("x")} }, "headers.a b", "no name"},
		"too patient": {func(s *webhook.Settings) { s.Timeout = time.Hour }, "timeout", "1s to 30s"},
		"media type":  {func(s *webhook.Settings) { s.ContentType = "json" }, "content_type", "no media type"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings("https://example.org/hook")
			c.change(&s)
			found := false
			s.Check(func(key, text string) {
				found = found || key == c.key && strings.Contains(text, c.text)
				if strings.Contains(text, "horse") {
					t.Error("the fault holds the secret")
				}
			})
			if !found {
				t.Error("no such fault")
			}
		})
	}
	good := settings("https://example.org/hook")
	good.Check(func(key, text string) { t.Errorf("%s: %s", key, text) })
}
