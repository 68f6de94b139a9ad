package review

import "time"

// EntryKind tells a review from a bare rating.
type EntryKind string

// The entry kinds.
const (
	EntryReview EntryKind = "review"
	EntryRating EntryKind = "rating" // no text of the critic's own
)

// Choices lists the entry kinds.
func (EntryKind) Choices() []string { return words(EntryReview, EntryRating) }

// Source says where a review was read and by what.
type Source struct {
	Name      string    `json:"name"`
	Type      string    `json:"type"`
	URL       string    `json:"url,omitempty"`
	GUID      string    `json:"guid"`             // the source's own id for the review
	FetchedAt time.Time `json:"fetched_at"`       // when these bytes were read
	Parser    string    `json:"parser,omitempty"` // what understood them, with its settings' fingerprint
	RawSHA256 string    `json:"raw_sha256,omitempty"`
}

// Review is one critic's view of one film, understood. Texts are clean: the HTML
// is sanitised and holds no boilerplate, and BodyText is its plain form.
type Review struct {
	Source      Source    `json:"source"`
	EntryKind   EntryKind `json:"entry_kind"`
	URL         string    `json:"url,omitempty"`
	Title       string    `json:"title,omitempty"`
	Summary     string    `json:"summary,omitempty"`
	BodyHTML    string    `json:"body_html,omitempty"`
	BodyText    string    `json:"body_text,omitempty"`
	Language    string    `json:"language,omitempty"` // BCP 47
	Spoiler     bool      `json:"spoiler,omitempty"`
	Critic      Critic    `json:"critic,omitzero"`
	Film        Film      `json:"film,omitzero"`
	Rating      Rating    `json:"rating,omitzero"`
	PublishedAt time.Time `json:"published_at,omitzero"`
	ModifiedAt  time.Time `json:"modified_at,omitzero"`
	WatchedOn   Date      `json:"watched_on,omitzero"`
	Rewatch     bool      `json:"rewatch,omitempty"`
	Liked       bool      `json:"liked,omitempty"` // marked as a favourite: Letterboxd's heart
	Credits     []Credit  `json:"credits,omitempty"`
	Awards      []Honour  `json:"awards,omitempty"`
	Festivals   []Honour  `json:"festivals,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	Media       []Media   `json:"media,omitempty"`
	Rights      Rights    `json:"rights,omitempty"`
	Warnings    []Warning `json:"warnings,omitempty"`
}

// Warn adds a warning.
func (r *Review) Warn(code, field, detail string) {
	r.Warnings = append(r.Warnings, Warning{Code: code, Field: field, Detail: detail})
}
