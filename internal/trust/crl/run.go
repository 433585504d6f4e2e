package crl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

const (
	// maxBytes: the largest public lists are some 10 MB; twice that.
	maxBytes = 20 << 20
	// maxFetching lists are fetched at a time: each may hold maxBytes. A slow server takes one place, not all.
	maxFetching = 8
	// maxParsing lists are parsed at a time: one of maxBytes makes some 600 MB of garbage on the way.
	maxParsing = 1
)

// run fetches, and ends whatever comes of it. What lies in the archive is taken first: it serves those who wait, and what is
// fetched must not be older. Those who wait do so until the list is in the archive, too: what has once been told is then not
// forgotten by a restart.
func (s *Source) run(ctx context.Context, held *entry) {
	if s.fromArchive(ctx, held) {
		return
	}
	der, list, err := s.fetch(ctx, held)
	now := s.now()
	s.mu.Lock()
	before := held.list
	if err == nil {
		err = held.take(list, now)
	}
	if held.err = err; err != nil {
		held.failed = now
	}
	s.mu.Unlock()

	if err != nil {
		s.log.WarnContext(ctx, "a revocation list could not be had",
			"authority", trust.Fingerprint(held.ask.signer), "delta", held.ask.delta, "held", before != nil, "err", err)
	} else {
		s.toArchive(ctx, held.ask.place(), der, list == before, now)
	}
	s.mu.Lock()
	close(held.running)
	held.running = nil
	s.mu.Unlock()
}

// fetch gives the list that is published now, which is the one held where the bytes are the same: parsing one of megabytes
// again takes memory, and one that was verified stays so.
func (s *Source) fetch(ctx context.Context, held *entry) ([]byte, *List, error) {
	s.fetching <- struct{}{}
	defer func() { <-s.fetching }()
	der, err := s.client.Get(ctx, held.ask.address, maxBytes)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	list := held.list
	s.mu.Unlock()
	if digest := sha256.Sum256(der); list == nil || !bytes.Equal(digest[:], list.digest[:]) {
		if list, err = s.read(der, held.ask); err != nil {
			return nil, nil, err
		}
	}
	if !list.current(s.now()) {
		return nil, nil, errStale
	}
	return der, list, nil
}

func (s *Source) read(der []byte, ask ask) (*List, error) {
	s.parsing <- struct{}{}
	defer func() { <-s.parsing }()
	return read(der, ask.signer, s.now(), ask.delta)
}

// fromArchive takes the list from before the restart, once, and says whether it is enough for now. It is verified as if it had
// come from the network: who can write to the folder could otherwise say what is revoked.
func (s *Source) fromArchive(ctx context.Context, held *entry) (enough bool) {
	s.mu.Lock()
	looked := held.looked
	held.looked = true
	s.mu.Unlock()
	if looked || s.archive == nil {
		return false
	}
	der, fetched, err := s.archive.Get(held.ask.place().key(), maxBytes)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.log.WarnContext(ctx, "a kept revocation list could not be read", "err", err)
		}
		return false
	}
	list, err := s.read(der, held.ask)
	if err != nil {
		s.log.WarnContext(ctx, "a kept revocation list is damaged and is not used", "err", err)
		return false
	}
	now := s.now()
	if fetched.After(now) {
		fetched = time.Time{} // a clock has been wrong: look for a newer one at once
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held.list, held.fetched = list, fetched
	if !list.current(now) {
		return false
	}
	close(held.running) // those who wait have what they need; if it is old, the next of them starts a fetch
	held.running = nil
	return true
}

// toArchive keeps the list for the next start. That it cannot be kept fails nobody.
func (s *Source) toArchive(ctx context.Context, at place, der []byte, same bool, now time.Time) {
	if s.archive == nil {
		return
	}
	if same && s.archive.Touch(at.key(), now) == nil {
		return
	}
	if err := s.archive.Put(at.key(), der, now); err != nil {
		s.log.WarnContext(ctx, "a revocation list could not be kept on disk", "err", err)
	}
}

func (p place) key() [sha256.Size]byte {
	kind := byte('c')
	if p.delta {
		kind = 'd'
	}
	return sha256.Sum256(append(append(p.signer[:], kind), p.address...))
}
