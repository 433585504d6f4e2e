package sending

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/smime"
)

// Certificate is what people and the audit are told of a certificate.
type Certificate struct {
	Subject string    `json:"subject"`
	Issuer  string    `json:"issuer"`
	ValidTo time.Time `json:"validTo"`
	SHA256  string    `json:"sha256"`
	Source  string    `json:"source"`
}

// Shown is the planned recipient's certificate; nil when there is none.
func (p Planned) Shown() *Certificate {
	if p.shown != nil {
		return p.shown
	}
	if p.Verdict.Route != route.SMIME {
		return nil
	}
	return Describe(*p.Choice.Chosen)
}

// Describe tells people of a certificate.
func Describe(candidate certs.Candidate) *Certificate {
	c := candidate.Certificate
	print := sha256.Sum256(c.Raw)
	return &Certificate{
		Subject: smime.DistinguishedName(c.RawSubject), Issuer: smime.DistinguishedName(c.RawIssuer), ValidTo: c.NotAfter.UTC(),
		SHA256: hex.EncodeToString(print[:]), Source: candidate.Source,
	}
}

// Holder is whom the certificate names, in the word a sender knows: the organisation first, then the name. Whoever made the
// certificate wrote it: what would move a terminal's cursor, or turn the rest of a sentence round, is not shown.
func Holder(c *x509.Certificate) string {
	if len(c.Subject.Organization) > 0 && c.Subject.Organization[0] != "" {
		return smime.Printable(c.Subject.Organization[0])
	}
	return smime.Printable(c.Subject.CommonName)
}
