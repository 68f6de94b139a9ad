package pipeline

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// BackfillMode says how much of the past a new sink takes.
type BackfillMode string

// The modes. The past is what came out before the sink was first started, by
// each review's own date: so a first import of an old archive is past too.
const (
	BackfillAll   BackfillMode = "all"
	BackfillNone  BackfillMode = "none"
	BackfillSince BackfillMode = "since" // reviews of a date or later
	BackfillLast  BackfillMode = "last"  // the newest so many
)

// Backfill is a sink's choice. It is made once, when the sink is first started.
type Backfill struct {
	Mode  BackfillMode // "" where the config says nothing
	Since time.Time    `config:"since" doc:"Reviews that came out on this day or later."`
	Last  int          `config:"last" min:"1" max:"1000000000" doc:"The newest so many reviews."`
}

// ErrBackfill says how a backfill is written.
var ErrBackfill = errors.New("want all, none, {since: 2026-11-22} or {last: 100}")

// Form is how a backfill is written in one line.
func (f *Backfill) Form() Form {
	return Form{
		Pattern: `^(all|none|since: ?` + TimePattern + `|last: ?[1-9][0-9]{0,8})$`,
		Want:    "a backfill: all, none, {since: 2026-11-22} or {last: 100}",
		OneKey:  true,
	}
}

// UnmarshalText reads all, none, "since: DATE" or "last: N".
func (f *Backfill) UnmarshalText(text []byte) error {
	word, rest, more := strings.Cut(string(text), ":")
	rest = strings.TrimSpace(rest)
	var err error
	switch mode := BackfillMode(strings.TrimSpace(word)); mode {
	case BackfillAll, BackfillNone:
		f.Mode = mode
		if more {
			err = ErrBackfill
		}
	case BackfillSince:
		f.Since, err = review.ParseTime(rest)
	case BackfillLast:
		f.Last, err = strconv.Atoi(rest)
		if err != nil || f.Last < 1 {
			err = ErrBackfill
		}
	default:
		err = ErrBackfill
	}
	return err
}
