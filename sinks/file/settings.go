package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a file sink's own options.
type Settings struct {
	Path     pipeline.Path `config:"path" default:"NAME.ndjson or NAME.csv under DATA/file/NAME" doc:"The file that lines are added to. Those rotated out of it stand beside it."`
	Format   string        `config:"format" enum:"ndjson,csv" doc:"ndjson: each event whole, as JSON on a line; csv: fields of it as a row, below a row with their names."`
	Columns  []string      `config:"columns" least:"1" unique:"true" doc:"The fields of an event that a csv has, dotted for nested ones; event_id is one of them. Several values in one are parted by semicolons."`
	Formulas bool          `config:"formulas" doc:"Whether a csv keeps texts that a spreadsheet would run as a formula as they are; if not, they get an apostrophe in front."`
	MaxSize  Size          `config:"max_size" default:"100MB" doc:"The file is rotated before it grows beyond this, as 500kB, 64MB or 1GB; none is no bound."`
	Rotate   string        `config:"rotate" enum:"never,hourly,daily,weekly,monthly" doc:"The file is rotated by the first event of a new hour, day, week (from Monday) or month, in UTC."`
	Keep     int           `config:"keep" default:"0" min:"0" max:"100000" doc:"How many rotated files are kept; 0 keeps all."`
	Compress bool          `config:"compress" doc:"Rotated files are compressed with gzip."`
}

// The formats.
const (
	formatNDJSON = "ndjson"
	formatCSV    = "csv"
)

// keyColumn is what events are told apart by.
const keyColumn = "event_id"

// Defaults are the settings of a sink that states none.
func Defaults() Settings {
	return Settings{
		Format: formatNDJSON, MaxSize: Bytes(100 * 1000 * 1000), Rotate: never,
		Columns: []string{
			keyColumn, "kind", "review_id", "revision", "published_at", "critic.name", "critic.outlet",
			"film.id", "film.title", "film.year", "rating.kind", "rating.raw", "rating.norm", "url", "title",
		},
	}
}

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:     "file",
		Summary:  "Adds each event to a file, as NDJSON or CSV, and rotates it.",
		Delivery: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenDelivery {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.DeliveryEnv) (pipeline.Delivery, error) { return New(s, env) }
}

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	for i, name := range s.Columns {
		if _, err := fieldOf(name); err != nil {
			fault("columns."+strconv.Itoa(i), err.Error())
		}
	}
	if len(s.Columns) > 0 && !slices.Contains(s.Columns, keyColumn) {
		fault("columns", keyColumn+" has to be among them: by it a crash's repeats are told from new events")
	}
	if s.MaxSize.bytes != 0 && s.MaxSize.bytes < minSize {
		fault("max_size", fmt.Sprintf("want at least %s, or none", Bytes(minSize)))
	}
	if base := filepath.Base(string(s.Path)); s.Path != "" && (strings.HasSuffix(base, compressed) || strings.HasSuffix(base, tornEnding)) {
		fault("path", "the endings "+compressed+" and "+tornEnding+" are for what is rotated or moved aside")
	}
}

// place is where the file stands.
func (s *Settings) place(env *pipeline.DeliveryEnv) string {
	if s.Path != "" {
		return string(s.Path)
	}
	return filepath.Join(env.Folder, env.Name+"."+s.Format)
}

// minSize is the least a file may be rotated at, in bytes: less would make a file of
// each event.
const minSize = 64 * 1000

// Size is a number of bytes, written as 64MB. The zero value is no bound.
type Size struct{ bytes int64 }

// Bytes makes a size.
func Bytes(n int64) Size { return Size{n} }

const (
	sizePattern = `^(none|[1-9][0-9]{0,8} ?(B|kB|MB|GB))$`
	sizeWanted  = "a size, as 500kB, 64MB or 1GB, or none"
	noBound     = "none"
)

// sizeUnits are the units, each a thousand times the one before.
func sizeUnits() []string { return []string{"B", "kB", "MB", "GB"} }

// UnmarshalText reads a number with its unit, or none.
func (s *Size) UnmarshalText(text []byte) error {
	if !regexp.MustCompile(sizePattern).Match(text) {
		return errors.New("want " + sizeWanted)
	}
	if string(text) == noBound {
		*s = Size{}
		return nil
	}
	digits := strings.TrimRight(string(text), " BkMG")
	n, err := strconv.ParseInt(digits, 10, 64)
	for range slices.Index(sizeUnits(), strings.TrimSpace(string(text)[len(digits):])) {
		n *= 1000 // nine digits of GB fit
	}
	*s = Size{n}
	return err
}

// Form is how a size is written.
func (*Size) Form() pipeline.Form { return pipeline.Form{Pattern: sizePattern, Want: sizeWanted} }

func (s Size) String() string {
	if s.bytes == 0 {
		return noBound
	}
	units, n, i := sizeUnits(), s.bytes, 0
	for n%1000 == 0 && i+1 < len(units) {
		n, i = n/1000, i+1
	}
	return strconv.FormatInt(n, 10) + units[i]
}

// MarshalText writes it as UnmarshalText reads it.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
