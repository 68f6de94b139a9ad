package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Resolving is a resolver as it is asked.
type Resolving struct {
	Type     string // of the resolver, by which its answers are known
	Resolver Resolver
	Limit    time.Duration // for one question; 0: 20 seconds
}

// How a catalogue is asked.
const (
	mostQuestions = 200                 // in one poll
	questionsOnce = 4                   // at the same time
	questionLimit = 20 * time.Second    // for one
	resolverRest  = 10 * time.Minute    // after a failure, where the catalogue does not say
	unknownLife   = 30 * 24 * time.Hour // of an answer that there is no such film
)

// resolving is the resolver and how it is doing.
type resolving struct {
	Resolving
	mu    sync.Mutex
	until time.Time // not asked before, after a failure
}

// SetResolver says whom to ask about films that the rules do not know; nil for
// nobody. Safe for use at any time.
func (in *Ingest) SetResolver(r *Resolving) {
	if r == nil {
		in.resolving.Store(nil)
		return
	}
	one := &resolving{Resolving: *r}
	if one.Limit == 0 {
		one.Limit = questionLimit
	}
	in.resolving.Store(one)
}

// question is one question to a catalogue, and the reviews that wait for its answer.
type question struct {
	key   string // in KV
	asked review.Film
	by    []*candidate
}

func (q *question) answered(r *review.Resolution) {
	for _, c := range q.by {
		c.resolved = r
	}
}

// resolve asks the catalogue about the films of those reviews that the rules alone
// would give a new film, or one that stands for several. What cannot be answered now
// is left to the rules.
func (p *poll) resolve(ctx context.Context, all []*candidate) error {
	with := p.in.resolving.Load()
	if with == nil || p.asked >= mostQuestions || with.resting(p.in.Clock.Now()) {
		return nil
	}
	unsure, err := p.undecided(ctx, all)
	if err != nil {
		return err
	}
	var open []*question
	for _, q := range questions(with.Type, unsure) {
		known, err := p.in.remembered(ctx, q)
		if err != nil {
			return err
		}
		if known != nil {
			q.answered(known)
		} else {
			open = append(open, q)
		}
	}
	open = open[:min(len(open), mostQuestions-p.asked)]
	p.asked += len(open)
	return p.in.askAll(ctx, with, open)
}

// undecided are the candidates that will be on the log as something new, and whose film
// the rules cannot tell.
func (p *poll) undecided(ctx context.Context, all []*candidate) (unsure []*candidate, err error) {
	p.in.deciding.Lock()
	defer p.in.deciding.Unlock()
	if err := p.in.catchUp(ctx); err != nil {
		return nil, err
	}
	identifying, now := p.in.Registry.Begin(p.in.films.Reader()), p.in.moment()
	for _, c := range all {
		if !askable(&c.review.Film) || !c.row.next(c.known, p.in.eventOf(c, now), now) {
			continue
		}
		ask, err := identifying.Unsure(c.id, &c.review)
		if err != nil {
			return nil, err
		}
		if ask {
			unsure = append(unsure, c)
		}
	}
	return unsure, nil
}

// askable reports that enough is stated of a film for an answer to be beyond doubt.
func askable(f *review.Film) bool { return !f.IDs.IsZero() || f.Title != "" && f.Year != 0 }

// questions are what is to be asked about the reviews' films, each once.
func questions(by string, all []*candidate) []*question {
	var list []*question
	for _, c := range all {
		f := &c.review.Film
		asked := review.Film{
			Title: f.Title, OriginalTitle: f.OriginalTitle, AltTitles: f.AltTitles,
			Year: f.Year, Directors: f.Directors, IDs: f.IDs,
		}
		key := questionKey(by, &asked)
		i := slices.IndexFunc(list, func(q *question) bool { return q.key == key })
		if i < 0 {
			i, list = len(list), append(list, &question{key: key, asked: asked})
		}
		list[i].by = append(list[i].by, c)
	}
	return list
}

// questionKey is where in KV the answer to a question stands.
func questionKey(by string, asked *review.Film) string {
	text, err := json.Marshal(asked)
	if err != nil {
		panic(fmt.Sprintf("pipeline: question of %T: %v", asked, err)) // of our own types
	}
	sum := sha256.Sum256(text)
	return "resolved." + by + "." + hex.EncodeToString(sum[:16])
}

// remembered is the answer that was given before, nil for none. That there is no
// such film holds for a while only: catalogues grow.
func (in *Ingest) remembered(ctx context.Context, q *question) (*review.Resolution, error) {
	value, err := in.KV.Get(ctx, q.key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what a catalogue answered: %w", err)
	}
	r := new(review.Resolution)
	if json.Unmarshal(value, r) != nil { // asked again, it is written anew
		return nil, nil
	}
	if !r.Known() && in.Clock.Now().Sub(r.At) > unknownLife {
		return nil, nil
	}
	return r, nil
}

// askAll puts the questions, a few at once. After a failure no other is begun.
func (in *Ingest) askAll(ctx context.Context, with *resolving, open []*question) error {
	var workers sync.WaitGroup
	var mu sync.Mutex
	var fault error
	next := make(chan *question)
	for range min(questionsOnce, len(open)) {
		workers.Go(func() {
			for q := range next {
				if ctx.Err() != nil || with.resting(in.Clock.Now()) {
					continue
				}
				if err := in.ask(ctx, with, q); err != nil {
					mu.Lock()
					fault = errors.Join(fault, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, q := range open {
		next <- q
	}
	close(next)
	workers.Wait()
	return errors.Join(fault, ctx.Err())
}

// ask puts one question and keeps the answer. That the catalogue does not answer is
// no error: it rests then. An error is of KV.
func (in *Ingest) ask(ctx context.Context, with *resolving, q *question) error {
	r := &review.Resolution{By: with.Type, Asked: q.asked, At: in.moment()}
	err := guarded(func() error {
		limited, cancel := context.WithTimeout(ctx, with.Limit)
		defer cancel()
		found, err := with.Resolver.Resolve(limited, q.asked)
		if err != nil {
			return err
		}
		if answer, ok := in.Registry.Choose(&q.asked, found); ok {
			r.Answer = answer
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		if ctx.Err() == nil {
			in.rest(with, err)
		}
		return nil
	}
	q.answered(r)
	value, err := json.Marshal(r)
	if err == nil {
		err = in.KV.Put(ctx, q.key, value)
	}
	if err != nil {
		return fmt.Errorf("keep what a catalogue answered: %w", err)
	}
	return nil
}

// rest leaves a catalogue alone for a while that does not answer, and says so once.
func (in *Ingest) rest(with *resolving, err error) {
	wait := resolverRest
	if later := (*RetryAfter)(nil); errors.As(err, &later) {
		wait = later.After
	}
	now := in.Clock.Now()
	with.mu.Lock()
	resting := now.Before(with.until)
	if until := now.Add(wait); until.After(with.until) {
		with.until = until
	}
	with.mu.Unlock()
	if !resting {
		in.Logger.Warn("resolver does not answer; films are told apart by the rules alone", "resolver", with.Type, "for", wait, "err", err)
	}
}

func (r *resolving) resting(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until)
}
