package trust_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// lapsed is a RevocationSource whose answers went out of date then; those of the others are good.
type lapsed map[*x509.Certificate]time.Time

func (l lapsed) Check(_ context.Context, certificate, _ *x509.Certificate) trust.Revocation {
	for told, at := range l {
		if told.Equal(certificate) {
			return trust.Revocation{Status: trust.StatusUnknown, LapsedAt: at}
		}
	}
	return trust.Revocation{Status: trust.StatusGood}
}

// policy is the profiles, the foreign one with this change.
func (w world) policy(change func(*trust.Profile)) []trust.Profile {
	profiles := w.profiles()
	change(&profiles[1])
	return profiles
}

func wrongRevocations(t *testing.T, w world) []oddCase {
	fresh := func() *x509.Certificate { return w.de(t, ca.Request{Address: bo}) }
	leaf, issuing := fresh(), w.foreign.Issuing().Certificate
	lenient := w.policy(func(p *trust.Profile) {
		p.WhenUnknown, p.WhenUnpublished, p.Grace = trust.Warn, trust.Warn, 72*time.Hour
	})
	unknown := w.policy(func(p *trust.Profile) { p.WhenUnknown = trust.Warn })
	unpublished := w.policy(func(p *trust.Profile) { p.WhenUnpublished = trust.Warn })
	grace := w.policy(func(p *trust.Profile) { p.Grace = 24 * time.Hour })
	ended := fresh()
	return []oddCase{
		{name: "the certificate is revoked", certificate: leaf, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "it is revoked, though an administrator bound it", certificate: leaf, bound: true, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "it is revoked, and the profile is lenient", certificate: leaf, profiles: lenient, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked", certificate: leaf, answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked, and the profile is lenient", certificate: leaf, profiles: lenient, answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked, and nothing is known of itself", certificate: leaf, want: trust.Revoked,
			answers: answers{leaf: trust.StatusUnknown, issuing: trust.StatusRevoked}},
		{name: "its authority is revoked, and nothing is published of itself", certificate: leaf, want: trust.Revoked,
			answers: answers{leaf: trust.StatusUnpublished, issuing: trust.StatusRevoked}},

		{name: "nothing is known of it", certificate: leaf, answers: answers{leaf: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "nothing is known of its authority", certificate: leaf, answers: answers{issuing: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "nothing is known of it, and the profile is lenient about what is not published", certificate: leaf, profiles: unpublished,
			answers: answers{leaf: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "the source answers something that nobody knows", certificate: leaf, answers: answers{leaf: "perhaps"}, want: trust.RevocationUnknown},

		{name: "nothing is published about it", certificate: leaf, answers: answers{leaf: trust.StatusUnpublished}, want: trust.RevocationUnpublished},
		{name: "nothing is published about its authority", certificate: leaf, answers: answers{issuing: trust.StatusUnpublished}, want: trust.RevocationUnpublished},
		{name: "nothing is published, and the profile is lenient about what is not known", certificate: leaf, profiles: unknown,
			answers: answers{leaf: trust.StatusUnpublished}, want: trust.RevocationUnpublished},

		{name: "the last answer is out of date, and the profile waits for nobody", certificate: ended, lapsed: lapsed{ended: clock.Add(-time.Second)}, want: trust.RevocationUnknown},
		{name: "the last answer has been out of date for all of the grace", certificate: ended, profiles: grace,
			lapsed: lapsed{ended: clock.Add(-24 * time.Hour)}, want: trust.RevocationUnknown},
		{name: "there never was an answer, and there is a grace", certificate: ended, profiles: grace,
			lapsed: lapsed{ended: time.Time{}}, want: trust.RevocationUnknown},
		{name: "the authority's last answer is out of date too long", certificate: ended, profiles: grace,
			lapsed: lapsed{issuing: clock.Add(-48 * time.Hour), ended: clock.Add(-time.Hour)}, want: trust.RevocationUnknown},
	}
}

func TestDoubtThatTheProfileAcceptsIsAWarning(t *testing.T) {
	t.Parallel()
	w := made()
	leaf, issuing := w.de(t, ca.Request{Address: bo}), w.foreign.Issuing().Certificate
	unknown := w.policy(func(p *trust.Profile) { p.WhenUnknown = trust.Warn })
	unpublished := w.policy(func(p *trust.Profile) { p.WhenUnpublished = trust.Warn })
	both := w.policy(func(p *trust.Profile) { p.WhenUnknown, p.WhenUnpublished = trust.Warn, trust.Warn })
	grace := w.policy(func(p *trust.Profile) { p.Grace = 24 * time.Hour })
	warned := w.policy(func(p *trust.Profile) { p.WhenUnknown, p.Grace = trust.Warn, 24*time.Hour })
	run(t, w, []oddCase{
		{name: "within the grace, and the profile needs none", certificate: leaf, profiles: warned, lapsed: lapsed{leaf: clock.Add(-time.Hour)},
			want: trust.OK, warn: []trust.Code{trust.RevocationUnknown}},
		{name: "nothing is known of it", certificate: leaf, profiles: unknown, answers: answers{leaf: trust.StatusUnknown},
			want: trust.OK, warn: []trust.Code{trust.RevocationUnknown}},
		{name: "nothing is published about it", certificate: leaf, profiles: unpublished, answers: answers{leaf: trust.StatusUnpublished},
			want: trust.OK, warn: []trust.Code{trust.RevocationUnpublished}},
		{name: "one warning for two doubts of one kind", certificate: leaf, profiles: both,
			answers: answers{leaf: trust.StatusUnknown, issuing: trust.StatusUnknown}, want: trust.OK, warn: []trust.Code{trust.RevocationUnknown}},
		{name: "two for two kinds", certificate: leaf, profiles: both, answers: answers{leaf: trust.StatusUnknown, issuing: trust.StatusUnpublished},
			want: trust.OK, warn: []trust.Code{trust.RevocationUnknown, trust.RevocationUnpublished}},
		{name: "the last second of the grace", certificate: leaf, profiles: grace, lapsed: lapsed{leaf: clock.Add(-24*time.Hour + time.Second)},
			want: trust.OK, warn: []trust.Code{trust.RevocationGrace}},
		{name: "the grace of its authority", certificate: leaf, profiles: grace, lapsed: lapsed{issuing: clock.Add(-time.Hour)},
			want: trust.OK, warn: []trust.Code{trust.RevocationGrace}},
		{name: "out of date, and the profile needs no grace", certificate: leaf, profiles: unknown, lapsed: lapsed{leaf: clock.Add(-900 * day)},
			want: trust.OK, warn: []trust.Code{trust.RevocationUnknown}},
	})
}

// Whoever reads the log must be able to find the profile, the certificate and the time, and nobody's address.
func TestGraceIsLoggedOnceForEachCertificateThatNeedsIt(t *testing.T) {
	t.Parallel()
	w := made()
	leaf, since := w.de(t, ca.Request{Address: bo}), clock.Add(-time.Hour)
	logged := func(grace time.Duration) []string {
		var log bytes.Buffer
		judge := trust.NewJudge(trust.Deps{
			Profiles: w.policy(func(p *trust.Profile) { p.Grace = grace }), Revocation: lapsed{leaf: since}, Now: now,
			Log: slog.New(slog.NewJSONHandler(&log, nil)),
		})
		judge.Judge(context.Background(), trust.Subject{Certificate: leaf, Address: bo})
		if strings.Contains(log.String(), "partner.example") {
			t.Errorf("the log names somebody: %s", log.String())
		}
		return strings.Split(strings.TrimSpace(log.String()), "\n")
	}
	if lines := logged(0); len(lines) != 1 || lines[0] != "" {
		t.Errorf("logged without a grace: %q", lines)
	}
	lines := logged(24 * time.Hour)
	if len(lines) != 1 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{
		"level": "WARN", "profile": "public", "certificate": trust.Fingerprint(leaf),
		"out_of_date_since": since.Format(time.RFC3339), "until": since.Add(24 * time.Hour).Format(time.RFC3339),
	} {
		if line[field] != want {
			t.Errorf("%s is %v, want %v", field, line[field], want)
		}
	}
}

func TestARevokedAuthorityClosesOnlyThePathsThroughIt(t *testing.T) {
	t.Parallel()
	w := made()
	one, two := newBranch(t, nil, nil, nil), newBranch(t, nil, nil, nil)
	between := newBranch(t, one.certificate, one.key, nil)
	// The same authority, name and key, certified by the other root as well.
	template := *between.certificate
	crossed := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, two.certificate, between.key.Public(), two.key))))
	profiles := []trust.Profile{{
		Name: "both", Roots: []*x509.Certificate{one.certificate, two.certificate}, Intermediates: []*x509.Certificate{between.certificate, crossed},
	}}
	leaf := between.leaf(t, w.p256, nil)
	run(t, w, []oddCase{
		{name: "one way is closed", certificate: leaf, profiles: profiles, answers: answers{between.certificate: trust.StatusRevoked}, want: trust.OK},
		{name: "the other way is closed", certificate: leaf, profiles: profiles, answers: answers{crossed: trust.StatusRevoked}, want: trust.OK},
		{name: "both are closed", certificate: leaf, profiles: profiles, want: trust.Revoked,
			answers: answers{crossed: trust.StatusRevoked, between.certificate: trust.StatusRevoked}},
		{name: "one is closed, the other in doubt", certificate: leaf, profiles: profiles, want: trust.Revoked,
			answers: answers{crossed: trust.StatusUnknown, between.certificate: trust.StatusRevoked}},
		{name: "one is in doubt, the other closed", certificate: leaf, profiles: profiles, want: trust.Revoked,
			answers: answers{crossed: trust.StatusRevoked, between.certificate: trust.StatusUnknown}},
		{name: "the certificate itself is revoked, whichever way", certificate: leaf, profiles: profiles, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
	})
}
