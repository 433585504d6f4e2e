package sending_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// guide has a certificate for some, and notes what it is asked.
type guide struct {
	directory
	who    map[string]bool
	silent []string
	after  time.Duration // that it takes from the second question on
	mu     *sync.Mutex
	asked  *[][]string
}

func guideFor(addresses ...string) guide {
	g := guide{who: map[string]bool{}, mu: &sync.Mutex{}, asked: &[][]string{}}
	for _, a := range addresses {
		g.who[a] = true
	}
	return g
}

func (g guide) Find(ctx context.Context, addresses []string) (map[string]certs.Choice, error) {
	g.mu.Lock()
	*g.asked = append(*g.asked, slices.Sorted(slices.Values(addresses)))
	again := len(*g.asked) > 1
	g.mu.Unlock()
	if again && g.after > 0 {
		select {
		case <-ctx.Done():
			return nil, fault.New(fault.Unavailable, "interrupted", sayNo, ctx.Err())
		case <-time.After(g.after):
		}
	}
	found, err := g.directory.Find(ctx, addresses)
	for a := range found {
		if !g.who[a] {
			found[a] = certs.Choice{Address: a, Silent: g.silent, Reason: certs.Reason{Code: certs.NoCertificate, Say: sayNo}}
		}
	}
	return found, err
}

// keyRing lets the caller send as several.
type keyRing struct {
	lender
	all []mailbox.Mailbox
}

func (k keyRing) Usable(context.Context, mailbox.Caller) ([]mailbox.Mailbox, error) {
	return k.all, nil
}

func boxAt(address string, from, to time.Time) mailbox.Mailbox {
	m := issue(from, to).Mailbox
	m.ID, m.Address = address, address
	return m
}

// sends has a caller send a mail as a mailbox, and gives its Message-ID.
func (r *rig) sends(t *testing.T, caller, from string, to ...string) string {
	t.Helper()
	err := r.store.PutMailbox(t.Context(), store.Mailbox{
		ID: from, Address: from, Certificate: identity().Certificate.Raw, Key: []byte{1}, WrappedKey: []byte{1}, KeyVersion: "v",
	}, audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxPut})
	if err != nil {
		t.Fatal(err)
	}
	as := identity()
	as.Address = from
	if from != box {
		as.ID = from
	}
	s := submission(to...)
	s.Caller.ID, s.Draft.Mailbox = caller, from
	a, err := r.service(&office{}, func(d *sending.Deps) { d.Mailboxes = lender{as} }).Submit(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r.message(t, a.ID).HeaderID
}

