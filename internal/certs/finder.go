package certs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// maxAddresses is the most recipients that Exchange Online lets one message have
// (learn.microsoft.com, Exchange Online limits: customisable up to 1000).
const maxAddresses = 1000

// judgingPerCore addresses are judged at a time: judging is arithmetic unless a revocation list must be fetched, and
// those waits should overlap.
const judgingPerCore = 4

// rollOver is how long after a certificate begins the one before it is encrypted for as well. Vendors of Danish gateways tell
// their customers to hand a new certificate out at once, and to keep the old key; a month lets a server that nobody has
// thought of catch up.
const rollOver = 30 * 24 * time.Hour

// Deps is what a Finder needs.
type Deps struct {
	Sources  []Source
	Judge    Judger
	Deadline time.Duration // for the sources together, and again for the judging
	Now      func() time.Time
	Log      *slog.Logger
}

// Finder finds and picks. It is safe for concurrent use if its sources are.
type Finder struct {
	sources  []Source
	judge    Judger
	deadline time.Duration
	now      func() time.Time
	log      *slog.Logger
}

// NewFinder makes a Finder.
func NewFinder(deps Deps) *Finder {
	return &Finder{sources: deps.Sources, judge: deps.Judge, deadline: deps.Deadline, now: deps.Now, log: deps.Log}
}

// Find answers for every address, under the address as it was given. It takes at most twice Deps.Deadline. The error is
// a *fault.Fault, too many addresses or ctx has ended, or it is of ErrStore; any other silent source is none, it is in the Choice.
func (f *Finder) Find(ctx context.Context, addresses []string) (map[string]Choice, error) {
	if len(addresses) > maxAddresses {
		return nil, fault.New(fault.TooLarge, "too_many_recipients", fault.Sentence{
			DA: "Der er for mange modtagere i én mail. Del den op i flere mails.",
			EN: "There are too many recipients in one mail. Split it into several.",
		}, nil)
	}
	asked := make(map[string][]string, len(addresses))
	var all []string
	for _, address := range addresses {
		asked[address] = spellings(address)
		all = append(all, asked[address]...)
	}
	slices.Sort(all)
	all = slices.Compact(all)

	replies := f.ask(ctx, all)
	if err := ctx.Err(); err != nil {
		return nil, interrupted(err)
	}
	for _, r := range replies {
		if errors.Is(r.err, ErrStore) {
			return nil, r.err
		}
	}
	found, silent := gather(replies)
	return f.choose(ctx, asked, found, silent), nil
}

func interrupted(cause error) error {
	return fault.New(fault.Unavailable, "interrupted", fault.Sentence{
		DA: "Opslaget blev afbrudt. Prøv igen.", EN: "The look-up was interrupted. Try again.",
	}, cause)
}

// reply is what one source said.
type reply struct {
	source     Source
	candidates map[string][]Candidate
	err        error // it is silent: what is missing from candidates may still be there
}

var errLate = errors.New("it did not answer in time")

// ask asks every source at once and waits until the deadline. A source that does not heed it is left behind. There is a reply
// for every source, in the order of the sources.
func (f *Finder) ask(ctx context.Context, addresses []string) []reply {
	ctx, cancel := context.WithTimeout(ctx, f.deadline)
	defer cancel()
	type numbered struct {
		reply
		i int
	}
	replies := make([]reply, len(f.sources))
	arriving := make(chan numbered, len(f.sources)) // room for all: whoever comes late must not wait for a reader
	for i, source := range f.sources {
		replies[i] = reply{source: source, err: errLate}
		go func() {
			// A copy of its own: a source that comes late may still be reading it when we are long done.
			candidates, err := f.consult(ctx, source, slices.Clone(addresses))
			arriving <- numbered{reply{source: source, candidates: candidates, err: err}, i}
		}()
	}
	for range f.sources {
		select {
		case <-ctx.Done():
			f.tell(ctx, replies)
			return replies
		case r := <-arriving:
			replies[r.i] = r.reply
		}
	}
	f.tell(ctx, replies)
	return replies
}

