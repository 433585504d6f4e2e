package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Writer writes one backup. It is for one goroutine.
type Writer struct {
	tar      *tar.Writer
	head     Head
	contents Contents
	seen     map[string]bool
}

// NewWriter begins one.
func NewWriter(w io.Writer, head Head) (*Writer, error) {
	head.Format, head.Made = format, head.Made.UTC()
	b := &Writer{tar: tar.NewWriter(w), head: head, contents: Contents{Items: []Item{}, Gone: []string{}}, seen: map[string]bool{}}
	return b, b.text(headName, head)
}

// Add streams exactly size bytes.
func (b *Writer) Add(name string, size int64, from io.Reader) error {
	if !known(name) || b.seen[name] || len(b.seen) >= MaxFiles {
		return fmt.Errorf("a backup takes no %q, not twice, and no more than %d files", name, MaxFiles)
	}
	if err := b.tar.WriteHeader(b.header(name, size)); err != nil {
		return fmt.Errorf("writing %s into the backup: %w", name, err)
	}
	digest := sha256.New()
	written, err := io.CopyN(io.MultiWriter(b.tar, digest), from, size)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("it has become shorter: %d bytes of %d", written, size)
	}
	if err != nil {
		return fmt.Errorf("writing %s into the backup: %w", name, err)
	}
	b.seen[name] = true
	b.contents.Items = append(b.contents.Items, Item{name, size, hex.EncodeToString(digest.Sum(nil))})
	return nil
}

// Gone tells of a copy that ended before it could be read.
func (b *Writer) Gone(spoolName string) { b.contents.Gone = append(b.contents.Gone, spoolName) }

// Close writes the list of contents. Without it nothing can be read back.
func (b *Writer) Close() error {
	return errors.Join(b.text(contentsName, b.contents), b.tar.Close())
}

func (b *Writer) text(name string, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		err = b.tar.WriteHeader(b.header(name, int64(len(text))))
	}
	if err == nil {
		_, err = b.tar.Write(text)
	}
	if err != nil {
		return fmt.Errorf("writing %s into the backup: %w", name, err)
	}
	return nil
}

func (b *Writer) header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: b.head.Made, Format: tar.FormatPAX}
}
