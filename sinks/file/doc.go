/*
Package file is the delivery that adds a line to a file for each event: NDJSON of
whole events, or CSV of the fields that somebody asks for.

	{name: archive, type: file, path: ./archive.ndjson, rotate: monthly, compress: true}

The file is a log, not a state: a revision is a line of its own behind the one it
replaces, and a withdrawal one more. Who wants the reviews as they stand keeps the last
line of each review_id, or uses a view.

What has a verdict of done is on the disk: lines are forced there before it is given.
Each event stands in the file once. A crash may hand some of them over again, so on
opening the delivery reads back which events were written last; a line that a power cut
has left torn is moved aside, and its event comes again.

Files are rotated by size, by time or both, and only between two calls, so that no
event is torn apart. Rotated ones are named by when that was, and sort in that order, the
file itself behind them all.
*/
package file
