package certs

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is how long a source's answers hold.
type Memory struct {
	Found time.Duration // an answer with a certificate
	None  time.Duration // an answer without: shorter, because somebody may just have told the recipient to publish one
	Stale time.Duration // how much longer a found certificate is still given while the source is silent
	Now   func() time.Time
}

// DefaultMemory is an hour for what was found, because each use is judged again and a revocation shows at once; five minutes for
// nothing; and a day through an outage, in which the source is named as silent all the same.
func DefaultMemory(now func() time.Time) Memory {
	return Memory{Found: time.Hour, None: 5 * time.Minute, Stale: 24 * time.Hour, Now: now}
}

// maxRemembered addresses are remembered of one source: more than an institution writes to in the time that answers hold.
// Each costs some kilobytes where there is a certificate and some hundred bytes where there is none.
const maxRemembered = 20_000

// Remembered is a source whose answers are kept for a while. A source that is down has given no answer, and that is not
// remembered as one. It is safe for concurrent use.
type Remembered struct {
	source Source
	memory Memory
	mu     sync.Mutex
	held   map[string]answer
}

type answer struct {
	candidates []Candidate
	at         time.Time
	part       bool // the source broke off: there may be more
}

// within is whether no more than limit has passed since. A clock that was set back would make an answer of the future hold for
// ever.
func (a answer) within(limit time.Duration, now time.Time) bool {
	age := now.Sub(a.at)
	return age >= 0 && age < limit
}

func (m Memory) holds(a answer, now time.Time) bool {
	if len(a.candidates) == 0 {
		return a.within(m.None, now)
	}
	return a.within(m.Found, now) && !a.part
}

// Remember keeps what source answers.
func Remember(source Source, memory Memory) *Remembered {
	return &Remembered{source: source, memory: memory, held: map[string]answer{}}
}

// Name is the source's.
func (r *Remembered) Name() string { return r.source.Name() }

// Find asks the source for what is not remembered.
func (r *Remembered) Find(ctx context.Context, addresses []string) (map[string][]Candidate, error) {
	found, missing := r.recall(addresses)
	if len(missing) == 0 {
		return found, nil
	}
	fresh, err := r.source.Find(ctx, missing)
	maps.Copy(found, fresh)
	if err != nil {
		for address, earlier := range r.stale(missing) {
			found[address] = union(fresh[address], earlier) // what a part does not have, the whole before it may
		}
	}
	r.learn(missing, fresh, err == nil)
	return found, err
}

func union(some, others []Candidate) []Candidate {
	all := slices.Clone(some)
	for _, candidate := range others {
		if !slices.ContainsFunc(some, func(c Candidate) bool { return c.Certificate.Equal(candidate.Certificate) }) {
			all = append(all, candidate)
		}
	}
	return all
}

// recall splits the addresses into those whose answer still holds and the others.
func (r *Remembered) recall(addresses []string) (found map[string][]Candidate, missing []string) {
	now := r.memory.Now()
	found = make(map[string][]Candidate, len(addresses))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range addresses {
		held, known := r.held[address]
		if !known || !r.memory.holds(held, now) {
			missing = append(missing, address)
			continue
		}
		if len(held.candidates) > 0 {
			found[address] = slices.Clone(held.candidates)
		}
	}
	return found, missing
}

func (r *Remembered) learn(asked []string, fresh map[string][]Candidate, whole bool) {
	now := r.memory.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range asked {
		candidates := fresh[address]
		if !whole && (len(candidates) == 0 || r.carries(r.held[address], now)) {
			continue // an earlier answer, while it is of use, is more than a part
		}
		r.makeRoom(now)
		r.held[address] = answer{candidates: slices.Clone(candidates), at: now, part: !whole}
	}
}

// stale is what was once found of the addresses that a silent source was asked for.
func (r *Remembered) stale(addresses []string) map[string][]Candidate {
	now := r.memory.Now()
	found := map[string][]Candidate{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range addresses {
		if held := r.held[address]; r.carries(held, now) {
			found[address] = slices.Clone(held.candidates)
		}
	}
	return found
}

// carries is whether the answer is given while the source is silent.
func (r *Remembered) carries(held answer, now time.Time) bool {
	return len(held.candidates) > 0 && held.within(r.memory.Found+r.memory.Stale, now)
}

// makeRoom wants the lock held. What is of no more use goes first; then all that was not found, which anybody can ask for, and
// which is soon asked again; if that is not enough, everything. A quarter at a time, so that it is not done for each address.
func (r *Remembered) makeRoom(now time.Time) {
	if len(r.held) < maxRemembered {
		return
	}
	for _, spare := range []func(answer) bool{
		func(a answer) bool { return !r.memory.holds(a, now) && !r.carries(a, now) },
		func(a answer) bool { return len(a.candidates) == 0 },
		func(answer) bool { return true },
	} {
		maps.DeleteFunc(r.held, func(_ string, held answer) bool { return spare(held) })
		if len(r.held) <= maxRemembered*3/4 {
			return
		}
	}
}

// askedAt is when the oldest of the answers was given; otherwise where none is remembered.
func (r *Remembered) askedAt(addresses []string, otherwise time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := otherwise
	for _, address := range addresses {
		if held, known := r.held[address]; known && held.at.Before(oldest) {
			oldest = held.at
		}
	}
	return oldest
}
