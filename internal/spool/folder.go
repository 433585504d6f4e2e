package spool

import (
	"errors"
	"fmt"
	"os"

	"gocloud.dev/blob/fileblob"
)

// OpenFolder keeps the spool in a folder of this machine.
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
	return &Spool{bucket: bucket, folder: path}, nil
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("bringing a spool object's name to the disk: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("bringing a spool object's name to the disk: %w", err)
	}
	return nil
}
