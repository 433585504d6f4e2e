package spool

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"aau.dk/sendsikker/internal/keeper"
)

// Writer takes one object's bytes in clear. Exactly one of Close and Abort ends it; Abort after either does nothing, so that
// it can stand in a defer.
type Writer struct {
	object *object
	sealed io.WriteCloser
	size   atomic.Int64
	ended  bool
}

// Create starts an object that only key opens.
func (s *Spool) Create(ctx context.Context, name string, key *keeper.Key) (*Writer, error) {
	o, err := s.begin(ctx, name)
	if err != nil {
		return nil, failed("creating a spool object", err)
	}
	sealed, err := key.Encrypt(o)
	if err != nil {
		o.drop()
		return nil, failed("encrypting a spool object", err)
	}
	return &Writer{object: o, sealed: sealed}, nil
}

func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.sealed.Write(p)
	w.size.Add(int64(n))
	if err != nil {
		return n, failed("writing a spool object", err)
	}
	return n, nil
}

// Size is the number of bytes in clear so far.
func (w *Writer) Size() int64 { return w.size.Load() }

// Close makes the object exist, whole and safe, or not at all. A message is accepted on the strength of it, and the database
// that says so survives a power cut. After an error the object may exist all the same, whole, where a store did what it was
// asked and the answer was lost: Delete it, or leave it to the sweep.
func (w *Writer) Close() error {
	if w.ended {
		return errors.New("closing a spool object: it has ended already")
	}
	w.ended = true
	if err := w.sealed.Close(); err != nil {
		w.object.drop()
		return failed("finishing a spool object", err)
	}
	if err := w.object.keep(); err != nil {
		return failed("storing a spool object", err)
	}
	return nil
}

// Abort leaves nothing behind.
func (w *Writer) Abort() {
	if w.ended {
		return
	}
	w.ended = true
	w.object.drop()
}
