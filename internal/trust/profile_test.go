package trust_test

import (
	"context"
	"crypto/x509"
	"encoding/asn1"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

func oid(text string) x509.OID { return must(x509.ParseOID(text)) }

// under is a Danish certificate issued under these policies.
func under(t testing.TB, w world, policies ...string) *x509.Certificate {
	return w.dk(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) {
		c.Policies = nil
		for _, policy := range policies {
			c.Policies = append(c.Policies, oid(policy))
		}
	}})
}

// demanding is the Danish profile, taking these policies only.
func (w world) demanding(policies ...string) []trust.Profile {
	danish := w.profiles()[0]
	for _, policy := range policies {
		danish.Policies = append(danish.Policies, oid(policy))
	}
	return []trust.Profile{danish}
}

func (w world) mailOnly() []trust.Profile {
	return w.policy(func(p *trust.Profile) { p.MailOnly = true })[1:]
}

func only(profiles ...string) func(*trust.Subject) {
	return func(s *trust.Subject) { s.Profiles = profiles }
}

func wrongForTheProfile(t *testing.T, w world) []oddCase {
	plain, danish := w.de(t, ca.Request{Address: bo}), w.dk(t, ca.Request{Address: bo})
	purposes := func(purposes ...x509.ExtKeyUsage) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.ExtKeyUsage = purposes }})
	}
	arc := "1.2.208.169.1.1.1.3.7"
	return []oddCase{
		{name: "no policy where one is demanded", certificate: under(t, w), profiles: w.demanding(arc), want: trust.WrongPolicy},
		{name: "another policy", certificate: under(t, w, "0.4.0.2042.1.1"), profiles: w.demanding(arc), want: trust.WrongPolicy},
		{name: "the policy above the one demanded", certificate: under(t, w, "1.2.208.169.1.1.1.3"), profiles: w.demanding(arc), want: trust.WrongPolicy},
		{name: "a policy that begins with the same figures", certificate: under(t, w, "1.2.208.169.1.1.1.3.71"), profiles: w.demanding(arc), want: trust.WrongPolicy},
		{name: "a policy that ends as the one demanded", certificate: under(t, w, "2.1.2.208.169.1.1.1.3.7"), profiles: w.demanding(arc), want: trust.WrongPolicy},
		{name: "any policy", certificate: under(t, w, "2.5.29.32.0"), profiles: w.demanding(arc), want: trust.WrongPolicy},
		{name: "the employees' policy where the organisations' is demanded", certificate: under(t, w, "1.2.208.169.1.1.1.2.7"), profiles: w.demanding(arc), want: trust.WrongPolicy},

		{name: "no purpose where mail must be named", certificate: purposes(), profiles: w.mailOnly(), want: trust.WrongUsage},
		{name: "any purpose where mail must be named", certificate: purposes(x509.ExtKeyUsageAny), profiles: w.mailOnly(), want: trust.WrongUsage},

		{name: "an authority that may not vouch for what this source gives", certificate: plain, subject: only("oces3"), want: trust.WrongProfile},
		{name: "a source for which no authority may vouch", certificate: danish, subject: func(s *trust.Subject) { s.Profiles = []string{} }, want: trust.WrongProfile},
		{name: "a source for which an authority may vouch that is not there", certificate: danish, subject: only("oces4"), want: trust.WrongProfile},
		{name: "the name of its profile in other case", certificate: danish, subject: only("OCES3"), want: trust.WrongProfile},
		{name: "an authority that may vouch, of another certificate", certificate: issue(t, w.stranger, ca.Request{Address: bo}, w.p256), subject: only("oces3", "public"), want: trust.UnknownIssuer},
	}
}

func TestWhatItsProfileDemandsIsTaken(t *testing.T) {
	t.Parallel()
	w := made()
	arc := "1.2.208.169.1.1.1.3.7"
	plain, danish := w.de(t, ca.Request{Address: bo}), w.dk(t, ca.Request{Address: bo})
	more := w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) {
		c.ExtKeyUsage, c.UnknownExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth), []asn1.ObjectIdentifier{{1, 2, 3}}
	}})
	run(t, w, []oddCase{
		{name: "the very policy", certificate: under(t, w, arc), profiles: w.demanding(arc), want: trust.OK},
		{name: "one below it", certificate: under(t, w, arc+".1"), profiles: w.demanding(arc), want: trust.OK},
		{name: "the second of two, the first being another's", certificate: under(t, w, "0.4.0.2042.1.1", arc+".1"), profiles: w.demanding("1.3.6", arc), want: trust.OK},
		{name: "mail, named", certificate: plain, profiles: w.mailOnly(), want: trust.OK},
		{name: "mail, named among others", certificate: more, profiles: w.mailOnly(), want: trust.OK},
		{name: "an authority that may vouch", certificate: danish, subject: only("public", "oces3"), want: trust.OK},
	})
}

// The judge in use sees what an administrator has decided at the next look, in both directions.
func TestAnAuthorityCanBeTakenInAndTakenOut(t *testing.T) {
	t.Parallel()
	w := made()
	leaf := w.de(t, ca.Request{Address: bo})
	judge := trust.NewJudge(trust.Deps{Revocation: answers{}, Now: now})
	for _, step := range []struct {
		name     string
		profiles []trust.Profile
		want     trust.Code
	}{
		{"before it is there", nil, trust.UnknownIssuer},
		{"when it is taken in", w.profiles(), trust.OK},
		{"when it is taken out, though its path was remembered", w.profiles()[:1], trust.UnknownIssuer},
		{"when it is taken in again", w.profiles(), trust.OK},
	} {
		judge.Use(step.profiles...)
		if got := judge.Judge(context.Background(), trust.Subject{Certificate: leaf, Address: bo}); got.Code != step.want {
			t.Errorf("%s: %s, want %s", step.name, got.Code, step.want)
		}
	}
}
