package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"aau.dk/sendsikker/internal/keeper"
)

// probe is the object whose absence Ready asks for: one cheap call that needs the store to answer.
const probe = "readiness"

// Spool is a folder (or bucket) of encrypted objects.
type Spool struct {
	bucket *blob.Bucket
	folder string // "" for a bucket that is none
}

// New takes an open bucket. Close closes it.
func New(bucket *blob.Bucket) *Spool { return &Spool{bucket: bucket} }

// Close lets go of the bucket.
func (s *Spool) Close() error { return s.bucket.Close() }

// Ready says whether the store answers.
func (s *Spool) Ready(ctx context.Context) error {
	if err := s.there(); err != nil {
		return err
	}
	_, err := s.bucket.Exists(ctx, probe)
	return err
}

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

// Writer takes one object's bytes in clear. Exactly one of Close and Abort ends it; Abort after either does nothing, so that
// it can stand in a defer.
type Writer struct {
	cancel context.CancelFunc
	object *blob.Writer
	file   *os.File // the object until it has its name; nil where the store is no folder
	sealed io.WriteCloser
	size   atomic.Int64
	ended  bool
}

// Create starts an object that only key opens.
func (s *Spool) Create(ctx context.Context, name string, key *keeper.Key) (*Writer, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var file *os.File
	object, err := s.bucket.NewWriter(ctx, name, &blob.WriterOptions{
		ContentType: "application/age", // no sniffing of what is ciphertext anyway
		IfNotExist:  true,              // a name is used once; writing over one would lose a mail
		BeforeWrite: func(as func(any) bool) error {
			_ = as(&file) // only a folder has one
			return nil
		},
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("creating a spool object: %w", err)
	}
	sealed, err := key.Encrypt(object)
	if err != nil {
		cancel()
		_ = object.Close()
		return nil, fmt.Errorf("encrypting a spool object: %w", err)
	}
	return &Writer{cancel: cancel, object: object, file: file, sealed: sealed}, nil
}

func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.sealed.Write(p)
	w.size.Add(int64(n))
	return n, err
}

// Size is the number of bytes in clear so far.
func (w *Writer) Size() int64 { return w.size.Load() }

// Close makes the object exist, whole and on the disk, or not at all. A message is accepted on the strength of it, and the
// database that says so survives a power cut; fileblob alone leaves the bytes to the system's leisure.
func (w *Writer) Close() error {
	if w.ended {
		return errors.New("closing a spool object: it has ended already")
	}
	w.ended = true
	defer w.cancel()
	if err := w.sealed.Close(); err != nil {
		w.cancel()
		_ = w.object.Close()
		return fmt.Errorf("finishing a spool object: %w", err)
	}
	if w.file == nil {
		return w.store()
	}
	if err := w.file.Sync(); err != nil {
		w.cancel()
		_ = w.object.Close()
		return fmt.Errorf("bringing a spool object to the disk: %w", err)
	}
	if err := w.store(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(w.file.Name())) // the name, too
}

func (w *Writer) store() error {
	if err := w.object.Close(); err != nil {
		return fmt.Errorf("storing a spool object: %w", err)
	}
	return nil
}

// Abort leaves nothing behind.
func (w *Writer) Abort() {
	if w.ended {
		return
	}
	w.ended = true
	w.cancel() // blob drops what was written when its context ends before Close
	_ = w.object.Close()
}

// Open reads an object back. Every byte read has been authenticated; an altered object fails instead.
func (s *Spool) Open(ctx context.Context, name string, key *keeper.Key) (io.ReadCloser, error) {
	object, err := s.bucket.NewReader(ctx, name, nil)
	if err != nil {
		return nil, fmt.Errorf("opening a spool object: %w", err)
	}
	plain, err := key.Decrypt(object)
	if err != nil {
		_ = object.Close()
		return nil, fmt.Errorf("decrypting a spool object: %w", err)
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, object}, nil
}

// Delete removes an object; one that is gone already is no error.
func (s *Spool) Delete(ctx context.Context, name string) error {
	err := s.bucket.Delete(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}
