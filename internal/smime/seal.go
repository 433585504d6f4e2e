package smime

import (
	"bufio"
	"crypto"
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

// cmsHeader goes before an entity whose body is one CMS message (RFC 8551 §3.2.2, §3.2.1 for the names that gateways look
// at).
func cmsHeader(smimeType string) string {
	return "Content-Type: application/pkcs7-mime; smime-type=" + smimeType + "; name=\"smime.p7m\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n"
}

// signatureHeader goes before the signature (RFC 8551 §3.5.3.1).
const signatureHeader = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n" +
	"Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"

// sealBuffer gathers small writes so that digest and ciphers run over long stretches.
const sealBuffer = 64 << 10

// Seal returns a writer for one MIME entity: Content-* header fields, a blank line, the body. The entity is signed once, in
// the profile's form, and the signed entity is encrypted in the same pass for every envelope with a content key of its own.
// Each Envelope.To gets Content-Type, Content-Transfer-Encoding and Content-Disposition, a blank line, and base64 in lines of
// 76 columns; the caller has written From, To, Subject and MIME-Version before.
//
// Lines must end in CRLF; a bare CR or LF is written, and signed, as CRLF.
//
// Nothing is complete before Close, which signs and ends every envelope but closes no Envelope.To. After an error of Seal,
// Write or Close, or without a Close, what was written must be thrown away. The writer is for one goroutine.
//
// An error is a *fault.Fault where the signer or a recipient is the reason, else what an Envelope.To gave.
func Seal(p Profile, s Signer, now time.Time, envelopes ...Envelope) (io.WriteCloser, error) {
	if err := p.check(envelopes); err != nil {
		return nil, err
	}
	seal := new(sealer)
	sign, err := p.signing(s, now, seal)
	if err != nil {
		return nil, err
	}
	for _, e := range envelopes {
		if err := seal.open(p, e); err != nil {
			return nil, err
		}
	}
	seal.content = sign
	if err := sign.begin(); err != nil {
		return nil, err
	}
	seal.buffer = bufio.NewWriterSize(sign, sealBuffer)
	seal.lines = &lineWriter{w: seal.buffer}
	return seal, nil
}

func (p Profile) check(envelopes []Envelope) error {
	if len(envelopes) == 0 {
		return errors.New("smime: no envelope to seal")
	}
	for _, e := range envelopes {
		if len(e.Recipients) == 0 || e.To == nil {
			return errors.New("smime: an envelope without recipients or without a writer")
		}
		for _, c := range e.Recipients {
			if err := p.CheckRecipient(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// sealer is one Seal under way. lines → buffer → content (the signing) → every envelope.
type sealer struct {
	sinks    []io.WriteCloser // encrypters; each writes to the base64 encoder of the same index
	encoders []*base64Writer
	content  signing
	lines    *lineWriter
	buffer   *bufio.Writer
	err      error
}

func (s *sealer) open(p Profile, e Envelope) error {
	smimeType := "enveloped-data"
	if p.Content.Authenticated() {
		smimeType = "authEnveloped-data"
	}
	encoder := newBase64Writer(e.To, cmsHeader(smimeType))
	encrypter, err := cms.NewEncrypter(encoder, p.encrypting(e.Recipients))
	if err != nil {
		return fmt.Errorf("smime: starting an envelope: %w", err)
	}
	s.encoders = append(s.encoders, encoder)
	s.sinks = append(s.sinks, encrypter)
	return nil
}

func (p Profile) encrypting(recipients []*x509.Certificate) cms.EncryptConfig {
	return cms.EncryptConfig{Cipher: p.Content, OAEP: p.OAEP, PostQuantum: p.PostQuantum, Recipients: recipients}
}

// fanOut writes into every envelope.
func (s *sealer) fanOut(p []byte) (int, error) {
	for _, sink := range s.sinks {
		if _, err := sink.Write(p); err != nil {
			return 0, err
		}
	}
	return len(p), nil
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
	if err := s.content.end(); err != nil {
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
