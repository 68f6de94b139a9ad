/*
Package webhook is the delivery that calls an address for each event: a CloudEvent
in structured mode, or a body worded by a template, signed by the Standard Webhooks
scheme. It knows no service: what Slack or Matrix want is a preset's business.

What a receiver can rely on:

  - Every call carries webhook-id, the event's id (review and revision), also as
    Idempotency-Key: a call that comes again, after a lost answer or a crash, has
    the same one. The same id is the same event.
  - With a secret, webhook-signature signs id, timestamp and body. While a secret
    is changed, the call carries a signature by each.
  - Calls about one review come in the order of its revisions, one after the other.
  - A review that is taken back is told as withdrawn, with its ids alone.

What the answer means:

	2xx                 done
	429, 503            later, after what Retry-After says; others wait too
	408, 425, 5xx       later
	no answer, or half  later
	301, 308            pause: the address is another one now
	other 3xx           later: a call is never sent on to where it was not meant to go
	401, 403, 410       pause: the receiver does not let us in, or is gone for good
	other 4xx           reject, with what the receiver says

A batch that is refused is told again one by one, so that one bad event does not
take its neighbours along.
*/
package webhook
