package certs

import (
	"context"
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

// Deps is what a Finder needs.
type Deps struct {
	Sources  []Source
	Judge    Judger
	Deadline time.Duration // for the sources together, and again for the judging
	Log      *slog.Logger
}

// Finder finds and picks. It is safe for concurrent use if its sources are.
type Finder struct {
	sources  []Source
	judge    Judger
	deadline time.Duration
	log      *slog.Logger
}

// NewFinder makes a Finder.
func NewFinder(deps Deps) *Finder {
	return &Finder{sources: deps.Sources, judge: deps.Judge, deadline: deps.Deadline, log: deps.Log}
}

// Find answers for every address, under the address as it was given. It takes at most twice Deps.Deadline. The error is
// a *fault.Fault: too many addresses, or ctx has ended; a silent source is none, it is in the Choice.
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

	found, silent := f.ask(ctx, all)
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Unavailable, "interrupted", fault.Sentence{
			DA: "Opslaget blev afbrudt. Prøv igen.", EN: "The look-up was interrupted. Try again.",
		}, err)
	}
	return f.choose(ctx, asked, found, silent), nil
}

// reply is what one source said.
type reply struct {
	source     string
	candidates map[string][]Candidate
	err        error
}

// ask asks every source at once and waits until the deadline. A source that does not heed it is left behind.
func (f *Finder) ask(ctx context.Context, addresses []string) (found map[string][]Candidate, silent []string) {
	ctx, cancel := context.WithTimeout(ctx, f.deadline)
	defer cancel()
	replies := make(chan reply, len(f.sources)) // room for all: whoever comes late must not wait for a reader
	waiting := map[string]int{}
	for _, source := range f.sources {
		waiting[source.Name()]++
		go func() {
			// A copy of its own: a source that comes late may still be reading it when we are long done.
			candidates, err := source.Find(ctx, slices.Clone(addresses))
			replies <- reply{source: source.Name(), candidates: candidates, err: err}
		}()
	}
	found = make(map[string][]Candidate, len(addresses))
	for range f.sources {
		select {
		case <-ctx.Done():
			for name, count := range waiting {
				if count > 0 {
					silent = append(silent, name)
					f.log.WarnContext(ctx, "a certificate source did not answer in time", "source", name)
				}
			}
			slices.Sort(silent)
			return found, slices.Compact(silent)
		case r := <-replies:
			waiting[r.source]--
			if r.err != nil {
				// The code and never the text: a directory's error may quote the address it was asked for.
				f.log.WarnContext(ctx, "a certificate source failed", "source", r.source, "code", fault.From(r.err).Code)
				silent = append(silent, r.source)
			}
			for address, candidates := range r.candidates {
				found[address] = append(found[address], candidates...)
			}
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

// pick judges from the best downwards until one may be used.
func (f *Finder) pick(ctx context.Context, address string, candidates []Candidate, silent []string) Choice {
	choice := Choice{Address: address, Silent: silent}
	candidates, choice.Omitted = merge(candidates)
	var chosen *Judged
	for _, candidate := range candidates {
		verdict := f.judge.Judge(ctx, candidate.subject(address))
		judged := Judged{Candidate: candidate, Verdict: verdict}
		if !verdict.Good {
			choice.Rejected = append(choice.Rejected, judged)
			continue
		}
		chosen = &judged
		break
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
	}
	return choice
}
