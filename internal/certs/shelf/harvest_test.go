package shelf_test

import (
	"crypto/x509"
	"errors"
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

var aes = []byte{0x30, 0x0d, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e} // AES-256-GCM

// signedBy is a mail from bo, signed a minute ago.
func signedBy(r *rig, by *ca.Identity, more ...func(*shelf.SignedMail)) shelf.SignedMail {
	mail := shelf.SignedMail{
		From: bo, Signer: by.Certificate, Bag: append([]*x509.Certificate{by.Certificate}, by.Chain...), Capabilities: aes, SignedAt: r.now.Add(-time.Minute),
	}
	for _, change := range more {
		change(&mail)
	}
	return mail
}

func TestWhatASignedMailTeaches(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		mail func(t *testing.T, r *rig) shelf.SignedMail
		want shelf.Learnt
		code trust.Code
	}{
		{"the signer's own certificate", func(t *testing.T, r *rig) shelf.SignedMail { return signedBy(r, issued(t, r.foreign, bo)) }, shelf.Kept, trust.OK},
		{"an unknown issuer waits", func(t *testing.T, r *rig) shelf.SignedMail { return signedBy(r, issued(t, r.stranger, bo)) }, shelf.Pending, trust.UnknownIssuer},
		{"a Danish certificate without an address waits", func(t *testing.T, r *rig) shelf.SignedMail { return signedBy(r, issued(t, r.danish, "")) }, shelf.Pending, trust.WrongAddress},
		{"an unknown one without an address waits for both", func(t *testing.T, r *rig) shelf.SignedMail { return signedBy(r, issued(t, r.stranger, "")) }, shelf.Pending, trust.UnknownIssuer},
		{"somebody else's certificate is no proof", func(t *testing.T, r *rig) shelf.SignedMail {
			return signedBy(r, issued(t, r.foreign, "ida@partner.example"))
		}, shelf.Ignored, trust.WrongAddress},
		{"a revoked signer", func(t *testing.T, r *rig) shelf.SignedMail {
			one := issued(t, r.foreign, bo)
			r.bad[trust.Fingerprint(one.Certificate)] = true
			return signedBy(r, one)
		}, shelf.Ignored, trust.Revoked},
		{"a revoked signer without an address does not wait", func(t *testing.T, r *rig) shelf.SignedMail {
			one := issued(t, r.danish, "")
			r.bad[trust.Fingerprint(one.Certificate)] = true
			return signedBy(r, one)
		}, shelf.Ignored, trust.Revoked},
		{"a mail without a signing time", func(t *testing.T, r *rig) shelf.SignedMail {
			return signedBy(r, issued(t, r.foreign, bo), func(m *shelf.SignedMail) { m.SignedAt = time.Time{} })
		}, shelf.Ignored, ""},
		{"a mail from next year", func(t *testing.T, r *rig) shelf.SignedMail {
			return signedBy(r, issued(t, r.foreign, bo), func(m *shelf.SignedMail) { m.SignedAt = r.now.AddDate(1, 0, 0) })
		}, shelf.Ignored, ""},
		{"a signer that cannot be written to, alone", func(t *testing.T, r *rig) shelf.SignedMail { return signedBy(r, issued(t, r.foreign, bo, signOnly)) }, shelf.Ignored, trust.WrongUsage},
		{"a preferred certificate that is somebody else's", func(t *testing.T, r *rig) shelf.SignedMail {
			return signedBy(r, issued(t, r.foreign, bo), func(m *shelf.SignedMail) { m.EncryptTo = issued(t, r.foreign, "ida@partner.example").Certificate })
		}, shelf.Ignored, trust.WrongAddress},
		{"a preferred certificate of a stranger waits", func(t *testing.T, r *rig) shelf.SignedMail {
			return signedBy(r, issued(t, r.foreign, bo), func(m *shelf.SignedMail) { m.EncryptTo = issued(t, r.stranger, bo).Certificate })
		}, shelf.Pending, trust.UnknownIssuer},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			got, err := r.Harvest(t.Context(), c.mail(t, r))
			if err != nil || got.Learnt != c.want || got.Verdict.Code != c.code {
				t.Fatalf("%s, %s, %v", got.Learnt, got.Verdict.Code, err)
			}
			pending := true
			waiting := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))
			if len(waiting) == 1 != (c.want == shelf.Pending) || len(used(t, r.Harvested().Find, bo)) == 1 != (c.want == shelf.Kept) {
				t.Errorf("%d wait, %v are used", len(waiting), used(t, r.Harvested().Find, bo))
			}
			if c.want == shelf.Pending && (waiting[0].Pending != c.code || waiting[0].Capabilities != nil || waiting[0].Bound || waiting[0].Vouched) {
				t.Errorf("waiting: %+v", waiting[0])
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func signOnly(q *ca.Request) {
	q.Shape = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }
}

