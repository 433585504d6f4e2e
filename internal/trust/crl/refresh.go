package crl

import (
	"cmp"
	"context"
	"crypto/x509"
	"slices"
	"sync"
	"time"
)

// Pair is a certificate, and the one that signed it.
type Pair struct{ Certificate, Issuer *x509.Certificate }

// Held is the state of a list, for administrators.
type Held struct {
	Address    string
	Issuer     string // the subject of the authority that signs it
	RawIssuer  []byte // the same, DER
	Delta      bool   // it holds only what has changed since a complete list
	Number     string // decimal; "" where it has none, or where no list is held
	ThisUpdate time.Time
	NextUpdate time.Time // in the past where nothing newer could be had
	FetchedAt  time.Time
	Entries    int
	Err        string // why the last fetch brought nothing; "" where it did
}

// Refresh fetches every list that these certificates name when it is old or past half of its life, delta lists too, and gives
// the state of them. Called on a timer it spares each mail the wait, and the authority's server the knowledge of when which
// certificate is used. It waits no longer than ctx.
func (s *Source) Refresh(ctx context.Context, pairs []Pair) []Held {
	var mu sync.Mutex
	asked := map[place]bool{}
	renew := func(one ask, wanted func(*List) bool) *List {
		mu.Lock()
		asked[one.place()] = true
		mu.Unlock()
		return s.renew(ctx, one, wanted) // at once for one that another certificate has just renewed
	}
	slots := make(chan struct{}, maxFetching)
	var wait sync.WaitGroup
	for _, pair := range pairs {
		if pair.Certificate == nil || pair.Issuer == nil {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			s.refresh(ctx, pair, renew)
		})
	}
	wait.Wait()
	return s.held(func(at place) bool { return asked[at] })
}

func (s *Source) refresh(ctx context.Context, pair Pair, renew func(ask, func(*List) bool) *List) {
	subject, err := subjectOf(pair.Certificate)
	if err != nil {
		return // Check says so to whoever asks about it
	}
	var cause error
	for _, one := range asks(subject.points, pair.Issuer, s.signers(ctx), &cause) {
		complete := renew(one, func(list *List) bool { return subject.covered(list, one.address) != 0 })
		if complete == nil {
			continue
		}
		for _, delta := range deltaAsks(one.signer, complete, pair.Certificate) {
			renew(delta, func(list *List) bool { return list.addsTo(complete) })
		}
	}
}

// Lists is the state of all lists that are held or were asked for since the start.
func (s *Source) Lists() []Held {
	return s.held(func(place) bool { return true })
}

func (s *Source) held(wanted func(place) bool) []Held {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Held
	for at, entry := range s.lists {
		if wanted(at) {
			all = append(all, entry.state())
		}
	}
	slices.SortFunc(all, func(a, b Held) int { return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Issuer, b.Issuer)) })
	return all
}

// state wants the lock held.
func (e *entry) state() Held {
	state := Held{Address: e.ask.address, Issuer: e.ask.signer.Subject.String(), RawIssuer: e.ask.signer.RawSubject, Delta: e.ask.delta, FetchedAt: e.fetched}
	if list := e.list; list != nil {
		state.ThisUpdate, state.NextUpdate, state.Entries = list.thisUpdate, list.nextUpdate, list.entries.count()
		if list.number != nil {
			state.Number = list.number.String()
		}
	}
	if e.err != nil {
		state.Err = e.err.Error()
	}
	return state
}
