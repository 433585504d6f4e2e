package shelf_test

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/idna"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

type (
	candidate   = certs.Candidate
	certificate = x509.Certificate
)

func TestWhatIsPinnedIsFoundHoweverTheAddressIsTyped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := issued(t, r.danish, "").Certificate
	r.pin(t, "Bo.Berg@Ærø.example", c)
	inDNS := must(idna.Lookup.ToASCII("ærø.example"))
	for _, address := range []string{"bo.berg@ærø.example", "BO.BERG@ÆRØ.EXAMPLE", "Bo.Berg@" + inDNS, "bo.berg@" + strings.ToUpper(inDNS)} {
		if got := used(t, r.Pinned().Find, address); !slices.Equal(got, []string{trust.Fingerprint(c)}) {
			t.Errorf("%s: %v", address, got)
		}
	}
	if got := used(t, r.Pinned().Find, "bo@ærø.example"); got != nil {
		t.Errorf("somebody else's: %v", got)
	}
}

func TestADomainsCertificateIsForEverybodyThereAndNobodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := issued(t, r.danish, "").Certificate
	if entry := r.pin(t, "Region.Example", c); entry.For != "@region.example" {
		t.Errorf("for %q", entry.For)
	}
	for address, want := range map[string]bool{
		"a@region.example": true, "B@REGION.EXAMPLE": true, "a@sub.region.example": false, "a@notregion.example": false, "region.example": false,
	} {
		found, err := r.Pinned().Find(t.Context(), []string{address})
		if err != nil || (len(found[address]) == 1) != want {
			t.Errorf("%s: %v, %v", address, found, err)
		}
		for _, one := range found[address] {
			if !one.Domain || !one.Bound || one.Vouched || one.Source != certs.SourcePinned {
				t.Errorf("%s: %+v", address, one)
			}
		}
	}
}

func TestAFileMayBringItsIssuers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	leaf := issued(t, r.foreign, bo).Certificate
	other := issued(t, r.foreign, bo).Certificate
	p7b := must(bundle.P7B([]*certificate{r.foreign.Issuing().Certificate, leaf, r.foreign.Root()}))
	if _, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: p7b}); err != nil {
		t.Fatal(err)
	}
	found := must(r.Pinned().Find(t.Context(), []string{bo}))[bo]
	if len(found) != 1 || !found[0].Certificate.Equal(leaf) || len(found[0].Issuers) != 2 {
		t.Errorf("found %+v", found)
	}
	for name, file := range map[string][]byte{
		"two recipients'":  inPEM(leaf, other),
		"authorities only": inPEM(r.foreign.Root()),
		"nothing":          []byte("hej"),
	} {
		_, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: file})
		if codeOf(err) != "certificate_file_unreadable" || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCanNeverBeUsedIsNotPinned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	expired := issued(t, r.foreign, bo, func(q *ca.Request) { q.NotBefore, q.NotAfter = r.now.AddDate(-2, 0, 0), r.now.AddDate(0, 0, -1) }).Certificate
	revoked := issued(t, r.foreign, bo).Certificate
	r.bad[trust.Fingerprint(revoked)] = true
	for want, c := range map[trust.Code]*certificate{trust.Expired: expired, trust.Revoked: revoked} {
		_, verdict, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: c.Raw})
		if codeOf(err) != "certificate_unusable" || verdict.Code != want {
			t.Errorf("%s: %v, %v", want, verdict.Code, err)
		}
	}
	// An unknown issuer may be decided about tomorrow: kept, and said.
	unknown := issued(t, r.stranger, bo).Certificate
	if _, verdict, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: unknown.Raw}); err != nil || verdict.Code != trust.UnknownIssuer {
		t.Errorf("%s, %v", verdict.Code, err)
	}
	// The same, vouched for, is used.
	entry, verdict, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: unknown.Raw, Vouch: true})
	if err != nil || !verdict.Good || !entry.Vouched || len(used(t, r.Pinned().Find, bo)) != 1 {
		t.Errorf("%+v, %s, %v", entry, verdict.Code, err)
	}
}