func TestTheCertificateThatTheSignerAsksForIsTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	signer, other := issued(t, r.foreign, bo, signOnly), issued(t, r.foreign, bo)
	// Not asked for, but of the same name and meant for encryption.
	got := must(r.Harvest(t.Context(), signedBy(r, signer, func(m *shelf.SignedMail) { m.Bag = append(m.Bag, other.Certificate) })))
	if got.Learnt != shelf.Kept || !got.Certificate.Equal(other.Certificate) {
		t.Errorf("of the same name: %s", got.Learnt)
	}
	preferred := issued(t, r.danish, bo, func(q *ca.Request) { q.CommonName = "Bo's other one" })
	got = must(r.Harvest(t.Context(), signedBy(r, signer, func(m *shelf.SignedMail) {
		m.EncryptTo, m.SignedAt = preferred.Certificate, r.now
	})))
	if got.Learnt != shelf.Kept || !got.Certificate.Equal(preferred.Certificate) {
		t.Errorf("preferred: %s, %s", got.Learnt, got.Verdict.Code)
	}
}

func TestOnlyWhatIsNewerIsLearnt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.foreign, bo)
	at := func(ago time.Duration, capabilities []byte) shelf.Learnt {
		return must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.SignedAt, m.Capabilities = r.now.Add(-ago), capabilities }))).Learnt
	}
	if got := at(time.Hour, nil); got != shelf.Kept {
		t.Fatal(got)
	}
	if got := at(time.Hour, aes); got != shelf.Old {
		t.Errorf("the same mail again: %s", got)
	}
	if got := at(2*time.Hour, aes); got != shelf.Old {
		t.Errorf("an older mail: %s", got)
	}
	if found := must(r.Harvested().Find(t.Context(), []string{bo}))[bo]; len(found) != 1 || found[0].Capabilities != nil {
		t.Errorf("found %+v", found)
	}
	if got := at(time.Minute, aes); got != shelf.Kept {
		t.Errorf("a newer mail: %s", got)
	}
	if found := must(r.Harvested().Find(t.Context(), []string{bo}))[bo]; len(found) != 1 || !slices.Equal(found[0].Capabilities, aes) {
		t.Errorf("found %+v", found)
	}
}

// Anybody can send signed mail as anybody. It must not push out what is known, nor make what comes later old.
func TestAStrangersFloodChangesNothingThatIsUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := issued(t, r.foreign, bo)
	must(r.Harvest(t.Context(), signedBy(r, good, func(m *shelf.SignedMail) { m.SignedAt = r.now.Add(-time.Hour) })))
	key := issued(t, r.stranger, bo).Key
	for i := range 12 {
		one := issued(t, r.stranger, bo, func(q *ca.Request) { q.PrivateKey = key })
		got := must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.SignedAt = r.now.Add(time.Duration(i) * time.Second) })))
		if got.Learnt != shelf.Pending {
			t.Fatal(got.Learnt)
		}
	}
	if got := used(t, r.Harvested().Find, bo); !slices.Equal(got, []string{trust.Fingerprint(good.Certificate)}) {
		t.Errorf("used %v", got)
	}
	pending := true
	if waiting := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending})); len(waiting) > 4 {
		t.Errorf("%d wait for one address", len(waiting))
	}
	if got := must(r.Harvest(t.Context(), signedBy(r, good))); got.Learnt != shelf.Kept {
		t.Errorf("the real one, later: %s", got.Learnt)
	}
}

func TestAnAdministratorDecidesAboutOneCertificate(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]func(r *rig) *ca.Identity{
		"of an unknown issuer": func(r *rig) *ca.Identity { return issued(t, r.stranger, bo) },
		"without an address":   func(r *rig) *ca.Identity { return issued(t, r.danish, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			one := by(r)
			must(r.Harvest(t.Context(), signedBy(r, one)))
			pending := true
			waiting := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))
			entry := must(r.Approve(t.Context(), operator, waiting[0].ID, shelf.ThisCertificate))
			if entry.Pending != "" || !entry.Bound {
				t.Errorf("approved: %+v", entry)
			}
			found := must(r.Harvested().Find(t.Context(), []string{bo}))[bo]
			if len(found) != 1 {
				t.Fatalf("found %d", len(found))
			}
			verdict := r.judge.Judge(t.Context(), trust.Subject{Certificate: found[0].Certificate, Address: bo, Bound: found[0].Bound, Vouched: found[0].Vouched})
			if !verdict.Good {
				t.Errorf("not used after all: %s", verdict.Code)
			}
			// Twice is once, and another certificate of the same issuer still waits.
			must(r.Approve(t.Context(), operator, waiting[0].ID, shelf.ThisCertificate))
			if name == "of an unknown issuer" {
				if got := must(r.Harvest(t.Context(), signedBy(r, issued(t, r.stranger, "x@y.example"), func(m *shelf.SignedMail) { m.From = "x@y.example" }))); got.Learnt != shelf.Pending {
					t.Errorf("another of the issuer: %s", got.Learnt)
				}
			}
		})
	}
}

