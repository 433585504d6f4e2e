package spool

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
)

const (
	// proveEvery bounds what asking costs, however many ask: /readyz is open to every load balancer.
	proveEvery = 15 * time.Second
	// proveAgain is the same while the answer is no, so that a service whose disk has room again is back at once.
	proveAgain = time.Second
	// probeSize is what age gathers before it writes; less could still find room on a disk that takes no mail.
	probeSize = 64 << 10
	// probePrefix begins the names of probes. One that was left behind is an orphan, and swept as such.
	probePrefix = "readiness-"
)

// proof is the last answer, and whether one may be had without asking again. The time is measured on the monotonic clock, which
// nobody sets.
type proof struct {
	door chan struct{} // held by the one who asks
	at   time.Time
	err  error
}

func newProof() proof { return proof{door: make(chan struct{}, 1)} }

// Ready says whether the store takes an object, keeps it and gives it up again. That it answers says nothing: a disk that is
// full does, and so does one that has become read-only.
func (s *Spool) Ready(ctx context.Context) error {
	if err := s.there(); err != nil {
		return err
	}
	select {
	case s.proof.door <- struct{}{}:
		defer func() { <-s.proof.door }()
	case <-ctx.Done():
		return ctx.Err()
	}
	fresh := proveEvery
	if s.proof.err != nil {
		fresh = proveAgain
	}
	if !s.proof.at.IsZero() && time.Since(s.proof.at) < fresh {
		return s.proof.err
	}
	err := s.prove(ctx)
	if ctx.Err() == nil { // who gave up has learnt nothing about the store
		s.proof.at, s.proof.err = time.Now(), err
	}
	return err
}

func (s *Spool) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	probe := make([]byte, 8+probeSize)
	// Random, because some file systems store nothing for zeros. crypto/rand.Read never returns an error (Go 1.24 and later).
	_, _ = rand.Read(probe)
	name := probePrefix + hex.EncodeToString(probe[:8]) // several replicas ask at once
	o, err := s.begin(ctx, name)
	if err != nil {
		return failed("trying the spool", err)
	}
	if _, err := o.Write(probe[8:]); err != nil {
		o.drop()
		return failed("trying the spool", err)
	}
	if err := o.keep(); err != nil {
		return failed("trying the spool", err)
	}
	return s.Delete(ctx, name)
}