// tell logs who was silent: the code and never the text, for a directory's error may quote the address it was asked for.
func (f *Finder) tell(ctx context.Context, replies []reply) {
	for _, r := range replies {
		switch {
		case r.err == nil:
		case errors.Is(r.err, errLate), errors.Is(r.err, context.DeadlineExceeded):
			f.log.WarnContext(ctx, "a certificate source did not answer in time", "source", r.source.Name())
		default:
			f.log.WarnContext(ctx, "a certificate source failed", "source", r.source.Name(), "code", fault.From(r.err).Code)
		}
	}
}

// gather puts together what was found, and who was silent.
func gather(replies []reply) (found map[string][]Candidate, silent []string) {
	found = map[string][]Candidate{}
	for _, r := range replies {
		if r.err != nil {
			silent = append(silent, r.source.Name())
		}
		for address, candidates := range r.candidates {
			found[address] = append(found[address], candidates...)
		}
	}
	slices.Sort(silent)
	return found, slices.Compact(silent)
}

// choose judges the addresses side by side.
func (f *Finder) choose(ctx context.Context, asked map[string][]string, found map[string][]Candidate, silent []string) map[string]Choice {
	ctx, cancel := context.WithTimeout(ctx, f.deadline)
	defer cancel()
	choices := make(map[string]Choice, len(asked))
	var mu sync.Mutex
	var wait sync.WaitGroup
	slots := make(chan struct{}, judgingPerCore*runtime.GOMAXPROCS(0))
	for address, spellings := range asked {
		var candidates []Candidate
		for _, spelling := range spellings {
			candidates = append(candidates, found[spelling]...)
		}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			choice := f.pick(ctx, address, candidates, silent)
			mu.Lock()
			defer mu.Unlock()
			choices[address] = choice
		})
	}
	wait.Wait()
	return choices
}

// pick judges from the best downwards until one may be used, and goes on to the one that it replaces.
func (f *Finder) pick(ctx context.Context, address string, candidates []Candidate, silent []string) Choice {
	choice := Choice{Address: address, Silent: silent}
	candidates, choice.Omitted = merge(candidates)
	var chosen *Judged
	for len(candidates) > 0 && chosen == nil {
		judged := f.judged(ctx, address, candidates[0])
		candidates = candidates[1:]
		if judged.Verdict.Good {
			chosen = &judged
		} else {
			choice.Rejected = append(choice.Rejected, judged)
		}
	}
	// An administrator pins a certificate because what the directories say is wrong. While the pins cannot be read,
	// what the directories say is not used.
	if chosen != nil && chosen.Candidate.Source != SourcePinned && slices.Contains(silent, SourcePinned) {
		choice.Reason = Reason{Code: DirectorySilent, Say: saySilent}
		return choice
	}
	choice.Reason = reason(chosen, choice.Rejected, silent)
	if chosen != nil {
		choice.Chosen, choice.Verdict = &chosen.Candidate, chosen.Verdict
		choice.Also = f.replaced(ctx, address, chosen.Candidate, candidates)
		choice.Why = why(choice, len(candidates))
	}
	return choice
}

// replaced is the certificate that chosen is newer than, while the roll-over lasts: of the same standing, with another key, and
// good itself. Both keys are the recipient's by the same proof, so that one more entry in the mail tells nobody anything.
func (f *Finder) replaced(ctx context.Context, address string, chosen Candidate, rest []Candidate) *Judged {
	now := f.now()
	if now.Sub(chosen.Certificate.NotBefore) >= rollOver {
		return nil
	}
	for _, candidate := range rest {
		c := candidate.Certificate
		if candidate.standing() != chosen.standing() || now.After(c.NotAfter) || !c.NotBefore.Before(chosen.Certificate.NotBefore) ||
			bytes.Equal(c.RawSubjectPublicKeyInfo, chosen.Certificate.RawSubjectPublicKeyInfo) {
			continue
		}
		if judged := f.judged(ctx, address, candidate); judged.Verdict.Good {
			return &judged
		}
		return nil // the next older one was replaced before
	}
	return nil
}
