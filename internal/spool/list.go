package spool

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Object is what a list tells of one.
type Object struct {
	Name     string
	Modified time.Time // by the store's clock
	Size     int64     // of the bytes as they lie there
}

// List gives every object that was last written before olderThan, for the sweep: what a process that was killed has left, its
// temporary files too, which Delete removes by the name given here. An error is the last thing given.
//
// An object exists a moment before the database knows of it, and the two times come from two clocks. So the sweep asks the
// database after it has listed, and deletes only what was unknown twice, with some minutes of its own between.
func (s *Spool) List(ctx context.Context, olderThan time.Time) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := s.there(); err != nil {
			yield(Object{}, err)
			return
		}
		old := func(o Object, err error) bool {
			if err == nil && !o.Modified.Before(olderThan) {
				return true
			}
			return yield(o, err)
		}
		if s.folder != "" {
			s.walk(ctx, old)
			return
		}
		objects := s.bucket.List(nil)
		for {
			o, err := objects.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, failed("listing the spool", err))
				return
			}
			if !old(Object{Name: o.Key, Modified: o.ModTime, Size: o.Size}, nil) {
				return
			}
		}
	}
}
