/*
Package pages is the view that writes the site's front: index.html with the
latest reviews and the feeds there are, opml.xml with all feeds for those who
move their reader, and 404.html for hosts that show it for what is not there.

The pages are for people: one file each, no scripts, nothing fetched from
elsewhere, readable on a phone, in the dark, aloud and on paper. They are pure
functions of the latest events and of what the other views offer, so no page
says when it was made.

It does not write the pages of films: that is for whoever knows their ratings. It
links to them where another view offers them.
*/
package pages