func TestAnAdministratorDecidesAboutAnAuthority(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one, other := issued(t, r.stranger, bo), issued(t, r.stranger, "ida@partner.example")
	withRoot := func(i *ca.Identity, from string) func(m *shelf.SignedMail) {
		return func(m *shelf.SignedMail) {
			m.From, m.Bag = from, []*x509.Certificate{r.stranger.Root(), i.Certificate, r.stranger.Issuing().Certificate}
		}
	}
	must(r.Harvest(t.Context(), signedBy(r, one, withRoot(one, bo))))
	must(r.Harvest(t.Context(), signedBy(r, other, withRoot(other, "ida@partner.example"))))
	pending := true
	waiting := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))
	if len(waiting) != 2 {
		t.Fatalf("%d wait", len(waiting))
	}
	must(r.Approve(t.Context(), operator, waiting[0].ID, shelf.ItsAuthority))
	if left := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending})); len(left) != 0 {
		t.Errorf("%d still wait for an authority that is trusted now", len(left))
	}
	list := must(r.Authorities(t.Context()))
	if len(list) != 1 || !list[0].Certificate.Equal(r.stranger.Issuing().Certificate) {
		t.Fatalf("authorities: %+v", list)
	}
	if got := r.judge.Judge(t.Context(), trust.Subject{Certificate: other.Certificate, Address: "ida@partner.example", Issuers: other.Chain}); !got.Good || got.Evidence.Profile != shelf.ProfileName {
		t.Errorf("%s by %s", got.Code, got.Evidence.Profile)
	}
	if err := r.DistrustAuthority(t.Context(), operator, trust.Fingerprint(r.stranger.Issuing().Certificate)); err != nil {
		t.Fatal(err)
	}
	if got := r.judge.Judge(t.Context(), trust.Subject{Certificate: other.Certificate, Address: "ida@partner.example", Issuers: other.Chain}); got.Code != trust.UnknownIssuer {
		t.Errorf("after the trust was taken back: %s", got.Code)
	}
}

func TestAnAuthorityThatDidNotComeAlongCannotBeApproved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.stranger, bo)
	must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.Bag = nil })))
	pending := true
	waiting := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))
	if _, err := r.Approve(t.Context(), operator, waiting[0].ID, shelf.ItsAuthority); codeOf(err) != "authority_missing" {
		t.Errorf("%v", err)
	}
	for name, file := range map[string][]byte{"a recipient's": one.Certificate.Raw, "two": inPEM(r.stranger.Root(), r.danish.Root()), "text": []byte("x")} {
		if err := r.TrustAuthority(t.Context(), operator, file); codeOf(err) != "authority_unusable" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAuthorityThatNobodyMayTrustIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.MayTrust = func(trust.Profile) error { return errors.New("a test authority") }
	if err := r.TrustAuthority(t.Context(), operator, r.stranger.Root().Raw); codeOf(err) != "authority_refused" {
		t.Errorf("%v", err)
	}
	if len(must(r.Authorities(t.Context()))) != 0 {
		t.Error("it was stored")
	}
}

func TestTheNightlyCheckSaysWhoWillBreak(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	soon := issued(t, r.foreign, "", func(q *ca.Request) { q.NotAfter = r.now.AddDate(0, 0, 10) }).Certificate
	later, taken := issued(t, r.foreign, "").Certificate, issued(t, r.foreign, "").Certificate
	r.pin(t, "soon@x.example", soon)
	r.pin(t, "later@x.example", later)
	r.pin(t, "taken@x.example", taken)
	got := must(r.Recheck(t.Context()))
	if got != (shelf.Rechecked{Certificates: 3, Soon: 1}) {
		t.Errorf("first night: %+v", got)
	}
	r.bad[trust.Fingerprint(taken)] = true
	if got = must(r.Recheck(t.Context())); got != (shelf.Rechecked{Certificates: 3, Broken: 1, NewlyBroken: 1, Soon: 1}) {
		t.Errorf("second night: %+v", got)
	}
	if got = must(r.Recheck(t.Context())); got.NewlyBroken != 0 || got.Broken != 1 {
		t.Errorf("third night: %+v", got)
	}
	var breaking []string
	for _, entry := range must(r.List(t.Context(), store.CertificateQuery{BreaksBefore: r.now.Add(shelf.Warn)})) {
		breaking = append(breaking, entry.For+" "+entry.Stored.Check.Code)
	}
	if !slices.Equal(breaking, []string{"soon@x.example ok", "taken@x.example revoked"}) {
		t.Errorf("breaking: %v", breaking)
	}
	if len(must(r.Subjects(t.Context()))) != 3 {
		t.Error("not all are there to fetch lists for")
	}
}
