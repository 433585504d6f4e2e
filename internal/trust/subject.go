package trust

import "crypto/x509"

// Subject is a certificate to be judged, and what whoever found it may say of it.
type Subject struct {
	Certificate *x509.Certificate
	Address     string // whom the mail is for

	// Bound: somebody who may say so tied this certificate to the address or to its domain; then the address need not be
	// inside, as RFC 8550 section 3 allows and most OCES3 certificates need.
	Bound bool
	// Vouched: somebody who may say so stands for this very certificate: an administrator, or the recipient's domain by a
	// signed DNS record (RFC 8162, usage 3). No path is asked for. Everything else that can be read off it is.
	Vouched bool
	// Signing: it is to be judged as a signer's and not as a recipient's: its key must be meant for signing mail.
	Signing bool
	// Profiles are the names of those whose authorities may vouch for what this source gives; nil is all.
	Profiles []string
	// Issuers came along with the certificate: suggestions for a path, trusted for nothing.
	Issuers []*x509.Certificate
}