func TestWhomItIsForMustBeAnAddressOrADomain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := issued(t, r.danish, "").Certificate
	bad := []string{"", " ", "bo", "@", "@dk", "Bo <bo@partner.example>", "bo@", "@@partner.example", "bo@a@b.example", "partner .example", "bo@partner.example, ida@partner.example",
		strings.Repeat("a", 300) + "@partner.example", "partner.example\nx"}
	for _, whom := range bad {
		if _, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: whom, File: c.Raw}); codeOf(err) != "certificate_for_invalid" {
			t.Errorf("%q: %v", whom, err)
		}
	}
	// What would be kept and never be found: nobody's domain is written so.
	for _, whom := range []string{"*.partner.example", "@*.partner.example", "bo@*.partner.example", "partner.example/x", "part_ner.example", "bo@[127.0.0.1]", "bo@localhost", "partner.example.", "bo@-x.example", "192.0.2.1"} {
		if entry, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: whom, File: c.Raw}); codeOf(err) != "certificate_for_invalid" {
			t.Errorf("%q: %q, %v", whom, entry.For, err)
		}
	}
	for _, whom := range []string{"partner.example", "@partner.example", " bo@partner.example ", "bo@xn--bcher-kva.example", "B\u00dcCHER.example", "\u00e5se@partner.example"} {
		if _, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: whom, File: c.Raw}); err != nil {
			t.Errorf("%q: %v", whom, err)
		}
	}
}

func TestACertificateTakenAwayIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	entry := r.pin(t, bo, issued(t, r.danish, "").Certificate)
	if err := r.Delete(t.Context(), operator, entry.ID); err != nil {
		t.Fatal(err)
	}
	if got := used(t, r.Pinned().Find, bo); got != nil {
		t.Errorf("still there: %v", got)
	}
	for _, id := range []string{entry.ID, uuid.NewString(), "'; DROP TABLE mailbox"} {
		if err := r.Delete(t.Context(), operator, id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestTheListComesInPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := issued(t, r.danish, "").Certificate
	for _, whom := range []string{"a@x.example", "b@x.example", "c@x.example"} {
		r.pin(t, whom, c)
	}
	var seen []string
	for after := ""; ; {
		page := must(r.List(t.Context(), store.CertificateQuery{After: after, Limit: 2}))
		for _, entry := range page {
			seen, after = append(seen, entry.For), entry.ID
		}
		if len(page) < 2 {
			break
		}
	}
	if !slices.Equal(seen, []string{"a@x.example", "b@x.example", "c@x.example"}) {
		t.Errorf("seen %v", seen)
	}
	if page := must(r.List(t.Context(), store.CertificateQuery{Subject: "B@X.example"})); len(page) != 1 {
		t.Errorf("for one: %d", len(page))
	}
}

func TestADatabaseThatIsAwayIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_ = r.store.Close()
	if _, err := r.Pinned().Find(t.Context(), []string{bo}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("find: %v", err)
	}
	if _, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: issued(t, r.danish, "").Certificate.Raw}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("pin: %v", err)
	}
	if _, err := r.Harvest(t.Context(), signedBy(r, issued(t, r.foreign, bo))); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("harvest: %v", err)
	}
	if err := r.Reload(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("reload: %v", err)
	}
}

func TestTheIssuersThatComeAlongAreFoundAmongOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.TrustAuthority(t.Context(), operator, r.stranger.Root().Raw); err != nil {
		t.Fatal(err)
	}
	one := issued(t, r.stranger, bo)
	file := []*x509.Certificate{one.Certificate, r.danish.Root(), r.foreign.Root(), r.stranger.Root()}
	file = append(file, r.danish.Intermediates()...)
	file = append(append(file, r.foreign.Intermediates()...), r.stranger.Issuing().Certificate)
	_, verdict, err := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: inPEM(file...)})
	if err != nil || !verdict.Good {
		t.Errorf("%s, %v", verdict.Code, err)
	}
}
