package hold

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

// Small is what stays in memory: nearly every mail without attachments.
const Small = 1 << 20

var (
	// ErrFull: more came in than the limit allows.
	ErrFull = errors.New("hold: more than may be kept back")
	// ErrReading: writing after reading has begun.
	ErrReading = errors.New("hold: being read already")
)

// Hold takes bytes in, then gives them back as often as asked. It is for one goroutine.
type Hold struct {
	folder   string
	left     int64
	memory   bytes.Buffer
	file     *os.File
	identity *age.X25519Identity
	buffer   *bufio.Writer
	sealed   io.WriteCloser
	named    bool // the file still has its name
	reading  bool
	err      error
}

// New makes a hold for at most limit bytes, which spills into folder ("" is the machine's folder for temporary files).
func New(folder string, limit int64) *Hold { return &Hold{folder: folder, left: limit} }

func (h *Hold) Write(p []byte) (int, error) {
	if h.err == nil && h.reading {
		return 0, ErrReading
	}
	if h.left -= int64(len(p)); h.err == nil && h.left < 0 {
		h.err = ErrFull
	}
	if h.err == nil && h.file == nil && h.memory.Len()+len(p) > Small {
		h.err = h.spill()
	}
	if h.err != nil {
		return 0, h.err
	}
	if h.file == nil {
		return h.memory.Write(p)
	}
	n, err := h.sealed.Write(p)
	h.err = err
	return n, err
}

// spill moves what is in memory into the file.
func (h *Hold) spill() error {
	file, err := os.CreateTemp(h.folder, "sendsikker-hold-*")
	if err != nil {
		return fmt.Errorf("hold: making a temporary file: %w", err)
	}
	h.file = file
	h.named = os.Remove(file.Name()) != nil // Windows removes no open file
	if h.identity, err = age.GenerateX25519Identity(); err != nil {
		return fmt.Errorf("hold: making a key: %w", err)
	}
	h.buffer = bufio.NewWriterSize(file, 128<<10)
	if h.sealed, err = age.Encrypt(h.buffer, h.identity.Recipient()); err != nil {
		return fmt.Errorf("hold: encrypting: %w", err)
	}
	_, err = h.memory.WriteTo(h.sealed)
	h.memory = bytes.Buffer{}
	return err
}

// Reader reads from the start. Only one Reader at a time is good: a new one ends the last.
func (h *Hold) Reader() (io.Reader, error) {
	if h.err != nil {
		return nil, h.err
	}
	if h.file == nil {
		h.reading = true
		return bytes.NewReader(h.memory.Bytes()), nil
	}
	if !h.reading {
		h.reading = true
		if h.err = errors.Join(h.sealed.Close(), h.buffer.Flush()); h.err != nil {
			return nil, h.err
		}
	}
	if _, err := h.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("hold: reading again: %w", err)
	}
	return age.Decrypt(bufio.NewReaderSize(h.file, 128<<10), h.identity)
}

// Close throws everything away.
func (h *Hold) Close() error {
	h.memory, h.err = bytes.Buffer{}, os.ErrClosed
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	if h.named {
		err = errors.Join(err, os.Remove(h.file.Name()))
	}
	return err
}
