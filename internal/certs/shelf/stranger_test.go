package shelf_test

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
)

// pointing is a mail that a stranger has signed as bo, asking to be written to with bo's own certificate.
func pointing(r *rig, stranger *ca.Identity, to *x509.Certificate) shelf.SignedMail {
	return signedBy(r, stranger, func(m *shelf.SignedMail) {
		m.EncryptTo, m.Capabilities, m.SignedAt = to, []byte{0x30, 0x00}, r.now.Add(4*time.Minute)
	})
}

// A stranger's signature proves nothing, whatever certificate it points at: what bo can open and when bo last wrote stay as bo said.
func TestAStrangerWhoPointsAtACertificateInUseChangesNothingOfIt(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(r *rig, one *ca.Identity){
		"harvested": func(r *rig, one *ca.Identity) { must(r.Harvest(t.Context(), signedBy(r, one))) },
		"pinned": func(r *rig, one *ca.Identity) {
			must(r.Harvest(t.Context(), signedBy(r, one)))
			r.pin(t, bo, one.Certificate)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			one := issued(t, r.foreign, bo)
			use(r, one)
			if got := must(r.Harvest(t.Context(), pointing(r, issued(t, r.stranger, bo), one.Certificate))); got.Learnt == shelf.Kept {
				t.Errorf("%s", got.Learnt)
			}
			kept := must(r.List(t.Context(), store.CertificateQuery{Subject: bo}))
			if len(kept) != 1 || kept[0].Pending != "" || !slices.Equal(kept[0].Capabilities, aes) {
				t.Errorf("%d kept, the first waits for %q and opens %x", len(kept), kept[0].Pending, kept[0].Capabilities)
			}
			r.now = r.now.Add(2 * time.Minute) // bo writes again, sooner than the stranger's mail says that it was signed
			if got := must(r.Harvest(t.Context(), signedBy(r, issued(t, r.foreign, bo)))); got.Learnt != shelf.Kept {
				t.Errorf("bo's new certificate: %s", got.Learnt)
			}
		})
	}
}

// What waits because a stranger was first is used as soon as its owner proves it.
func TestWhatWaitsIsUsedOnceItsOwnerProvesIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.foreign, bo)
	if got := must(r.Harvest(t.Context(), pointing(r, issued(t, r.stranger, bo), one.Certificate))); got.Learnt != shelf.Pending {
		t.Fatal(got.Learnt)
	}
	if got := must(r.Harvest(t.Context(), signedBy(r, one))); got.Learnt != shelf.Kept {
		t.Fatal(got.Learnt)
	}
	found := must(r.Harvested().Find(t.Context(), []string{bo}))[bo]
	if len(found) != 1 || !found[0].Certificate.Equal(one.Certificate) || !slices.Equal(found[0].Capabilities, aes) {
		t.Errorf("%d found", len(found))
	}
}

// What no mail can be sent to, or what looks like another address, is nothing to have an administrator decide about.
func TestAnAuthorWhoCannotBeWrittenToTeachesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.danish, "") // names no address, so that any would do
	cases := map[string]string{
		"nobody": "", "no address": "bo", "no domain": "bo@", "two": "bo@partner.example, ida@partner.example", "a group": "Alle: bo@partner.example;",
		"with a name": "Bo <bo@partner.example>", "a line break": "bo@partner.example\r\nid", "a whole domain": "@partner.example",
		"letters from right to left": "bo\u202emoc@partner.example", "a terminal's command": "bo\u009b2J@partner.example",
		"endless": strings.Repeat("a", 300) + "@partner.example",
	}
	for name, from := range cases {
		if got := must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.From = from }))); got.Learnt != shelf.Ignored {
			t.Errorf("%s: %s", name, got.Learnt)
		}
		if _, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: from, File: one.Certificate.Raw}); name != "a whole domain" && codeOf(err) != "certificate_for_invalid" {
			t.Errorf("%s, pinned: %v", name, err)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
