package aia

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/trust/fetch"
)

const (
	// life is how long issuers are held before they are looked for again. They change when an authority renews itself, in years.
	life = 24 * time.Hour
	// rest is how long an address is left alone after an answer that was of no use.
	rest = 10 * time.Minute
	// maxHeld bounds the addresses that are held, and with them the questions that wait for a place. An institution meets some
	// dozens of authorities.
	maxHeld = 256
	// maxAsking questions are under way at a time: so many servers can be slow before somebody else's has to wait.
	maxAsking = 16
	// askTime is for one question, redirects and answer included, and again for the wait for a place. An issuer's certificate
	// is two kilobytes, and a sender is looking at the draft.
	askTime = 5 * time.Second
)

// Deps is what a Source needs.
type Deps struct {
	Now    func() time.Time
	Client *fetch.Client
}

// Source is a trust.IssuerSource. It is safe for concurrent use.
type Source struct {
	now    func() time.Time
	client *fetch.Client
	places chan struct{}

	mu   sync.Mutex
	held map[place]*entry
}

// place is an address, by its hash: a stranger chose the address, and its length.
type place [sha256.Size]byte

// entry is what is held of an address. Its fields are guarded by Source.mu; what issuers points at is never changed.
type entry struct {
	issuers  []*x509.Certificate // of the last answer that held any
	answered time.Time           // when that was
	tried    time.Time           // when the last question ended; zero where none has
	running  chan struct{}       // closed when the question under way ends; nil when there is none
	used     time.Time
}

// New makes a Source that holds nothing yet.
func New(deps Deps) *Source {
	return &Source{now: deps.Now, client: deps.Client, places: make(chan struct{}, maxAsking), held: map[place]*entry{}}
}

// Issuers gives the authorities that have signed certificate, as far as the addresses in it lead to any. The addresses are all
// asked at once and the first answer that fits is enough, so that a dead one costs nobody's time; what the others say is held
// for the next, as is an answer that comes too late.
func (s *Source) Issuers(ctx context.Context, certificate *x509.Certificate) []*x509.Certificate {
	// Whoever bears the name of its issuer needs nobody above: roots name themselves here, as those of OCES3 do.
	if bytes.Equal(certificate.RawIssuer, certificate.RawSubject) {
		return nil
	}
	var found []*x509.Certificate
	list := addresses(certificate)
	answers := make(chan []*x509.Certificate, len(list))
	pending := 0
	for _, address := range list {
		at, issuers := s.hold(address)
		if at == nil {
			continue
		}
		fitting := signers(certificate, issuers)
		found = append(found, fitting...)
		running := s.renew(ctx, at, address, len(fitting) > 0)
		if running == nil || len(fitting) > 0 {
			continue // what fits is used at once, even while a newer one is asked for
		}
		pending++
		go func() {
			select {
			case <-ctx.Done():
			case <-running:
			}
			s.mu.Lock()
			issuers := at.issuers
			s.mu.Unlock()
			answers <- signers(certificate, issuers)
		}()
	}
	for ; pending > 0 && len(found) == 0; pending-- {
		found = <-answers
	}
	return found
}

// hold gives the entry of address and what is held there, or nil where there is no room for one more.
func (s *Source) hold(address string) (*entry, []*x509.Certificate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := place(sha256.Sum256([]byte(address)))
	at := s.held[name]
	if at == nil {
		if !s.makeRoom() {
			return nil, nil
		}
		at = &entry{}
		s.held[name] = at
	}
	at.used = s.now()
	return at, at.issuers
}

// renew asks where that is needed, and gives the question under way, nil where there is none. Of what does not fit the one who
// asks, it is not known whether it was ever right: an address is asked on plain HTTP, and authorities move on. What is from the
// future was done by a clock that has been set back since, and is not waited for.
func (s *Source) renew(ctx context.Context, at *entry, address string, fits bool) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	age, rested := now.Sub(at.answered), now.Sub(at.tried)
	enough := fits && age >= 0 && age < life
	resting := !at.tried.IsZero() && rested >= 0 && rested < rest
	if at.running == nil && !enough && !resting {
		at.running = make(chan struct{})
		// The question outlives this caller's deadline on purpose: the next caller profits.
		go s.run(context.WithoutCancel(ctx), at, at.running, address)
	}
	return at.running
}

// run asks, and ends the question whatever comes of it.
func (s *Source) run(ctx context.Context, at *entry, running chan struct{}, address string) {
	issuers, asked := s.get(ctx, address)
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if asked {
		at.tried = now
	}
	if len(issuers) > 0 {
		at.issuers, at.answered = issuers, now
	}
	at.running = nil
	close(running)
}

// get is false where it did not come to ask. Why an answer is of no use is nobody's business: to the sender the issuer is
// unknown, and that is said.
func (s *Source) get(ctx context.Context, address string) (issuers []*x509.Certificate, asked bool) {
	wait := time.NewTimer(askTime)
	defer wait.Stop()
	select {
	case s.places <- struct{}{}:
	case <-wait.C:
		return nil, false
	}
	defer func() { <-s.places }()
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	answer, err := s.client.Get(ctx, address, maxBytes)
	if err != nil {
		return nil, true
	}
	return authorities(answer), true
}

// makeRoom wants the lock held. It forgets the address that nobody has asked for longest, and is false where a question is
// under way to every one.
func (s *Source) makeRoom() bool {
	if len(s.held) < maxHeld {
		return true
	}
	var oldest place
	var idle *entry
	for name, at := range s.held {
		if at.running == nil && (idle == nil || at.used.Before(idle.used)) {
			oldest, idle = name, at
		}
	}
	if idle == nil {
		return false
	}
	delete(s.held, oldest)
	return true
}
