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
	covered    bool // there was content, inside or detached
}

// ReadSigned reads one SignedData and verifies every signature in it. Opaque content is written to dst as it streams in;
// dst must not be trusted before the result is known. Content that stands elsewhere is read from detached, which is nil for
// an opaque message: a message with content in both places is ErrMalformed, for two readers would each show another one.
func ReadSigned(src, detached io.Reader, dst io.Writer) (*Signed, error) {
	r := ber.NewReader(src)
	contentType, err := contentInfo(r)
	if err != nil {
		return nil, err
	}
	if !contentType.Equal(OIDSignedData) {
		return nil, ErrWrongType
	}
	s, err := readSigned(r, detached, dst)
	if err != nil {
		return nil, err
	}
	if !s.covered && len(s.signers) > 0 {
		return nil, malformed("a signature without content")
	}
	sums := make(map[crypto.Hash][]byte, len(s.hashes))
	for h, running := range s.hashes {
		sums[h] = running.Sum(nil)
	}
	for _, der := range s.signers {
		info, ok := readSignerInfo(der)
		if !ok {
			return nil, malformed("signer")
		}
		s.Signers = append(s.Signers, info.verify(&s.Signed, sums))
	}
	return &s.Signed, nil
}

// readSigned goes on behind the start of ContentInfo.
func readSigned(r *ber.Reader, detached io.Reader, dst io.Writer) (*signedData, error) {
	s := new(signedData)
	if _, err := r.DER(ber.IDInteger, ber.SmallElement); err != nil {
		return nil, err
	}
	if err := s.readDigests(r); err != nil {
		return nil, err
	}
	if err := s.readContent(r, detached, dst); err != nil {
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
func (s *signedData) readContent(r *ber.Reader, detached io.Reader, dst io.Writer) error {
	if err := r.Into(ber.IDSequence); err != nil {
		return err
	}
	oid, err := r.OID()
	if err != nil {
		return err
	}
	s.ContentType = oid
	sinks := []io.Writer{dst}
	for _, h := range s.hashes {
		sinks = append(sinks, h)
	}
	all := io.MultiWriter(sinks...)
	explicit, inside, err := r.Optional(0xa0)
	if err != nil {
		return err
	}
	switch {
	case inside && detached != nil:
		return malformed("content inside and outside")
	case inside:
		if err := copyOctets(r, explicit, all); err != nil {
			return err
		}
	case detached != nil:
		if _, err := io.Copy(all, detached); err != nil {
			return err
		}
	}
	s.covered = inside || detached != nil
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
