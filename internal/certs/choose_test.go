package certs_test

import (
	"crypto/x509"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/trust"
)

func TestWhichOfSeveralIsChosen(t *testing.T) {
	t.Parallel()
	w := made()
	old, fresh := w.certificate(t, bo, 300, 400), w.certificate(t, bo, 3, 300)
	longer := w.certificate(t, bo, 3, 700)
	expired, future := w.certificate(t, bo, 400, -1), w.certificate(t, bo, -5, 400)
	revoked := w.revoked
	nameless := w.certificate(t, "", 2, 400)
	list := func(c ...*x509.Certificate) []*x509.Certificate { return c }
	in := func(name string, certificates ...*x509.Certificate) source {
		return with(name, bo, false, certificates...)
	}
	pinned := func(certificates ...*x509.Certificate) source {
		return with(certs.SourcePinned, bo, true, certificates...)
	}

	cases := []struct {
		name     string
		sources  []certs.Source
		want     *x509.Certificate
		from     string
		rejected []*x509.Certificate
	}{
		{"the newest", []certs.Source{in("ldap", old, fresh)}, fresh, "ldap", nil},
		{"of two equally new the one that lasts longest", []certs.Source{in("ldap", fresh, longer)}, longer, "ldap", nil},
		{"a pinned one before a newer one", []certs.Source{in("ldap", fresh), pinned(old)}, old, "pinned", nil},
		{"a pinned one that names no address", []certs.Source{in("ldap", fresh), pinned(nameless)}, nameless, "pinned", nil},
		{"our own mailbox before a directory", []certs.Source{in("ldap", fresh), in("mailbox", old)}, old, "mailbox", nil},
		{"the newest across sources of one standing", []certs.Source{in("harvested", fresh), in("ldap", old)}, fresh, "harvested", nil},
		{"an older one when the newest is revoked", []certs.Source{in("ldap", revoked, old)}, old, "ldap", list(revoked)},
		{"the valid one when the newest is not valid yet", []certs.Source{in("ldap", future, old)}, old, "ldap", list(future)},
		{"the directory's one when the pinned one has expired", []certs.Source{in("ldap", old), pinned(expired)}, old, "ldap", list(expired)},
		{"expired ones after the chosen are not even judged", []certs.Source{in("ldap", fresh, expired)}, fresh, "ldap", nil},
		{"one certificate in three places is one candidate", []certs.Source{in("ldap", fresh), in("harvested", fresh), in("mailbox", fresh)}, fresh, "mailbox", nil},
		{"a binding holds wherever else the certificate is found", []certs.Source{in("mailbox", nameless), pinned(nameless)}, nameless, "pinned", nil},
		{"a missing certificate is passed over", []certs.Source{in("ldap", nil, fresh)}, fresh, "ldap", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := find(t, finder(w, c.sources...), bo)
			if got.Chosen == nil {
				t.Fatalf("nothing chosen: %s", got.Code)
			}
			if !got.Chosen.Certificate.Equal(c.want) || got.Chosen.Source != c.from {
				t.Errorf("another one is chosen, from %s", got.Chosen.Source)
			}
			if !got.Verdict.Good || got.Code != trust.OK || got.Say != got.Verdict.Say || got.Address != bo {
				t.Errorf("choice %+v", got)
			}
			if !slices.EqualFunc(got.Rejected, c.rejected, func(j certs.Judged, c *x509.Certificate) bool {
				return j.Candidate.Certificate.Equal(c) && !j.Verdict.Good
			}) {
				t.Errorf("%d rejected, want %d", len(got.Rejected), len(c.rejected))
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestTheSameFactsGiveTheSameAnswer(t *testing.T) {
	t.Parallel()
	w := made()
	var twins []*x509.Certificate
	for range 6 {
		twins = append(twins, w.certificate(t, bo, 3, 300)) // alike but for key and serial number
	}
	var first *x509.Certificate
	for range 30 {
		rand.Shuffle(len(twins), func(i, j int) { twins[i], twins[j] = twins[j], twins[i] })
		got := find(t, finder(w, with("ldap", bo, false, twins[:3]...), with("harvested", bo, false, twins[2:]...)), bo)
		if first == nil {
			first = got.Chosen.Certificate
		}
		if !got.Chosen.Certificate.Equal(first) {
			t.Fatal("another certificate is chosen when the sources answer in another order")
		}
	}
}

func TestWhyNoneCanBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	expired, future := w.certificate(t, bo, 400, -1), w.certificate(t, bo, -5, 400)
	revoked, other := w.revoked, w.certificate(t, ida, 1, 400)
	fine := w.certificate(t, bo, 1, 400)
	ldap := func(certificates ...*x509.Certificate) source { return with("ldap", bo, false, certificates...) }
	away := source{name: "dead", err: errAway}

	cases := []struct {
		name    string
		sources []certs.Source
		want    trust.Code
		da, en  string
		silent  []string
	}{
		{"nobody has one", []certs.Source{ldap()}, certs.NoCertificate, "intet certifikat", "no certificate", nil},
		{"there are no sources", nil, certs.NoCertificate, "intet certifikat", "no certificate", nil},
		{"a directory is away", []certs.Source{ldap(), away}, certs.DirectorySilent, "ikke spørge alle steder", "not ask everywhere", []string{"dead"}},
		{"it has expired", []certs.Source{ldap(expired)}, trust.Expired, "udløb den", "expired on", nil},
		{"it is revoked", []certs.Source{ldap(revoked)}, trust.Revoked, "spærret", "revoked", nil},
		{"one is revoked, one has expired", []certs.Source{ldap(expired, revoked)}, trust.Revoked, "spærret", "revoked", nil},
		{"one will be valid soon, one has expired", []certs.Source{ldap(expired, future)}, trust.NotYetValid, "først fra den", "not valid until", nil},
		{"it is somebody else's", []certs.Source{ldap(other)}, trust.WrongAddress, "en anden mailadresse", "another mail address", nil},
		{"one is somebody else's, one has expired", []certs.Source{ldap(other, expired)}, trust.Expired, "udløb den", "expired on", nil},
		{"it has expired, and a directory is away", []certs.Source{ldap(expired), away}, trust.Expired, "heller ikke spørge alle steder", "also could not ask everywhere", []string{"dead"}},
		{"the pins cannot be read, so what the directory has is not used", []certs.Source{ldap(fine), source{name: certs.SourcePinned, err: errAway}},
			certs.DirectorySilent, "ikke spørge alle steder", "not ask everywhere", []string{certs.SourcePinned}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := find(t, finder(w, c.sources...), bo)
			if got.Chosen != nil || got.Verdict.Good {
				t.Fatal("one is chosen")
			}
			if got.Code != c.want || !strings.Contains(got.Say.DA, c.da) || !strings.Contains(got.Say.EN, c.en) {
				t.Errorf("%s: %q / %q", got.Code, got.Say.DA, got.Say.EN)
			}
			if strings.Count(got.Say.DA, ".") < 2 || !strings.HasSuffix(got.Say.DA, ".") || !strings.HasSuffix(got.Say.EN, ".") {
				t.Errorf("the sentence does not end in what to do: %q", got.Say.DA)
			}
			if !slices.Equal(got.Silent, c.silent) {
				t.Errorf("silent %v, want %v", got.Silent, c.silent)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// A code that reason does not know would sort before all others and hide them.
func TestEveryBadCodeHasAPlaceAmongTheReasons(t *testing.T) {
	t.Parallel()
	for _, code := range trust.Codes() {
		if code == trust.OK || code == trust.ExpiresSoon || code == trust.Vouched || code == trust.RevocationGrace {
			continue // never of a rejected certificate
		}
		if !slices.Contains(certs.Usefulness, code) {
			t.Errorf("%s has no place", code)
		}
	}
	if len(certs.Usefulness) != len(trust.Codes())-4 {
		t.Errorf("%d places for %d codes", len(certs.Usefulness), len(trust.Codes())-4)
	}
}
