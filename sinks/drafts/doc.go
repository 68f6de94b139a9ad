// Package drafts is the delivery that writes a post for each review and social
// network, as a Markdown file for a person to read, edit and approve. It posts
// nothing itself.
//
// A draft of one review for one network is
//
//	<network>/<film>-<critic>-<8 hex digits of the review's id>.md
//
// with front matter above the text: see [Draft]. The text is made by a template
// from the film, the rating as the critic wrote it, up to two whole sentences of
// the summary, the link and hashtags. It never goes over the network's limit, and
// nothing is cut inside a sentence, a link or a word: what does not fit is left
// out, the richest text that fits is taken. A rating that was not found or was
// lost is not mentioned. A review that gives away the plot has a line that says
// so in place of its text; where only links are allowed, there is no text.
//
// # The life of a draft
//
// A revision writes the draft anew; withdrawal removes it. But what a person has
// touched is theirs: where the text was edited, a revision is written beside it as
// NAME.revised.md, and where the status is approved, posted or discarded, it
// changes nothing. Withdrawal of an edited, approved or posted draft keeps the
// text and sets its status to withdrawn; when the review is restored the status
// comes back. A front matter that cannot be read is left alone altogether. A
// draft whose file somebody deleted is written again by the next event of its
// review: to be rid of it for good, set its status to discarded.
//
// Files are found again through index/, one small JSON file per review, because a
// review whose film is corrected has a draft of another name.
package drafts
