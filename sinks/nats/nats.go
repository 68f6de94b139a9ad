package nats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Settings are a nats sink's own options.
type Settings struct {
	Subject     string          `config:"subject,required" doc:"Where events go, as reviews.{{.Source.Name}}.{{.Kind}}: words with dots between them, each a Go template over the event."`
	Mode        string          `config:"mode" enum:"core,stream,request" doc:"core: to whoever listens; stream: into a JetStream stream, waiting until it is kept; request: to somebody whose reply is the verdict."`
	URL         pipeline.Secret `config:"url" doc:"Another NATS server than the one that keeps the log; several with commas."`
	Credentials pipeline.Path   `config:"credentials" doc:"A .creds file for url."`
	Token       pipeline.Secret `config:"token" doc:"A token for url."`
	Timeout     time.Duration   `config:"timeout" min:"1s" max:"10s" doc:"How long an answer may take."`
}

// The modes.
const (
	modeCore    = "core"
	modeStream  = "stream"
	modeRequest = "request"
)

// Defaults are the settings of a sink that states none.
func Defaults() Settings { return Settings{Mode: modeCore, Timeout: 5 * time.Second} }

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:     "nats",
		Summary:  "Passes each event on to a NATS subject: to listeners, into a stream, or as a request.",
		Delivery: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenDelivery {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.DeliveryEnv) (pipeline.Delivery, error) { return New(s, env) }
}

const maxTimeout = 10 * time.Second

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	if _, err := address(s.Subject); err != nil {
		fault("subject", err.Error())
	}
	if !slices.Contains([]string{modeCore, modeStream, modeRequest}, s.Mode) {
		fault("mode", fmt.Sprintf("%q is not one of core, stream, request", s.Mode))
	}
	if s.Timeout < time.Second || s.Timeout > maxTimeout {
		fault("timeout", fmt.Sprintf("want 1s to %v, not %v", maxTimeout, s.Timeout))
	}
	if s.URL.IsZero() && (s.Credentials != "" || !s.Token.IsZero()) {
		fault("url", "is missing, and credentials and token are for it")
	}
	for one := range strings.SplitSeq(s.URL.Reveal(), ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if one != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme)) {
			fault("url", "want nats://, tls://, ws:// or wss:// and a host")
		}
	}
}

// address parses a subject: a template for each of its words.
func address(subject string) ([]*pipeline.Wording, error) {
	var words []*pipeline.Wording
	for i, text := range parts(subject) {
		if text == "" {
			return nil, fmt.Errorf("%q has an empty word", subject)
		}
		if i == 0 && (text == "filmwire" || strings.HasPrefix(text, "$")) {
			return nil, fmt.Errorf("%s is not for others to publish to: begin with another word", text)
		}
		w, err := pipeline.NewWording("subject", text, nil)
		if err != nil {
			return nil, err
		}
		words = append(words, w)
	}
	return words, nil
}

// parts parts a subject at its dots, but for those in templates.
func parts(subject string) []string {
	var all []string
	begin, depth := 0, 0
	for i := range len(subject) {
		switch {
		case strings.HasPrefix(subject[i:], "{{"):
			depth++
		case strings.HasPrefix(subject[i:], "}}"):
			depth--
		case subject[i] == '.' && depth == 0:
			all = append(all, subject[begin:i])
			begin = i + 1
		}
	}
	return append(all, subject[begin:])
}

// Delivery passes events on. Safe for use by many goroutines. Close it after use.
type Delivery struct {
	settings Settings
	env      pipeline.DeliveryEnv
	words    []*pipeline.Wording
	messages pipeline.Messages
}

var _ pipeline.Delivery = (*Delivery)(nil)

