package smime

import (
	"bufio"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	"aau.dk/sendsikker/internal/cms"
)

// Signer is who signs: a function mailbox's key and certificate.
type Signer struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // issuers to send along; a root among them is left out
	Key         crypto.Signer
}

// Envelope is one sealed copy: encrypted for all of Recipients, written to To.
type Envelope struct {
	Recipients []*x509.Certificate // each gets an entry of its own; the same certificate twice gets two
	To         io.Writer
}

// envelopeHeader goes before the encrypted entity (RFC 8551 §3.3, §3.2.1 for the names that gateways look at).
const envelopeHeader = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n" +
	"Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n"

// signatureHeader goes before the signature (RFC 8551 §3.5.3.1).
const signatureHeader = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n" +
	"Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"

// sealBuffer gathers small writes so that digest and ciphers run over long stretches.
const sealBuffer = 32 << 10

// Seal returns a writer for one MIME entity: Content-* header fields, a blank line, the body. The entity is signed once
// (multipart/signed, RFC 8551 §3.5.3), and the signed entity is encrypted in the same pass for every envelope with a
// content key of its own. Each Envelope.To gets Content-Type, Content-Transfer-Encoding and Content-Disposition, a blank
// line, and base64 in lines of 76 columns; the caller has written From, To, Subject and MIME-Version before.
//
// Lines must end in CRLF; a bare CR or LF is written, and signed, as CRLF.
//
// Nothing is complete before Close, which signs and ends every envelope but closes no Envelope.To. After an error of Seal,
// Write or Close, or without a Close, what was written must be thrown away. The writer is for one goroutine.
//
// An error is a *fault.Fault where the signer or a recipient is the reason, else what an Envelope.To gave.
func Seal(p Profile, s Signer, now time.Time, envelopes ...Envelope) (io.WriteCloser, error) {
	if len(envelopes) == 0 {
		return nil, errors.New("smime: no envelope to seal")
	}
	for _, e := range envelopes {
		if len(e.Recipients) == 0 || e.To == nil {
			return nil, errors.New("smime: an envelope without recipients or without a writer")
		}
		for _, c := range e.Recipients {
			if err := CheckRecipient(c); err != nil {
				return nil, err
			}
		}
	}
	if s.Certificate == nil || s.Key == nil {
		return nil, signerFault(errors.New("smime: no signer"))
	}
	digest := digestFor(s.Certificate.PublicKey)
	signature, err := cms.NewSignature(cms.SignConfig{
		Certificate: s.Certificate,
		Chain:       s.Chain,
		Key:         s.Key,
		Digest:      digest,
		Time:        now,
		Opens:       p.Opens,
		EncryptTo:   encryptTo(s.Certificate),
	})
	if err != nil {
		return nil, signerFault(err)
	}
	seal := &sealer{signature: signature, boundary: newBoundary()}
	for _, e := range envelopes {
		if err := seal.open(p, e); err != nil {
			return nil, err
		}
	}
	if err := seal.begin(digest); err != nil {
		return nil, err
	}
	return seal, nil
}

// encryptTo is the certificate that answers should be encrypted to: the signer's own, unless its key usage says no.
func encryptTo(c *x509.Certificate) *x509.Certificate {
	if CheckRecipient(c) != nil || (c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageKeyAgreement) == 0) {
		return nil
	}
	return c
}

// newBoundary is 200 bits that the content cannot foresee, and "=_", which neither base64 nor quoted-printable can hold.
func newBoundary() string { return "=_" + rand.Text() + rand.Text() }

// sealer is one Seal under way. lines → buffer → (signature, every envelope).
type sealer struct {
	signature *cms.Signature
	boundary  string
	sinks     []io.WriteCloser // encrypters; each writes to the base64 encoder of the same index
	encoders  []*base64Writer
	lines     *lineWriter
	buffer    *bufio.Writer
	err       error
}

func (s *sealer) open(p Profile, e Envelope) error {
	encoder := newBase64Writer(e.To, envelopeHeader)
	encrypter, err := cms.NewEncrypter(encoder, p.Content, e.Recipients)
	if err != nil {
		return fmt.Errorf("smime: starting an envelope: %w", err)
	}
	s.encoders = append(s.encoders, encoder)
	s.sinks = append(s.sinks, encrypter)
	return nil
}

func (s *sealer) begin(digest crypto.Hash) error {
	s.buffer = bufio.NewWriterSize(writerFunc(func(p []byte) (int, error) {
		_, _ = s.signature.Write(p) // a digest does not fail
		return len(p), s.fanOut(p)
	}), sealBuffer)
	s.lines = &lineWriter{w: s.buffer}
	return s.fanOut([]byte("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n" +
		" micalg=" + micalg(digest) + "; boundary=\"" + s.boundary + "\"\r\n\r\n--" + s.boundary + "\r\n"))
}

// fanOut writes into every envelope, past the signature.
func (s *sealer) fanOut(p []byte) error {
	for _, sink := range s.sinks {
		if _, err := sink.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *sealer) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if _, err := s.lines.Write(p); err != nil {
		s.err = err
		return 0, err
	}
	return len(p), nil
}

func (s *sealer) Close() error {
	if s.err != nil {
		return s.err
	}
	err := s.finish()
	s.err = err
	if err == nil {
		s.err = errSealed
	}
	return err
}

var errSealed = errors.New("smime: the entity is sealed already")

func (s *sealer) finish() error {
	if err := s.lines.finish(); err != nil {
		return err
	}
	if err := s.buffer.Flush(); err != nil {
		return err
	}
	p7s, err := s.signature.Finish()
	if err != nil {
		return signerFault(err)
	}
	// The CRLF before a delimiter belongs to the delimiter (RFC 2046 §5.1.1), so the signed bytes end right before it.
	if err := s.fanOut([]byte("\r\n--" + s.boundary + "\r\n" + signatureHeader)); err != nil {
		return err
	}
	body := newBase64Writer(writerFunc(func(p []byte) (int, error) { return len(p), s.fanOut(p) }), "")
	if _, err := body.Write(p7s); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	if err := s.fanOut([]byte("\r\n--" + s.boundary + "--\r\n")); err != nil {
		return err
	}
	for i, sink := range s.sinks {
		if err := sink.Close(); err != nil {
			return err
		}
		if err := s.encoders[i].Close(); err != nil {
			return err
		}
	}
	return nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
