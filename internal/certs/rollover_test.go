package certs_test

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/sandbox/ca"
)

func TestWhichOtherCertificateIsEncryptedForDuringARollOver(t *testing.T) {
	t.Parallel()
	w := made()
	fresh, old, older := w.certificate(t, bo, 3, 700), w.certificate(t, bo, 300, 60), w.certificate(t, bo, 600, 30)
	settled := w.certificate(t, bo, 40, 700)
	expired := w.certificate(t, bo, 800, -1)
	other := w.certificate(t, ida, 300, 60)
	revoked := w.revoked // begins an hour ago
	renewed := must(w.authority.Issue(ca.Request{CommonName: "X", Address: bo, NotBefore: w.now.AddDate(0, 0, -2)}))
	sameKey := must(w.authority.Issue(ca.Request{CommonName: "X", Address: bo, PrivateKey: renewed.Key, NotBefore: w.now.AddDate(0, -6, 0)})).Certificate
	in := func(name string, certificates ...*x509.Certificate) source {
		return with(name, bo, false, certificates...)
	}
	pinned := func(certificates ...*x509.Certificate) source {
		return with(certs.SourcePinned, bo, true, certificates...)
	}

	cases := []struct {
		name    string
		sources []certs.Source
		chosen  *x509.Certificate
		also    *x509.Certificate
	}{
		{"the one before, from the same directory", []certs.Source{in("ldap", old, fresh)}, fresh, old},
		{"the one before, from another source of the same standing", []certs.Source{in("ldap", fresh), in("harvested", old)}, fresh, old},
		{"the one before among pinned ones", []certs.Source{pinned(fresh, old)}, fresh, old},
		{"only the one before, and none before that", []certs.Source{in("ldap", fresh, old, older)}, fresh, old},
		{"none when the new one has been in use for a while", []certs.Source{in("ldap", settled, old)}, settled, nil},
		{"none when the one before has expired", []certs.Source{in("ldap", fresh, expired)}, fresh, nil},
		{"none that is somebody else's", []certs.Source{in("ldap", fresh, other)}, fresh, nil},
		{"not the newer one that was revoked", []certs.Source{in("ldap", fresh, revoked)}, fresh, nil},
		{"not a directory's beside a pinned one", []certs.Source{pinned(fresh), in("ldap", old)}, fresh, nil},
		{"none when both have one key", []certs.Source{in("ldap", renewed.Certificate, sameKey)}, renewed.Certificate, nil},
		{"none when there is only one", []certs.Source{in("ldap", fresh)}, fresh, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := find(t, finder(w, c.sources...), bo)
			if got.Chosen == nil || !got.Chosen.Certificate.Equal(c.chosen) {
				t.Fatalf("chosen: %v, %s", got.Chosen, got.Code)
			}
			if (got.Also == nil) != (c.also == nil) || got.Also != nil && !got.Also.Candidate.Certificate.Equal(c.also) {
				t.Errorf("also: %v", got.Also)
			}
			want := 1
			if c.also != nil {
				want = 2
			}
			if len(got.Certificates()) != want || strings.Contains(got.Why.DA, "forrige") != (c.also != nil) || got.Why.EN == "" {
				t.Errorf("%d certificates; why: %q", len(got.Certificates()), got.Why.DA)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAWholeDomainsCertificateComesAfterAnAddresssAndBeforeADirectorys(t *testing.T) {
	t.Parallel()
	w := made()
	mine, whole, found := w.certificate(t, bo, 90, 300), w.certificate(t, "", 80, 300), w.certificate(t, bo, 40, 300)
	domain := source{name: certs.SourcePinned, has: map[string][]certs.Candidate{bo: {{Certificate: whole, Source: certs.SourcePinned, Bound: true, Domain: true}}}}
	if got := find(t, finder(w, domain, with("ldap", bo, false, found)), bo); !got.Chosen.Certificate.Equal(whole) || !strings.Contains(got.Why.EN, "whole domain") {
		t.Errorf("chosen from %s: %s", got.Chosen.Source, got.Why.EN)
	}
	if got := find(t, finder(w, domain, with(certs.SourcePinned, bo, true, mine)), bo); !got.Chosen.Certificate.Equal(mine) || !strings.Contains(got.Why.EN, "this address") {
		t.Errorf("chosen from %s: %s", got.Chosen.Source, got.Why.EN)
	}
}

func TestWhatOneSourceKnowsOfACertificateHoldsWhereverItIsFound(t *testing.T) {
	t.Parallel()
	w := made()
	c := w.certificate(t, "", 40, 300)
	one := source{name: "ldap", has: map[string][]certs.Candidate{bo: {{Certificate: c, Source: "ldap", Profiles: []string{"nobody"}}}}}
	two := source{name: "harvested", has: map[string][]certs.Candidate{bo: {{Certificate: c, Source: "harvested", Bound: true, Capabilities: []byte{0x30, 0}}}}}
	for _, sources := range [][]certs.Source{{one, two}, {two, one}} {
		got := find(t, finder(w, sources...), bo)
		if got.Chosen == nil || !got.Chosen.Bound || got.Chosen.Capabilities == nil || got.Chosen.Profiles != nil {
			t.Errorf("%s: %+v", got.Code, got.Chosen)
		}
	}
	// What the first source may not vouch for, alone, is not used.
	if got := find(t, finder(w, source{name: "ldap", has: map[string][]certs.Candidate{bo: {{Certificate: c, Source: "ldap", Bound: true, Profiles: []string{"nobody"}}}}}), bo); got.Code != "wrong_profile" {
		t.Errorf("%s", got.Code)
	}
}

func TestAnExplanationHoldsEveryCertificateAndEverySource(t *testing.T) {
	t.Parallel()
	w := made()
	fresh, old, expired := w.certificate(t, bo, 3, 700), w.certificate(t, bo, 300, 60), w.certificate(t, bo, 400, -1)
	f := finder(w, with("ldap", bo, false, old, w.revoked, expired, fresh), with("harvested", bo, false, fresh), source{name: "dead", err: errAway})
	got, err := f.Explain(context.Background(), "Bo@Partner.Example")
	if err != nil {
		t.Fatal(err)
	}
	if got.Address != "Bo@Partner.Example" || !got.Chosen.Certificate.Equal(fresh) || len(got.Rejected) != 1 || len(got.Others) != 2 {
		t.Fatalf("chosen %v, %d rejected, %d others", got.Chosen, len(got.Rejected), len(got.Others))
	}
	if !got.Others[0].Candidate.Certificate.Equal(old) || !got.Others[0].Verdict.Good || got.Others[1].Verdict.Code != "expired" {
		t.Errorf("others: %s, %s", got.Others[0].Verdict.Code, got.Others[1].Verdict.Code)
	}
	var asked []string
	for _, s := range got.Sources {
		asked = append(asked, s.Source)
		if s.Silent != (s.Source == "dead") || s.At.IsZero() {
			t.Errorf("%+v", s)
		}
	}
	if !slices.Equal(asked, []string{"ldap", "harvested", "dead"}) || got.Sources[0].Found != 4 || got.Sources[1].Found != 1 {
		t.Errorf("asked %v: %+v", asked, got.Sources)
	}
}
