/*
Package exec is the delivery that hands events to a program in any language: JSON
lines on its standard input, a verdict for each on its standard output.

The protocol, filmwire.sink/1, every message one line of JSON in UTF-8:

	to the program     {"protocol":"filmwire.sink/1","sink":"mine","site":{"title":...,"url":...,"language":...}}
	from the program   {"protocol":"filmwire.sink/1","name":"my-sink","version":"1.0","batch":1,"kinds":["published"]}
	to the program     an event, as docs/events.md has it
	from the program   {"id":EVENT_ID,"verdict":"done"}

Of the program's first line only protocol must be there. batch is how many events
it takes before it answers, 1 if absent; then an empty line says that no more are
coming until it has answered. kinds are the kinds of event it wants, all if absent.

A verdict is done, retry (with after_seconds, if it knows), reject or pause; the
last three have a code and a reason for people. Answers may come in any order
within a batch, one for each event. Its standard error goes to the log, line by
line. When its standard input ends, the program is to end.

A program that is silent for longer than the time limit, that ends, or that says
what does not belong to the protocol is ended with all it has started, and begun
again later and later. What it had not answered comes again then, with the same
event_id.

The program runs in a process group of its own, with PATH, HOME, LANG and what the
config's env says, and nothing else of the daemon's environment.
*/
package exec
