package mailbox

import (
	"context"
	"crypto"
	"crypto/x509"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// Finding is one thing that is wrong with a key and its certificate.
type Finding struct {
	Code  string
	Field string // of the form: "key" or "certificate"
	Say   fault.Sentence
	// Acceptable: an administrator may decide to live with it. What is not acceptable would make mail that nobody can use.
	Acceptable bool
}

// The findings that are our own; the others are trust's codes.
const (
	KeyMismatch   = "key_mismatch"
	MayNotSign    = "may_not_sign"
	MayNotEncrypt = "may_not_encrypt"
)

// candidate is a key with its certificate that may become a mailbox's.
type candidate struct {
	address     string
	key         crypto.Signer // nil: it has been compared before
	certificate *x509.Certificate
	chain       []*x509.Certificate
}

// examine gives everything that is wrong at once: whoever has waited two weeks for a certificate wants to order the next one right.
func (a Admin) examine(ctx context.Context, c candidate) []Finding {
	var found []Finding
	add := func(code, field string, say fault.Sentence, acceptable bool) {
		if !slices.ContainsFunc(found, func(f Finding) bool { return f.Code == code }) {
			found = append(found, Finding{code, field, say, acceptable})
		}
	}
	cert, now := c.certificate, a.Now()
	if c.key != nil && !fits(c.key, cert) {
		add(KeyMismatch, "key", sayMismatch, false)
	}
	if u := cert.KeyUsage; u != 0 && u&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		add(MayNotSign, "certificate", sayMayNotSign, false)
	}
	if u := cert.KeyUsage; u != 0 && u&(x509.KeyUsageKeyEncipherment|x509.KeyUsageKeyAgreement) == 0 {
		add(MayNotEncrypt, "certificate", sayMayNotEncrypt, false)
	}
	if now.Before(cert.NotBefore) {
		add(string(trust.NotYetValid), "certificate", dated(sayNotYet, cert.NotBefore), false)
	}
	if now.After(cert.NotAfter) {
		add(string(trust.Expired), "certificate", dated(sayExpired, cert.NotAfter), false)
	}
	if !trust.For(cert, c.address) {
		add(string(trust.WrongAddress), "certificate", sayWrongAddress, true)
	}
	subject := trust.Subject{Certificate: cert, Address: c.address, Bound: true, Issuers: c.chain}
	if a.Judge == nil {
		add(string(trust.UnknownIssuer), "certificate", sayUnknownIssuer, true)
		return found
	}
	verdict := a.Judge.Judge(ctx, subject)
	switch verdict.Code {
	case trust.OK, trust.NotYetValid, trust.Expired: // looked at above
	case trust.WrongUsage:
		if len(found) == 0 || found[len(found)-1].Code != MayNotEncrypt {
			add(string(verdict.Code), "certificate", sayOf(verdict.Code), false)
		}
	default:
		add(string(verdict.Code), "certificate", sayOf(verdict.Code), acceptable(verdict.Code))
	}
	// What the judge stopped at may hide that nobody whom we know has issued it.
	if !verdict.Good && verdict.Evidence.Profile == "" && a.Judge.Path(subject) == nil && !aboutPath(verdict.Code) {
		add(string(trust.UnknownIssuer), "certificate", sayUnknownIssuer, true)
	}
	return found
}

// acceptable: what a decision can mend, because it is about whom one believes and not about what the certificate can do.
func acceptable(code trust.Code) bool {
	switch code {
	case trust.UnknownIssuer, trust.RevocationUnknown, trust.RevocationUnpublished, trust.WrongPolicy, trust.WrongProfile:
		return true
	default:
		return false
	}
}

// aboutPath: the verdict has said itself what is wrong with the issuers.
func aboutPath(code trust.Code) bool {
	switch code {
	case trust.UnknownIssuer, trust.Forged, trust.IssuerExpired, trust.BadPath, trust.WrongPolicy, trust.WrongProfile, trust.Expired, trust.NotYetValid:
		return true
	default:
		return false
	}
}

// refusal names everything that is wrong and was not accepted. nil: nothing is.
func refusal(found []Finding, accept []string) error {
	var fields []fault.Field
	for _, f := range found {
		if !f.Acceptable || !slices.Contains(accept, f.Code) {
			fields = append(fields, fault.Field{Name: f.Field, Say: f.Say})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	say := fields[0].Say
	if len(fields) > 1 {
		say = fault.Sentence{DA: "Certifikatet kan ikke bruges af flere grunde.", EN: "The certificate cannot be used, for several reasons."}
		for _, f := range fields {
			say.DA, say.EN = say.DA+" "+f.Say.DA, say.EN+" "+f.Say.EN
		}
	}
	f := fault.New(fault.Invalid, "mailbox_certificate_unusable", say, nil)
	f.Fields = fields
	return f
}

// soon is how long before its end a mailbox's certificate is warned about.
const soon = 30 * 24 * time.Hour

// fits says whether the key is the certificate's.
func fits(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}

// Names is whether the certificate names the mailbox.
func Names(c *x509.Certificate, address string) bool { return trust.For(c, address) }
