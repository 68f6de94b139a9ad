package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The headers are the attributes of CloudEvents 1.0 in binary mode, as its NATS
// protocol binding spells them.
const (
	headerSpec    = "ce-specversion"
	headerID      = "ce-id"
	headerSource  = "ce-source"
	headerType    = "ce-type"
	headerTime    = "ce-time"
	headerSubject = "ce-subject"
	headerMedia   = "content-type"

	mediaType = "application/json"
)

// group is the messages of one Append. The bodies stand behind each other in one
// buffer, which lives until the messages are sent.
type group struct {
	msgs   []nats.Msg
	bodies bytes.Buffer
}

// encode writes the events into the group, each exactly once. limit is the size in
// bytes that the server takes in one message.
func (g *group) encode(events []pipeline.Append, limit int64) error {
	g.msgs = slices.Grow(g.msgs[:0], len(events))[:len(events)]
	ends := make([]int, len(events))
	g.bodies.Grow(bodiesSize(events))
	enc := json.NewEncoder(&g.bodies)
	enc.SetEscapeHTML(false)
	for i := range events {
		if err := g.encodeOne(enc, i, &events[i]); err != nil {
			return err
		}
		ends[i] = g.bodies.Len() - 1 // without the newline
	}
	begin := 0
	for i, end := range ends { // only now: the buffer may have moved while it grew
		m := &g.msgs[i]
		m.Data = g.bodies.Bytes()[begin:end:end]
		begin = end + 1
		if size := messageSize(m); size > limit {
			return fmt.Errorf("%s: %d bytes, and the log takes %d: %w", events[i].Subject(), size, limit, pipeline.ErrTooLarge)
		}
	}
	return nil
}

// bodiesSize is about how many bytes the events' bodies take: to grow while they are
// written costs more than the writing.
func bodiesSize(events []pipeline.Append) int {
	const besides = 1500 // what stands beside the texts of a review, and a whole film
	n := 0
	for i := range events {
		n += besides
		if e := events[i].Review; e != nil {
			n += len(e.BodyHTML) + len(e.BodyText) + len(e.Summary)
		}
	}
	return min(n, largestKept)
}

func (g *group) encodeOne(enc *json.Encoder, i int, a *pipeline.Append) error {
	var about review.CloudEvent
	switch {
	case (a.Review == nil) == (a.Film == nil):
		return errors.New("an append holds exactly one of a review event and a film event")
	case a.Review != nil:
		if a.Review.Schema != review.Schema || a.Review.ReviewID == "" {
			return fmt.Errorf("%s: schema %q and review id %q: readers would pass it over", a.Subject(), a.Review.Schema, a.Review.ReviewID)
		}
		about = a.Review.CloudEvent()
		g.bodies.Write(append(a.Review.AppendJSON(g.bodies.AvailableBuffer()), '\n'))
	default:
		if a.Film.Schema != review.FilmSchema || a.Film.FilmID == "" {
			return fmt.Errorf("%s: schema %q and film id %q: readers would pass it over", a.Subject(), a.Film.Schema, a.Film.FilmID)
		}
		about = a.Film.CloudEvent()
		if err := enc.Encode(a.Film); err != nil {
			return fmt.Errorf("%s: encode: %w", a.Subject(), err)
		}
	}
	g.msgs[i].Subject = subjectOf(a)
	g.msgs[i].Header = header(g.msgs[i].Header, about)
	return nil
}

// header writes an event's description as the headers of its message. It may take
// those of a message that was sent: they are as large as all the rest that a message
// takes.
func header(h nats.Header, c review.CloudEvent) nats.Header {
	values := [...]string{
		review.CloudEventVersion, headerValue(c.ID), headerValue(c.Source), c.Type,
		c.Time.Format(time.RFC3339), headerValue(c.Subject), mediaType,
	}
	if h == nil {
		h = make(nats.Header, len(values)+4) // room for those of the publishing
	}
	clear(h)
	for i, name := range [...]string{headerSpec, headerID, headerSource, headerType, headerTime, headerSubject, headerMedia} {
		h[name] = values[i : i+1 : i+1]
	}
	return h
}

// headerValue makes a value safe in a header, percent-encoded as CloudEvents asks
// for: everything that is not printable ASCII, and quote, percent and space.
func headerValue(s string) string {
	if strings.IndexFunc(s, notHeader) < 0 {
		return s
	}
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

func notHeader(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '%' }

// protocolRoom is for the headers that publishing adds: batch, sequence, commit
// and expected sequence.
const protocolRoom = 256

// messageSize is what counts against the server's limit.
func messageSize(m *nats.Msg) int64 {
	size := int64(len(m.Data) + protocolRoom)
	for name, values := range m.Header {
		size += int64(len(name) + len(": \r\n"))
		for _, v := range values {
			size += int64(len(v))
		}
	}
	return size
}

// decode reads one message of the log.
func decode(subject string, at pipeline.Position, body []byte) (e pipeline.Entry, err error) {
	e.Position = at
	if strings.HasPrefix(subject, filmPrefix) {
		e.Film, err = review.ParseFilmEvent(body)
	} else {
		e.Review, err = review.ParseEvent(body)
	}
	if err != nil {
		return e, fmt.Errorf("position %d: %w", at, err)
	}
	return e, nil
}
