package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Extracted is what came out.
type Extracted struct {
	Head
	Contents
}

// Extract writes the files of a backup below the folder, which must be there and be nobody else's, and proves each by the list of contents.
// maxBytes bounds them together. After an error what lies in the folder is worth nothing, and is the caller's to remove.
func Extract(from io.Reader, folder string, maxBytes int64) (Extracted, error) {
	x := &extraction{tar: tar.NewReader(from), folder: folder, left: maxBytes, written: map[string]Item{}}
	if err := x.head(); err != nil {
		return Extracted{}, err
	}
	for {
		h, err := x.tar.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return Extracted{}, errors.New("the backup was cut off: its list of contents is missing")
		}
		if err != nil {
			return Extracted{}, fmt.Errorf("reading the backup: %w", err)
		}
		if h.Name == contentsName {
			return x.end(h)
		}
		if err := x.file(h); err != nil {
			return Extracted{}, err
		}
	}
}

type extraction struct {
	tar     *tar.Reader
	folder  string
	left    int64
	written map[string]Item
	out     Extracted
}

func (x *extraction) head() error {
	h, err := x.tar.Next()
	if err != nil || h.Name != headName {
		return errors.New("this is no backup of Send sikker")
	}
	if err := x.json(h, maxHead, &x.out.Head); err != nil {
		return err
	}
	if x.out.Format != format {
		return fmt.Errorf("the backup has format %d, and this program reads format %d: use the program that wrote it, %q", x.out.Format, format, x.out.Version)
	}
	return nil
}

func (x *extraction) json(h *tar.Header, most int64, into any) error {
	if h.Typeflag != tar.TypeReg || h.Size > most {
		return fmt.Errorf("%s in the backup is no file of at most %d bytes", h.Name, most)
	}
	text, err := io.ReadAll(io.LimitReader(x.tar, most))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("reading %s in the backup: %w", h.Name, err)
	}
	return nil
}

func (x *extraction) file(h *tar.Header) error {
	_, twice := x.written[h.Name]
	switch {
	case !known(h.Name) || h.Typeflag != tar.TypeReg:
		return fmt.Errorf("the backup holds %q, which no backup of Send sikker does", h.Name)
	case twice:
		return fmt.Errorf("the backup holds %s twice", h.Name)
	case len(x.written) >= MaxFiles:
		return fmt.Errorf("the backup holds more than %d files", MaxFiles)
	case h.Size > x.left:
		return errors.New("the backup holds more than --max-gigabytes allows")
	}
	x.left -= h.Size
	path := filepath.Join(x.folder, filepath.FromSlash(h.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	digest := sha256.New()
	_, err = io.CopyN(io.MultiWriter(f, digest), x.tar, h.Size)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the backup was cut off")
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("reading %s in the backup: %w", h.Name, err)
	}
	x.written[h.Name] = Item{h.Name, h.Size, hex.EncodeToString(digest.Sum(nil))}
	return nil
}

// end holds what was written against the list.
func (x *extraction) end(h *tar.Header) (Extracted, error) {
	if err := x.json(h, maxContents, &x.out.Contents); err != nil {
		return Extracted{}, err
	}
	for _, item := range x.out.Items {
		got, is := x.written[item.Name]
		if !is {
			return Extracted{}, fmt.Errorf("%s is in the backup's list of contents, and not in the backup", item.Name)
		}
		if got != item {
			return Extracted{}, fmt.Errorf("%s in the backup has been altered or damaged: its SHA-256 is another", item.Name)
		}
		delete(x.written, item.Name)
	}
	if len(x.written) > 0 {
		return Extracted{}, fmt.Errorf("%s is in the backup, and not in its list of contents", slices.Sorted(maps.Keys(x.written))[0])
	}
	if !slices.ContainsFunc(x.out.Items, func(i Item) bool { return i.Name == Database }) {
		return Extracted{}, errors.New("the backup holds no database")
	}
	if _, err := x.tar.Next(); !errors.Is(err, io.EOF) {
		return Extracted{}, errors.New("something stands behind the backup's list of contents")
	}
	return x.out, nil
}
