package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// partly is a source that hands out what it likes, and is never complete.
type partly []review.Document

func (p partly) Read(_ context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	for _, d := range p {
		if err := out.Document(d); err != nil {
			return pipeline.Reading{}, err
		}
	}
	return pipeline.Reading{}, nil
}

// fickle is a document of a source that may call it otherwise tomorrow.
func fickle(guid, url, title, text string, published time.Time) review.Document {
	return review.Document{GUID: guid, Fickle: true, RawSHA256: guid + url + title + text, Body: text, Stated: review.Review{
		URL: url, Film: review.Film{Title: title, Year: 2000}, PublishedAt: published,
	}}
}

func kin(name string, d review.Document) review.Document {
	d.GUID, d.Kin = name+" "+d.GUID, name+" "
	return d
}

// A review that comes anew is an old one that is not shown, if it is like exactly one.
func TestFickleReviewsAreKnownAgain(t *testing.T) {
	morning, noon := time.Date(2026, 1, 2, 9, 30, 0, 0, time.UTC), time.Date(2026, 1, 2, 12, 30, 0, 0, time.UTC)
	day := morning.Truncate(24 * time.Hour)
	old := fickle("http://a.example/?p=1", "http://a.example/heat", "Heat", "hot", morning)
	tests := []struct {
		name     string
		old, now []review.Document
		want     string
	}{
		{"the scheme", partly{old}, partly{fickle("https://www.a.example/?p=1", "", "Another", "x", morning)}, "+0 ~1 -0 ^0 =0"},
		{"the same in all", partly{old}, partly{fickle("x", "http://a.example/heat", "Heat", "hot", morning)}, "+0 ~1 -0 ^0 =0"},
		{"place and date", partly{old}, partly{fickle("x", "https://a.example/heat/", "Warm", "x", morning)}, "+0 ~1 -0 ^0 =0"},
		{"path and date", partly{old}, partly{fickle("x", "https://b.example/heat", "Warm", "x", morning)}, "+0 ~1 -0 ^0 =0"},
		{"path and title", partly{old}, partly{fickle("x", "https://b.example/heat", "heat", "x", noon)}, "+0 ~1 -0 ^0 =0"},
		{"title and date", partly{old}, partly{fickle("x", "https://b.example/new/heat", "Heat", "x", morning)}, "+0 ~1 -0 ^0 =0"},
		{"title and a mere day", partly{fickle("1", "http://a.example/heat", "Heat", "hot", day)}, partly{fickle("x", "https://b.example/new/heat", "Heat", "x", day)}, "+1 ~0 -0 ^0 =0"},
		{"path alone", partly{old}, partly{fickle("x", "https://b.example/heat", "Warm", "x", noon)}, "+1 ~0 -0 ^0 =0"},
		{"a path that others have", partly{fickle("1", "http://a.example/pod", "Weekly", "1", morning), fickle("2", "http://a.example/pod", "Weekly", "2", noon)},
			partly{fickle("3", "http://a.example/pod", "Weekly", "3", noon.Add(time.Hour))}, "+1 ~0 -0 ^0 =0"},
		{"shown still", partly{old}, partly{old, fickle("x", "http://a.example/heat", "Heat", "hot", morning)}, "+1 ~0 -0 ^0 =1"},
		{"two that are like it", partly{old}, partly{fickle("x", "http://a.example/heat", "Heat", "1", morning), fickle("y", "http://a.example/heat", "Heat", "2", morning)}, "+2 ~0 -0 ^0 =0"},
		{"its guid is another's now", partly{old}, partly{fickle("https://a.example/?p=1", "http://a.example/alien", "Alien", "x", noon)}, "+1 ~0 -0 ^0 =0"},
		{"its kin", partly{kin("a", old)}, partly{kin("a", fickle("x", "http://b.example/heat", "Heat", "x", noon))}, "+0 ~1 -0 ^0 =0"},
		{"no kin of its", partly{kin("a", old)}, partly{kin("b", fickle("x", "http://b.example/heat", "Heat", "x", noon))}, "+1 ~0 -0 ^0 =0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			for i, documents := range [][]review.Document{tt.old, tt.now} {
				report, err := w.ingest.Poll(t.Context(), &pipeline.Polled{Name: "feed", Source: partly(documents)}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if got := brief(&report); i == 1 && got != tt.want {
					t.Errorf("came to %s, want %s", got, tt.want)
				}
			}
		})
	}
	steady := old
	steady.Fickle = false
	moved := fickle("x", "http://a.example/heat", "Heat", "hot", morning)
	moved.Fickle = false
	w := newWire(t)
	for _, documents := range []partly{{steady}, {moved}} {
		if _, err := w.ingest.Poll(t.Context(), &pipeline.Polled{Name: "feed", Source: documents}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.latest()); n != 2 {
		t.Errorf("of a source that keeps its word, %d reviews, want 2", n)
	}
}
