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
	r.learn(missing, fresh, err == nil)
	if err != nil {
		maps.Copy(found, r.stale(missing))
	}
	maps.Copy(found, fresh)
	return found, err
}

// recall splits the addresses into those whose answer still holds and the others.
func (r *Remembered) recall(addresses []string) (found map[string][]Candidate, missing []string) {
	now := r.memory.Now()
	found = make(map[string][]Candidate, len(addresses))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range addresses {
		held, known := r.held[address]
		keep := r.memory.Found
		if len(held.candidates) == 0 {
			keep = r.memory.None
		}
		// A clock that was set back would make an answer of the future hold for ever.
		if age := now.Sub(held.at); !known || age < 0 || age >= keep {
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
		if len(candidates) == 0 && !whole {
			continue
		}
		r.makeRoom(now)
		r.held[address] = answer{candidates: slices.Clone(candidates), at: now}
	}
}

// stale is what was once found of the addresses that a silent source was asked for.
func (r *Remembered) stale(addresses []string) map[string][]Candidate {
	now := r.memory.Now()
	found := map[string][]Candidate{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, address := range addresses {
		if held, known := r.held[address]; known && len(held.candidates) > 0 && now.Sub(held.at) < r.memory.Found+r.memory.Stale {
			found[address] = slices.Clone(held.candidates)
		}
	}
	return found
}

// makeRoom wants the lock held. What no longer holds goes first; if that is not enough, everything: asking again is cheap.
func (r *Remembered) makeRoom(now time.Time) {
	if len(r.held) < maxRemembered {
		return
	}
	maps.DeleteFunc(r.held, func(_ string, held answer) bool { return now.Sub(held.at) >= r.memory.Found })
	if len(r.held) >= maxRemembered {
		clear(r.held)
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
