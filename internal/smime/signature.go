package smime

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms"
)

// altered reports whether a signature does not fit. One that could not be checked is another matter: it proves nothing.
func altered(s *cms.Signed) bool {
	for _, signer := range s.Signers {
		if errors.Is(signer.Err, cms.ErrSignature) {
			return true
		}
	}
	return false
}

// accept takes a signed layer off, unless one of its signatures fails: then the content stays inside.
func (o *opener) accept(kind LayerKind, s *cms.Signed, content Hold) (io.Reader, error) {
	layer := Layer{Kind: kind}
	for _, signer := range s.Signers {
		good := signer.Err == nil
		layer.Signatures = append(layer.Signatures, Signature{
			Certificate:  signer.Certificate,
			Algorithms:   signer.Algorithms,
			SigningTime:  signer.Time,
			Good:         good,
			Weak:         errors.Is(signer.Err, cms.ErrWeak),
			PathVerified: good && o.mayFollow() && o.options.verifyPath(signer.Certificate, s.Certificates),
			Addresses:    addresses(signer.Certificate),
			Capabilities: signer.Capabilities,
			EncryptTo:    signer.EncryptTo,
			Bag:          s.Certificates,
		})
	}
	o.layers = append(o.layers, layer)
	switch {
	case !s.ContentType.Equal(cms.OIDData): // RFC 8551 §2.4.2: S/MIME signs id-data and nothing else
		return nil, cms.ErrUnsupported
	case len(s.Signers) == 0:
		return nil, errNoSigners
	case altered(s):
		return nil, cms.ErrSignature
	}
	o.hold = content
	if err := o.drop(content); err != nil {
		return nil, err
	}
	return content.Reader()
}

// maxPaths is how many signers are followed to a root in one mail. Two signers inside an envelope and two around it make
// four. Each search may cost a hundred signature checks over certificates that a stranger chose (crypto/x509).
const maxPaths = 8

func (o *opener) mayFollow() bool {
	o.followed++
	return o.followed <= maxPaths
}

// verifyPath follows RFC 8550 §4.4: key usage for signing, and extended key usage for mail where there is any.
func (o OpenOptions) verifyPath(c *x509.Certificate, bag []*x509.Certificate) bool {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if c == nil || o.Roots == nil || (c.KeyUsage != 0 && c.KeyUsage&signs == 0) {
		return false
	}
	intermediates := x509.NewCertPool()
	if o.Intermediates != nil {
		intermediates = o.Intermediates.Clone()
	}
	for _, b := range bag {
		intermediates.AddCert(b)
	}
	_, err := c.Verify(x509.VerifyOptions{
		Roots:         o.Roots,
		Intermediates: intermediates,
		CurrentTime:   o.Now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	})
	return err == nil
}

var (
	oidEmailAddress    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidSubjectAltName  = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSMTPUTF8Mailbox = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
)

// addresses is every e-mail address in the certificate: rfc822Name, SmtpUTF8Mailbox (RFC 9598 §3), and emailAddress in the
// subject, which receivers must still know (RFC 8550 §3). Each once, as written.
func addresses(c *x509.Certificate) []string {
	if c == nil {
		return nil
	}
	found := append([]string(nil), c.EmailAddresses...)
	for _, name := range c.Subject.Names {
		if text, ok := name.Value.(string); ok && name.Type.Equal(oidEmailAddress) {
			found = append(found, text)
		}
	}
	for _, extension := range c.Extensions {
		if extension.Id.Equal(oidSubjectAltName) {
			found = append(found, utf8Mailboxes(extension.Value)...)
		}
	}
	seen := make(map[string]bool)
	var once []string
	for _, address := range found {
		if key := strings.ToLower(address); !seen[key] {
			seen[key] = true
			once = append(once, address)
		}
	}
	return once
}

// utf8Mailboxes reads the otherName members of GeneralNames (RFC 5280 §4.2.1.6).
func utf8Mailboxes(der []byte) []string {
	s := cryptobyte.String(der)
	var names cryptobyte.String
	var found []string
	if !s.ReadASN1(&names, cbasn1.SEQUENCE) {
		return nil
	}
	for !names.Empty() {
		var name, value, text cryptobyte.String
		var tag cbasn1.Tag
		var oid asn1.ObjectIdentifier
		otherName := cbasn1.Tag(0).ContextSpecific().Constructed()
		if !names.ReadAnyASN1(&name, &tag) {
			return found
		}
		if tag == otherName && name.ReadASN1ObjectIdentifier(&oid) && oid.Equal(oidSMTPUTF8Mailbox) &&
			name.ReadASN1(&value, otherName) && value.ReadASN1(&text, cbasn1.UTF8String) {
			found = append(found, string(text))
		}
	}
	return found
}
