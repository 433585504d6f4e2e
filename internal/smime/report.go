package smime

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Report is what Inspect saw. Its JSON is a stable shape: fields may be added, none changes its meaning. Text out of the mail
// has nothing in it that is not for reading: control characters are U+FFFD.
type Report struct {
	Layers []InspectedLayer `json:"layers"` // outermost first
	// Content is the media type of what lies innermost; "" where it is encrypted, or not inside.
	Content string `json:"content,omitempty"`
}

// InspectedLayer is one wrapping.
type InspectedLayer struct {
	Kind string `json:"kind"` // "encrypted", "clear-signed", "opaque-signed", "signature-only", "compressed"

	Cipher        string               `json:"cipher,omitempty"`        // encrypted: "AES-256-CBC", or an object identifier
	Authenticated bool                 `json:"authenticated,omitempty"` // encrypted: authEnveloped-data
	Misplaced     bool                 `json:"misplaced,omitempty"`     // encrypted: the cipher does not belong there, and nobody opens it
	Recipients    []InspectedRecipient `json:"recipients,omitempty"`    // encrypted: in the message's order

	Micalg                 string                 `json:"micalg,omitempty"`  // clear-signed: what the header says
	Digests                []string               `json:"digests,omitempty"` // signed: what the message says
	Signers                []InspectedSigner      `json:"signers,omitempty"`
	Certificates           []InspectedCertificate `json:"certificates,omitempty"`
	UnreadableCertificates int                    `json:"unreadableCertificates,omitempty"`
}

// CertificateName is how a message names a certificate: by issuer and serial number, or by key identifier.
type CertificateName struct {
	Issuer string `json:"issuer,omitempty"`
	Serial string `json:"serial,omitempty"` // hexadecimal
	KeyID  string `json:"keyId,omitempty"`  // hexadecimal
}

// InspectedRecipient is one entry for one recipient or, with key agreement, several.
type InspectedRecipient struct {
	Kind         string            `json:"kind"`             // "key transport", "key agreement", "shared key", "password", "other"
	Scheme       string            `json:"scheme,omitempty"` // "RSA PKCS #1 v1.5"; "" where it could not be read
	Keys         int               `json:"keys"`             // for how many certificates the entry is
	Certificates []CertificateName `json:"certificates,omitempty"`
}

// InspectedSigner is one signature, unchecked.
type InspectedSigner struct {
	Certificate      CertificateName `json:"certificate"`
	Included         bool            `json:"included"` // the certificate is in the message
	Algorithms       string          `json:"algorithms"`
	SignedAttributes bool            `json:"signedAttributes"`
	SigningTime      *time.Time      `json:"signingTime,omitempty"`  // the signer's word for it
	Capabilities     string          `json:"capabilities,omitempty"` // what the signer claims to open, best first
}

// InspectedCertificate is one certificate out of the message, unchecked.
type InspectedCertificate struct {
	CertificateName
	Subject    string    `json:"subject"`
	Key        string    `json:"key"` // "RSA 2048", "P-256"
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	Addresses  []string  `json:"addresses,omitempty"`
	SelfIssued bool      `json:"selfIssued,omitempty"`
}

const (
	// maxName is the longest name, in DER, that is put into words; RFC 5280 appendix A allows no attribute of more than 256
	// letters in it, and there are about a dozen.
	maxName = 4 << 10
	// maxNumber is how many octets are shown of a serial number, which has at most 20 (RFC 5280 §4.1.2.2), or of a key
	// identifier.
	maxNumber = 64
	// maxAddresses is how many are shown of one certificate.
	maxAddresses = 50
)

// DistinguishedName puts a Name, in DER, into words that are safe to print, whoever wrote it.
//
// It is RFC 4514 but for names of attributes that are easier to read, and takes no longer than in proportion to its length, as
// pkix.RDNSequence does.
func DistinguishedName(der []byte) string {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der[:min(len(der), maxName)], &name); err != nil || len(rest) > 0 {
		return "(an unreadable name)"
	}
	var out strings.Builder
	for i, rdn := range slices.Backward(name) {
		for j, attribute := range rdn {
			switch {
			case j > 0:
				out.WriteByte('+')
			case i < len(name)-1:
				out.WriteByte(',')
			}
			oid := attribute.Type.String()
			out.WriteString(cmp.Or(attributeNames[oid], oid) + "=")
			out.WriteString(escaped(fmt.Sprint(attribute.Value)))
		}
	}
	return out.String()
}

// attributeNames are those that are met in certificates for mail: RFC 4519 §2, RFC 2985 §5.2.1, ETSI EN 319 412-1 §5.1.4.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O",
	"2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.42": "GN", "2.5.4.97": "organizationIdentifier", "2.5.4.65": "pseudonym",
	"1.2.840.113549.1.9.1": "E", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// escaped keeps a value from looking like two attributes (RFC 4514 §2.4).
func escaped(value string) string {
	return strings.NewReplacer(`\`, `\\`, ",", `\,`, "+", `\+`, "=", `\=`, `"`, `\"`, ";", `\;`, "<", `\<`, ">", `\>`).Replace(Printable(value))
}

func serial(n *big.Int) string {
	octets := n.Bytes()
	text := hex.EncodeToString(octets[:min(len(octets), maxNumber)])
	switch {
	case len(octets) > maxNumber:
		text += "…"
	case text == "":
		text = "00"
	}
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}

func keyWords(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return "unknown"
	}
	switch oid := info.Algorithm.Algorithm.String(); oid {
	case "1.3.101.110":
		return "X25519"
	case "2.16.840.1.101.3.4.4.2":
		return "ML-KEM-768"
	default:
		return oid
	}
}

// Printable takes away what could move a terminal's cursor or turn the direction of writing.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
