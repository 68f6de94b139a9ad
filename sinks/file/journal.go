package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

const (
	fileMode   = 0o644
	folderMode = 0o755

	// tornEnding is that of the file beside, where torn lines go.
	tornEnding = ".torn"
	// readBack is how many bytes of rotated files are read for events that a crash
	// may bring again, beyond the first.
	readBack = 64 << 20
	// chunk is how much is put together before it is written.
	chunk = 1 << 20
)

// journal is the file that lines are added to, while it is open.
type journal struct {
	path   string
	format format
	log    *slog.Logger
	rotation

	f      *os.File
	size   int64
	last   time.Time // when something was written last
	memory memory
}

// open opens the file, makes it if it is not there, and learns what was written last.
func (j *journal) open(now time.Time) error {
	j.memory = memory{}
	j.finish(j.path, j.log)
	err := j.openFile()
	if err == nil {
		err = j.learn(now)
	}
	if err != nil {
		j.shut()
	}
	return err
}

func (j *journal) openFile() error {
	if err := os.MkdirAll(filepath.Dir(j.path), folderMode); err != nil {
		return err
	}
	if info, err := os.Stat(j.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no plain file", j.path)
	}
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.f, j.size, j.last = f, info.Size(), info.ModTime()
	return nil
}

// learn reads what there is, and repairs its end.
func (j *journal) learn(now time.Time) error {
	f, err := j.format.read(io.NewSectionReader(j.f, 0, j.size), j.memory.addEvent)
	if err != nil {
		return fmt.Errorf("read %s: %w", j.path, err)
	}
	switch {
	case f.alien:
		j.log.Info("file is of another format or has other columns, and makes room for a new one", "path", j.path)
		err = j.rotate(now)
	case f.whole < j.size:
		err = j.setAside(f.whole)
	case f.open:
		err = j.write([]byte("\n"))
	}
	if err == nil && j.size == 0 {
		err = j.begin()
	}
	if err != nil {
		return err
	}
	return j.lookBack()
}

// lookBack learns from rotated files, the newest first, what a crash may bring again.
func (j *journal) lookBack() error {
	bytes := int64(0)
	for _, name := range newestFirst(j.rotated(j.path)) {
		if j.memory.size() >= remembered || bytes > readBack {
			return nil
		}
		n, err := j.learnFrom(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read %s: %w", name, err)
		}
		bytes += n
	}
	return nil
}

// learnFrom learns from one rotated file, and says how much it read.
func (j *journal) learnFrom(name string) (int64, error) {
	r, err := openRotated(name)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	f, err := j.format.read(r, j.memory.addEvent)
	return f.whole, err
}

// begin writes what a file begins with.
func (j *journal) begin() error {
	if header := j.format.header(); len(header) > 0 {
		if err := j.write(header); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(j.path))
}

// setAside cuts the file off where it is torn. What stood there is kept beside it, and
// forced to the disk first: it may be more than a torn line if somebody has been at
// the file.
func (j *journal) setAside(whole int64) error {
	torn, err := os.OpenFile(j.path+tornEnding, os.O_WRONLY|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(torn, io.NewSectionReader(j.f, whole, j.size-whole))
	if err = errors.Join(err, torn.Sync(), torn.Close()); err != nil {
		return err
	}
	j.log.Warn("file was torn at its end; what stood there was moved aside, and its events come again",
		"path", j.path, "bytes", j.size-whole, "to", j.path+tornEnding)
	return j.cut(whole)
}

// cut shortens the file.
func (j *journal) cut(size int64) error {
	if err := j.f.Truncate(size); err != nil {
		return err
	}
	j.size = size
	return j.f.Sync()
}

// write adds to the file.
func (j *journal) write(b []byte) error {
	n, err := j.f.Write(b)
	j.size += int64(n)
	return err
}

// add adds lines and forces them to the disk, all of them or none. After an error the
// file is shut: whether the disk has what it was told is no longer known.
func (j *journal) add(lines [][]byte, now time.Time) error {
	before := j.size
	err := j.writeAll(lines)
	if err == nil {
		err = j.f.Sync()
	}
	if err == nil {
		j.last = now
		// The file's time says which hour or day it is of. Where it cannot be set, as
		// on a file of somebody else, it is that of the machine's clock.
		os.Chtimes(j.path, now, now)
		return nil
	}
	if j.cut(before) != nil {
		j.log.Warn("lines that were not written whole could not be taken back; they are when the file is opened again", "path", j.path)
	}
	j.shut()
	return err
}

// writeAll writes lines in few calls.
func (j *journal) writeAll(lines [][]byte) error {
	var b []byte
	for _, line := range lines {
		b = append(b, line...)
		if len(b) >= chunk {
			if err := j.write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return j.write(b)
}

// stands says whether the path still leads to the open file: somebody may have moved
// or removed it.
func (j *journal) stands() bool {
	if j.f == nil {
		return false
	}
	there, err := os.Stat(j.path)
	mine, wrong := j.f.Stat()
	return err == nil && wrong == nil && os.SameFile(there, mine) && there.Size() == j.size
}

// holdsEvents says whether there is more in the file than what every file begins with.
func (j *journal) holdsEvents() bool { return j.size > int64(len(j.format.header())) }

// rotate gives the file its name among the rotated ones and begins a new one.
func (j *journal) rotate(now time.Time) error {
	j.shut()
	name, err := j.moveAway(j.path, now)
	if err != nil {
		return err
	}
	j.log.Debug("file was rotated", "path", j.path, "to", name)
	j.finish(j.path, j.log)
	if err := j.openFile(); err != nil {
		return err
	}
	return j.begin()
}

// shut gives the file back.
func (j *journal) shut() error {
	if j.f == nil {
		return nil
	}
	err := j.f.Close()
	j.f = nil
	return err
}

// syncFolder forces a folder's names to the disk, where the system can.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}
