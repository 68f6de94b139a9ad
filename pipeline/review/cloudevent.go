package review

import "time"

// CloudEvent is what CloudEvents 1.0 says of an event besides its data, the same
// wherever the event goes: ID and Source together name it.
type CloudEvent struct {
	ID      string
	Source  string // /sources/NAME or /films
	Type    string // org.filmwire.review.published ...
	Subject string // the review or the film
	Time    time.Time
}

// CloudEventVersion is the version of the specification that the attributes follow.
const CloudEventVersion = "1.0"

const cloudEventPrefix = "org.filmwire."

// CloudEvent is the event's description. Its time is the last material change.
func (e *Event) CloudEvent() CloudEvent {
	c := CloudEvent{
		ID: e.EventID, Source: "/sources/" + e.Source.Name, Type: cloudEventPrefix + "review." + string(e.Kind),
		Subject: string(e.ReviewID), Time: e.FirstSeenAt.UTC(),
	}
	if !e.RevisedAt.IsZero() {
		c.Time = e.RevisedAt.UTC()
	}
	return c
}

// CloudEvent is the event's description.
func (e *FilmEvent) CloudEvent() CloudEvent {
	return CloudEvent{
		ID: e.EventID, Source: "/films", Type: cloudEventPrefix + "film." + string(e.Kind),
		Subject: string(e.FilmID), Time: e.DecidedAt.UTC(),
	}
}

// AppendCloudEvent appends the event in the structured mode of CloudEvents 1.0
// (application/cloudevents+json): its description with its own JSON form as data.
func (e *Event) AppendCloudEvent(b []byte) []byte {
	c := e.CloudEvent()
	w := object{b: append(b, '{')}
	w.text("specversion", CloudEventVersion)
	w.text("id", c.ID)
	w.text("source", c.Source)
	w.text("type", c.Type)
	w.known("subject", c.Subject)
	w.moment("time", c.Time)
	w.text("datacontenttype", "application/json")
	w.key("data")
	w.b = e.AppendJSON(w.b)
	return append(w.b, '}')
}
