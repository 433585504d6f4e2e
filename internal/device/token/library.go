//go:build cgo

package token

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/miekg/pkcs11"

	"aau.dk/sendsikker/internal/device"
)

const (
	// maxSessions are open at once. Smart cards have one or a few and say so when asked for more; a YubiHSM 2 has 16.
	maxSessions = 8
	// turn is how long a caller waits for a session, and answer how long for the device: RSA-4096 takes a smart card two seconds.
	turn   = 5 * time.Second
	answer = 10 * time.Second
	// parting is how long Close waits for what is under way.
	parting = 2 * time.Second
	// rest is how long a device that just now was away is not asked again: each try loads the library anew.
	rest = time.Second
)

// Library is a PKCS #11 library with its sessions. It may be used by many goroutines at once. A process has one of each: what C_Finalize
// ends, it ends for everybody.
type Library struct {
	config Config
	turns  chan struct{} // one for each session that may be in use

	life sync.RWMutex // held for writing while the library is loaded, started anew or let go
	lib  *pkcs11.Ctx  // nil: not loaded yet

	mu      sync.Mutex
	idle    []*session
	from    int64 // which start of the library the sessions belong to
	away    time.Time
	refused [sha256.Size]byte // of the PIN that was refused
}

// session is one session with the token that it is for, logged in.
type session struct {
	handle pkcs11.SessionHandle
	from   int64
	token  string
	keys   map[device.Reference]pkcs11.ObjectHandle
}

// New looks whether the library is there, and loads nothing.
func New(c Config) (*Library, error) {
	if _, err := os.Stat(c.Module); err != nil {
		return nil, fmt.Errorf("the PKCS #11 library (pkcs11-module): %w", err)
	}
	return &Library{config: c, turns: make(chan struct{}, maxSessions)}, nil
}

// Close logs out and lets go of the library. One that does not come back from a call is left as it is: the process is about to end.
func (l *Library) Close() error {
	for end := time.Now().Add(parting); !l.life.TryLock(); time.Sleep(parting / 100) {
		if time.Now().After(end) {
			return errors.New("the PKCS #11 library is busy, and was not closed")
		}
	}
	defer l.life.Unlock()
	if l.lib == nil {
		return nil
	}
	l.drop()
	err := l.lib.Finalize()
	l.lib.Destroy()
	l.lib = nil
	if errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED)) {
		return nil
	}
	return err
}

// Open finds the key and reads its public half. It implements device.Source.
func (l *Library) Open(ctx context.Context, r device.Reference) (crypto.Signer, error) {
	public, err := do(ctx, place{l, r}, publicOf)
	if err != nil {
		return nil, err
	}
	return newKey(place{l, r}, public)
}

// use is something that is done with a key in a session.
type use[T any] func(lib *pkcs11.Ctx, s *session, key pkcs11.ObjectHandle) (T, error)

// do has one session do something with the key. A call into C cannot be broken off: one that does not come back keeps its turn, so
// that a dead device costs us maxSessions goroutines and no more.
func do[T any](ctx context.Context, p place, what use[T]) (none T, _ error) {
	l := p.library
	l.mu.Lock()
	resting := time.Since(l.away) < rest
	l.mu.Unlock()
	if resting {
		return none, device.Away(rest, "the token was away a moment ago")
	}
	timer := time.NewTimer(turn)
	defer timer.Stop()
	select {
	case l.turns <- struct{}{}:
	case <-timer.C:
		return none, device.Away(0, "all %d sessions with the token are in use", maxSessions)
	case <-ctx.Done():
		return none, device.Away(0, "waiting for a session with the token: %w", ctx.Err())
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-l.turns }()
		var r result
		r.err = l.persist(p.at, func(lib *pkcs11.Ctx, s *session, key pkcs11.ObjectHandle) (err error) {
			r.value, err = what(lib, s, key)
			return err
		})
		done <- r
	}()
	timer.Reset(answer)
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		return none, device.Away(0, "the token did not answer within %v", answer)
	case <-ctx.Done():
		return none, device.Away(0, "waiting for the token: %w", ctx.Err())
	}
}

// persist tries again where a session or the library has gone stale: with a new session, then with the library started anew,
// for some notice a token that came back only then.
func (l *Library) persist(r device.Reference, what func(*pkcs11.Ctx, *session, pkcs11.ObjectHandle) error) error {
	err := l.load(unloaded)
	for try := range 3 {
		if err != nil && !isStale(err) {
			return err
		}
		var from int64
		if from, err = l.once(r, what); !isStale(err) {
			return err
		}
		switch try {
		case 0:
			l.dropIdle()
		case 1:
			if again := l.load(from); again != nil {
				err = again
			}
		}
	}
	l.mu.Lock()
	l.away = time.Now()
	l.mu.Unlock()
	return device.Away(0, "the token is away: %w", err)
}

func (l *Library) once(r device.Reference, what func(*pkcs11.Ctx, *session, pkcs11.ObjectHandle) error) (from int64, err error) {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.lib == nil {
		return 0, stale{errors.New("the library was let go")}
	}
	l.mu.Lock()
	from = l.from
	l.mu.Unlock()
	s, err := l.take(r)
	if err != nil {
		return from, err
	}
	key, err := s.find(l.lib, r)
	if err == nil {
		err = what(l.lib, s, key)
	}
	if isStale(err) {
		_ = l.lib.CloseSession(s.handle) // it is most likely closed
		return from, err
	}
	l.mu.Lock()
	l.idle = append(l.idle, s)
	l.mu.Unlock()
	return from, err
}

// unloaded is no start of the library.
const unloaded = -1

// load starts the library, or starts it anew where it is still the start that the caller found stale.
func (l *Library) load(found int64) error {
	l.life.Lock()
	defer l.life.Unlock()
	if l.lib != nil && (found == unloaded || l.from > found) {
		return nil
	}
	if l.lib == nil {
		if l.lib = pkcs11.New(l.config.Module); l.lib == nil {
			return device.Refused("the PKCS #11 library cannot be loaded")
		}
	} else {
		l.drop()
		_ = l.lib.Finalize() // which may be what somebody else did
	}
	err := l.lib.Initialize()
	if err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		return stale{fmt.Errorf("starting the PKCS #11 library: %w", err)}
	}
	l.mu.Lock()
	l.from++
	l.mu.Unlock()
	return nil
}

// dropIdle closes the sessions that nobody uses: where one has gone stale, most have.
func (l *Library) dropIdle() {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.lib != nil {
		l.drop()
	}
}

func (l *Library) drop() {
	l.mu.Lock()
	old := l.idle
	l.idle = nil
	l.mu.Unlock()
	for _, s := range old {
		_ = l.lib.CloseSession(s.handle)
	}
}
