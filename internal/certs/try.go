package certs

import (
	"context"
	"errors"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// Tried is what one source said to somebody who wants to know whether it answers.
type Tried struct {
	Answered bool          // it is there, and lets us ask
	Within   time.Duration // it showed that, or that something is wrong
	Took     time.Duration // of the look-up after that; zero without an address
	Judged   []Judged      // what it has for the address, best first
	Omitted  int           // beyond maxCandidates, not looked at
	Err      *fault.Fault  // what is wrong with it; what came before is in Judged all the same
}

// ErrNoSource: there is no source of that name that is asked over the network.
var ErrNoSource = errors.New("no such source")

// checker is a source that others run, and that can be asked whether it answers.
type checker interface {
	Check(ctx context.Context) error
}

// Try asks the source whether it answers, and then, where there is one, about an address: now, and not for what is remembered of
// it. It takes at most three times Deps.Deadline.
func (f *Finder) Try(ctx context.Context, name, address string) (Tried, error) {
	source, checks := f.outside(name)
	if source == nil {
		return Tried{}, ErrNoSource
	}
	var tried Tried
	begun := f.now()
	checked := f.askOne(ctx, checkedOnly{source, checks}, nil)
	tried.Within = f.now().Sub(begun)
	if checked.err != nil {
		tried.Err = untold(checked.err)
		return tried, interruptedBy(ctx)
	}
	tried.Answered = true
	if address == "" {
		return tried, nil
	}
	spelt := spellings(address)
	begun = f.now()
	reply := f.askOne(ctx, source, spelt)
	tried.Took = f.now().Sub(begun)
	if reply.err != nil {
		tried.Err = untold(reply.err)
	}
	var candidates []Candidate
	for _, spelling := range spelt {
		candidates = append(candidates, reply.candidates[spelling]...)
	}
	candidates, tried.Omitted = merge(candidates)
	judging, cancel := context.WithTimeout(ctx, f.deadline)
	defer cancel()
	for _, candidate := range candidates {
		tried.Judged = append(tried.Judged, f.judged(judging, address, candidate))
	}
	return tried, interruptedBy(ctx)
}

// outside is the source of that name, without what remembers its answers.
func (f *Finder) outside(name string) (Source, checker) {
	for _, source := range f.sources {
		if remembering, is := source.(*Remembered); is {
			source = remembering.source
		}
		if checks, can := source.(checker); can && source.Name() == name {
			return source, checks
		}
	}
	return nil, nil
}

// askOne is ask for one source: with the deadline, and safe from what it may do.
func (f *Finder) askOne(ctx context.Context, source Source, addresses []string) reply {
	one := *f
	one.sources = []Source{source}
	return one.ask(ctx, addresses)[0]
}

// checkedOnly is a source that is not asked about anybody.
type checkedOnly struct {
	Source
	checks checker
}

// Find gives no answer but that there would be one.
func (c checkedOnly) Find(ctx context.Context, _ []string) (map[string][]Candidate, error) {
	return nil, c.checks.Check(ctx)
}

func interruptedBy(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return interrupted(err)
	}
	return nil
}

// untold makes a fault of what is none: an end of the wait, or a panic.
func untold(err error) *fault.Fault {
	if f, is := errors.AsType[*fault.Fault](err); is {
		return f
	}
	if errors.Is(err, errPanicked) {
		return fault.New(fault.Unavailable, "source_unreadable", fault.Sentence{
			DA: "Den svarede noget, der ikke kan læses. Bed dem, der driver den, om at se på det.",
			EN: "It answered what cannot be read. Ask those who run it to look into it.",
		}, err)
	}
	return fault.New(fault.Unavailable, "source_late", fault.Sentence{
		DA: "Den svarede ikke inden for den tid, en afsender venter. Prøv igen, og bed dem, der driver den, om at se på det, hvis det varer ved.",
		EN: "It did not answer within the time that a sender waits. Try again, and ask those who run it to look into it if it goes on.",
	}, err)
}
