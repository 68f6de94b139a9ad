// Package bustest is the conformance suite of pipeline/bus: what the log, the
// state and the jobs promise, asked of a [bus.Bus] from outside. It runs against
// every way to reach a log (embedded, a server elsewhere, attached to another
// process) and holds no test of one of them alone.
//
// It also makes the events that other packages' tests of a real log need.
package bustest