func (r *rig) pin(t *testing.T, addresses ...string) {
	t.Helper()
	for _, a := range addresses {
		err := r.store.PutPinned(t.Context(), store.Certificate{ID: uuid.NewString(), Subject: a, Fingerprint: a, DER: []byte{1}},
			audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.CertificatePut})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func to(addresses ...string) *draft.Draft {
	d := &draft.Draft{}
	for _, a := range addresses {
		d.To = append(d.To, mail.Address{Address: a})
	}
	return d
}

func TestTheMailboxIsChosenForWhoNamesNone(t *testing.T) {
	t.Parallel()
	now := time.Now()
	day := 24 * time.Hour
	its, hr, law := boxAt(box, now.Add(-day), now.Add(day)), boxAt("a-hr@hr.aau.example", now.Add(-day), now.Add(day)), boxAt("law@aau.example", now.Add(-day), now.Add(day))
	old := boxAt("a-old@aau.example", now.Add(-2*day), now.Add(-day))
	r := newRig(t)
	r.sends(t, "anna", hr.Address, "bo@partner.example", "eva@klinik.example")
	r.sends(t, "anna", box, "bo@partner.example")
	r.sends(t, "anna", law.Address, "frans@kommune.example")
	r.sends(t, "clara", law.Address, "chen@uni.example")
	cases := []struct {
		name   string
		usable []mailbox.Mailbox
		to     []string
		asked  string
		want   string
		why    sending.Why
		code   string
	}{
		{"the last one that these people were written to from", []mailbox.Mailbox{hr, its}, []string{"BO@Partner.example"}, "", box, sending.Recent, ""},
		{"the last one to any of them", []mailbox.Mailbox{hr, its}, []string{"eva@klinik.example", "bo@partner.example"}, "", box, sending.Recent, ""},
		{"an earlier one for somebody else", []mailbox.Mailbox{hr, its}, []string{"eva@klinik.example"}, "", hr.Address, sending.Recent, ""},
		{"not one that the caller may not use any more", []mailbox.Mailbox{hr, its}, []string{"frans@kommune.example"}, "", hr.Address, sending.First, ""},
		{"not one that somebody else wrote from", []mailbox.Mailbox{its, law}, []string{"chen@uni.example"}, "", box, sending.First, ""},
		{"the only one", []mailbox.Mailbox{law}, []string{"chen@uni.example"}, "", law.Address, sending.Only, ""},
		{"the only one that can be used today", []mailbox.Mailbox{old, law}, []string{"chen@uni.example"}, "", law.Address, sending.Only, ""},
		{"the first of several", []mailbox.Mailbox{old, hr, its}, []string{"chen@uni.example"}, "", hr.Address, sending.First, ""},
		{"the one that was asked for", []mailbox.Mailbox{hr, its}, []string{"eva@klinik.example"}, box, box, sending.Asked, ""},
		{"none can be used today", []mailbox.Mailbox{old}, []string{"chen@uni.example"}, "", "", "", "mailbox_certificate_expired"},
		{"none at all", nil, []string{"chen@uni.example"}, "", "", "", "mailbox_not_granted"},
		{"no recipients", []mailbox.Mailbox{hr, its}, nil, "", "", "", "draft_invalid"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			certificates := guideFor("bo@partner.example")
			s := r.service(&office{}, func(d *sending.Deps) {
				d.Mailboxes, d.Certificates = keyRing{lender{identity()}, c.usable}, certificates
			})
			d := to(c.to...)
			d.Mailbox = c.asked
			p, err := s.Preflight(t.Context(), anna(), d)
			if c.code != "" {
				if got := fault.From(err).Code; got != c.code || len(*certificates.asked) > 0 {
					t.Errorf("%q, and asked about %v", got, *certificates.asked)
				}
				return
			}
			if err != nil || p.Mailbox != c.want || p.MailboxWhy != c.why {
				t.Errorf("%s, %s, %v; want %s, %s", p.Mailbox, p.MailboxWhy, err, c.want, c.why)
			}
		})
	}
}

func TestACallerIsRemindedOfTheirOwnSealedMailsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	annas := r.sends(t, "anna", box, "bo@partner.example", "birk@aau.example")
	claras := r.sends(t, "clara", box, "chen@uni.example")
	inside := r.sends(t, "anna", box, "dorte@aau.example")
	cases := []struct {
		name, to, answers string
		want              bool
	}{
		{"to somebody who was sent a sealed one", "Bo@partner.example", "", true},
		{"to somebody who was sent an ordinary one", "birk@aau.example", "", false},
		{"to somebody whom another has sent a sealed one", "chen@uni.example", "", false},
		{"in a conversation that was sealed", "new@elsewhere.example", annas, true},
		{"in somebody else's conversation", "new@elsewhere.example", claras, false},
		{"in one that was not sealed", "new@elsewhere.example", inside, false},
		{"in one that nobody knows", "new@elsewhere.example", "<x@elsewhere.example>", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := to(c.to)
			d.InReplyTo = c.answers
			p, err := r.service(&office{}).Preflight(t.Context(), anna(), d)
			if err != nil || p.SealedBefore != c.want {
				t.Errorf("%v, %v", p.SealedBefore, err)
			}
		})
	}
}

