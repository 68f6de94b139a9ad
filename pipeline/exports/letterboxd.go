package exports

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// The tables of a Letterboxd export that hold what a member thinks of films. The
// profile is personal and never opened; watchlist, likes and lists are no reviews.
const (
	diaryTable   = "diary.csv"
	reviewsTable = "reviews.csv"
	ratingsTable = "ratings.csv"
	deletedDir   = "deleted"
)

// letterboxdIn finds the folder of an archive that holds an export: the top, or
// the one folder that somebody packed it in.
func letterboxdIn(z *zip.Reader) (dir string, ok bool) {
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		base, at := path.Base(name), path.Dir(name)
		if (base == diaryTable || base == ratingsTable || base == reviewsTable) && path.Base(at) != deletedDir {
			return at, true
		}
	}
	return "", false
}

// letterboxdFolder reads an export that somebody has unpacked.
func (r *reading) letterboxdFolder(files fs.FS) error {
	return r.letterboxd(r.export.Path, func(name string) ([]byte, error) { return readFile(files, name) })
}

// letterboxd reads a whole export. Diary and reviews name the same entry by the
// same address, so what both know of it is one document. A rating stands there for
// the film; where an entry has it already, it says nothing new.
func (r *reading) letterboxd(name string, open func(string) ([]byte, error)) error {
	found, err := r.letterboxdTables(name, open)
	if err != nil {
		return err
	}
	if found[diaryTable] == nil && found[reviewsTable] == nil && found[ratingsTable] == nil {
		return r.problem(name, fmt.Errorf("holds none of %s, %s and %s: no Letterboxd export", diaryTable, reviewsTable, ratingsTable))
	}
	entries, seen := joinEntries(found)
	for _, e := range entries {
		if err := r.letterboxdEntry(e); err != nil {
			return err
		}
	}
	if t := found[ratingsTable]; t != nil {
		for _, rating := range sortedRows(t, "date") {
			if seen[filmOf(rating)] {
				continue
			}
			if err := r.letterboxdEntry(entry{rating}); err != nil {
				return err
			}
		}
	}
	return r.taken(found)
}

// letterboxdTables opens what there is of the tables.
func (r *reading) letterboxdTables(name string, open func(string) ([]byte, error)) (tables, error) {
	found := tables{}
	for _, table := range [...]string{
		diaryTable, reviewsTable, ratingsTable, deletedDir + "/" + diaryTable, deletedDir + "/" + reviewsTable,
	} {
		content, err := open(table)
		where := name + "/" + table
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			if err := r.problem(where, err); err != nil {
				return nil, err
			}
			continue
		}
		if t, ok := r.table(where, content); ok {
			found[table] = t
		}
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// entry is what the tables know of one entry: a row of the diary, of the reviews,
// or both.
type entry []row

// get is the first value that a row has in one of the columns.
func (e entry) get(columns ...string) string {
	for _, r := range e {
		if v := r.get(columns...); v != "" {
			return v
		}
	}
	return ""
}

// joinEntries puts diary and reviews together, oldest first, and lists the films
// that have a rating in one of them.
func joinEntries(found tables) (entries []entry, rated map[string]bool) {
	at := map[string]int{}
	rated = map[string]bool{}
	for _, name := range [...]string{diaryTable, reviewsTable} {
		t := found[name]
		if t == nil {
			continue
		}
		for _, row := range t.rows {
			if row.get("rating") != "" {
				rated[filmOf(row)] = true
			}
			uri := row.get("letterboxd uri")
			if i, known := at[uri]; known && uri != "" {
				entries[i] = append(entries[i], row)
				continue
			}
			at[uri] = len(entries)
			entries = append(entries, entry{row})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.get("date"), b.get("date")) })
	return entries, rated
}

func filmOf(r row) string { return r.get("name", "title") + "\x00" + r.get("year") }

// taken tells of the entries that the member deleted. One that stands in both
// tables of the deleted is told of once.
func (r *reading) taken(found tables) error {
	told := map[string]bool{}
	for _, name := range [...]string{diaryTable, reviewsTable} {
		t := found[deletedDir+"/"+name]
		if t == nil {
			continue
		}
		for _, row := range t.rows {
			id := diaryGUID(entry{row})
			if told[id] {
				continue
			}
			told[id] = true
			if err := r.out.Gone(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// letterboxdTable reads one table of an export by itself.
func (r *reading) letterboxdTable(t *table) error {
	for _, row := range sortedRows(t, "date") {
		if err := r.letterboxdEntry(entry{row}); err != nil {
			return err
		}
	}
	return nil
}

// letterboxdEntry hands one entry out. Its date is the day it was logged, and the
// day of the viewing stands apart. A row without a film is damage: an entry always
// names one.
func (r *reading) letterboxdEntry(e entry) error {
	film, uri := e.get("name", "title"), e.get("letterboxd uri")
	switch {
	case film == "":
		return r.problem(e[0].where(), errors.New("names no film; is a quote or a separator missing?"))
	case !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://"):
		return r.problem(e[0].where(), fmt.Errorf("the Letterboxd URI is %q, which is no address; is a quote or a separator missing?", cut(uri)))
	}
	d := review.Document{GUID: diaryGUID(e), URL: uri, Form: review.FormHTML, Body: paragraphs(e.get("review"))}
	s := &d.Stated
	s.URL, s.EntryKind = uri, review.EntryRating // unless there is a text
	s.Film.Title, s.Film.Year = film, e.year()
	s.PublishedAt, _ = review.ParseTime(e.get("date"))
	s.WatchedOn = e.day()
	s.Rewatch = strings.EqualFold(e.get("rewatch"), "yes")
	s.Tags = split(e.get("tags"))
	if rating := e.get("rating"); rating != "" {
		d.RatingText, d.RatingField = rating, "Rating"
		d.RatingScale = review.Scale{Best: review.Int(5)}
	}
	var said []string
	for _, row := range e {
		said = append(append(said, row.table.header...), row.values...)
	}
	return r.document(d, said...)
}

// diaryGUID is what an entry is known by: the address that names it stands in
// exports only, and not in the member's feed.
func diaryGUID(e entry) string {
	return review.DiaryGUID(&review.Film{Title: e.get("name", "title"), Year: e.year()}, e.day())
}

// day is that of the viewing, none for what is no date.
func (e entry) day() review.Date {
	day, err := review.ParseDate(e.get("watched date", "watcheddate"))
	if err != nil {
		return review.Date{}
	}
	return day
}

// year is the film's year where the column holds one.
func (e entry) year() int {
	n, err := review.ParseDecimal(e.get("year"))
	if err != nil || !n.Rat().IsInt() || n.Cmp(review.Int(1870)) < 0 || n.Cmp(review.Int(2200)) > 0 {
		return 0
	}
	return int(n.Rat().Num().Int64())
}

// paragraphs makes HTML of a text as members write it: with a few tags, and line
// breaks for paragraphs.
func paragraphs(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			b.WriteString("<p>" + strings.ReplaceAll(part, "\n", "<br>") + "</p>\n")
		}
	}
	return b.String()
}

// split parts a list that is separated by commas.
func split(list string) (words []string) {
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// cut shortens a value for an error text.
func cut(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
