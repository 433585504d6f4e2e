package admin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/api/admin"
	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/api/admin/mailboxes"
	"aau.dk/sendsikker/api/admin/overview"
	"aau.dk/sendsikker/api/limit"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/store"
)

const home = "http://127.0.0.1:8443"

// house is the page over a real database, with a pretend Entra.
type house struct {
	site    *frame.Site
	store   *store.Store
	ledger  *ledger.Ledger
	tenant  *entraid.Entra
	people  map[string]entraid.Persona
	keeper  *keeper.Keeper
	clock   func() time.Time
	log     *bytes.Buffer
	broken  *bool // a part of the service
	book    *phonebook
	trust   *outskirts
	rates   limit.Rates
	slow    chan struct{} // not nil: what is done to mailboxes says so in begun, and waits until it is closed
	begun   chan struct{}
	devices mailbox.Devices
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

var authority = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(ca.Options{Now: time.Now, Fast: true})) })

// members answers as Graph does: Ellen is in group 3.
type members struct{}

func (members) MemberOf(_ context.Context, _ string, groups []string) ([]string, error) {
	if len(groups) != 1 || groups[0] != entraid.Group(3) {
		return nil, errors.New("only the groups that look after something are asked for")
	}
	return groups, nil
}

func open(t testing.TB) *house {
	t.Helper()
	return openWith(t, limit.Rates{})
}

func openWith(t testing.TB, rates limit.Rates) *house {
	t.Helper()
	c := entraid.University()
	c.Redirects = []string{home + frame.AnswerPath}
	tenant, stop, err := entraid.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	h := &house{tenant: tenant, people: map[string]entraid.Persona{}, log: &bytes.Buffer{}, clock: time.Now, broken: new(bool), book: &phonebook{}, trust: &outskirts{}, rates: rates}
	for _, p := range c.Personas {
		name, _, _ := strings.Cut(p.Address, "@")
		h.people[name] = p
	}
	if h.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "db"), func() time.Time { return h.clock() }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	h.ledger = h.openLedger(t)
	h.furnish(t)
	web := c.Applications[3]
	gate, err := entra.NewSignIn(entra.SignInConfig{
		Tenant: c.Tenant, Client: web.ClientID, Authority: tenant.Authority(), Redirect: home + frame.AnswerPath, Secret: func() string { return web.Secret },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.site, err = admin.New(admin.Deps{
		Gate: gate, Directory: members{}, Limits: h.limiter(t), AdminRole: "SendSikker.Administrator", AuditorRole: "SendSikker.Auditor", Organisation: "Universitetet Eksempel",
		Mailboxes: h.mailboxes, Book: h.book, Try: func(_ context.Context, _ audit.Actor, address string) ([]mailboxes.Tried, error) {
			if h.slow != nil {
				h.begun <- struct{}{}
				<-h.slow
			}
			return []mailboxes.Tried{{OK: address == "sikkermail@hr.aau.example", What: fault.Sentence{DA: "Nøglen", EN: "The key"}, Fix: fault.Sentence{DA: "Importér", EN: "Import"}}}, nil
		},
		Store: h.store, Sending: h.sending(t), Shelf: h.shelf(), Ledger: h.ledger, Sheet: h.sheet, Now: time.Now, Log: slog.New(slog.NewJSONHandler(h.log, nil)),
		Parts: []overview.Part{{Name: "database", Ready: h.store.Ready}, {Name: "graph", Ready: func(context.Context) error {
			if *h.broken {
				return errors.New("no answer")
			}
			return nil
		}}},
		Directories: h.trust.deps(),
		Sources:     func() []overview.Source { return []overview.Source{{Name: "ldap:region"}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// limiter has no limits but those of the test.
func (h *house) limiter(t testing.TB) *limit.Limiter {
	l, err := limit.New(limit.Deps{Rates: h.rates, Registry: prometheus.NewRegistry(), Now: time.Now, Log: slog.New(slog.NewJSONHandler(h.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// furnish gives HR to David, and Studieservice to group 3: Åse, whose token says so, and Ellen, whose token is too small to.
func (h *house) furnish(t testing.TB) {
	t.Helper()
	entry := audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxPut}
	for _, id := range []string{"its", "hr", "studie"} {
		address := "sikkermail@" + id + ".aau.example"
		identity := must(authority().Issue(ca.Request{CommonName: id, Address: address}))
		err := h.store.PutMailbox(t.Context(), store.Mailbox{ID: id, Address: address, Name: strings.ToUpper(id), Certificate: identity.Certificate.Raw, Key: []byte{1}, WrappedKey: []byte{2}, KeyVersion: "v"}, entry)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []store.LocalAdministrator{
		{MailboxID: "hr", Kind: "person", Subject: h.people["david"].ID}, {MailboxID: "studie", Kind: "group", Subject: entraid.Group(3)},
	} {
		if err := h.store.PutLocalAdministrator(t.Context(), a, entry); err != nil {
			t.Fatal(err)
		}
	}
}

// visit is one browser.
type visit struct {
	t       testing.TB
	h       *house
	cookies map[string]string
}

func (h *house) visit(t testing.TB) *visit {
	return &visit{t: t, h: h, cookies: map[string]string{}}
}

func (v *visit) do(method, target string, body url.Values, headers ...string) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), method, home+target, strings.NewReader(body.Encode()))
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.h.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return w
}

func (v *visit) get(target string) *httptest.ResponseRecorder {
	return v.do(http.MethodGet, target, nil)
}

// toEntra goes to Entra as one of its people, and gives the address that it sends back to.
func (v *visit) toEntra(persona, target string) string {
	v.t.Helper()
	away := v.get(target)
	if away.Code != http.StatusSeeOther {
		v.t.Fatalf("to Entra: %d", away.Code)
	}
	to := away.Header().Get("Location") + "&login_hint=" + url.QueryEscape(v.h.people[persona].Address)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(to)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = answer.Body.Close()
	back, found := strings.CutPrefix(answer.Header.Get("Location"), home)
	if !found {
		v.t.Fatalf("Entra answers %d and sends to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	return back
}

func (v *visit) signIn(persona string) *visit {
	v.t.Helper()
	if w := v.get(v.toEntra(persona, "/admin/sign-in")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/" {
		v.t.Fatalf("signing in as %s: %d %s", persona, w.Code, w.Body)
	}
	return v
}
