package hub

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/filmwire/filmwire/pipeline"
)

// PublisherOptions are what a publisher is made of.
type PublisherOptions struct {
	Hub     string                                  // the address of the hub
	TopicOf func(path string) (url string, ok bool) // as in [Options]
	HTTP    pipeline.Doer
	Clock   pipeline.Clock
	Log     *slog.Logger
}

// Publisher tells a hub elsewhere which topics have changed.
type Publisher struct {
	options PublisherOptions
	wake    chan struct{}
	mu      sync.Mutex
	changed map[string]bool // topics the hub is to be told of
}

// NewPublisher makes a publisher.
func NewPublisher(o PublisherOptions) *Publisher {
	return &Publisher{options: o, wake: make(chan struct{}, 1), changed: map[string]bool{}}
}

// Changed tells the publisher which documents changed, by path. It does not wait.
func (p *Publisher) Changed(paths []string) {
	topics := topicsOf(paths, p.options.TopicOf)
	if len(topics) == 0 {
		return
	}
	p.mu.Lock()
	for _, topic := range topics {
		p.changed[topic] = true
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Run tells the hub of changes until ctx ends, of each topic once for all changes
// that come together. A hub that cannot be reached is tried again later and later.
// What it was not told of when Run ends it hears of with the next change.
func (p *Publisher) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		if p.options.Clock.Sleep(ctx, gather) != nil {
			return
		}
		for attempt := 1; ; attempt++ {
			err := p.tellAll(ctx)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return
			}
			wait := backoff(attempt)
			p.options.Log.Warn("the hub could not be told of changes and is told later", "hub", p.options.Hub, "attempt", attempt, "wait", wait, "err", err)
			if p.options.Clock.Sleep(ctx, wait) != nil {
				return
			}
		}
	}
}

// tellAll tells of every topic that changed. After an error those left are still
// to be told of.
func (p *Publisher) tellAll(ctx context.Context) error {
	for {
		topic, ok := p.take()
		if !ok {
			return nil
		}
		if err := p.tell(ctx, topic); err != nil {
			p.mu.Lock()
			p.changed[topic] = true
			p.mu.Unlock()
			return err
		}
	}
}

func (p *Publisher) take() (topic string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic := range p.changed {
		delete(p.changed, topic)
		return topic, true
	}
	return "", false
}

// tell sends one topic, under both names that hubs know it by. A hub that will not
// have it is not asked again.
func (p *Publisher) tell(ctx context.Context, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	form := url.Values{"hub.mode": {"publish"}, "hub.url": {topic}, "hub.topic": {topic}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.options.Hub, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.options.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 200)) // why not, if it says so
	switch status := resp.StatusCode; {
	case status/100 == 2:
		return nil
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status/100 == 5:
		return fmt.Errorf("the hub answered %s", resp.Status)
	default:
		p.options.Log.Error("the hub does not take a topic", "hub", p.options.Hub, "topic", topic, "status", resp.Status, "says", string(text))
		return nil
	}
}
