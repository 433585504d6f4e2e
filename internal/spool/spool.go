package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"gocloud.dev/blob"

	"aau.dk/sendsikker/internal/keeper"
)

// callTimeout bounds one small call to a store: a delete, or the whole of a probe.
const callTimeout = 30 * time.Second

// Spool is a folder (or bucket) of encrypted objects. It may be used by many goroutines at once.
type Spool struct {
	bucket *blob.Bucket
	folder string                                                // "" for a bucket that is none
	store  func(ctx context.Context, name string) io.WriteCloser // nil: blob's own way is good
	proof  proof
}

// New takes an open bucket. Close closes it.
func New(bucket *blob.Bucket) *Spool { return &Spool{bucket: bucket, proof: newProof()} }

// Close lets go of the bucket.
func (s *Spool) Close() error { return s.bucket.Close() }

// there says whether the folder is still where it was. blob would make a new one without a word, on whatever disk lies
// beneath a volume that went away, and what is accepted then is gone when the volume comes back.
func (s *Spool) there() error {
	if s.folder == "" {
		return nil
	}
	info, err := os.Stat(s.folder)
	if err != nil {
		return fmt.Errorf("looking for the spool folder: %w", err)
	}
	if !info.IsDir() {
		return errors.New("looking for the spool folder: it is no folder")
	}
	return nil
}

// Open reads an object back. Every byte read has been authenticated; an altered object fails instead. One that is not there is
// ErrGone; a store that is away, or a folder, is not.
func (s *Spool) Open(ctx context.Context, name string, key *keeper.Key) (io.ReadCloser, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	object, err := s.bucket.NewReader(ctx, name, &blob.ReaderOptions{BeforeRead: quietly})
	if err != nil {
		return nil, failed("opening a spool object", err)
	}
	plain, err := key.Decrypt(object)
	if err != nil {
		_ = object.Close()
		return nil, failed("decrypting a spool object", err)
	}
	return &reader{plain, object}, nil
}

type reader struct {
	plain  io.Reader
	object io.Closer
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.plain.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader: EOF itself is the end, a wrapped one is a fault
		err = failed("reading a spool object", err)
	}
	return n, err
}

func (r *reader) Close() error { return r.object.Close() }

// Delete removes an object; one that is gone already is no error.
func (s *Spool) Delete(ctx context.Context, name string) error {
	if err := s.there(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.bucket.Delete(ctx, name); err != nil && !gone(err) {
		return failed("deleting a spool object", err)
	}
	return nil
}
