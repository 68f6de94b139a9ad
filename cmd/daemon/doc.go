// Package daemon wires Filmwire together: config to log, sinks, sources,
// schedule and HTTP, started in that order and stopped in reverse. It knows every
// part and decides nothing: rules live in pipeline, kinds of sources and sinks in
// their catalogues.
package daemon
