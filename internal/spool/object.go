package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
)

// stallAfter is how long a store may take one piece of an object: 5 MiB in two minutes is 350 kbit/s. Nothing else ends a
// connection that is open and silent, and a person waits at the other end of it.
const stallAfter = 2 * time.Minute

var (
	errStalled = errors.New("the store took nothing for too long")
	errExists  = errors.New("an object of that name exists")
)

// object is one that is being written. Exactly one of keep and drop ends it.
type object struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	to     io.WriteCloser // with a context that has ended, its Close drops what was written
	file   *os.File       // the object until it has its name; nil where the store is no folder
}

// begin starts an object. Until keep, nothing has its name.
func (s *Spool) begin(ctx context.Context, name string) (*object, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	o := &object{}
	o.ctx, o.cancel = context.WithCancelCause(ctx)
	if s.store != nil {
		o.to = s.store(o.ctx, name)
		return o, nil
	}
	to, err := s.bucket.NewWriter(o.ctx, name, &blob.WriterOptions{
		ContentType: contentType,
		IfNotExist:  true, // a name is used once; writing over one would lose a mail
		BeforeWrite: func(as func(any) bool) error {
			_ = as(&o.file) // only a folder has one
			return nil
		},
	})
	if err != nil {
		o.cancel(nil)
		return nil, err
	}
	o.to = to
	return o, nil
}

func (o *object) Write(p []byte) (n int, err error) {
	err = o.patiently(func() (err error) {
		n, err = o.to.Write(p)
		return err
	})
	return n, err
}

// patiently gives up on a store that neither does it nor says no.
func (o *object) patiently(do func() error) error {
	stall := time.AfterFunc(stallAfter, func() { o.cancel(errStalled) })
	defer stall.Stop()
	err := do()
	if err != nil && errors.Is(context.Cause(o.ctx), errStalled) {
		return errStalled
	}
	return err
}

// drop leaves nothing behind.
func (o *object) drop() {
	o.cancel(nil)
	_ = o.to.Close()
}

// keep makes the object exist. In a folder it is brought to the disk first, and then its name: fileblob alone leaves the bytes
// to the system's leisure.
func (o *object) keep() error {
	defer o.cancel(nil)
	if o.file == nil {
		return o.patiently(o.to.Close)
	}
	if err := errors.Join(o.ctx.Err(), o.file.Sync()); err != nil {
		o.drop()
		return err
	}
	temporary := o.file.Name()
	switch err := os.Link(temporary, finalName(temporary)); {
	case err == nil:
		o.drop() // of the file's two names, the temporary one
	case errors.Is(err, fs.ErrExist):
		o.drop()
		return errExists
	default:
		// A file system without links (SMB). fileblob looks first and renames then: not in one step, but names are not repeated.
		if err := o.to.Close(); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(temporary))
}

// finalName is the object's own path: fileblob writes to PATH.<hexadecimal time>.tmp (createTemp). A link is made once, even
// when two processes on one folder try at the same moment; a rename would be made twice.
func finalName(temporary string) string {
	name := temporary[:len(temporary)-len(filepath.Ext(temporary))]
	return name[:len(name)-len(filepath.Ext(name))]
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("bringing a name to the disk: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("bringing a name to the disk: %w", err)
	}
	return nil
}
