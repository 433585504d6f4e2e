package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// expect fails unless the answer is a problem of that status and code, and one that says when to come again where it should.
func (a answer) expect(t *testing.T, status int, code string) {
	t.Helper()
	p := a.problem(t)
	if a.status != status || p.Code != code || p.Say.Da == "" || p.Say.En == "" {
		t.Errorf("got %d %s %q, want %d %s", a.status, p.Code, p.Say.Da, status, code)
	}
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); status == http.StatusServiceUnavailable && (err != nil || seconds < 1) {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
}

// ready is the status of /readyz, and the parts that are not.
func (h *house) ready(t *testing.T) (status int, away string) {
	t.Helper()
	a := h.ask(t, http.MethodGet, "/readyz", "", "", nil)
	var health contract.Health
	decode(t, answer{http.StatusOK, a.header, a.body}, &health)
	for name, state := range *health.Parts {
		if state != contract.HealthPartsOk {
			away += name + " "
		}
	}
	return a.status, strings.TrimSpace(away)
}

func TestAClockTenMinutesOff(t *testing.T) {
	t.Parallel()
	anna, _ := shared.university.Persona("anna")
	at := func(off time.Duration) func(*wiring) {
		return func(w *wiring) {
			w.Now = func() time.Time { return time.Now().Add(off) }
			w.Entra.Now = w.Now
		}
	}
	soon := entraid.With("exp", time.Now().Add(5*time.Minute).Unix()) // by a clock that is right
	t.Run("a slow one refuses everybody and says that clocks disagree", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, t.TempDir(), at(-10*time.Minute))
		a := h.ask(t, http.MethodGet, "/v1/me", token(t, "anna"), "", nil)
		a.expect(t, http.StatusUnauthorized, "token_not_yet_valid")
		if p := a.problem(t); !strings.Contains(p.Say.Da, "urene") {
			t.Errorf("nobody is told of the clocks: %s", p.Say.Da)
		}
		h.send(t, letter("chen@uni.example")).expect(t, http.StatusUnauthorized, "token_not_yet_valid")
		if h.count(t, `SELECT COUNT(*) FROM message`)+h.spooled(t) != 0 {
			t.Error("something is stored")
		}
	})
	t.Run("a fast one refuses what is about to expire", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, t.TempDir(), at(10*time.Minute))
		h.ask(t, http.MethodGet, "/v1/me", shared.university.Entra.IssueUser(anna, soon), "", nil).expect(t, http.StatusUnauthorized, "token_expired")
	})
	t.Run("a fast one sends all the same", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, t.TempDir(), at(10*time.Minute))
		h.work(t)
		h.once(t, h.send(t, letter("chen@uni.example")).message(t).Id, "chen@uni.example")
	})
	t.Run("a slow one does not believe a revocation list that is of tomorrow to it", func(t *testing.T) {
		t.Parallel()
		h := openHouse(t, t.TempDir(), at(-10*time.Minute))
		early := time.Now().Add(-time.Hour).Unix()
		bearer := shared.university.Entra.IssueUser(anna, entraid.With("iat", early), entraid.With("nbf", early))
		kind, body := form(t, letter("chen@uni.example"))
		a := h.ask(t, http.MethodPost, "/v1/messages", bearer, kind, body)
		a.expect(t, http.StatusUnprocessableEntity, "recipients_refused")
		if p := a.problem(t); p.Recipients == nil || (*p.Recipients)[0].Code != "revocation_unknown" {
			t.Errorf("the reason is not named: %s", a.body)
		}
	})
}

// fuse is a way to Entra that can be cut.
type fuse struct {
	blown      atomic.Bool
	credential azcore.TokenCredential
}

var errBlown = errors.New("no route to host")

func (f *fuse) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.blown.Load() {
		return nil, errBlown
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (f *fuse) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if f.blown.Load() {
		return azcore.AccessToken{}, errBlown
	}
	return f.credential.GetToken(ctx, o)
}

