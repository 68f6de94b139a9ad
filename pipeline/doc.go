/*
Package pipeline is Filmwire's engine, and the ports its parts plug into. This
page is the architecture.

	cron tick -> poll job -> Source.Read -> Document -> normalize -> Review
	   -> films (identify) -> ledger (new? revised? same?)
	   -> LOG -> every sink on its own cursor:
	        views       feed, ratings, pages, ledger   derived, local, disposable
	        deliveries  drafts, webhook, exec ...      acted on, a verdict per event

Words. A [Source] is read on a schedule and hands out documents. A document is
normalized into a review, and the review's film is identified by the [Registry].
The [Ledger] knows the latest revision of every review; what differs from it goes
onto the [Log] as an event: published, revised, withdrawn or restored. The log is
the truth. A sink follows it: a [View] derives documents that can be made again
at any time (a feed, an aggregate), a [Delivery] does something once and says how
it went (a draft, a webhook).

Three rules hold the house together.

The rule of state. Derived state can be recomputed from the log. It lives in one
local [Store] and may be deleted at any time: a restart makes the same bytes
again. Original state (the log, checkpoints, cursors of deliveries, quarantine)
lives with the log, in [KV]. A view's position is committed in one batch with what
it derived, so applying an event is exactly-once in effect.

The rule of order. [Ingest] publishes an event only on top of the one it has
compared with (the log refuses anything else: [ErrConflict]), and a source's
checkpoint is written only when every event before it has been acknowledged. So
nothing is lost and nothing doubled, whatever is killed when.

The rule of arrows. cmd imports config, sources, sinks and pipeline/*; those
import pipeline; pipeline imports review; review imports the standard library. A
plug-in imports pipeline, review and its own third-party module, which nothing
else imports. pipeline knows no plug-in and none of its machinery. A few small
packages are shared by config and the machinery: pipeline/fold (letters),
pipeline/yaml and pipeline/packing (codings of bodies).

The machinery, each behind a port: pipeline/bus is the [Log], [Jobs] and [KV] on
NATS; pipeline/views the [Store]; pipeline/films the [Registry]; pipeline/normalize
a [Normalize]; pipeline/feeds an [OpenFeed]; pipeline/polls remembers its [Polls];
pipeline/tree the [Tree] of public files; pipeline/schedule says when to read, and
pipeline/subscriber has hubs say so; pipeline/serve serves the tree over HTTP, and
pipeline/hub tells subscribers of changes. cmd/daemon wires them.
*/
package pipeline
