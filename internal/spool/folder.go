package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gocloud.dev/blob/fileblob"
)

// OpenFolder keeps the spool in a folder of this machine, or one that several machines share.
func OpenFolder(path string) (*Spool, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("making the spool folder: %w", err)
	}
	bucket, err := fileblob.OpenBucket(path, &fileblob.Options{
		NoTempDir: true, // a rename from another file system is not atomic, and may not be possible at all
		Metadata:  fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the spool folder: %w", err)
	}
	s := New(bucket)
	s.folder = path
	return s, nil
}

// walk gives every file of the folder until yield says stop. blob's own list fails as a whole when one file is deleted while it
// is read, which in a spool that works is always; and it passes over a folder that it may not read.
func (s *Spool) walk(ctx context.Context, yield func(Object, error) bool) {
	err := filepath.WalkDir(s.folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if errors.Is(err, fs.ErrNotExist) && path != s.folder {
			return nil
		}
		if err != nil {
			return err
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // sent meanwhile
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.folder, path)
		if err != nil {
			return err
		}
		if !yield(Object{Name: filepath.ToSlash(name), Modified: info.ModTime(), Size: info.Size()}, nil) {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		yield(Object{}, failed("listing the spool", err))
	}
}