func TestWithoutEntraNobodyGetsInAndItRecovers(t *testing.T) {
	t.Parallel()
	way := &fuse{}
	way.blown.Store(true)
	var later atomic.Int64
	h := openHouse(t, t.TempDir(), func(w *wiring) {
		way.credential = w.Credential
		w.Credential, w.Entra.HTTPClient = way, &http.Client{Transport: way}
		w.Entra.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	for range 2 {
		h.ask(t, http.MethodGet, "/v1/me", token(t, "anna"), "", nil).expect(t, http.StatusServiceUnavailable, "keys_unavailable")
		h.send(t, letter("chen@uni.example")).expect(t, http.StatusServiceUnavailable, "keys_unavailable")
	}
	if status, away := h.ready(t); status != http.StatusServiceUnavailable || away != "graph" {
		t.Errorf("ready: %d, away: %q", status, away)
	}
	if a := h.ask(t, http.MethodGet, "/healthz", "", "", nil); a.status != http.StatusOK {
		t.Errorf("the program runs all the same, but says %d", a.status)
	}
	way.blown.Store(false)
	later.Store(int64(20 * time.Second)) // more than Retry-After asked for
	if status, away := h.ready(t); status != http.StatusOK {
		t.Errorf("ready: %d, away: %q", status, away)
	}
	if a := h.send(t, letter("chen@uni.example")); a.status != http.StatusAccepted {
		t.Errorf("put right, and yet %d %s", a.status, a.body)
	}
}

func TestWhatCannotBeStoredIsRefusedWholeUntilItCan(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		break_, mend func(t *testing.T, h *house)
		away         string // in /readyz, where it can be known without trying
	}{
		{"a database that takes no message", func(t *testing.T, h *house) {
			h.run(t, `CREATE TRIGGER read_only BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'attempt to write a readonly database'); END`)
		}, func(t *testing.T, h *house) { h.run(t, `DROP TRIGGER read_only`) }, ""},
		{"a database that takes the message and not its jobs", func(t *testing.T, h *house) {
			h.run(t, `CREATE TRIGGER no_jobs BEFORE INSERT ON river_job BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`)
		}, func(t *testing.T, h *house) { h.run(t, `DROP TRIGGER no_jobs`) }, ""},
		{"a spool folder that is gone", func(t *testing.T, h *house) { h.rename(t, "spool", "spool.away") },
			func(t *testing.T, h *house) { h.rename(t, "spool.away", "spool") }, "spool"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, t.TempDir())
			c.break_(t, h)
			for range 2 {
				h.send(t, letter("chen@uni.example", "anna@aau.example")).expect(t, http.StatusServiceUnavailable, "storage_unavailable")
			}
			if status, away := h.ready(t); away != c.away || (status == http.StatusOK) != (c.away == "") {
				t.Errorf("ready: %d, away: %q", status, away)
			}
			c.mend(t, h)
			for _, table := range []string{"message", "delivery", "recipient", "river_job"} {
				if n := h.count(t, "SELECT COUNT(*) FROM "+table); n != 0 {
					t.Errorf("%d rows in %s", n, table)
				}
			}
			if n := h.spooled(t); n != 0 {
				t.Errorf("%d copies in the spool", n)
			}
			h.work(t)
			h.once(t, h.send(t, letter("chen@uni.example")).message(t).Id, "chen@uni.example")
			if status, away := h.ready(t); status != http.StatusOK {
				t.Errorf("put right, and yet %d, away: %q", status, away)
			}
		})
	}
}

func (h *house) run(t *testing.T, statement string) {
	t.Helper()
	if _, err := h.database(t).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func (h *house) rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(h.data, from), filepath.Join(h.data, to)); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseThatDoesNotAnswerIsNoMistakeOfOurs(t *testing.T) {
	t.Parallel()
	h := openHouse(t, t.TempDir())
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/me", "/v1/messages", "/v1/messages/7e4a4700-0000-4000-8000-000000000001"} {
		a := h.ask(t, http.MethodGet, path, token(t, "anna"), "", nil)
		a.expect(t, http.StatusServiceUnavailable, "storage_unavailable")
		if p := a.problem(t); strings.Contains(p.Say.Da, "er den ikke sendt") || strings.Contains(p.Say.Da, "er ikke sendt") {
			t.Errorf("%s: a question is not answered with »not sent«: %s", path, p.Say.Da)
		}
	}
	h.send(t, letter("chen@uni.example")).expect(t, http.StatusServiceUnavailable, "storage_unavailable")
	if status, away := h.ready(t); status != http.StatusServiceUnavailable || away != "database" {
		t.Errorf("ready: %d, away: %q", status, away)
	}
}

func TestAnotherMasterKeyIsNotStartedWith(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	right := openHouse(t, data)
	id := right.send(t, letter("chen@uni.example")).message(t).Id
	if err := right.leave(time.Second); err != nil {
		t.Fatal(err)
	}
	start := func() error {
		s, k, err := openVault(t.Context(), filepath.Join(data, "sendsikker.db"), filepath.Join(data, "master.key"), time.Now)
		if err == nil {
			_, _ = s.Close(), k.Close()
		}
		return err
	}
	right.rename(t, "master.key", "master.key.away")
	if err := start(); err == nil || !strings.Contains(err.Error(), "put the right one back") {
		t.Errorf("without the master key: %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "master.key")); err == nil {
		t.Error("another master key was made in the place of the missing one")
	}
	if k, err := keeper.OpenOrMakeFile(filepath.Join(data, "master.key")); err != nil || k.Close() != nil {
		t.Fatal(err)
	}
	if err := start(); err == nil || !strings.Contains(err.Error(), "is another") {
		t.Errorf("with another master key: %v", err)
	}
	right.rename(t, "master.key.away", "master.key")
	again := openHouse(t, data)
	again.work(t)
	again.once(t, id, "chen@uni.example")
}
