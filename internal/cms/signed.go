package cms

import (
	"crypto"
	_ "crypto/sha1" // to recognise what is too weak; linked in, so that no caller must remember to
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"hash"
	"io"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"aau.dk/sendsikker/internal/cms/ber"
)

// Signed is what a SignedData holds and what its signatures are worth.
type Signed struct {
	ContentType  asn1.ObjectIdentifier
	Certificates []*x509.Certificate // those that could be parsed; none of them is trusted for being here
	Unreadable   int                 // how many could not, or hold an RSA key of more than 8192 bits
	Signers      []Signer
}

// Signer is one SignerInfo.
type Signer struct {
	Certificate *x509.Certificate // nil where the message does not hold it
	Algorithms  string            // in words; "" where unknown
	Time        time.Time         // the signer's own word for when; zero where absent
	// Capabilities and EncryptTo are what the signer asks to be answered with; nil where nothing is said, or Err is not nil.
	// The signature covers the name of EncryptTo and not the certificate, to which anybody can add another of that name: it
	// must be checked like any stranger's.
	Capabilities Capabilities
	EncryptTo    *x509.Certificate
	// Err is nil where the signature covers the content and fits the certificate; else ErrSignature, ErrWeak,
	// ErrNoCertificate or ErrUnsupported. It says nothing about whether the certificate may be trusted.
	Err error
}

// signedData is the parts of SignedData (RFC 5652 §5.1) while it is read.
type signedData struct {
	Signed
	digestOIDs []asn1.ObjectIdentifier
	hashes     map[crypto.Hash]hash.Hash
	signers    []cryptobyte.String
	inside     bool // there is content in the message
}

// Verify reads SignedData whose content is inside and verifies every signature in it. The content is written to dst as it
// streams in; dst must not be trusted before the result is known.
func (m *Message) Verify(dst io.Writer) (*Signed, error) {
	if !m.Type.Equal(OIDSignedData) {
		return nil, ErrWrongType
	}
	s, err := readSigned(m.r, dst)
	if err != nil {
		return nil, err
	}
	if !s.inside && len(s.signers) > 0 {
		return nil, malformed("a signature without content")
	}
	return s.verify(func(h crypto.Hash) ([]byte, error) { return s.hashes[h].Sum(nil), nil })
}

// VerifyDetached reads SignedData whose content stands elsewhere. sum gives the content's digest by the algorithm that a
// signer used; it is asked for SHA-1 and SHA-2 only, and its error ends the reading. Content inside as well is
// ErrMalformed, for two readers would each show another one.
func (m *Message) VerifyDetached(sum func(crypto.Hash) ([]byte, error)) (*Signed, error) {
	if !m.Type.Equal(OIDSignedData) {
		return nil, ErrWrongType
	}
	s, err := readSigned(m.r, nil)
	if err != nil {
		return nil, err
	}
	return s.verify(sum)
}

func (s *signedData) verify(sum func(crypto.Hash) ([]byte, error)) (*Signed, error) {
	for _, der := range s.signers {
		info, ok := readSignerInfo(der)
		if !ok {
			return nil, malformed("signer")
		}
		var digest []byte
		if row, known := digestByOID(info.digest.oid); known && s.hashes[row.hash] != nil {
			var err error
			if digest, err = sum(row.hash); err != nil {
				return nil, err
			}
		}
		s.Signers = append(s.Signers, info.verify(&s.Signed, digest))
	}
	return &s.Signed, nil
}

// readSigned goes on behind the start of ContentInfo. A nil dst says that no content may be inside.
func readSigned(r *ber.Reader, dst io.Writer) (*signedData, error) {
	s := new(signedData)
	if _, err := r.DER(ber.IDInteger, ber.SmallElement); err != nil {
		return nil, err
	}
	if err := s.readDigests(r); err != nil {
		return nil, err
	}
	if err := s.readContent(r, dst); err != nil {
		return nil, err
	}
	if err := s.readCertificates(r); err != nil {
		return nil, err
	}
	if err := r.SkipOptional(0xa1); err != nil { // revocation lists: theirs, not ours
		return nil, err
	}
	set, err := r.Expect(ber.IDSet)
	if err != nil {
		return nil, err
	}
	if err := r.Each(set, func(h ber.Header) error {
		if len(s.signers) == maxSigners {
			return malformed("too many signers")
		}
		der, err := r.Element(h, maxElement)
		s.signers = append(s.signers, der)
		return err
	}); err != nil {
		return nil, err
	}
	return s, r.Finish()
}

func (s *signedData) readDigests(r *ber.Reader) error {
	set, err := r.Expect(ber.IDSet)
	if err != nil {
		return err
	}
	s.hashes = make(map[crypto.Hash]hash.Hash)
	return r.Each(set, func(h ber.Header) error {
		der, err := r.Element(h, ber.SmallElement)
		if err != nil {
			return err
		}
		a, ok := readAlgorithm((*cryptobyte.String)(&der))
		if !ok || len(s.digestOIDs) == maxSigners {
			return malformed("digest algorithms")
		}
		s.digestOIDs = append(s.digestOIDs, a.oid)
		if row, known := digestByOID(a.oid); known && s.hashes[row.hash] == nil {
			s.hashes[row.hash] = row.hash.New()
		}
		return nil
	})
}

// readContent digests the content on its way to dst.
func (s *signedData) readContent(r *ber.Reader, dst io.Writer) error {
	if err := r.Into(ber.IDSequence); err != nil {
		return err
	}
	oid, err := r.OID()
	if err != nil {
		return err
	}
	s.ContentType = oid
	explicit, inside, err := r.Optional(0xa0)
	if err != nil {
		return err
	}
	if s.inside = inside; inside {
		if dst == nil {
			return malformed("content inside and outside")
		}
		sinks := []io.Writer{dst}
		for _, h := range s.hashes {
			sinks = append(sinks, h)
		}
		if err := copyOctets(r, explicit, io.MultiWriter(sinks...)); err != nil {
			return err
		}
	}
	return r.Leave()
}

func copyOctets(r *ber.Reader, explicit ber.Header, w io.Writer) error {
	if err := r.Enter(explicit); err != nil {
		return err
	}
	h, err := r.Expect(ber.IDOctets, ber.IDOctetsParts)
	if err != nil {
		return err
	}
	o, err := r.Octets(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, o); err != nil {
		return err
	}
	return r.Leave()
}
