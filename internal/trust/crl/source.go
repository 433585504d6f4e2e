package crl

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/fetch"
)

const (
	// maxBytes: the largest public lists are some 10 MB; twice that.
	maxBytes = 20 << 20
	// refreshAfter is how old a held list may be before a newer one is looked for. Authorities publish a new list when
	// they revoke, long before nextUpdate of the old one; the old one goes on being used while the fetch runs.
	refreshAfter = time.Hour
	// failureRest is how long a failed fetch is not tried again: long enough to leave a struggling server alone, short
	// enough that "try again shortly" is honest.
	failureRest = time.Minute
	// maxLists bounds what is held. An institution meets a handful of authorities; some split their list in hundreds.
	maxLists = 256
	// maxAddresses of one certificate are tried: a second is a mirror.
	maxAddresses = 3
	// maxFetching lists are fetched at a time: each may hold maxBytes. A slow server takes one place, not all.
	maxFetching = 8
	// maxParsing lists are parsed at a time: one of maxBytes makes some 600 MB of garbage on the way.
	maxParsing = 1
)

var (
	errNoHTTP = errors.New("the certificate names no list that can be fetched over HTTP")
	errNone   = errors.New("no current list is to be had")
	errOlder  = errors.New("the list is older than the one held")
)

// Deps is what a Source needs.
type Deps struct {
	Now           func() time.Time
	AllowLoopback bool // for a pretend authority on this machine; never in production wiring
}

// Source is a trust.RevocationSource. It is safe for concurrent use.
type Source struct {
	now      func() time.Time
	client   *fetch.Client
	fetching chan struct{}
	parsing  chan struct{}

	mu    sync.Mutex
	lists map[place]*entry
}

// place is a list: the same address signed by another authority is another list.
type place struct {
	issuer  [sha256.Size]byte
	address string
}

// entry is what is held of a place. Its fields are guarded by Source.mu.
type entry struct {
	list    *List
	fetched time.Time
	err     error         // of the last fetch
	failed  time.Time     // when that was
	running chan struct{} // closed when the fetch under way ends; nil when there is none
	used    time.Time
}

// New makes a Source that holds nothing yet.
func New(deps Deps) *Source {
	return &Source{
		now: deps.Now, client: fetch.New(fetch.Options{AllowLoopback: deps.AllowLoopback}),
		fetching: make(chan struct{}, maxFetching), parsing: make(chan struct{}, maxParsing), lists: map[place]*entry{},
	}
}

// Check asks the lists that certificate names, one after another until one answers.
func (s *Source) Check(ctx context.Context, certificate, issuer *x509.Certificate) trust.Revocation {
	if len(certificate.CRLDistributionPoints) == 0 {
		return trust.Revocation{Status: trust.StatusUnpublished}
	}
	cause := errNoHTTP
	tried := 0
	for _, address := range certificate.CRLDistributionPoints {
		if !strings.HasPrefix(strings.ToLower(address), "http") {
			continue // ldap:, in certificates made for a Windows domain
		}
		if tried++; tried > maxAddresses {
			break
		}
		list, err := s.list(ctx, issuer, address)
		if err != nil {
			cause = err
			continue
		}
		since, revoked, err := list.Revoked(certificate)
		if err != nil {
			cause = err
			continue
		}
		answer := trust.Revocation{Status: trust.StatusGood, ThisUpdate: list.thisUpdate, NextUpdate: list.nextUpdate}
		if list.number != nil {
			answer.Number = list.number.String()
		}
		if revoked {
			answer.Status, answer.RevokedAt = trust.StatusRevoked, since
		}
		return answer
	}
	return trust.Revocation{Status: trust.StatusUnknown, Cause: cause}
}

// list gives the current list of a place: the held one, else the one that a fetch brings, shared by all who wait.
func (s *Source) list(ctx context.Context, issuer *x509.Certificate, address string) (*List, error) {
	now := s.now()
	s.mu.Lock()
	at := place{issuer: sha256.Sum256(issuer.Raw), address: address}
	held := s.lists[at]
	if held == nil {
		s.makeRoom()
		held = &entry{}
		s.lists[at] = held
	}
	held.used = now
	current := held.list
	if current != nil && !now.Before(current.nextUpdate) {
		current = nil
	}
	old := current == nil || now.Sub(held.fetched) >= refreshAfter
	resting := held.err != nil && now.Sub(held.failed) < failureRest
	if old && !resting && held.running == nil {
		held.running = make(chan struct{})
		// The fetch outlives this caller's deadline on purpose: the next caller profits.
		go s.refresh(context.WithoutCancel(ctx), held, issuer, address)
	}
	running, err := held.running, held.err
	s.mu.Unlock()

	if current != nil {
		return current, nil
	}
	if running == nil {
		return nil, errors.Join(errNone, err) // resting
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-running:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if held.list == nil || !s.now().Before(held.list.nextUpdate) {
		return nil, errors.Join(errNone, held.err)
	}
	return held.list, nil
}

// refresh fetches, and ends the run whatever comes of it.
func (s *Source) refresh(ctx context.Context, held *entry, issuer *x509.Certificate, address string) {
	list, err := s.get(ctx, issuer, address)
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && held.list.newerThan(list) {
		err = errOlder // somebody on the way plays an old list, from before a revocation, that is still in its time
	}
	if held.err = err; err == nil {
		held.list, held.fetched = list, now
	} else {
		held.failed = now
	}
	close(held.running)
	held.running = nil
}

func (s *Source) get(ctx context.Context, issuer *x509.Certificate, address string) (*List, error) {
	s.fetching <- struct{}{}
	defer func() { <-s.fetching }()
	der, err := s.client.Get(ctx, address, maxBytes)
	if err != nil {
		return nil, err
	}
	s.parsing <- struct{}{}
	defer func() { <-s.parsing }()
	return Parse(der, issuer, s.now())
}

// newerThan is false where either list has no number to compare.
func (l *List) newerThan(other *List) bool {
	return l != nil && l.number != nil && other.number != nil && l.number.Cmp(other.number) > 0
}

// makeRoom wants the lock held. It drops the list that nobody has asked for longest.
func (s *Source) makeRoom() {
	if len(s.lists) < maxLists {
		return
	}
	var oldest place
	var since time.Time
	for at, held := range s.lists {
		if held.running == nil && (since.IsZero() || held.used.Before(since)) {
			oldest, since = at, held.used
		}
	}
	delete(s.lists, oldest)
}
