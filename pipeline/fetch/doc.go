// Package fetch makes the HTTP client that sources and sinks reach the world
// with. It is polite (says who it is, at most two requests to a host at once, no
// cookies, no referrer) and guarded (no address that is not public, no proxy from
// the environment that would resolve names behind the guard's back, no endless,
// exploding or dripping body). It does not know feeds, does not cache, and does
// not try again: that is for those who ask.
//
// It is the only importer of code.dny.dev/ssrf.
package fetch
