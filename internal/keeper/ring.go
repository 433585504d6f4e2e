package keeper

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gocloud.dev/secrets"
)

const (
	// lookEvery is how soon a change that nothing else points to is seen, as for the server's certificate.
	lookEvery = time.Minute
	// askEvery bounds the looks that unknown versions cause: one after a rotation is enough, and a thousand rows that nobody
	// can open must not read the file a thousand times a second.
	askEvery = time.Second
)

// named is one version of the master key.
type named struct {
	version string
	master  *secrets.Keeper
}

// part gives the versions that lie in one place. The first place's first is the current one.
type part func() ([]named, error)

// ring is every version at hand. What it holds is replaced as a whole, so a call that began under one current version ends
// under it. The times are measured on the monotonic clock: a machine whose clock is set does not stop looking.
type ring struct {
	keys   atomic.Pointer[[]named]
	parts  []part // none: what was opened is all there will be
	mu     sync.Mutex
	looked time.Time
	failed error // of the last look
}

func fixedRing(keys ...named) *ring {
	r := &ring{}
	r.keys.Store(&keys)
	return r
}

// openRing reads every part. What cannot be read at the start is an error; later, what is held goes on being used.
func openRing(parts ...part) (*ring, error) {
	r := &ring{parts: parts, looked: time.Now()}
	keys, err := r.read()
	if err != nil {
		return nil, err
	}
	r.keys.Store(&keys)
	return r, nil
}

func (r *ring) read() ([]named, error) {
	var all []named
	for _, p := range r.parts {
		keys, err := p()
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if slices.ContainsFunc(all, func(other named) bool { return other.version == k.version }) {
				return nil, fmt.Errorf("the master key %q is listed twice", k.version)
			}
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no master key is named")
	}
	return all, nil
}

// look reads the parts again unless that was done within the given time, and gives the last look's error.
func (r *ring) look(within time.Duration) error {
	if len(r.parts) == 0 || time.Since(r.looked) < within {
		return r.failed
	}
	r.looked = time.Now()
	keys, err := r.read()
	r.failed = err
	if err == nil && !slices.EqualFunc(keys, *r.keys.Load(), func(a, b named) bool { return a.version == b.version }) {
		r.keys.Store(&keys)
	}
	return err
}

// held gives the versions, looked at within lookEvery. Whoever comes while another looks takes what there is: a file system
// that hangs must not hold up what needs nothing from it.
func (r *ring) held() []named {
	if r.mu.TryLock() {
		_ = r.look(lookEvery) // half-written, or away for a minute: what works is kept, and it is looked at again
		r.mu.Unlock()
	}
	return *r.keys.Load()
}

func (r *ring) current() named { return r.held()[0] }

func (r *ring) versions() []string {
	keys := r.held()
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.version
	}
	return list
}

// find gives the version asked for, and looks for it anew if need be.
func (r *ring) find(version string) (named, error) {
	if k, ok := pick(r.held(), version); ok {
		return k, nil
	}
	r.mu.Lock()
	err := r.look(askEvery)
	r.mu.Unlock()
	if k, ok := pick(*r.keys.Load(), version); ok {
		return k, nil
	}
	if err != nil {
		return named{}, fmt.Errorf("%w: %q (and looking again failed: %w)", ErrVersion, version, err)
	}
	return named{}, fmt.Errorf("%w: %q", ErrVersion, version)
}

func pick(keys []named, version string) (named, bool) {
	i := slices.IndexFunc(keys, func(k named) bool { return k.version == version })
	if i < 0 {
		return named{}, false
	}
	return keys[i], true
}

func (r *ring) close() error {
	var err error
	for _, k := range *r.keys.Load() {
		err = errors.Join(err, k.master.Close())
	}
	return err
}
