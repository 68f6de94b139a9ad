package daemon

import "slices"

// Kind is what a part is: a source, or one of the two kinds of sinks.
type Kind string

// The kinds.
const (
	KindSource   Kind = "source"
	KindView     Kind = "view"
	KindDelivery Kind = "delivery"
)

// Part is one source or one sink, with fingerprints of all that makes it another
// when it changes. Kind and name are what it is known by: a view and a delivery of
// one name have nothing in common.
type Part struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	Type string `json:"type"`
	// Settings is what the config says of it.
	Settings string `json:"settings"`
	// Around is what it takes from elsewhere in the config: the site, the time zone.
	Around string `json:"around"`
	// Version of a view is what its documents depend on, and of a source what its
	// documents are understood by.
	Version string `json:"version,omitempty"`
}

func (p Part) is(other Part) bool { return p.Kind == other.Kind && p.Name == other.Name }

// Change is what becomes of a part.
type Change string

// The changes.
const (
	Start   Change = "start"
	Stop    Change = "stop"
	Restart Change = "restart"
	Keep    Change = "keep"
)

// Step is what becomes of one part when one config follows another.
type Step struct {
	Change Change `json:"change"`
	Part
	// Why says for people what changed, of a restart.
	Why []string `json:"why,omitempty"`
	// Anew: a view is made from the log, or a source's documents are understood
	// again, because what they depend on changed.
	Anew bool `json:"anew,omitempty"`
	// Was is the name under which a part of just these settings goes: another name
	// makes another part.
	Was string `json:"was,omitempty"`
}

// Steps says what leads from the parts that run to those that are wanted: first
// what stops, then the wanted ones in their order. It is all that decides what a
// start, a reload and a plan do.
func Steps(running, wanted []Part) []Step {
	var steps []Step
	var gone []Part
	for _, p := range running {
		if !slices.ContainsFunc(wanted, p.is) {
			gone = append(gone, p)
			steps = append(steps, Step{Change: Stop, Part: p})
		}
	}
	for _, p := range wanted {
		i := slices.IndexFunc(running, p.is)
		if i < 0 {
			steps = append(steps, Step{Change: Start, Part: p, Anew: p.Kind == KindView, Was: renamed(gone, p)})
			continue
		}
		step := Step{Change: Keep, Part: p, Why: differences(running[i], p), Anew: running[i].Version != p.Version}
		if running[i] != p {
			step.Change = Restart
		}
		steps = append(steps, step)
	}
	return steps
}

// renamed is the name of a part that goes while one just like it comes.
func renamed(gone []Part, p Part) string {
	for _, g := range gone {
		if g.Kind == p.Kind && g.Type == p.Type && g.Settings == p.Settings {
			return g.Name
		}
	}
	return ""
}

// differences says what is not the same of a part.
func differences(was, is Part) []string {
	var why []string
	if was.Type != is.Type {
		why = append(why, "its type was "+was.Type)
	}
	if was.Settings != is.Settings {
		why = append(why, "its settings changed")
	}
	if was.Around != is.Around {
		switch is.Kind {
		case KindSource:
			why = append(why, "the time zone changed")
		default:
			why = append(why, "the site changed")
		}
	}
	if len(why) > 0 || was.Version == is.Version {
		return why
	}
	if is.Kind == KindSource {
		return []string{"how its documents are understood changed"}
	}
	return []string{"the sinks it refers to, or the program, changed"}
}
