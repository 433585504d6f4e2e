package sending

import (
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/smime/header"
)

// TestEveryDivisionKeepsEverybodyAndTellsNobody holds 2,000 random plans against what no division may break.
func TestEveryDivisionKeepsEverybodyAndTellsNobody(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	own := &x509.Certificate{Raw: []byte("own")}
	for range 2000 {
		p := randomPlan(random)
		copies := divide(p)
		seen := make([]int, len(p.Recipients))
		shared := map[bool]int{} // copies of To and Cc, by sealed
		for _, c := range copies {
			if len(c.recipients) == 0 {
				t.Fatalf("a copy for nobody: %s", tell(p))
			}
			head := c.header(p, draft.Header{Subject: "x"})
			var want []string
			for _, i := range c.recipients {
				r := p.Recipients[i]
				seen[i]++
				want = append(want, r.Recipient.Address)
				if sealed := r.Verdict.Route == route.SMIME; sealed != c.sealed {
					t.Fatalf("a recipient of route %s in a copy that is sealed: %v", r.Verdict.Route, c.sealed)
				}
				if r.Field == Bcc && len(c.recipients) != 1 {
					t.Fatalf("a Bcc among others: %s", tell(p))
				}
				if r.Field == Cc && !slices.Contains(head.Cc, r.Recipient) || r.Field != Cc && !slices.Contains(head.To, r.Recipient) {
					t.Fatalf("%s is in the wrong field: %+v", r.Recipient.Address, head)
				}
			}
			if p.Recipients[c.recipients[0]].Field != Bcc {
				shared[c.sealed]++
			}
			var named []string
			for _, a := range append(slices.Clone(head.To), head.Cc...) {
				named = append(named, a.Address)
			}
			slices.Sort(named)
			slices.Sort(want)
			if !slices.Equal(named, want) {
				t.Fatalf("the header names %v of a copy for %v", named, want)
			}
			if c.sealed {
				checkCertificates(t, p, c, own)
			}
		}
		for i, n := range seen {
			if n != 1 {
				t.Fatalf("recipient %d is in %d copies: %s", i, n, tell(p))
			}
		}
		if shared[true] > 1 || shared[false] > 1 {
			t.Fatalf("To and Cc are spread over more copies than needed: %s", tell(p))
		}
		checkProtection(t, &outgoing{plan: p, copies: copies, common: draft.Header{
			From: mail.Address{Address: "box@x.example"}, Subject: "x", Date: time.Now(), MessageID: "<x@x.example>",
		}})
	}
}

// checkCertificates: the mailbox's own, each recipient's, no one else's, and none twice.
func checkCertificates(t *testing.T, p Plan, c *messageCopy, own *x509.Certificate) {
	t.Helper()
	want := map[string]bool{"own": true}
	for _, i := range c.recipients {
		want[string(p.Recipients[i].Choice.Chosen.Certificate.Raw)] = true
	}
	list := c.certificates(p, own)
	for _, certificate := range list {
		if !want[string(certificate.Raw)] {
			t.Fatalf("encrypted for %s, who is not in the copy: %s", certificate.Raw, tell(p))
		}
	}
	if len(list) != len(want) {
		t.Fatalf("%d certificates, want %d: %s", len(list), len(want), tell(p))
	}
}

// checkProtection: the header inside names everybody in To and Cc, and neither it nor the record names anybody in Bcc.
func checkProtection(t *testing.T, o *outgoing) {
	t.Helper()
	protection, err := new(Service).protect(o)
	if err != nil {
		t.Fatal(err)
	}
	var inside, record strings.Builder
	if err := errors.Join(header.WriteFields(&inside, protection.inside.Fields), header.WriteFields(&record, protection.inside.Outer)); err != nil {
		t.Fatal(err)
	}
	for _, r := range o.plan.Recipients {
		token := "<" + r.Recipient.Address + ">"
		if strings.Contains(inside.String(), token) != (r.Field != Bcc) {
			t.Fatalf("%s of %s: inside stands\n%s", r.Field, tell(o.plan), inside.String())
		}
		if strings.Contains(record.String(), token) != (r.Field != Bcc && r.Verdict.Route == route.SMIME) {
			t.Fatalf("%s of %s: the record is\n%s", r.Field, tell(o.plan), record.String())
		}
	}
}

func randomPlan(random *rand.Rand) (p Plan) {
	for i := range 1 + random.IntN(12) {
		r := Planned{
			Recipient: mail.Address{Address: fmt.Sprintf("r%d@x.example", i)}, Field: []Field{To, Cc, Bcc}[random.IntN(3)],
			Verdict: route.Verdict{Route: route.Internal},
		}
		if random.IntN(2) == 0 {
			r.Verdict.Route = route.SMIME
			// A few share a certificate, as the addresses of one organisation do; one writes to the mailbox itself.
			name := []string{"own", "shared", fmt.Sprint("c", i)}[random.IntN(3)]
			r.Choice = certs.Choice{Chosen: &certs.Candidate{Certificate: &x509.Certificate{Raw: []byte(name)}}}
		}
		p.Recipients = append(p.Recipients, r)
	}
	return p
}

func tell(p Plan) string {
	var words []string
	for _, r := range p.Recipients {
		words = append(words, string(r.Field)+":"+string(r.Verdict.Route))
	}
	return strings.Join(words, " ")
}
