/*
Package bus is the log on NATS JetStream: the one place in Filmwire that speaks
NATS. It implements [pipeline.Log], [pipeline.KV], [pipeline.Jobs] and [pipeline.Messages], on a server
of its own inside the process, or on one that runs elsewhere.

It is not a general message bus, and it decides nothing about reviews: it keeps
events in the order they came, refuses one that was decided on an outdated state,
and hands them out again.

What is kept where:

	FILMWIRE_LOG   filmwire.reviews.SOURCE.REVIEW   one subject for each review
	               filmwire.films.FILM              one subject for each film
	FILMWIRE_POLL  filmwire.poll.SOURCE             a work queue, one message for each poll
	filmwire-state                                  a key-value bucket

A position on the log is the sequence number of the message. An event is published
with the sequence its subject must end in, so the server itself refuses the second
of two writers, for ever and without any window of time. Messages of the log carry
no ids for that reason: an edit and its undo would pass for a repeat. An event is a
CloudEvent in binary mode: the attributes are headers, the body is the event's JSON
alone.

The embedded server syncs every write before it answers. What an external server
promises is what it was configured to promise.
*/
package bus
