package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a webhook sink's own options.
type Settings struct {
	URL         pipeline.Secret            `config:"url,required" doc:"The address to call, http or https; a Go template over the event is allowed, and a secret, since some addresses are keys."`
	Method      string                     `config:"method" enum:"POST,PUT,PATCH" doc:"The method of each call."`
	Secret      pipeline.Secret            `config:"secret" doc:"The signing secret of the Standard Webhooks scheme: whsec_ and 24 to 64 bytes in base64; without one, calls are not signed."`
	OldSecrets  []pipeline.Secret          `config:"old_secrets" doc:"Secrets that calls are signed with as well while receivers change over to a new one."`
	Headers     map[string]pipeline.Secret `config:"headers" doc:"Headers of each call; Go templates over the event, secrets allowed; one that comes out empty is left out."`
	Mode        string                     `config:"mode" enum:"structured,batch" doc:"structured: one CloudEvent a call; batch: all events at hand in one call."`
	Body        string                     `config:"body" doc:"A Go template over the event to send instead of a CloudEvent; a body that comes out empty is not sent."`
	ContentType string                     `config:"content_type" pattern:"^[!-~]+/[ -~]*[!-~]$" want:"a media type, as text/plain" doc:"The media type of a templated body."`
	Values      map[string]pipeline.Secret `config:"values" doc:"Words and secrets of your own that templates find as .Values.NAME."`
	Timeout     time.Duration              `config:"timeout" min:"1s" max:"30s" doc:"How long the receiver has to answer a call."`
}

// The modes.
const (
	modeStructured = "structured"
	modeBatch      = "batch"
)

// Defaults are the settings of a sink that states none.
func Defaults() Settings {
	return Settings{Method: "POST", Mode: modeStructured, ContentType: "application/json", Timeout: 15 * time.Second}
}

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:     "webhook",
		Summary:  "Calls an address for each event, signed, with a CloudEvent or a body of your own.",
		Delivery: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenDelivery {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.DeliveryEnv) (pipeline.Delivery, error) { return New(s, env) }
}

// The longest time a call may take: the client gives up on a header then anyway.
const maxTimeout = 30 * time.Second

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	if !slices.Contains([]string{"POST", "PUT", "PATCH"}, s.Method) {
		fault("method", fmt.Sprintf("%q is not one of POST, PUT, PATCH", s.Method))
	}
	if s.Mode != modeStructured && s.Mode != modeBatch {
		fault("mode", fmt.Sprintf("%q is not one of structured, batch", s.Mode))
	}
	if s.Mode == modeBatch && s.Body != "" {
		fault("body", "a templated body is about one event: leave out mode: batch")
	}
	if s.Timeout < time.Second || s.Timeout > maxTimeout {
		fault("timeout", fmt.Sprintf("want 1s to %v, not %v", maxTimeout, s.Timeout))
	}
	if !httpguts.ValidHeaderFieldValue(s.ContentType) || !strings.Contains(s.ContentType, "/") {
		fault("content_type", fmt.Sprintf("%q is no media type", s.ContentType))
	}
	s.checkSecrets(fault)
	for name := range s.Headers {
		if why := badHeader(name); why != "" {
			fault("headers."+name, why)
		}
	}
	s.wordings(fault)
}

func (s *Settings) checkSecrets(fault func(key, text string)) {
	if !s.Secret.IsZero() {
		if _, err := signingKey(s.Secret); err != nil {
			fault("secret", err.Error())
		}
	}
	for i, old := range s.OldSecrets {
		if _, err := signingKey(old); err != nil {
			fault(fmt.Sprintf("old_secrets.%d", i), err.Error())
		}
	}
	if s.Secret.IsZero() && len(s.OldSecrets) > 0 {
		fault("old_secrets", "there is no secret that they are older than")
	}
}

// badHeader says why a header cannot be set by the config.
func badHeader(name string) string {
	switch lower := strings.ToLower(name); {
	case !httpguts.ValidHeaderFieldName(name):
		return "is no name of a header"
	case strings.HasPrefix(lower, "webhook-"), lower == "idempotency-key":
		return "is set for each call; the event's id is not for the config to choose"
	case lower == "content-type":
		return "is what content_type is for"
	case slices.Contains([]string{"host", "content-length", "transfer-encoding", "connection"}, lower):
		return "is not for the config to choose"
	}
	return ""
}

// wordings are the templates of one sink.
type wordings struct {
	url     *pipeline.Wording
	body    *pipeline.Wording // nil for CloudEvents
	headers map[string]*pipeline.Wording
	values  map[string]string
}

// wordings parses the templates. What is wrong with one is a fault with its key.
func (s *Settings) wordings(fault func(key, text string)) wordings {
	w := wordings{headers: map[string]*pipeline.Wording{}, values: map[string]string{}}
	for name, value := range s.Values {
		w.values[name] = value.Reveal()
	}
	parse := func(key, text string) *pipeline.Wording {
		wording, err := pipeline.NewWording(key, text, w.values)
		if err != nil {
			fault(key, err.Error())
		}
		return wording
	}
	if w.url = parse("url", s.URL.Reveal()); w.url != nil && !s.URL.IsZero() {
		sample := pipeline.Telling{Event: pipeline.SampleEvent(), Live: true, Values: w.values}
		if said, err := w.url.Say(sample); err == nil {
			if _, err := webAddress(said); err != nil {
				fault("url", err.Error())
			}
		}
	}
	for name, text := range s.Headers {
		w.headers[name] = parse("headers."+name, text.Reveal())
	}
	if s.Body != "" {
		w.body = parse("body", s.Body)
	}
	return w
}

var errAddress = errors.New("not a web address, as https://example.org/hook")

// webAddress reads a URL that can be called. The error does not hold it: it may be
// a key.
func webAddress(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errAddress
	}
	return u, nil
}
