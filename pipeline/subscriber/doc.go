// Package subscriber is WebSub (https://www.w3.org/TR/websub/) from the third side:
// it subscribes to feeds whose hub tells of changes, so that news is read when it is
// there. Package hub is the other two.
//
// It is told which feeds offer a hub, and keeps a subscription to each: it asks the
// hub, confirms what it has asked for and nothing else, renews the lease before it
// ends, and unsubscribes when a feed offers the hub no longer. What a hub sends is
// not believed: that something came, rightly signed and at an address nobody can
// guess, is a reason to look at the feed, and the feed says what is new. Schedules go
// on whatever a hub does or fails to do.
//
// Subscriptions are original state and live in KV, each written before the hub hears
// of it, so that a restart neither forgets one nor asks for it again. What is known it
// reads when it opens: where several daemons share a KV, give the callback to one of
// them.
package subscriber
