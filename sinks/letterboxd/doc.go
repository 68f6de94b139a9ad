/*
Package letterboxd is the view that makes the CSV files by which people take their
reviews to Letterboxd: one for each critic, since an account is one person's.

	{name: mine, type: letterboxd, where: {critics: [jane-doe]}}

An import is of a state and not of a log, so this is a view: a file holds each review as
it stands, and is made anew when one changes. Letterboxd takes files of up to a megabyte;
what is more is parted. The format is described at
https://letterboxd.com/about/importing-data/.

Ratings are told as the critic gave them where stars of five can tell them: in the column
Rating. Others are rounded to whole points of ten, in the column Rating10. What has no
number, and a real zero, for which there is no place, has neither.
*/
package letterboxd
