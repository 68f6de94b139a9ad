package exec

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	osexec "os/exec"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// program is one that runs. Used by one goroutine at a time.
type program struct {
	cmd     *osexec.Cmd
	in      io.WriteCloser
	out     io.Closer
	errs    io.Closer
	said    chan saying // what it says, closed at the end of its output
	readers sync.WaitGroup
	hello   Hello
	before  map[string]bool // the events it answered last
}

// saying is one line of a program, or why there are no more.
type saying struct {
	line []byte
	err  error
}

var (
	errSilent = errors.New("it has not answered in time")
	errEnded  = errors.New("it has ended")
)

// start begins the program. The caller ends it.
func start(s *Settings, log *slog.Logger) (*program, error) {
	cmd := osexec.Command(s.Command[0], s.Command[1:]...)
	cmd.Dir = string(s.Folder)
	for _, name := range []string{"PATH", "HOME", "LANG"} {
		if value, set := os.LookupEnv(name); set {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	for name, value := range s.Env {
		cmd.Env = append(cmd.Env, name+"="+value.Reveal())
	}
	ownGroup(cmd)
	p := &program{cmd: cmd, said: make(chan saying)}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.in, p.out, p.errs = in, out, errs
	p.readers.Go(func() { p.listen(out) })
	p.readers.Go(func() { overhear(errs, log) })
	return p, nil
}

// listen hands on what the program says until its output ends.
func (p *program) listen(out io.Reader) {
	defer close(p.said)
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 4096), maxLine)
	for lines.Scan() {
		p.said <- saying{line: append([]byte(nil), lines.Bytes()...)}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		p.said <- saying{err: fmt.Errorf("a line of it is longer than %d bytes", maxLine)}
	}
}

// maxLogged is how much of a line of standard error goes into the log, in characters.
const maxLogged = 1000

// overhear puts what the program says on the side into the log.
func overhear(errs io.Reader, log *slog.Logger) {
	lines := bufio.NewReaderSize(errs, 8*maxLogged)
	for {
		line, more, err := lines.ReadLine()
		if text := review.Cut(review.Line(string(line)), maxLogged); text != "" {
			log.Info("program says", "line", text)
		}
		for more && err == nil {
			_, more, err = lines.ReadLine()
		}
		if err != nil {
			return
		}
	}
}

// end ends the program and all it has started, at once, and says how it ended. It
// returns when nothing of it is left here, even if a grandchild that left the group
// holds on to the pipes.
func (p *program) end() error {
	p.in.Close()
	killGroup(p.cmd)
	go func() {
		for range p.said { // what nobody asks for any more
		}
	}()
	err := p.cmd.Wait() // closes the pipes
	p.readers.Wait()
	return err
}

// leave asks the program to end by the end of its input, and ends it if it does not.
func (p *program) leave(clock pipeline.Clock, grace time.Duration) error {
	p.in.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() {
		if clock.Sleep(ctx, grace) == nil {
			killGroup(p.cmd)
			p.out.Close()
		}
	})
	for range p.said {
	}
	cancel()
	watch.Wait()
	return p.end()
}

// ask sends text and calls heard with each line that comes, until heard says that
// it has all. Each line has its own time limit.
func (p *program) ask(ctx context.Context, clock pipeline.Clock, limit time.Duration, text []byte, heard func(line []byte) (all bool, err error)) error {
	sent := make(chan error, 1)
	go func() {
		_, err := p.in.Write(text)
		sent <- err
	}()
	err := p.hear(ctx, clock, limit, heard)
	if err != nil {
		killGroup(p.cmd)
		p.in.Close() // so that the writing ends too
	}
	if wrote := <-sent; err == nil && wrote != nil {
		err = fmt.Errorf("write to it: %w", wrote)
	}
	return err
}

func (p *program) hear(ctx context.Context, clock pipeline.Clock, limit time.Duration, heard func(line []byte) (all bool, err error)) error {
	for {
		s, err := p.next(ctx, clock, limit)
		if err != nil {
			return err
		}
		if all, err := heard(s); all || err != nil {
			return err
		}
	}
}

// next is the next line of the program.
func (p *program) next(ctx context.Context, clock pipeline.Clock, limit time.Duration) ([]byte, error) {
	timed, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		if clock.Sleep(timed, limit) == nil {
			cancel(fmt.Errorf("%w: waited %v", errSilent, limit))
		}
	})
	defer func() { cancel(nil); watch.Wait() }()
	select {
	case s, open := <-p.said:
		if !open {
			return nil, errEnded
		}
		return s.line, s.err
	case <-timed.Done():
		return nil, context.Cause(timed)
	}
}

// greet exchanges the handshake.
func (p *program) greet(ctx context.Context, clock pipeline.Clock, limit time.Duration, g greeting) error {
	text, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return p.ask(ctx, clock, limit, append(text, '\n'), func(line []byte) (bool, error) {
		p.hello, err = parseHello(line)
		return true, err
	})
}
