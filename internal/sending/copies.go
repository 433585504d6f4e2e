package sending

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/spool"
)

// outgoing is one message on its way to be kept.
type outgoing struct {
	id     string
	copies []*messageCopy
	plan   Plan
	from   mailbox.Identity
	common draft.Header // what all copies' headers have
	entity draft.Entity

	profile    smime.Profile // of the sealed copies; zero where there are none
	why        fault.Sentence
	protection *protection // nil where none is sealed
}

// messageCopy is one message for a set of recipients. Graph has no envelope: it goes to exactly the addresses in its headers.
type messageCopy struct {
	id         string
	sealed     bool
	recipients []int // positions in the plan
	name       string
	out        *spool.Writer
}

// divide makes the copies: one sealed for To and Cc, one ordinary for the internal among them, and one for every Bcc, whose
// presence (their certificate's serial number included) no other copy may show.
func divide(p Plan) []*messageCopy {
	var copies []*messageCopy
	open := map[bool]*messageCopy{} // by sealed
	for i, r := range p.Recipients {
		sealed := r.Verdict.Route == route.SMIME
		if r.Field != Bcc && open[sealed] != nil {
			open[sealed].recipients = append(open[sealed].recipients, i)
			continue
		}
		c := &messageCopy{id: uuid.Must(uuid.NewV7()).String(), sealed: sealed, recipients: []int{i}}
		copies = append(copies, c)
		if r.Field != Bcc {
			open[sealed] = c
		}
	}
	return copies
}

// hidden: a copy for somebody whom no other copy may show.
func (c *messageCopy) hidden(p Plan) bool { return p.Recipients[c.recipients[0]].Field == Bcc }

// header is the outer header of a copy: its own recipients and no others. A Bcc recipient stands in To of their own copy,
// because a copy goes only to the addresses in its header.
func (c *messageCopy) header(p Plan, common draft.Header) draft.Header {
	h := common
	for _, i := range c.recipients {
		r := p.Recipients[i]
		if r.Field == Cc {
			h.Cc = append(h.Cc, r.Recipient)
		} else {
			h.To = append(h.To, r.Recipient)
		}
	}
	return h
}

// certificates are the ones that the copy is encrypted for: every recipient's (two while one is being replaced) and the
// mailbox's own, so that the unit can read what it sent. A certificate that two recipients share is written once.
func (c *messageCopy) certificates(p Plan, own *x509.Certificate) []*x509.Certificate {
	list := []*x509.Certificate{own}
	for _, i := range c.recipients {
		for _, candidate := range p.Recipients[i].Choice.Certificates() {
			if !slices.ContainsFunc(list, candidate.Certificate.Equal) {
				list = append(list, candidate.Certificate)
			}
		}
	}
	return list
}

// choose picks what the sealed copies have in common: one profile, as they are signed once, and what is done for the header.
func (s *Service) choose(o *outgoing) error {
	// The mailbox reads its own copy with this program.
	recipients := []smime.Recipient{{Certificate: o.from.Certificate, Capabilities: smime.Compat().Opens}}
	for _, r := range o.plan.Recipients {
		if r.Verdict.Route == route.SMIME {
			for _, candidate := range r.Choice.Certificates() {
				recipients = append(recipients, smime.Recipient{Certificate: candidate.Certificate, Capabilities: smime.ReadCapabilities(candidate.Capabilities)})
			}
		}
	}
	if len(recipients) == 1 {
		return nil
	}
	o.profile, o.why = smime.Choose(s.Encryption, recipients)
	var err error
	o.protection, err = s.protect(o)
	return err
}

// write streams the entity into every copy at once: it is made once and signed once, and each sealed copy has an encryptor of
// its own. Nothing exists in the spool unless everything went well.
func (s *Service) write(ctx context.Context, o *outgoing, key *keeper.Key) error {
	whole := false
	defer func() {
		if !whole { // after a panic, too
			s.discard(ctx, o.copies)
		}
	}()
	var plain []io.Writer
	var envelopes []smime.Envelope
	for _, c := range o.copies {
		var err error
		c.name = o.id + "." + c.id // flat: a folder for each message would outlive it, empty
		c.out, err = s.Spool.Create(ctx, c.name, key)
		if err != nil {
			return interrupted(ctx, err)
		}
		// The large way is for enveloped-data: Exchange makes no authEnveloped-data of what comes there (MS-OXOSMIME 2.1.3.2).
		large := c.sealed && !o.profile.Content.Authenticated()
		out := &limited{w: c.out, left: s.Post.MaxMessage(large), sealed: c.sealed}
		head := c.header(o.plan, o.common)
		if c.sealed {
			envelopes = append(envelopes, smime.Envelope{Recipients: c.certificates(o.plan, o.from.Certificate), To: out})
			err = o.protection.writeHeader(out, head)
		} else {
			plain = append(plain, out)
			_, err = head.WriteTo(out)
		}
		if err != nil {
			return fmt.Errorf("writing a header: %w", err)
		}
	}
	if err := s.pour(o, plain, envelopes); err != nil {
		return err
	}
	for _, c := range o.copies {
		if err := c.out.Close(); err != nil {
			return interrupted(ctx, err)
		}
	}
	whole = true
	return nil
}

// pour writes the content into every copy, through the one signature where any is sealed.
func (s *Service) pour(o *outgoing, plain []io.Writer, envelopes []smime.Envelope) error {
	out := plain
	var seal io.WriteCloser
	if len(envelopes) > 0 {
		signer := smime.Signer{Certificate: o.from.Certificate, Chain: o.from.Chain, Key: o.from.Key}
		envelope, err := smime.Seal(o.profile, signer, s.Now(), envelopes...)
		if err != nil {
			return fmt.Errorf("sealing: %w", err)
		}
		if seal, err = o.protection.content(envelope); err != nil {
			return err
		}
		out = append(out, seal)
	}
	if _, err := o.entity.WriteTo(io.MultiWriter(out...)); err != nil {
		return fmt.Errorf("writing the content: %w", err)
	}
	if seal == nil {
		return nil
	}
	if err := seal.Close(); err != nil {
		return fmt.Errorf("sealing: %w", err)
	}
	return nil
}

// discard removes what was written, the finished parts too. It must work when the request was broken off.
func (s *Service) discard(ctx context.Context, copies []*messageCopy) {
	ctx = context.WithoutCancel(ctx)
	for _, c := range copies {
		if c.out == nil {
			continue
		}
		c.out.Abort()
		if err := s.Spool.Delete(ctx, c.name); err != nil {
			s.Log.WarnContext(ctx, "a copy that was not accepted is left in the spool", "spool_name", c.name, "err", err)
		}
	}
}
