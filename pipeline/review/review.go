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
	Name      string    `json:"name" doc:"The source's name in the config."`
	Type      string    `json:"type" doc:"The source's type in the config."`
	URL       string    `json:"url,omitempty" doc:"The address it was read from; of a review that a feed passes on, the one it says it is from."`
	GUID      string    `json:"guid" doc:"The source's own id for the review."`
	FetchedAt time.Time `json:"fetched_at" doc:"When these bytes were read."`
	Parser    string    `json:"parser,omitempty" doc:"What understood them, with its settings' fingerprint."`
	RawSHA256 string    `json:"raw_sha256,omitempty" doc:"A digest of the bytes it was read from, in hex."`
}

// Review is one critic's view of one film, understood. Texts are clean: the HTML
// is sanitised and holds no boilerplate, and BodyText is its plain form.
type Review struct {
	Source      Source    `json:"source" doc:"Where the review was read, and by what."`
	EntryKind   EntryKind `json:"entry_kind" doc:"review, or rating where there is no text of the critic's own."`
	URL         string    `json:"url,omitempty" doc:"Where a person reads it."`
	Title       string    `json:"title,omitempty" doc:"Its title."`
	Summary     string    `json:"summary,omitempty" doc:"A short text about it."`
	BodyHTML    string    `json:"body_html,omitempty" doc:"Its text, sanitised, without what the site put around it."`
	BodyText    string    `json:"body_text,omitempty" doc:"The plain form of the same."`
	Language    string    `json:"language,omitempty" doc:"A BCP 47 tag, as en or pt-BR."`
	Spoiler     bool      `json:"spoiler,omitempty" doc:"The review gives away the plot."`
	Critic      Critic    `json:"critic,omitzero" doc:"Who wrote it."`
	CoCritics   []Critic  `json:"co_critics,omitempty" doc:"Who wrote it together with the critic, in the order in which they are named."`
	Film        Film      `json:"film,omitzero" doc:"The film it is about, as far as it is known."`
	Rating      Rating    `json:"rating,omitzero" doc:"What the critic thought, as written and as understood."`
	PublishedAt time.Time `json:"published_at,omitzero" doc:"When it came out; fixed once known."`
	ModifiedAt  time.Time `json:"modified_at,omitzero" doc:"When it was changed, as the source says."`
	WatchedOn   Date      `json:"watched_on,omitzero" doc:"When the critic saw the film, a day as in a diary."`
	Rewatch     bool      `json:"rewatch,omitempty" doc:"The critic had seen it before."`
	Liked       bool      `json:"liked,omitempty" doc:"The critic marked it as a favourite."`
	Credits     []Credit  `json:"credits,omitempty" doc:"Who did what."`
	Awards      []Honour  `json:"awards,omitempty" doc:"Awards that are named."`
	Festivals   []Honour  `json:"festivals,omitempty" doc:"Festivals that are named."`
	Tags        []string  `json:"tags,omitempty" doc:"Tags."`
	Media       []Media   `json:"media,omitempty" doc:"Pictures, videos and sounds."`
	Rights      Rights    `json:"rights,omitempty" doc:"How much of the text may be passed on; full where absent."`
	Warnings    []Warning `json:"warnings,omitempty" doc:"What was damaged or not understood."`
}

// Warn adds a warning.
func (r *Review) Warn(code, field, detail string) {
	r.Warnings = append(r.Warnings, Warning{Code: code, Field: field, Detail: detail})
}
