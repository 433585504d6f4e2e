package cms

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"

	"aau.dk/sendsikker/internal/cms/ber"
)

// Opaque writes a SignedData with its content inside, as content streams in. Nothing that it wrote may be used unless Close
// gave no error.
type Opaque struct {
	s   *signing
	w   io.Writer
	buf []byte // the OCTET STRING being filled, behind room for its header
	err error
}

// NewOpaque makes the same checks as NewSignature, then writes everything up to the content.
func NewOpaque(w io.Writer, c SignConfig) (*Opaque, error) {
	s, err := newSigning(c)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	// As in Encrypter: the content's length is not known yet, so everything around it has an indefinite length.
	b.AddBytes([]byte{ber.IDSequence, 0x80})
	b.AddASN1ObjectIdentifier(OIDSignedData)
	b.AddBytes([]byte{0xa0, 0x80, ber.IDSequence, 0x80})
	s.addHead(&b)
	b.AddBytes([]byte{ber.IDSequence, 0x80})
	b.AddASN1ObjectIdentifier(OIDData)
	b.AddBytes([]byte{0xa0, 0x80, ber.IDOctetsParts, 0x80})
	head, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("cms: writing the start: %w", err)
	}
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("cms: writing the start: %w", err)
	}
	return &Opaque{s: s, w: w, buf: make([]byte, headRoom, headRoom+chunk)}, nil
}

func (o *Opaque) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	o.s.hash.Write(p)
	written := len(p)
	for len(p) > 0 {
		n := min(len(p), cap(o.buf)-len(o.buf))
		o.buf = append(o.buf, p[:n]...)
		p = p[n:]
		if len(o.buf) == cap(o.buf) {
			if o.err = o.flush(); o.err != nil {
				return 0, o.err
			}
		}
	}
	return written, nil
}

// flush writes what is in buf as one part of the constructed OCTET STRING.
func (o *Opaque) flush() error {
	if len(o.buf) == headRoom {
		return nil
	}
	head := ber.AppendHeader(make([]byte, 0, headRoom), ber.Header{ID: ber.IDOctets}, len(o.buf)-headRoom)
	start := headRoom - len(head)
	copy(o.buf[start:], head)
	_, err := o.w.Write(o.buf[start:])
	o.buf = o.buf[:headRoom]
	if err != nil {
		return fmt.Errorf("cms: writing signed content: %w", err)
	}
	return nil
}

// Close signs what was written and ends the message. It does not close the writer beneath.
func (o *Opaque) Close() error {
	if o.err != nil {
		return o.err
	}
	err := o.end()
	o.err = errors.Join(err, errClosed)
	return err
}

func (o *Opaque) end() error {
	if err := o.flush(); err != nil {
		return err
	}
	attributes, value, err := o.s.sign()
	if err != nil {
		return err
	}
	var b cryptobyte.Builder
	b.AddBytes(make([]byte, 2*3)) // end-of-contents of the OCTET STRING, [0] and EncapsulatedContentInfo
	o.s.addTail(&b, attributes, value)
	b.AddBytes(make([]byte, endMessage))
	tail, err := b.Bytes()
	if err == nil {
		_, err = o.w.Write(tail)
	}
	if err != nil {
		return fmt.Errorf("cms: writing the signature: %w", err)
	}
	return nil
}
