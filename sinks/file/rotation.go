package file

import (
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// How often a file is rotated by time.
const (
	never   = "never"
	hourly  = "hourly"
	daily   = "daily"
	weekly  = "weekly"
	monthly = "monthly"
)

const (
	compressed = ".gz"
	unfinished = ".gz.part" // being compressed
	// stamp is the part of a rotated file's name that says when it was rotated.
	stamp = "20060102T150405.000Z"
)

var stamped = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z$`)

// rotation is when files are rotated and what becomes of them.
type rotation struct {
	every    string
	maxSize  int64 // 0: no bound
	keep     int   // 0: all
	compress bool
}

// due says whether a file written at last is rotated before more is added at now. A
// clock that was set back does not matter.
func (r *rotation) due(size, more int64, last, now time.Time) bool {
	return r.maxSize > 0 && size+more > r.maxSize || r.every != never && r.period(now).After(r.period(last))
}

// period is when the hour, day, week or month of a time began.
func (r *rotation) period(t time.Time) time.Time {
	t = t.UTC()
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch r.every {
	case hourly:
		return t.Truncate(time.Hour)
	case weekly:
		return day.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case monthly:
		return day.AddDate(0, 0, 1-t.Day())
	}
	return day
}

// rotated lists the files rotated out of path, the oldest first.
func (r *rotation) rotated(path string) []string {
	stem, ending := parts(path)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil // there will be more about it when something is written
	}
	var all []string
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), compressed)
		middle, ours := strings.CutPrefix(name, stem+"-")
		middle, same := strings.CutSuffix(middle, ending)
		if ours && same && stamped.MatchString(middle) && e.Type().IsRegular() {
			all = append(all, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	slices.Sort(all)
	return all
}

// parts are a file's name before its ending, and the ending.
func parts(path string) (stem, ending string) {
	base := filepath.Base(path)
	ending = filepath.Ext(base)
	return strings.TrimSuffix(base, ending), ending
}

func newestFirst(names []string) []string {
	slices.Reverse(names)
	return names
}

// moveAway renames a file to the name it has as a rotated one. That sorts behind all
// there are, whatever the clock says.
func (r *rotation) moveAway(path string, now time.Time) (string, error) {
	stem, ending := parts(path)
	dir, all := filepath.Dir(path), r.rotated(path)
	at := now.UTC().Truncate(time.Millisecond)
	if len(all) > 0 {
		newest := strings.TrimSuffix(filepath.Base(all[len(all)-1]), compressed)
		newest = strings.TrimSuffix(strings.TrimPrefix(newest, stem+"-"), ending)
		if t, err := time.Parse(stamp, newest); err == nil && !at.After(t) {
			at = t.Add(time.Millisecond)
		}
	}
	name := filepath.Join(dir, stem+"-"+at.Format(stamp)+ending)
	if err := os.Rename(path, name); err != nil {
		return "", err
	}
	return name, syncFolder(dir)
}

// finish does what is left to do with rotated files: compresses them and removes those
// that are too many. It is no reason not to go on if that fails.
func (r *rotation) finish(path string, log *slog.Logger) {
	all := r.rotated(path)
	if r.keep > 0 && len(all) > r.keep {
		for _, name := range all[:len(all)-r.keep] {
			if err := os.Remove(name); err != nil {
				log.Warn("rotated file could not be removed", "err", err)
			}
		}
		all = all[len(all)-r.keep:]
	}
	for _, name := range all {
		if r.compress && !strings.HasSuffix(name, compressed) {
			if err := pack(name); err != nil {
				log.Warn("rotated file could not be compressed; it is tried again when the next is rotated", "err", err)
			}
		}
	}
}

// pack compresses a file. The packed one has its name only when it is whole and on
// the disk; a crash before leaves both or the plain one, and packing begins again.
func pack(name string) (err error) {
	part := name + unfinished
	defer func() {
		if err != nil {
			os.Remove(part)
		}
	}()
	if err := packInto(part, name); err != nil {
		return err
	}
	if err := os.Rename(part, name+compressed); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(name)); err != nil {
		return err
	}
	return os.Remove(name)
}

func packInto(part, name string) error {
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(to)
	_, err = io.Copy(z, from)
	return errors.Join(err, z.Close(), to.Sync(), to.Close())
}

// openRotated opens a rotated file, packed or not.
func openRotated(name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil || !strings.HasSuffix(name, compressed) {
		return f, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return unpacked{z, f}, nil
}

// unpacked is a packed file that is read.
type unpacked struct {
	io.Reader
	file io.Closer
}

func (u unpacked) Close() error { return u.file.Close() }
