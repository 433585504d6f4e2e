package header

import (
	"bufio"
	"bytes"
	"io"

	"aau.dk/sendsikker/internal/smime/header/display"
)

// writer puts the protected fields into an entity as it passes.
type writer struct {
	w     io.Writer
	mode  Mode
	head  string
	marks bool // the mark of a Legacy Display Element is ours
	held  []byte
	body  bool
	err   error
}

func (h *writer) Write(b []byte) (int, error) {
	n := len(b)
	if h.err == nil && !h.body {
		b, h.err = h.begin(b)
	}
	if h.err == nil && len(b) > 0 {
		_, h.err = h.w.Write(b)
	}
	if h.err != nil {
		return 0, h.err
	}
	return n, nil
}

// Close fails where the entity had no blank line.
func (h *writer) Close() error {
	if h.err == nil && !h.body {
		h.err = ErrMalformed
	}
	return h.err
}

// begin holds what comes until the blank line, and gives back what comes after it.
func (h *writer) begin(b []byte) (rest []byte, err error) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n') + 1
		if end == 0 {
			end = len(b)
		}
		from := bytes.LastIndexByte(h.held, '\n') + 1
		h.held = append(h.held, b[:end]...)
		b = b[end:]
		if len(h.held) > maxEntityHeader {
			return nil, ErrTooLarge
		}
		if line := string(h.held[from:]); line == "\n" || line == "\r\n" {
			h.body = true
			return b, h.writeHead()
		}
	}
	return nil, nil
}

func (h *writer) writeHead() error {
	own, err := ParseFields(bufio.NewReader(bytes.NewReader(h.held)))
	if err != nil {
		return err
	}
	out := h.head
	typed := false
	for _, f := range own {
		switch {
		case !f.structural():
			return ErrForeign
		case f.is("Content-Type") && typed:
			return ErrMalformed
		case f.is("Content-Type"):
			typed = true
			if media, _, ok := contentType([]Field{f}); ok && isLayer(media) {
				return ErrLayer
			}
			f.Value = display.WithParameter(h.clean(f.Value), "hp", string(h.mode), "\r\n")
			if modeOf([]Field{f}) != h.mode { // nobody could read it
				return ErrMalformed
			}
		}
		out += f.line()
	}
	if !typed { // RFC 2045 §5.2
		out += "Content-Type: text/plain; charset=us-ascii; hp=\"" + string(h.mode) + "\"\r\n"
	}
	h.held = nil
	_, err = io.WriteString(h.w, out+"\r\n")
	return err
}

// clean takes away what the entity's maker may have claimed.
func (h *writer) clean(contentType string) string {
	contentType = display.WithoutParameter(contentType, "hp")
	if !h.marks {
		contentType = display.WithoutParameter(contentType, "hp-legacy-display")
	}
	return contentType
}

// chain closes the writer in front, then the one behind.
type chain struct {
	io.WriteCloser
	behind io.Closer
}

func (c chain) Close() error {
	if err := c.WriteCloser.Close(); err != nil {
		return err
	}
	return c.behind.Close()
}
