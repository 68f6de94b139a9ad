// Package polls remembers of every feed when it may be asked again. It is original
// state, kept with the log, and it is written before each request: a write that costs
// a sync of the disk each time would be most of what polling thousands of feeds
// costs. So the feeds of a source stand together on pages, a page is written as a
// whole, and those who announce a request while a page is being written share the
// next writing.
//
// When a feed may be asked is decided elsewhere, in pipeline/feeds.
package polls