func TestAnAddressThatLooksLikeOneUsedBeforeIsPointedOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sends(t, "anna", box, "frans@kommune.example", "anne@partner.example", "anna@partner.example")
	r.sends(t, "clara", box, "eva@klinik.example")
	p, err := r.service(&office{}).Preflight(t.Context(), anna(), to(
		"frnas@kommune.example", "frans@kommvne.example", "ANNA@partner.example", "eve@klinik.example", "frans@kommune.example", "nobody@elsewhere.example"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range p.Warnings {
		got = append(got, w.Code+" "+w.Address+" "+w.Similar)
		if !strings.Contains(w.Say.DA, w.Similar) || !strings.Contains(w.Say.EN, w.Similar) {
			t.Errorf("%+v", w)
		}
	}
	want := []string{
		"similar_address frnas@kommune.example frans@kommune.example", "similar_address frans@kommvne.example frans@kommune.example",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhereSomebodyCannotBeReachedOthersAreOffered(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sends(t, "anna", box, "chen@partner.example", "gone@partner.example", "frans@gmail.example")
	r.sends(t, "anna", box, "dea@partner.example")
	r.sends(t, "clara", box, "secret@partner.example")
	r.pin(t, "bo@partner.example", "abe@partner.example", "chen@partner.example", "@partner.example", "x@other.example", "bo@gmail.example")
	all := []string{"chen@partner.example", "dea@partner.example", "secret@partner.example", "bo@partner.example", "abe@partner.example", "frans@gmail.example", "bo@gmail.example", "ok@partner.example"}
	cases := []struct {
		name   string
		to     []string
		change func(g *guide)
		want   map[string]string
		asks   int
	}{
		{"one's own, the last first, then pinned ones, three", []string{"no@partner.example"}, nil, map[string]string{
			"no@partner.example": "dea@partner.example chen@partner.example abe@partner.example"}, 2},
		{"the same for two", []string{"no@partner.example", "nor@Partner.example"}, nil, map[string]string{
			"no@partner.example":  "dea@partner.example chen@partner.example abe@partner.example",
			"nor@partner.example": "dea@partner.example chen@partner.example abe@partner.example"}, 2},
		{"nobody who is a recipient already", []string{"no@partner.example", "DEA@partner.example", "abe@partner.example"}, func(g *guide) {
			g.who["DEA@partner.example"] = true
		}, map[string]string{"no@partner.example": "chen@partner.example bo@partner.example"}, 2},
		{"nobody who cannot be reached now", []string{"no@partner.example"}, func(g *guide) { delete(g.who, "dea@partner.example") }, map[string]string{
			"no@partner.example": "chen@partner.example abe@partner.example bo@partner.example"}, 2},
		{"nobody at another place", []string{"no@elsewhere.example", "no@sub.partner.example"}, nil, map[string]string{}, 1},
		{"nobody at a provider for everybody", []string{"no@gmail.example"}, nil, map[string]string{}, 1},
		{"nobody where all can be reached", []string{"ok@partner.example"}, nil, map[string]string{}, 1},
		{"nobody while some place does not answer", []string{"no@partner.example"}, func(g *guide) { g.silent = []string{"ldap:x"} }, map[string]string{}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := guideFor(all...)
			if c.change != nil {
				c.change(&g)
			}
			log := &bytes.Buffer{}
			s := r.service(&office{}, func(d *sending.Deps) {
				d.Certificates, d.Log = g, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			p, err := s.Preflight(t.Context(), anna(), to(c.to...))
			if err != nil {
				t.Fatal(err)
			}
			for _, planned := range p.Recipients {
				address := planned.Recipient.Address
				if got := strings.Join(p.Alternatives[address], " "); got != c.want[address] {
					t.Errorf("%s: %q, want %q", address, got, c.want[address])
				}
			}
			if len(*g.asked) != c.asks || log.Len() > 0 {
				t.Errorf("asked %v; logged %q", *g.asked, log)
			}
		})
	}
}

func TestNobodyWaitsForASuggestion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.pin(t, "bo@partner.example")
	g := guideFor("bo@partner.example")
	g.after = time.Minute
	began := time.Now()
	p, err := r.service(&office{}, func(d *sending.Deps) { d.Certificates = g }).Preflight(t.Context(), anna(), to("no@partner.example"))
	if err != nil || len(p.Recipients) != 1 || len(p.Alternatives["no@partner.example"]) > 0 || time.Since(began) > 30*time.Second {
		t.Errorf("%+v, %v after %v", p, err, time.Since(began))
	}
	// Whoever goes away is no reason to think so.
	ctx, cancel := context.WithCancel(t.Context())
	*g.asked = nil
	time.AfterFunc(300*time.Millisecond, cancel)
	if _, err := r.service(&office{}, func(d *sending.Deps) { d.Certificates = g }).Preflight(ctx, anna(), to("no@partner.example")); err == nil {
		t.Error("half an answer passes for a whole one")
	}
}

// amnestic is a store that lost what it knew of earlier mails.
type amnestic struct{ sending.Store }

func (amnestic) Correspondents(context.Context, string, int) ([]store.Correspondent, error) {
	return nil, errors.New("database is locked")
}

func TestADatabaseThatIsAwayIsNoEmptyPast(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.service(&office{}, func(d *sending.Deps) { d.Store = amnestic{d.Store} }).Preflight(t.Context(), anna(), to("bo@partner.example"))
	if f := fault.From(err); f.Code != "storage_unavailable" || f.RetryAfter == 0 {
		t.Errorf("%+v", f)
	}
}
