/*
Package template is the view that makes documents of one's own: one of all reviews,
one for each film or one for each review, worded by a Go template in a file.

	{name: calendar, type: template, file: ./calendar.ics, path: calendar.ics}

A template sees a [Page] and has Go's functions, those of [pipeline.Words], and xml,
ics and trusted. Where path ends in .html it is html/template, which escapes by
itself; elsewhere text/template. What ends in .ics gets the line ends and the folding
that calendars ask for.

How much of a text a template sees follows the review's rights. A document that
cannot be made of what there is stays as it was, and the log says which line of the
template failed; what is wrong with a template in itself is a fault of the config.
Paths outside public/, and in folders where another sink writes, are refused.
*/
package template
