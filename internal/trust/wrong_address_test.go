package trust_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// Most of these ask for bo with a certificate that says nearly that, or ask for nearly bo with a certificate for bo.
func wrongAddresses(t *testing.T, w world) []oddCase {
	plain := w.de(t, ca.Request{Address: bo})
	says := func(address string) *x509.Certificate { return w.de(t, ca.Request{Address: address}) }
	mailbox := func(mailbox string) *x509.Certificate {
		return w.de(t, ca.Request{Shape: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{mailboxName(mailbox, false)} }})
	}
	international := mailbox("søren@partner.example")
	kelvin := says("karl@partner.example")
	cases := []oddCase{
		{name: "somebody else in the same house", certificate: plain, address: "ida@partner.example"},
		{name: "the same name in another house", certificate: plain, address: "bo@partner2.example"},
		{name: "the same name in a house below", certificate: plain, address: "bo@mail.partner.example"},
		{name: "the same name in the house above", certificate: says("bo@mail.partner.example")},
		{name: "a whole domain in the certificate", certificate: says("partner.example")},
		{name: "a host's name and no address", certificate: w.de(t, ca.Request{Shape: func(c *x509.Certificate) { c.DNSNames = []string{"partner.example"} }})},
		{name: "a star before the at sign", certificate: says("*@partner.example")},
		{name: "a plus address", certificate: plain, address: "bo+sag@partner.example"},
		{name: "a dot more", certificate: says("b.o@partner.example")},
		{name: "the certificate names an address that starts like this one", certificate: says("bo@partner.example.evil.example")},
		{name: "the certificate names an address that ends like this one", certificate: says("ebo@partner.example")},
		{name: "a NUL byte after the address in the certificate", certificate: says("bo@partner.example\x00.evil.example")},
		{name: "a NUL byte in an international mailbox", certificate: mailbox("bo@partner.example\x00.evil.example")},
		{name: "a NUL byte after the address in the subject", certificate: w.dk(t, ca.Request{SubjectEmail: "bo@partner.example\x00"})},
		{name: "a NUL byte before the at sign", certificate: says("bo\x00@partner.example")},
		{name: "a line end after the address", certificate: says("bo@partner.example\r\n")},
		{name: "two addresses in one", certificate: says("bo@partner.example,eve@evil.example")},
		{name: "a second at sign", certificate: says("bo@partner.example@evil.example")},
		{name: "a display name in the certificate", certificate: says("Bo <bo@partner.example>")},
		{name: "an organisation certificate that nobody has bound", certificate: w.dk(t, ca.Request{})},
		{name: "the address only as the common name", certificate: w.de(t, ca.Request{CommonName: bo})},
		{name: "somebody else in the subject", certificate: w.dk(t, ca.Request{SubjectEmail: "ida@partner.example"})},

		{name: "no at sign", certificate: plain, address: "partner.example"},
		{name: "nothing before the at sign", certificate: says("@partner.example"), address: "@partner.example"},
		{name: "nothing after the at sign", certificate: says("bo@"), address: "bo@"},
		{name: "a display name around the address", certificate: plain, address: "Bo <bo@partner.example>"},
		{name: "a space before the at sign", certificate: plain, address: "bo @partner.example"},

		{name: "a Cyrillic letter before the at sign", certificate: plain, address: "bо@partner.example"},
		{name: "a Cyrillic letter in the domain", certificate: plain, address: "bo@pаrtner.example"},
		{name: "a Cyrillic letter in the domain of the certificate", certificate: says("bo@xn--prtner-3nf.example")},
		{name: "a Kelvin sign for a k", certificate: kelvin, address: "\u212aarl@partner.example"},
		{name: "a long s for an s", certificate: says("soren@partner.example"), address: "\u017foren@partner.example"},
		{name: "a wide letter before the at sign", certificate: plain, address: "\uff42o@partner.example"},
		{name: "an o for an ø in the domain", certificate: says("bo@xn--mlle-gra.example"), address: "bo@molle.example"},
		{name: "an international mailbox in other case", certificate: international, address: "SØREN@partner.example"},
		{name: "an international mailbox with its first letter in other case", certificate: international, address: "Søren@partner.example"},
		{name: "an international mailbox, letter and accent apart", certificate: mailbox("séan@partner.example"), address: "se\u0301an@partner.example"},
		{name: "an international mailbox in another house", certificate: international, address: "søren@partner2.example"},
		{name: "an international mailbox without its letter", certificate: international, address: "soren@partner.example"},
		{name: "an international mailbox that is no UTF-8", certificate: mailbox("bo\xff@partner.example"), address: "bo\xff@partner.example"},
	}
	for i := range cases {
		cases[i].want = trust.WrongAddress
	}
	return cases
}

func wrongTimes(t *testing.T, w world) []oddCase {
	from := func(at time.Time) *x509.Certificate { return w.de(t, ca.Request{Address: bo, NotBefore: at}) }
	until := func(at time.Time) *x509.Certificate { return w.de(t, ca.Request{Address: bo, NotAfter: at}) }
	plain := w.de(t, ca.Request{Address: bo})
	return []oddCase{
		{name: "valid from tomorrow", certificate: from(clock.Add(day)), want: trust.NotYetValid},
		{name: "valid from the next second", certificate: from(clock.Add(time.Second)), want: trust.NotYetValid},
		{name: "valid from next year, though an administrator bound it", certificate: from(clock.AddDate(1, 0, 0)), bound: true, want: trust.NotYetValid},
		{name: "expired yesterday", certificate: w.dk(t, ca.Request{Address: bo, NotAfter: clock.Add(-day)}), want: trust.Expired},
		{name: "expired a second ago", certificate: until(clock.Add(-time.Second)), want: trust.Expired},
		{name: "expired years ago", certificate: plain, at: clock.AddDate(5, 0, 0), want: trust.Expired},
		{name: "expired before it was valid", certificate: w.de(t, ca.Request{Address: bo, NotBefore: clock.Add(-day), NotAfter: clock.Add(-2 * day)}), want: trust.Expired},
		{name: "expired, though an administrator bound it", certificate: w.dk(t, ca.Request{NotAfter: clock.Add(-day)}), bound: true, want: trust.Expired},
	}
}
