// Package nats is the delivery that passes events on over NATS: to whoever listens,
// into a stream, or to somebody whose reply is the verdict. It words where an event
// goes; speaking NATS is the business of whoever gives it its [pipeline.Messages].
//
// A message is like those on the log: the event's JSON, with its CloudEvents
// attributes as headers. What is taken back is told with its ids alone.
package nats
