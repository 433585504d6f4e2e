package sending

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/route"
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
		Subject: nameText(c.Subject), Issuer: nameText(c.Issuer), ValidTo: c.NotAfter.UTC(),
		SHA256: hex.EncodeToString(print[:]), Source: candidate.Source,
	}
}

// holder is whom the certificate names, in the word a sender knows: the organisation first, then the name.
func holder(c *x509.Certificate) string {
	if len(c.Subject.Organization) > 0 && c.Subject.Organization[0] != "" {
		return c.Subject.Organization[0]
	}
	return c.Subject.CommonName
}

// nameText writes a distinguished name for people. pkix.Name.String shows organizationIdentifier, where OCES3 certificates
// have the CVR number, as hexadecimal DER.
func nameText(n pkix.Name) string {
	parts := make([]string, 0, len(n.Names))
	for _, a := range n.Names {
		label := a.Type.String()
		switch label {
		case "2.5.4.3":
			label = "CN"
		case "2.5.4.5":
			label = "serialNumber"
		case "2.5.4.6":
			label = "C"
		case "2.5.4.10":
			label = "O"
		case "2.5.4.11":
			label = "OU"
		case "2.5.4.97":
			label = "organizationIdentifier"
		case "1.2.840.113549.1.9.1":
			label = "emailAddress"
		}
		parts = append(parts, label+"="+fmt.Sprint(a.Value))
	}
	return strings.Join(parts, ", ")
}
