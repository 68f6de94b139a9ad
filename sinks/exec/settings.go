package exec

import (
	"errors"
	"fmt"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are an exec sink's own options.
type Settings struct {
	Command []string                   `config:"command,required" least:"1" doc:"The program and its arguments; ./my-sink starts at the config file's folder, my-sink is looked up in PATH."`
	Folder  pipeline.Path              `config:"folder" default:"that of the program, or of the config file for one found in PATH" doc:"The folder that the program works in."`
	Env     map[string]pipeline.Secret `config:"env" doc:"Variables of the program's environment, secrets among them; besides them it has PATH, HOME and LANG."`
	Timeout time.Duration              `config:"timeout" min:"1s" max:"1h" doc:"How long the program may take for its next answer."`
}

// Defaults are the settings of a sink that states none.
func Defaults() Settings { return Settings{Timeout: 30 * time.Second} }

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:     "exec",
		Summary:  "Hands each event to a program in any language and asks for its verdict.",
		Delivery: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenDelivery {
	s := Defaults()
	o.Decode(&s)
	// The same words as paths say where relative ones start.
	var places struct {
		Command []pipeline.Path `config:"command"`
	}
	if len(s.Command) > 0 && s.Command[0] != "" {
		o.Decode(&places)
	}
	if len(places.Command) > 0 {
		s.place(string(places.Command[0]))
	}
	s.Check(o.Fault)
	return func(env pipeline.DeliveryEnv) (pipeline.Delivery, error) { return New(s, env) }
}

// place makes the program's path absolute, and finds the folder it works in.
// at is the first word as a path.
func (s *Settings) place(at string) {
	if strings.ContainsRune(s.Command[0], '/') {
		s.Command[0] = at
	}
	if s.Folder == "" {
		s.Folder = pipeline.Path(filepath.Dir(at))
	}
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

const maxTimeout = time.Hour

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	if len(s.Command) == 0 || s.Command[0] == "" {
		fault("command", "want a program and its arguments, as [./my-sink, --verbose]")
	} else if _, err := osexec.LookPath(s.Command[0]); err != nil {
		fault("command.0", whyNot(err)+"; the program must be there and executable (chmod +x)")
	}
	if s.Timeout < time.Second || s.Timeout > maxTimeout {
		fault("timeout", fmt.Sprintf("want 1s to %v, not %v", maxTimeout, s.Timeout))
	}
	for name, value := range s.Env {
		if !variable.MatchString(name) {
			fault("env."+name, "is no name of a variable")
		}
		if strings.ContainsRune(value.Reveal(), 0) {
			fault("env."+name, "a variable cannot hold a zero byte")
		}
	}
}

func whyNot(err error) string {
	var at *osexec.Error
	if errors.As(err, &at) {
		return fmt.Sprintf("%s: %v", at.Name, at.Err)
	}
	return err.Error()
}
