package directory

import (
	"cmp"
	"time"
)

const (
	profileOCES3   = "oces3"
	profileDTrust  = "d-trust"
	profileDFN     = "dfn"
	profileGeneric = "generic"
)

// profileRows is what each kind of directory says for settings that are empty. Hosts stand here only where their owner
// publishes them.
var profileRows = map[string]Config{
	// The Danish directory of OCES3 certificates: host, base and TLS are given to those who connect to it, and are published
	// nowhere. Its predecessors were asked by mail.
	profileOCES3: {Filter: "(mail=%s)"},
	// https://www.d-trust.net/en/support/ldap-request: no login, no TLS.
	profileDTrust: {Host: "directory.d-trust.net", TLS: Off, Base: "c=de"},
	// The German research network's older authority: plain LDAP, entries of those who have agreed to be published.
	profileDFN: {Host: "ldap.pca.dfn.de", TLS: Off, Base: "ou=DFN-PKI,o=DFN-Verein,c=de"},
	profileGeneric: {
		TLS: LDAPS, Scope: "sub", Filter: "(mail=%s)",
		// RFC 4524 section 2.16, whose other name is rfc822Mailbox; RFC 2985 section 5.2.1; Active Directory's list, whose
		// addresses begin with smtp:.
		AddressAttributes: []string{"mail", "emailAddress", "proxyAddresses"},
		// RFC 4523 section 2.1 and RFC 2798 section 2.8 have both asked for with ;binary. QUIRK: Active Directory gives the
		// first without, and OpenLDAP (2.5.13, 2023) does not know the second with.
		CertificateAttributes: []string{"userCertificate;binary", "userCertificate", "userSMIMECertificate;binary", "userSMIMECertificate"},
		// Directories that keep an entry for each certificate have several of one person; OpenLDAP gives 500 unless told
		// otherwise.
		SizeLimit: 500, Timeout: 5 * time.Second, Connections: 4,
	},
}

// filled is c with nothing left empty that a profile can say.
func (c Config) filled() Config {
	if c.Profile == "" {
		c.Profile = profileGeneric
	}
	for _, name := range []string{c.Profile, profileGeneric} {
		row := profileRows[name]
		c.Host, c.TLS, c.Base = cmp.Or(c.Host, row.Host), cmp.Or(c.TLS, row.TLS), cmp.Or(c.Base, row.Base)
		c.Scope, c.Filter = cmp.Or(c.Scope, row.Scope), cmp.Or(c.Filter, row.Filter)
		c.SizeLimit, c.Timeout, c.Connections = cmp.Or(c.SizeLimit, row.SizeLimit), cmp.Or(c.Timeout, row.Timeout), cmp.Or(c.Connections, row.Connections)
		if len(c.AddressAttributes) == 0 {
			c.AddressAttributes = row.AddressAttributes
		}
		if len(c.CertificateAttributes) == 0 {
			c.CertificateAttributes = row.CertificateAttributes
		}
	}
	return c
}
