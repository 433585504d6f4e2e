package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/api/limit"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// believer takes one token for anna's, with a letter behind it for somebody else's, and every other for nobody's.
type believer struct{}

const good = "eyJhbGciOiJSUzI1NiJ9.a-token-that-is-believed.c2lnbmF0dXJl"

func (believer) Verify(_ context.Context, token string) (entra.Caller, error) {
	who, is := strings.CutPrefix(token, good)
	switch {
	case token == "":
		return entra.Caller{}, fault.New(fault.Unauthenticated, entra.CodeMissing, fault.Sentence{DA: "Log ind.", EN: "Sign in."}, nil)
	case token == "expired":
		return entra.Caller{}, fault.New(fault.Unauthenticated, entra.CodeExpired, fault.Sentence{DA: "Log ind igen.", EN: "Sign in again."}, nil)
	case !is:
		return entra.Caller{}, fault.New(fault.Unauthenticated, entra.CodeMalformed, fault.Sentence{DA: "Log ind.", EN: "Sign in."}, nil)
	}
	return entra.Caller{Kind: entra.User, ID: "11111111-0000-4000-8000-000000000001" + who, Name: "Anna Eksempel"}, nil
}

// useCase answers every call with the same.
type useCase struct {
	usable    []mailbox.Mailbox
	preflight func(d *draft.Draft) sending.Preflight
	submit    func(s sending.Submission) (string, error)
	read      func() (sending.Message, error)
	events    func(after int) ([]store.Event, bool)
}

func (u useCase) Usable(context.Context, mailbox.Caller) ([]mailbox.Mailbox, error) {
	if u.usable != nil {
		return u.usable, nil
	}
	_, err := u.read()
	return nil, err
}

func (u useCase) Preflight(_ context.Context, _ mailbox.Caller, d *draft.Draft) (sending.Preflight, error) {
	if u.preflight != nil {
		return u.preflight(d), nil
	}
	_, err := u.read()
	return sending.Preflight{}, err
}

func (u useCase) Submit(_ context.Context, s sending.Submission) (sending.Accepted, error) {
	id, err := u.submit(s)
	return sending.Accepted{ID: id}, err
}

func (u useCase) Message(context.Context, mailbox.Caller, string) (sending.Message, error) {
	return u.read()
}

func (u useCase) Messages(context.Context, mailbox.Caller, store.MessageQuery) ([]sending.Message, error) {
	_, err := u.read()
	return nil, err
}

func (useCase) Room(sending.Plan) int64 { return 1 << 20 }

func (u useCase) Recipient(context.Context, string) (sending.Known, error) {
	_, err := u.read()
	return sending.Known{}, err
}

func (u useCase) Cancel(context.Context, mailbox.Caller, string) error {
	_, err := u.read()
	return err
}

func (u useCase) Events(_ context.Context, _ mailbox.Caller, _ string, after int) ([]store.Event, bool, error) {
	if u.events != nil {
		events, ended := u.events(after)
		return events, ended, nil
	}
	_, err := u.read()
	return nil, true, err
}

func (u useCase) Doubts(context.Context) ([]sending.Doubt, error) {
	_, err := u.read()
	return nil, err
}

func (u useCase) Resolve(context.Context, mailbox.Caller, string, bool) error {
	_, err := u.read()
	return err
}

// onePage is an add-in of one page.
type onePage struct{}

func (onePage) Policy(string) string {
	return "default-src 'none'; frame-ancestors https://outlook.example"
}

func (onePage) Serve(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/addin/pane.html" {
		return false
	}
	w.Header().Set("Content-Security-Policy", "frame-ancestors https://outlook.example")
	_, _ = io.WriteString(w, "a page")
	return true
}

// book is a log that may be written by many.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func open(t *testing.T, u useCase) (http.Handler, *book) {
	t.Helper()
	return openWith(t, u, limit.Rates{})
}

func openWith(t testing.TB, u useCase, rates limit.Rates) (http.Handler, *book) {
	t.Helper()
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	log := &book{}
	registry := prometheus.NewRegistry()
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	limiter, err := limit.New(limit.Deps{Rates: rates, Registry: registry, Now: time.Now, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Deps{
		Contract: text, Verifier: believer{}, Mailboxes: u, Sending: u, MaxMessage: 1 << 20, Registry: registry, Limits: limiter,
		Metrics: http.NotFoundHandler(), Partners: http.NotFoundHandler(), AddIn: onePage{}, Now: time.Now, Log: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, log
}

func ask(t *testing.T, h http.Handler, method, target string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, body)
	r.Header.Set("Authorization", "Bearer "+good)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) contract.Problem {
	t.Helper()
	var p contract.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("no problem in %d %s", w.Code, w.Body)
	}
	return p
}

const oneMessage = "/v1/messages/7e4a4700-0000-4000-8000-000000000001"

func documentOf(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func emptyRouter(t *testing.T) routers.Router {
	t.Helper()
	router, err := legacy.NewRouter(documentOf(t))
	if err != nil {
		t.Fatal(err)
	}
	return router
}
