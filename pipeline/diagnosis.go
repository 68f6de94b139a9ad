package pipeline

import "context"

// Level is how bad a finding is.
type Level string

// The levels.
const (
	LevelOK      Level = "ok"      // looked at, and fine
	LevelWarning Level = "warning" // works now; somebody should look
	LevelFault   Level = "fault"   // does not work
)

// Finding is one thing that was looked at from outside: whether something that
// Filmwire depends on is there and does what it should.
type Finding struct {
	Level  Level  `json:"level"`
	Where  string `json:"where,omitempty"` // the part of the config; whoever asks fills it in
	Cause  string `json:"cause"`           // what was seen
	Remedy string `json:"remedy,omitempty"`
}

// Diagnoser is a Source, a View or a Delivery that can look whether what it depends
// on outside can be reached. It is made for that alone: nothing else of it is
// called. It changes nothing: a source asks for as little as it can, a delivery
// connects and delivers nothing.
type Diagnoser interface {
	// Diagnose says what it found, at least one thing. Where is left empty.
	Diagnose(ctx context.Context) []Finding
}
