package shelf_test

import (
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
)

// Most Danish certificates name no address. What an administrator has said of one holds for the mail that comes next, too.
func TestTheNextMailOfWhomAnAdministratorDecidedAboutTeachesWhatTheyOpen(t *testing.T) {
	t.Parallel()
	pinned := func(r *rig, one *ca.Identity) { r.pin(t, bo, one.Certificate) }
	approved := func(r *rig, one *ca.Identity) {
		must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.SignedAt = r.now.Add(-time.Hour) })))
		pending := true
		must(r.Approve(t.Context(), operator, must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))[0].ID, shelf.ThisCertificate))
	}
	cases := []struct {
		name   string
		by     *ca.Authority
		decide func(r *rig, one *ca.Identity)
	}{
		{"pinned", made().danish, pinned}, {"approved", made().danish, approved}, {"approved, of an unknown issuer", made().stranger, approved},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			one := issued(t, c.by, "")
			c.decide(r, one)
			if got := must(r.Harvest(t.Context(), signedBy(r, one))); got.Learnt != shelf.Kept {
				t.Errorf("%s, %s", got.Learnt, got.Verdict.Code)
			}
			kept := must(r.List(t.Context(), store.CertificateQuery{}))
			if len(kept) != 1 || kept[0].Pending != "" || !kept[0].Bound || !slices.Equal(kept[0].Capabilities, aes) {
				t.Errorf("%d kept, the first waits for %q and opens %x", len(kept), kept[0].Pending, kept[0].Capabilities)
			}
			// Their next certificate is another one, and waits.
			if got := must(r.Harvest(t.Context(), signedBy(r, issued(t, c.by, ""), func(m *shelf.SignedMail) { m.SignedAt = r.now }))); got.Learnt != shelf.Pending {
				t.Errorf("another: %s", got.Learnt)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// A gateway signs for everybody at its domain: what is pinned there is not asked about again for each of them.
func TestWhatIsPinnedForADomainDoesNotWaitForEachOfItsAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.danish, "")
	r.pin(t, "partner.example", one.Certificate)
	if got := must(r.Harvest(t.Context(), signedBy(r, one))); got.Learnt != shelf.Old {
		t.Errorf("%s", got.Learnt)
	}
	if kept := must(r.List(t.Context(), store.CertificateQuery{})); len(kept) != 1 {
		t.Errorf("%d are kept", len(kept))
	}
}
