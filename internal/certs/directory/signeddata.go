package directory

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"io"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/cms"
)

// maxIssuers of a value come along: chains have two or three.
const maxIssuers = 8

func isSignedData(value []byte) bool {
	message, err := cms.ReadMessage(bytes.NewReader(value))
	return err == nil && message.Type.Equal(cms.OIDSignedData)
}

// fromSignedData reads a value of userSMIMECertificate (RFC 2798 section 2.8): SignedData with its owner's certificates, their
// chain, and what the owner can open. A value that is none gives nothing.
func fromSignedData(value []byte) []certs.Candidate {
	signed, err := verify(value)
	if err != nil {
		return nil
	}
	var found []certs.Candidate
	var issuers []*x509.Certificate
	for _, certificate := range signed.Certificates {
		if certificate.BasicConstraintsValid && certificate.IsCA {
			if len(issuers) < maxIssuers {
				issuers = append(issuers, certificate)
			}
			continue
		}
		found = append(found, certs.Candidate{Certificate: certificate, Capabilities: capabilities(signed.Signers, certificate)})
	}
	for i := range found {
		found[i].Issuers = issuers
	}
	return found
}

// capabilities is what the certificate's own signature says that its owner can open. RFC 8551 section 2.5.2 leaves no other
// way of knowing that it is the owner who says so: anybody who can write to a directory can add a signer to a value.
func capabilities(signers []cms.Signer, certificate *x509.Certificate) []byte {
	for _, signer := range signers {
		if signer.Err != nil || signer.Certificate == nil || !signer.Certificate.Equal(certificate) || len(signer.Capabilities) == 0 {
			continue
		}
		if der, err := signer.Capabilities.DER(); err == nil {
			return der
		}
	}
	return nil
}

// verify reads the value both ways. RFC 2798 section 2.8 recommends that there is no content; what is then signed is the
// empty one. Where there is content, only the signature over it matters.
func verify(value []byte) (*cms.Signed, error) {
	message, err := cms.ReadMessage(bytes.NewReader(value))
	if err != nil {
		return nil, err
	}
	signed, err := message.VerifyDetached(func(h crypto.Hash) ([]byte, error) { return h.New().Sum(nil), nil })
	if !errors.Is(err, cms.ErrMalformed) {
		return signed, err
	}
	if message, err = cms.ReadMessage(bytes.NewReader(value)); err != nil {
		return nil, err
	}
	return message.Verify(io.Discard)
}
