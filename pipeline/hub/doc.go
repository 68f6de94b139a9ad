// Package hub is WebSub (https://www.w3.org/TR/websub/), from both sides: a [Hub]
// of our own that subscribers come to, and a [Publisher] that tells a hub elsewhere.
// Either is told which documents changed, and does the rest by itself, so that no
// view ever waits for a subscriber.
//
// A subscription is original state: it lives in KV until its lease runs out, is
// verified with whoever is to get the deliveries before it counts, and is dropped
// when the receiver says 410. Each subscriber gets the latest version of a topic and
// none between; one that fails is tried again later and later, apart from those
// that work. Requests go out through a guarded client, so that nobody can have the
// hub talk to the inside of a network. The KV is shared by daemons of one config,
// but what a hub knows it reads when it opens: give the hub to one of them.
//
// It knows no feed: which addresses are topics, and what stands there, is told by
// the wiring.
package hub
