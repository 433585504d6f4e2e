package sending

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime/header"
)

// HeaderRule is the administrator's word on the header of sealed mail (RFC 9788). The zero HeaderRule is SignHeaders.
type HeaderRule string

const (
	LeaveHeaders HeaderRule = "off"  // outside only, where anybody on the way may read and change it
	SignHeaders  HeaderRule = "sign" // inside too, so that a change outside shows
	HideSubject  HeaderRule = "hide" // and outside stands another subject
)

// protection is what is done for the header of one message: the fields inside, once for all sealed copies, and how each
// copy's own header changes outside.
type protection struct {
	rule   HeaderRule
	policy header.Policy
	inside header.Protection
}

// protect decides for one message. Its fields inside name everybody in To and Cc, whatever way they are reached, and nobody
// in Bcc: all sealed copies are one signed entity.
func (s *Service) protect(o *outgoing) (*protection, error) {
	if carried, err := s.carried(o.entity); err != nil || !carried {
		return &protection{rule: LeaveHeaders}, err
	}
	p := &protection{rule: cmp.Or(s.Headers, SignHeaders), policy: header.Policy{Subject: s.OuterSubject, Reveal: s.Headers != HideSubject}}
	all, outside := o.common, o.common
	for _, r := range o.plan.Recipients {
		switch r.Field {
		case To:
			all.To = append(all.To, r.Recipient)
		case Cc:
			all.Cc = append(all.Cc, r.Recipient)
		case Bcc:
		}
	}
	// The record says what stands outside of the copy for To and Cc. A Bcc copy has its own recipient there, whom a record
	// would show to all the others; where there are only such copies, nothing is said of To and Cc.
	for _, c := range o.copies {
		if c.sealed && !c.hidden(o.plan) {
			outside = c.header(o.plan, o.common)
		}
	}
	p.inside.Mode = header.Cipher
	var err, err2 error
	p.inside.Fields, err = fieldsOf(all)
	p.inside.Outer, err2 = fieldsOf(outside)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	p.inside.Outer = p.policy.Outer(p.inside.Outer)
	if s.Headers == HideSubject {
		p.inside.LegacyDisplay = []string{"Subject"} // To and Cc differ outside because copies go different ways
	}
	return p, nil
}

func (p *protection) on() bool { return p.inside.Mode != header.Unprotected }

// writeHeader writes a sealed copy's header outside.
func (p *protection) writeHeader(w io.Writer, h draft.Header) error {
	if !p.on() {
		_, err := h.WriteTo(w)
		return err
	}
	fields, err := fieldsOf(h)
	if err != nil {
		return err
	}
	return header.WriteFields(w, p.policy.Outer(fields))
}

// content is where the entity goes on its way to seal.
func (p *protection) content(seal io.WriteCloser) (io.WriteCloser, error) {
	if !p.on() {
		return seal, nil
	}
	w, err := header.NewWriter(seal, p.inside)
	if err != nil {
		return nil, unprotectable(err)
	}
	return inFront{w, seal}, nil
}

// inFront closes the writer in front, then the one behind.
type inFront struct {
	io.WriteCloser
	behind io.Closer
}

func (f inFront) Close() error {
	if err := f.WriteCloser.Close(); err != nil {
		return err
	}
	return f.behind.Close()
}

// fieldsOf gives the fields exactly as they are written: what is recorded inside must be what stands outside, byte for byte.
func fieldsOf(h draft.Header) ([]header.Field, error) {
	var text bytes.Buffer
	if _, err := h.WriteTo(&text); err != nil {
		return nil, err
	}
	fields, err := header.ParseFields(bufio.NewReader(&text))
	if err != nil {
		return nil, unprotectable(err)
	}
	return fields, nil
}

// carried says whether the fields go inside with this content.
func (s *Service) carried(e draft.Entity) (bool, error) {
	if s.Headers == LeaveHeaders {
		return false, nil
	}
	err := carries(e)
	if err != nil && s.Headers == HideSubject && !errors.Is(err, header.ErrLayer) {
		return false, unreadableContent(err)
	}
	// What cannot carry them goes as it is. Readers of a mail that was signed or encrypted before it came look for the fields
	// inside of that, and would never see a hidden subject; where nothing is hidden, refusing would stop mail that every
	// program shows correctly.
	return err == nil, nil
}

// carries asks, before anything is written, whether readers would find protected fields in this content. Content that was
// composed here always carries them.
func carries(e draft.Entity) error {
	foreign, is := e.(interface{ Head() []byte })
	if !is {
		return nil
	}
	w, err := header.NewWriter(io.Discard, header.Protection{Mode: header.Cipher})
	if err != nil {
		return err
	}
	if _, err := w.Write(append(bytes.Clone(foreign.Head()), "\r\n"...)); err != nil {
		return err
	}
	return w.Close()
}

// unprotectable: what was validated can still be too long; anything else is our own mistake.
func unprotectable(cause error) error {
	if !errors.Is(cause, header.ErrTooLarge) {
		return fmt.Errorf("protecting the header: %w", cause)
	}
	return fault.New(fault.TooLarge, "header_too_large", fault.Sentence{
		DA: "Modtagernes adresser og navne fylder for meget til én krypteret mail. Intet er sendt. Del mailen i flere.",
		EN: "The recipients' addresses and names take up too much for one encrypted mail. Nothing was sent. Split the mail.",
	}, cause)
}

func unreadableContent(cause error) error {
	return fault.New(fault.Invalid, "mime_malformed", fault.Sentence{
		DA: "Mailens emne kan ikke skjules, fordi mailens Content-Type ikke kan læses. Intet er sendt. Det er programmet, der har lavet mailen, som skal rettes.",
		EN: "The mail's subject cannot be hidden, because the mail's Content-Type cannot be read. Nothing was sent. The program that made the mail needs mending.",
	}, cause)
}