// New makes the delivery, with a connection of its own if the settings name a
// server. Settings that Check finds fault with are an error.
func New(s Settings, env pipeline.DeliveryEnv) (*Delivery, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("nats %q: %w", env.Name, errors.Join(faults...))
	}
	words, err := address(s.Subject)
	if err != nil {
		return nil, fmt.Errorf("nats %q: %w", env.Name, err)
	}
	messages, err := env.Messages(pipeline.MessageServer{URL: s.URL.Reveal(), Credentials: s.Credentials, Token: s.Token})
	if err != nil {
		return nil, fmt.Errorf("nats %q: %w", env.Name, err)
	}
	return &Delivery{settings: s, env: env, words: words, messages: messages}, nil
}

// Close gives the connection back.
func (d *Delivery) Close() error { return d.messages.Close() }

// The codes of verdicts that are ours.
const (
	codeUnreachable = "unreachable" // Retry: the server does not answer
	codeNobody      = "nobody"      // Retry: no stream, or nobody who replies
	codeTimeout     = "timeout"     // Retry: no answer in time
	codeReply       = "bad_reply"   // Retry: the reply is no verdict
	codeEarlier     = "earlier"     // Retry: an earlier event has to be tried again
	codeTooLarge    = "too_large"   // Reject
	codeWording     = "bad_wording" // Reject: the subject cannot be made
)

// Deliver passes each entry on. A review whose event has to wait holds back its
// later ones.
func (d *Delivery) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	verdicts := make([]pipeline.Verdict, len(entries))
	waits := map[review.ID]bool{}
	for i, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("nats: %w", err)
		}
		told := e.Outward()
		if told == nil {
			continue
		}
		if waits[told.ReviewID] {
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Retry, Code: codeEarlier, Reason: "an earlier event of the review has to be tried again"}
			continue
		}
		verdicts[i] = d.tell(ctx, told, e.Live)
		waits[told.ReviewID] = verdicts[i].Outcome == pipeline.Retry || verdicts[i].Outcome == pipeline.Pause
	}
	return verdicts, nil
}

var errTimeout = errors.New("no answer in time")

func (d *Delivery) tell(ctx context.Context, e *review.Event, live bool) pipeline.Verdict {
	to := make(pipeline.Address, len(d.words))
	for i, w := range d.words {
		word, err := w.Say(pipeline.Telling{Event: e, Live: live, Site: d.env.Site, Sink: d.env.Name})
		if err != nil {
			return pipeline.Verdict{Outcome: pipeline.Reject, Code: codeWording, Reason: err.Error()}
		}
		to[i] = word
	}
	timed, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if d.env.Clock.Sleep(timed, d.settings.Timeout) == nil {
			cancel(fmt.Errorf("%w: waited %v", errTimeout, d.settings.Timeout))
		}
	}()
	defer func() { cancel(nil); <-watched }()
	v, err := d.send(timed, to, e)
	if err != nil {
		return failed(context.Cause(timed), err)
	}
	return v
}

func (d *Delivery) send(ctx context.Context, to pipeline.Address, e *review.Event) (pipeline.Verdict, error) {
	switch d.settings.Mode {
	case modeStream:
		return pipeline.Verdict{}, d.messages.Store(ctx, to, e)
	case modeRequest:
		reply, err := d.messages.Ask(ctx, to, e)
		if err != nil || len(bytes.TrimSpace(reply)) == 0 {
			return pipeline.Verdict{}, err
		}
		v, err := pipeline.ParseOpinion(reply)
		if err != nil {
			v = pipeline.Verdict{Outcome: pipeline.Retry, Code: codeReply, Reason: err.Error()}
		}
		return v, nil
	}
	return pipeline.Verdict{}, d.messages.Send(ctx, to, e)
}

// failed is the verdict where an event could not be passed on.
func failed(cause, err error) pipeline.Verdict {
	v := pipeline.Verdict{Outcome: pipeline.Retry, Code: codeUnreachable, Reason: err.Error()}
	switch {
	case errors.Is(cause, errTimeout):
		v.Code, v.Reason = codeTimeout, cause.Error()
	case errors.Is(err, pipeline.ErrNobody):
		v.Code = codeNobody
	case errors.Is(err, pipeline.ErrTooLarge):
		v.Outcome, v.Code = pipeline.Reject, codeTooLarge
	}
	return v
}
