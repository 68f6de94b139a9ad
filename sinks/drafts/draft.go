package drafts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Status is what people have decided about a draft.
type Status string

// The statuses. A person, or a program on their behalf, moves a draft on from
// StatusDraft; the delivery itself sets only StatusWithdrawn.
const (
	StatusDraft     Status = "draft"
	StatusApproved  Status = "approved"
	StatusPosted    Status = "posted"
	StatusDiscarded Status = "discarded"
	StatusWithdrawn Status = "withdrawn" // the review is gone
)

// Draft is one post, as it stands in its file: these fields as front matter, one
// a line in this order, then the text. Fields that are not known are left out.
type Draft struct {
	Status         Status
	Was            Status // before it was withdrawn
	Network        string
	ReviewID       review.ID
	EventID        string // of the event it was written for
	Revision       int
	Characters     int // as the network counts them, or a few more
	Limit          int
	URL            string
	Language       string
	ContentWarning string // to be given beside the text
	PublishedAt    time.Time
	Note           string // for people
	Text           string
	// generated is the fingerprint of the text as it was written: as long as the
	// text still has it, nobody has edited it.
	generated string
}

// ErrNotDraft is returned, wrapped, for a file whose front matter is not that of
// a draft.
var ErrNotDraft = errors.New("not a draft")

// Edited reports that the text is no longer the one that was written.
func (d *Draft) Edited() bool { return d.generated != fingerprint(d.Text) }

// untouched reports that no person has had to do with the draft.
func (d *Draft) untouched() bool { return d.Status == StatusDraft && !d.Edited() }

func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

const fence = "---"

// Bytes is the file of a draft that was just written.
func (d *Draft) Bytes() []byte {
	var b bytes.Buffer
	put := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	b.WriteString(fence + "\n")
	put("status", string(d.Status))
	put("was", string(d.Was))
	put("network", d.Network)
	put("review_id", quote(string(d.ReviewID)))
	put("event_id", quote(d.EventID))
	put("revision", strconv.Itoa(d.Revision))
	put("characters", strconv.Itoa(d.Characters))
	put("limit", strconv.Itoa(d.Limit))
	put("url", quote(d.URL))
	put("language", quote(d.Language))
	put("content_warning", quote(d.ContentWarning))
	if !d.PublishedAt.IsZero() {
		put("published_at", d.PublishedAt.UTC().Format(time.RFC3339))
	}
	put("note", quote(d.Note))
	put("generated", quote(fingerprint(d.Text)))
	b.WriteString(fence + "\n\n" + d.Text + "\n")
	return b.Bytes()
}

// quote writes a JSON string, which is a YAML one too, and nothing for "".
func quote(s string) string {
	if s == "" {
		return ""
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return "" // no string fails
	}
	return strings.TrimSpace(b.String())
}

// Parse reads a draft's file. It reads what Bytes writes, what people make of it
// in an editor, and no other YAML: one "key: value" a line, the value bare or
// quoted; comments and keys it does not know are passed over.
func Parse(content []byte) (*Draft, error) {
	header, text, err := cut(content)
	if err != nil {
		return nil, err
	}
	d := &Draft{Text: text}
	for n, l := range header {
		key, value, err := field(l)
		if err == nil {
			err = d.set(key, value)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %w", n+2, ErrNotDraft, err)
		}
	}
	if d.Status == "" || d.ReviewID == "" {
		return nil, fmt.Errorf("no status or no review_id: %w", ErrNotDraft)
	}
	return d, nil
}

// cut parts a file into the lines of its front matter and its text.
func cut(content []byte) (header []string, text string, err error) {
	s := strings.TrimPrefix(strings.ReplaceAll(string(content), "\r\n", "\n"), "\ufeff")
	s, ok := strings.CutPrefix(s, fence+"\n")
	if !ok {
		return nil, "", fmt.Errorf("does not begin with %s: %w", fence, ErrNotDraft)
	}
	head, text, ok := strings.Cut("\n"+s, "\n"+fence+"\n")
	if !ok {
		return nil, "", fmt.Errorf("no second %s: %w", fence, ErrNotDraft)
	}
	return strings.Split(strings.TrimPrefix(head, "\n"), "\n"), strings.TrimSpace(text), nil
}

// field reads one line: "" and "" for an empty one or a comment.
func field(l string) (key, value string, err error) {
	l = strings.TrimSpace(l)
	if l == "" || l[0] == '#' {
		return "", "", nil
	}
	key, value, ok := strings.Cut(l, ":")
	if !ok {
		return "", "", errors.New("want key: value")
	}
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(value, `"`):
		var s string
		if err := json.Unmarshal([]byte(value), &s); err != nil {
			return "", "", fmt.Errorf("%s: %w", key, err)
		}
		value = s
	case len(value) > 1 && value[0] == '\'' && value[len(value)-1] == '\'':
		value = strings.ReplaceAll(value[1:len(value)-1], "''", "'")
	default:
		value, _, _ = strings.Cut(value, " #")
	}
	return strings.TrimSpace(key), strings.TrimSpace(value), nil
}

func (d *Draft) set(key, value string) (err error) {
	switch key {
	case "status":
		d.Status = Status(strings.ToLower(value))
	case "was":
		d.Was = Status(value)
	case "network":
		d.Network = value
	case "review_id":
		d.ReviewID = review.ID(value)
	case "event_id":
		d.EventID = value
	case "revision":
		d.Revision, err = strconv.Atoi(value)
	case "characters":
		d.Characters, err = strconv.Atoi(value)
	case "limit":
		d.Limit, err = strconv.Atoi(value)
	case "url":
		d.URL = value
	case "language":
		d.Language = value
	case "content_warning":
		d.ContentWarning = value
	case "published_at":
		d.PublishedAt, err = time.Parse(time.RFC3339, value)
	case "note":
		d.Note = value
	case "generated":
		d.generated = value
	}
	return err
}

// WithStatus is the file with another status, and everything else as it is.
func WithStatus(content []byte, status Status) ([]byte, error) {
	return withStatus(content, status, "")
}

func withStatus(content []byte, status, was Status) ([]byte, error) {
	if _, err := Parse(content); err != nil {
		return nil, err
	}
	var out strings.Builder
	inside := true
	for n, l := range strings.SplitAfter(string(content), "\n") {
		bare := strings.TrimRight(l, "\r\n")
		end := l[len(bare):]
		key, _, _ := field(bare)
		inside = inside && (n == 0 || bare != fence)
		switch {
		case inside && key == "status":
			out.WriteString("status: " + string(status) + end)
			if was != "" {
				out.WriteString("was: " + string(was) + end)
			}
		case inside && key == "was":
		default:
			out.WriteString(l)
		}
	}
	return []byte(out.String()), nil
}
