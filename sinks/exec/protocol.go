package exec

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Protocol is the name and version of what is spoken with a program.
const Protocol = "filmwire.sink/1"

// maxLine is the longest line a program may say, in bytes.
const maxLine = 64 << 10

// maxBatch is the most events a program may take at once.
const maxBatch = 1000

// greeting is the first line to a program.
type greeting struct {
	Protocol string        `json:"protocol"`
	Sink     string        `json:"sink"`
	Site     pipeline.Site `json:"site"`
}

// Hello is the first line of a program.
type Hello struct {
	Protocol string             `json:"protocol"`
	Name     string             `json:"name,omitempty"`
	Version  string             `json:"version,omitempty"`
	Batch    int                `json:"batch,omitempty"`
	Kinds    []review.EventKind `json:"kinds,omitempty"`
}

func parseHello(line []byte) (Hello, error) {
	var h Hello
	if err := json.Unmarshal(line, &h); err != nil {
		return h, fmt.Errorf("its first line is not the handshake: %s", quote(line))
	}
	if h.Protocol != Protocol {
		return h, fmt.Errorf("it speaks %q, and this is %s", review.Cut(review.Line(h.Protocol), 80), Protocol)
	}
	if h.Batch < 0 || h.Batch > maxBatch {
		return h, fmt.Errorf("it wants batches of %d; 1 to %d can be had", h.Batch, maxBatch)
	}
	h.Batch = max(1, h.Batch)
	return h, nil
}

// wants reports whether the program asked for events of this kind.
func (h *Hello) wants(kind review.EventKind) bool {
	return len(h.Kinds) == 0 || slices.Contains(h.Kinds, kind)
}

// answer is a program's verdict on one event.
type answer struct {
	ID string `json:"id"`
	pipeline.Opinion
}

func parseAnswer(line []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(line, &a); err != nil || a.ID == "" {
		return a, fmt.Errorf("it said what is no verdict: %s", quote(line))
	}
	return a, nil
}

// quote is the beginning of what a program said.
func quote(line []byte) string {
	return fmt.Sprintf("%q", review.Cut(review.Line(string(line)), 120))
}
