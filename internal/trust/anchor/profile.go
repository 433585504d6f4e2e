package anchor

import (
	"crypto/x509"

	"aau.dk/sendsikker/internal/trust"
)

// Public is the providers of mail certificates abroad. Their roots issue for web servers and code too, so here a certificate
// must say that it is for mail (CA/Browser Forum, S/MIME baseline requirements, section 7.1.2.3). They issue below other
// authorities that nobody here can list: the judge fetches these (trust.IssuerSource), or they come with the mail.
func Public(roots []*x509.Certificate) trust.Profile {
	return trust.Profile{Name: NamePublic, Roots: roots, MailOnly: true}
}

// Own is an authority that an administrator has added: a partner's, or the institution's. It is as strict as the others; one
// that publishes no revocation list is let through only where the administrator says so (trust.Profile.WhenUnpublished).
func Own(name string, roots, issuers []*x509.Certificate) trust.Profile {
	return trust.Profile{Name: name, Roots: roots, Intermediates: issuers}
}
