package normalize

import (
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// trace is what a run is that the site put there and not the critic.
type trace uint8

const (
	nothing     trace = iota
	formHead          // what follows is a comment form, or comments
	formLine          // a line only comment forms have
	formLabel         // Name, Email: a form's where several stand together
	shareLine         // names of networks
	shareName         // the name of one: a share bar's beside others
	siteLine          // "The post ... appeared first on ...", "Filed under ..."
	more              // "Continue reading"
	watched           // "Watched on Friday May 3, 2019."
	placeholder       // "No review was written"
	related           // what follows are links to other reviews
)

// maxTrace is longer than any run that is nothing but boilerplate.
const maxTrace = 400

// boilerplate drops the runs the site put there. It returns the day that a line
// "Watched on ..." names, and what one such as "Posted by Jane Doe on June 2,
// 2022" says.
func (b *body) boilerplate() (on review.Date, posted dateline) {
	kinds := make([]trace, len(b.runs))
	labels := 0
	for i := range kinds {
		kinds[i] = traceOf(b.at(i))
		if k := kinds[i]; k == formLabel || k == formLine {
			labels++
		}
	}
	own := 0 // bytes of text so far
	for i := range kinds {
		switch kinds[i] {
		case nothing:
			own += b.runs[i].to - b.runs[i].from
			continue
		case formLabel:
			if labels < 2 && !besideShare(kinds, i) {
				continue
			}
		case shareName:
			if !besideShare(kinds, i) {
				continue
			}
		case formHead:
			if own >= enoughBefore {
				b.dropFrom(i)
				return on, posted
			}
		case related:
			if !b.linksFrom(i + 1) {
				continue
			}
			b.dropFrom(i)
			return on, posted
		case watched:
			on = watchedOn(b.at(i))
		case siteLine:
			if d, ok := readDateline(b.at(i)); ok {
				posted = d
			}
		}
		b.drop(i)
	}
	return on, posted
}

// enoughBefore is how much text must stand before "Leave a reply" for everything
// behind it to be the comments: some sites have a link of that name on top.
const enoughBefore = 40

func (b *body) dropFrom(i int) {
	for ; i < len(b.runs); i++ {
		b.drop(i)
	}
}

// linksFrom reports that from a run on there is nothing but links.
func (b *body) linksFrom(i int) bool {
	for ; i < len(b.runs); i++ {
		r := &b.runs[i]
		if n := r.to - r.from; n > 60 && r.linked*10 < n*8 {
			return false
		}
	}
	return true
}

func besideShare(kinds []trace, i int) bool {
	beside := func(j int) bool {
		return j >= 0 && j < len(kinds) && (kinds[j] == shareName || kinds[j] == shareLine)
	}
	return beside(i-1) || beside(i+1)
}

// traceOf says what a run is by what it says.
func traceOf(text string) trace {
	if len(text) == 0 || len(text) > maxTrace {
		return nothing
	}
	if firstAppeared(text) {
		return siteLine
	}
	if len(text) > 160 {
		if hasPrefixFold(text, "click to share on ") || hasPrefixFold(text, "share this:") && shareWords(text) {
			return shareLine
		}
		return formLineOf(text)
	}
	line := strings.Trim(text, " \n:.…*»›→>[]_()!–—-\u00a0")
	for i := range tracePrefixes {
		if p := &tracePrefixes[i]; len(text) <= p.max && hasPrefixFold(line, p.text) {
			return p.kind
		}
	}
	if len(line) <= longestTrace {
		line = strings.ToLower(line)
	}
	if kind, ok := traces[line]; ok {
		return kind
	}
	switch {
	case watchedOn(text) != review.Date{}:
		return watched
	case copyright(text):
		return siteLine
	case !strings.HasSuffix(text, ".") && countedComments(line):
		return formHead
	case shareWords(text):
		return shareLine
	}
	return formLineOf(text)
}

// originLines are how WordPress says where an entry of a feed is from, in lower case:
// "The post Mulan appeared first on The Back Row."
var originLines = [...]struct{ head, middle string }{
	{"the post ", " appeared first on "},
	{"the post ", " first appeared on "},
	{"der beitrag ", " erschien zuerst auf "},
	{"l’article ", " est apparu en premier sur "},
	{"l'article ", " est apparu en premier sur "},
	{"la entrada ", " se publicó primero en "},
	{"la entrada ", " apareció primero en "},
	{"l'articolo ", " proviene da "},
	{"l’articolo ", " proviene da "},
	{"o post ", " apareceu primeiro em "},
	{"het bericht ", " verscheen eerst op "},
	{"inlägget ", " dök först upp på "},
	{"indlægget ", " blev først udgivet på "},
}

// firstAppeared reports a line that says where an entry is from.
func firstAppeared(text string) bool {
	for i := range originLines {
		if o := &originLines[i]; hasPrefixFold(text, o.head) && containsFold(text, o.middle) {
			return true
		}
	}
	return false
}

// maxSiteName is longer than the names of sites.
const maxSiteName = 100

// cutOrigin takes the sentence that says where an entry is from off the end of a
// text of one line. One in the middle is somebody's own.
func cutOrigin(s string) string {
	for i := range originLines {
		o := &originLines[i]
		middle := lastIndexFold(s, o.middle)
		if middle < 0 || len(s)-middle-len(o.middle) > maxSiteName {
			continue
		}
		site := s[middle+len(o.middle):]
		if strings.Contains(site, ". ") {
			continue
		}
		if at := lastIndexFold(s[:middle+1], o.head); at == 0 || at > 0 && s[at-1] == ' ' {
			return strings.TrimRight(s[:at], " ")
		}
	}
	return s
}

// longestTrace is longer than the keys of traces and what is compared with them.
const longestTrace = 80

// traces are whole runs, in lower case and without signs around them.
var traces = map[string]trace{
	"leave a reply": formHead, "leave a comment": formHead, "post a comment": formHead, "add a comment": formHead,
	"leave a reply cancel reply": formHead, "write a comment": formHead, "join the conversation": formHead,
	"leave your comment": formHead, "no comments": formHead, "no comments yet": formHead, "comments are closed": formLine,
	"comments": formHead, "post comment": formLine, "submit comment": formLine, "cancel reply": formLine,
	"enter your comment here": formLine, "δ": formLine, "your comment": formLine, "loading": formLine, "like loading": formLine,
	"notify me of follow-up comments by email": formLine, "notify me of new posts by email": formLine,
	"notify me of new comments via email": formLine, "notify me of new posts via email": formLine,
	"name": formLabel, "email": formLabel, "e-mail": formLabel, "website": formLabel, "comment": formLabel, "url": formLabel,
	"name (required)": formLabel, "email (required)": formLabel, "submit": formLabel, "email address": formLabel,
	"email (will not be published": formLabel, "mail (will not be published) (required": formLabel, "name (required": formLabel,
	"share this": shareLine, "share": shareLine, "like this": shareLine, "share on": shareLine, "share this post": shareLine,
	"share this article": shareLine, "spread the word": shareLine, "tweet": shareName, "facebook": shareName,
	"twitter": shareName, "pinterest": shareName, "reddit": shareName, "tumblr": shareName, "whatsapp": shareName,
	"telegram": shareName, "linkedin": shareName, "print": shareName, "pocket": shareName, "mastodon": shareName,
	"bluesky": shareName, "threads": shareName, "x": shareName, "copy link": shareName, "more options": shareName,
	"email this": shareName, "blogthis": shareName, "share to x": shareName, "share to facebook": shareName,
	"share to twitter": shareName, "share to pinterest": shareName, "email thisblogthis!share to xshare to facebookshare to pinterest": shareLine,
	"read more": more, "continue reading": more, "more": more, "read the full review": more, "read full review": more,
	"read the rest": more, "keep reading": more, "read the rest of this entry": more, "click here to read more": more,
	"no review was written for this episode": placeholder, "no review was written": placeholder,
	"no review was written for this film": placeholder, "no review was written for this movie": placeholder,
	"no review written": placeholder, "no review": placeholder, "no review yet": placeholder, "review coming soon": placeholder,
	"review to come": placeholder, "review pending": placeholder, "full review coming soon": placeholder,
	"related": related, "related posts": related, "related articles": related, "you may also like": related,
	"you might also like": related, "more from this author": related, "see also": related,
}

// tracePrefixes begin lines of at most max bytes.
var tracePrefixes = [...]struct {
	text string
	kind trace
	max  int
}{
	{"continue reading ", more, 160},
	{"read more about ", more, 120},
	{"read the full review ", more, 120},
	{"click to share on ", shareLine, 120},
	{"filed under", siteLine, 160},
	{"posted in ", siteLine, 120},
	{"posted by ", siteLine, 100},
	{"tagged with", siteLine, 160},
	{"labels:", siteLine, 160},
	{"this entry was posted ", siteLine, 160},
	{"leave a reply to ", formHead, 60},
	{"no review was written for ", placeholder, 80},
}

// formLines are long lines that only comment forms have, in lower case.
var formLines = [...]string{
	"your email address will not be published",
	"your e-mail address will not be published",
	"required fields are marked",
	"save my name, email, and website in this browser",
	"fill in your details below or click an icon to log in",
	"this site uses akismet to reduce spam",
	"you are commenting using your",
	"notify me of follow-up comments",
	"notify me when new comments are added",
}

func formLineOf(text string) trace {
	if len(text) < 20 {
		return nothing
	}
	for _, l := range formLines {
		if hasPrefixFold(text, l) {
			return formLine
		}
	}
	return nothing
}

// countedComments reports "3 comments", "12 thoughts on Mulan", "One response to".
func countedComments(line string) bool {
	if len(line) > longestTrace {
		return false
	}
	count, rest, ok := strings.Cut(line, " ")
	if !ok || count == "" {
		return false
	}
	if _, word := numberWords[count]; !word && strings.Trim(count, "0123456789") != "" {
		return false
	}
	switch rest {
	case "comment", "comments", "responses", "response", "replies", "reply":
		return true
	}
	for _, p := range [...]string{"thoughts on ", "thought on ", "responses to ", "response to ", "comments on ", "comment on ", "replies to "} {
		if strings.HasPrefix(rest, p) {
			return true
		}
	}
	return false
}

// copyright reports the line about whose all this is.
func copyright(text string) bool {
	for _, p := range [...]string{"copyright ©", "copyright (c)", "copyright 19", "copyright 20", "© 19", "© 20", "©19", "©20"} {
		if hasPrefixFold(text, p) {
			return true
		}
	}
	return len(text) <= longestTrace && containsFold(text, "all rights reserved")
}

// shareWords reports a run with nothing in it but the words of share bars, at
// least two of them names.
func shareWords(text string) bool {
	networks := 0
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '|' || r == '·' || r == ',' || r == '•' }) {
		w = strings.ToLower(strings.Trim(w, "():.…"))
		switch kind := traces[w]; {
		case kind == shareName, w == "email", w == "e-mail":
			networks++
		case kind == shareLine, w == "", w == "this", w == "on", w == "to", w == "click", w == "opens", w == "in", w == "new",
			w == "window", w == "via", w == "a", w == "link", w == "friend", w == "like", w == "loading", w == "&", w == "more":
		default:
			return false
		}
	}
	return networks >= 2
}

// watchedOn is the day in a line "Watched on Friday May 3, 2019.", none for any
// other text.
func watchedOn(text string) review.Date {
	if !hasPrefixFold(text, "watched on ") && !hasPrefixFold(text, "rewatched on ") || len(text) > 60 {
		return review.Date{}
	}
	_, day, _ := strings.Cut(text, " on ")
	day = strings.TrimRight(strings.TrimSpace(day), ".")
	for _, layout := range [...]string{"Monday January 2, 2006", "Monday, January 2, 2006", "January 2, 2006", "Monday 2 January 2006", "2 January 2006", time.DateOnly} {
		if t, err := time.Parse(layout, day); err == nil {
			return review.DateOf(t)
		}
	}
	return review.Date{}
}
