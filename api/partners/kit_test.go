package partners

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
)

const day = 24 * time.Hour

// clock is when most tests take place; the certificates are made around it.
var clock = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at() time.Time { return clock }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// hostile is a name that means something to a vCard, to HTML, to a header field and to a terminal.
const hostile = "Løn, personale; \"HR\" \\ <script>alert(1)</script>\r\nBEGIN:VCARD\nKEY:x\x00\x1b[31m & co\u2028END:VCARD"

var authority = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(ca.Options{Now: at})) })

// mailboxes are one of every kind: long valid, about to end, ended, not begun, without its address, and hostile.
var mailboxes = sync.OnceValue(func() []mailbox.Mailbox {
	key := authority().Issuing().Key // one key for all: it is the certificates that differ
	requests := []struct {
		name    string
		address string
		request ca.Request
	}{
		{"ITS Sikker Mail", "sikkermail@its.aau.example", ca.Request{CommonName: "ITS Sikker Mail", Organisation: "Universitetet Eksempel", Address: "sikkermail@its.aau.example"}},
		{"Ålborg Bibliotek", "snart@bib.aau.example", ca.Request{CommonName: "Biblioteket", Address: "snart@bib.aau.example", NotAfter: clock.Add(10 * day)}},
		{"Økonomi", "udløbet@oko.aau.example", ca.Request{CommonName: "Økonomi", Address: "old@oko.aau.example", NotBefore: clock.Add(-400 * day), NotAfter: clock.Add(-day)}},
		{"Zoologi", "kommer@zoo.aau.example", ca.Request{CommonName: "Zoologi", Address: "kommer@zoo.aau.example", NotBefore: clock.Add(day)}},
		{hostile, "a/b%c?d#e&f'\"<x>@løn.aau.example", ca.Request{CommonName: "</dd><script>alert(2)</script>", Organisation: "\u202eevil"}},
	}
	var list []mailbox.Mailbox
	for _, r := range requests {
		r.request.PrivateKey = key
		if r.request.Address == "" {
			r.request.Shape = func(c *x509.Certificate) { c.EmailAddresses = nil }
		}
		identity := must(authority().Issue(r.request))
		list = append(list, mailbox.Mailbox{Address: r.address, Name: r.name, Certificate: identity.Certificate, Chain: identity.Chain})
	}
	return list
})

// database is where the mailboxes are read; it counts, and can be away.
type database struct {
	list  []mailbox.Mailbox
	asked atomic.Int32
	away  atomic.Bool
	slow  time.Duration
}

var errDatabase = errors.New("connection refused")

func (d *database) Own(context.Context) ([]mailbox.Mailbox, error) {
	d.asked.Add(1)
	time.Sleep(d.slow)
	if d.away.Load() {
		return nil, errDatabase
	}
	return d.list, nil
}

func open(d *database) http.Handler {
	return New(Deps{Mailboxes: d, Organisation: "Universitetet Eksempel", PublicURL: "https://sikker.example/", Now: at})
}

func ask(t testing.TB, h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func askWith(ctx context.Context, h http.Handler, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil))
	return w
}
