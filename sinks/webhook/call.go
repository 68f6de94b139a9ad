package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The media types of CloudEvents.
const (
	mediaEvent = "application/cloudevents+json"
	mediaBatch = "application/cloudevents-batch+json"
)

// call is one request in the making: what is sent does not change when it is sent
// again, but for the time and so the signature.
type call struct {
	id      string // idempotency key
	url     string
	headers http.Header
	body    []byte
}

// compose words the call about one event. It is nil where the body comes out empty.
func (d *Delivery) compose(e *review.Event, live bool) (*call, error) {
	t := pipeline.Telling{Event: e, Live: live, Site: d.env.Site, Sink: d.env.Name, Values: d.words.values}
	c := &call{id: e.EventID, headers: http.Header{}}
	if d.words.body == nil {
		c.body = e.AppendCloudEvent(nil)
		c.headers.Set("Content-Type", mediaEvent)
	} else {
		text, err := d.words.body.Say(t)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(text) == "" {
			return nil, nil
		}
		c.body = []byte(text)
		c.headers.Set("Content-Type", d.settings.ContentType)
	}
	return c, d.address(c, t)
}

// composeBatch is the call about many events, in the batch mode of CloudEvents.
func (d *Delivery) composeBatch(events []*review.Event) (*call, error) {
	c := &call{headers: http.Header{"Content-Type": {mediaBatch}}}
	ids := sha256.New()
	for i, e := range events {
		c.body = append(c.body, "[,"[min(i, 1)])
		c.body = e.AppendCloudEvent(c.body)
		ids.Write([]byte(e.EventID + "\n"))
	}
	c.body = append(c.body, ']')
	c.id = "batch." + hex.EncodeToString(ids.Sum(nil)[:16])
	first := pipeline.Telling{Event: events[0], Live: true, Site: d.env.Site, Sink: d.env.Name, Values: d.words.values}
	return c, d.address(c, first)
}

// address words where the call goes, and its headers.
func (d *Delivery) address(c *call, t pipeline.Telling) error {
	said, err := d.words.url.Say(t)
	if err != nil {
		return err
	}
	u, err := webAddress(said)
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	c.url = u.String()
	for name, wording := range d.words.headers {
		value, err := wording.Say(t)
		if err != nil {
			return err
		}
		if value = review.Line(value); !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("header %s: %q cannot stand in a header", name, value)
		}
		if value != "" {
			c.headers.Set(name, value)
		}
	}
	return nil
}

// errTimeout ends a call from this side.
var errTimeout = errors.New("no answer in time")

// send makes the call and says what came of it.
func (d *Delivery) send(ctx context.Context, c *call) pipeline.Verdict {
	timed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if d.env.Clock.Sleep(timed, d.settings.Timeout) == nil {
			cancel(fmt.Errorf("%w: waited %v", errTimeout, d.settings.Timeout))
		}
	}()
	defer func() { cancel(nil); <-watched }()

	req, err := http.NewRequestWithContext(timed, d.settings.Method, c.url, bytes.NewReader(c.body))
	if err != nil {
		return pipeline.Verdict{Outcome: pipeline.Reject, Code: codeWording, Reason: errAddress.Error()}
	}
	d.sign(req, c)
	res, err := d.env.HTTP.Do(req)
	if err != nil {
		return unanswered(timed, err)
	}
	defer res.Body.Close()
	said, err := readStart(res.Body)
	if err != nil && res.StatusCode < 300 {
		return halfAnswered(timed, err)
	}
	return d.judge(res, said)
}

// sign sets what is different each time the call is made.
func (d *Delivery) sign(req *http.Request, c *call) {
	for name, values := range c.headers {
		req.Header[name] = values
	}
	now := d.env.Clock.Now()
	req.Header.Set("Idempotency-Key", c.id)
	req.Header.Set("webhook-id", c.id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	if len(d.keys) > 0 {
		req.Header.Set("webhook-signature", signatures(d.keys, c.id, now, c.body))
	}
}

// maxWait bounds what a receiver may ask for.
const maxWait = 24 * time.Hour
