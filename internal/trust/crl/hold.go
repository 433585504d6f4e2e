package crl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

const (
	// refreshAfter is how old a held list may be before a newer one is looked for. Authorities publish a new list when
	// they revoke, long before nextUpdate of the old one; the old one goes on being used while the fetch runs.
	refreshAfter = time.Hour
	// expectedAfter is the same past half of a list's life, when its successor should be there: often enough for a delta list
	// that lives an hour, seldom enough for one of megabytes whose authority is late.
	expectedAfter = 5 * time.Minute
	// failureRest is how long a failed fetch is not tried again: long enough to leave a struggling server alone, short
	// enough that "try again shortly" is honest.
	failureRest = time.Minute
	// maxLists bounds what is held. An institution meets a handful of authorities; some split their list in hundreds.
	maxLists = 256
)

// ask is a list to be had: where it lies, who must have signed it, and which kind it must be.
type ask struct {
	address string
	signer  *x509.Certificate
	delta   bool
}

// place is under what a list is held: the same address signed by another authority is another list.
type place struct {
	signer  [sha256.Size]byte
	address string
	delta   bool
}

// place goes by the signer's name and key, and whether they may sign lists, but not by their certificate. An authority has
// several, and of one that ECDSA signed anybody can make another with other bytes: under each, an old list would be the first.
func (a ask) place() place {
	right := byte(0)
	if maySignLists(a.signer) {
		right = 1
	}
	return place{
		signer:  sha256.Sum256(slices.Concat(a.signer.RawSubject, a.signer.RawSubjectPublicKeyInfo, []byte{right})),
		address: a.address, delta: a.delta,
	}
}

// entry is what is held of a place. Its fields are guarded by Source.mu, but for ask, which stays.
type entry struct {
	ask     ask
	list    *List // perhaps out of date
	fits    bool  // list has answered for a certificate, or sharpened one that did
	fetched time.Time
	looked  bool          // in the archive
	err     error         // of the last fetch
	failed  time.Time     // when that was
	running chan struct{} // closed when the fetch under way ends; nil when there is none
	used    time.Time
}

// list gives the current list of a place: the held one, else the one that a fetch brings, shared by all who wait. Where there
// is none it says why, and gives the last one that there was, or nil.
func (s *Source) list(ctx context.Context, ask ask) (*List, error) {
	held, list, running, err := s.hold(ctx, ask)
	if list != nil && list.current(s.now()) {
		return list, nil
	}
	if running != nil {
		impatient := false
		select {
		case <-ctx.Done():
			impatient = true
		case <-running:
		}
		s.mu.Lock()
		list, err = held.list, held.err
		s.mu.Unlock()
		if impatient {
			err = ctx.Err()
		}
	}
	if list == nil || !list.current(s.now()) {
		return list, errors.Join(errNone, err)
	}
	return list, nil
}

// renew waits until the list is as new as can be had, and gives the last one that there was, or nil. What is wanted is known
// before it is renewed, or the one from before a restart would give way to any other.
func (s *Source) renew(ctx context.Context, ask ask, wanted func(*List) bool) *List {
	for {
		_, list, running, _ := s.hold(ctx, ask)
		if list != nil && wanted(list) {
			s.fits(ask, list)
		}
		if running == nil {
			return list
		}
		select {
		case <-ctx.Done():
			return list
		case <-running: // and see whether that was from the archive only
		}
	}
}

// hold makes a place for the list if there is none, and starts a fetch if it is time for one.
func (s *Source) hold(ctx context.Context, ask ask) (held *entry, list *List, running chan struct{}, err error) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	at := ask.place()
	held = s.lists[at]
	if held == nil {
		s.makeRoom()
		held = &entry{ask: ask}
		s.lists[at] = held
	}
	held.used = now
	if held.running == nil && held.due(now) {
		held.running = make(chan struct{})
		// The fetch outlives this caller's deadline on purpose: the next caller profits.
		go s.run(context.WithoutCancel(ctx), held)
	}
	return held, held.list, held.running, held.err
}

// fits notes that the list is what was looked for at its place, and not another one of the same authority.
func (s *Source) fits(ask ask, list *List) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.lists[ask.place()]; held != nil && held.list == list {
		held.fits = true
	}
}

// take wants the lock held. It keeps the list in the place of the one before, or says why not.
//
// Lists come over plain HTTP, so anybody on the way can play another one that the authority has signed: from before a
// revocation and still in its time; or about something else, with which the newest, and what it revoked, would be forgotten. An
// authority that means to say something else under this address is believed when what it said before is over.
func (e *entry) take(list *List, now time.Time) error {
	if before := e.list; before != nil && before != list {
		same := bytes.Equal(before.scopeDER, list.scopeDER)
		switch {
		case same && before.newerThan(list):
			return errOlder
		case !same && e.fits && before.current(now):
			return errSwapped
		}
		e.fits = e.fits && same
	}
	e.list, e.fetched = list, now
	return nil
}

// due wants the lock held. What is from the future was done by a clock that has been set back since, and is not waited for.
func (e *entry) due(now time.Time) bool {
	if rested := now.Sub(e.failed); e.err != nil && rested >= 0 && rested < failureRest {
		return false
	}
	if e.list == nil || !e.list.current(now) {
		return true
	}
	age := now.Sub(e.fetched)
	half := e.list.thisUpdate.Add(e.list.nextUpdate.Sub(e.list.thisUpdate) / 2)
	return age < 0 || age >= refreshAfter || age >= expectedAfter && now.After(half)
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
