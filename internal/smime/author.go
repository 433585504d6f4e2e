package smime

import (
	"bufio"
	"bytes"
	"io"
	"net/mail"
	"strings"

	"aau.dk/sendsikker/internal/smime/header"
	"aau.dk/sendsikker/internal/smime/header/display"
)

// opened is the result once everything has been checked.
func (o *opener) opened() (*Opened, error) {
	result := &Opened{Layers: o.layers, hold: o.hold}
	outer, err := header.ParseFields(bufio.NewReader(bytes.NewReader(o.outer)))
	if err != nil {
		outer = nil // nothing is said of a header that two readers would read in two ways
	}
	if result.Header, err = o.header(outer); err != nil {
		return nil, err
	}
	result.From = result.mark(author(result.Header.Fields))
	if result.Header.FromMismatch && !result.agreed() {
		// RFC 9788 §4.4: without a signature that fits it, the From inside is nobody's word.
		result.From = result.mark(author(outer))
	}
	return result, nil
}

// header is the mail's real one, out of what stands outside and at the start of the innermost entity.
func (o *opener) header(outer []header.Field) (header.Protected, error) {
	if len(o.layers) == 0 {
		return header.Read(outer, nil, false), nil
	}
	encrypted := false
	for _, layer := range o.layers {
		encrypted = encrypted || layer.Kind == Encrypted
	}
	r, err := o.hold.Reader()
	if err != nil {
		return header.Protected{}, err
	}
	inner, _, wrapped, err := header.Unwrap(r)
	if err != nil {
		return header.Protected{}, err
	}
	if wrapped {
		return header.ReadWrapped(outer, inner, encrypted), nil
	}
	if r, err = o.hold.Reader(); err != nil {
		return header.Protected{}, err
	}
	payload, err := header.ParseFields(bufio.NewReader(r))
	if err != nil {
		payload = nil // what was signed need not be an entity, and a header that cannot be read protects nothing
	}
	return header.Read(outer, payload, encrypted), nil
}

// mark says of every signature whether it is this address's.
func (o *Opened) mark(from string) string {
	for i := range o.Layers {
		for j := range o.Layers[i].Signatures {
			s := &o.Layers[i].Signatures[j]
			s.FromAgrees = s.Good && agrees(from, s.Addresses)
		}
	}
	return from
}

func (o *Opened) agreed() bool {
	for _, layer := range o.Layers {
		for _, s := range layer.Signatures {
			if s.FromAgrees {
				return true
			}
		}
	}
	return false
}

// maxAuthor is the longest From that is read; an address has at most 254 octets (RFC 5321 §4.5.3.1.3).
const maxAuthor = 2 << 10

// author is the address of the only mailbox in the only From field; "" where there is none, or more: a reader that shows
// another one than we compared would be deceived.
func author(fields []header.Field) string {
	value, found := "", 0
	for _, f := range fields {
		if strings.EqualFold(f.Name, "From") {
			value = f.Text()
			found++
		}
	}
	if found != 1 || len(value) > maxAuthor {
		return ""
	}
	list, err := mail.ParseAddressList(value)
	if err != nil || len(list) != 1 {
		return ""
	}
	return list[0].Address
}

// agrees compares without regard to case (RFC 8550 §3 wants that for the domain). Mail systems treat the local part so, too,
// and a certificate for Bo@ is not meant for somebody else than bo@.
func agrees(from string, addresses []string) bool {
	for _, address := range addresses {
		if from != "" && strings.EqualFold(from, address) {
			return true
		}
	}
	return false
}

// WriteShown writes the content as a person should see it: a wrapped message without its wrapping, and without the lines that
// repeat protected header fields for programs which do not know them.
func (o *Opened) WriteShown(w io.Writer) error {
	r, err := o.Content()
	if err != nil {
		return err
	}
	if o.Header.Wrapped {
		if _, r, _, err = header.Unwrap(r); err != nil {
			return err
		}
	}
	if o.Header.Mode != header.Cipher {
		_, err := io.Copy(w, r)
		return err
	}
	strip := display.NewStripper(w)
	if _, err := io.Copy(strip, r); err != nil {
		return err
	}
	return strip.Close()
}
