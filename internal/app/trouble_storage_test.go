package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// impatient: an attempt whose end could not be written down counts until its lease ends, and a job whose worker never heard of it
// is given out again.
func impatient(w *wiring) { w.Limits, w.Rescue = store.Limits{Lease: 2 * time.Second}, time.Second }

// refuses fails unless mails are refused, whole, with a time to come again, however often they are handed in.
func (h *house) refuses(t *testing.T) {
	t.Helper()
	for range 3 {
		h.send(t, letter("chen@uni.example", "anna@aau.example")).expect(t, http.StatusServiceUnavailable, "storage_unavailable")
	}
}

// recovers waits until mails are taken again, and nobody has done anything for it here.
func (h *house) recovers(t *testing.T) uuid.UUID {
	t.Helper()
	var a answer
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if a = h.send(t, letter("chen@uni.example")); a.status == http.StatusAccepted {
			return a.message(t).Id
		}
		a.expect(t, http.StatusServiceUnavailable, "storage_unavailable")
	}
	t.Fatalf("put right, and yet %d %s", a.status, a.body)
	return uuid.Nil
}

// A server that was demoted answers, and takes nothing.
func TestADatabaseThatHasBecomeReadOnlyLosesNothing(t *testing.T) {
	t.Parallel()
	address, onOne := onPostgres(t)
	h := openHouse(t, t.TempDir(), onOne, impatient)
	db := h.database(t)
	name := address[strings.LastIndex(address, "/")+1 : strings.Index(address, "?")]
	demote := func(how string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), `ALTER DATABASE `+name+` SET default_transaction_read_only = `+how)
		if err == nil { // who is connected goes on as before, so all are sent away, as a change of roles does
			_, err = db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db.SetMaxOpenConns(1) // the one that may still write
	h.work(t)
	var ids []uuid.UUID
	for range 6 {
		ids = append(ids, h.send(t, letter("chen@uni.example", "timeout-but-sent@vejr.example")).message(t).Id)
	}
	demote("on")
	h.refuses(t)
	if status, away := h.ready(t); status != http.StatusServiceUnavailable || away != "database" {
		t.Errorf("ready: %d, away: %q", status, away)
	}
	demote("off")
	time.Sleep(time.Second) // a connection that has lain for so long is asked whether it still stands before it is used
	for _, id := range ids {
		h.once(t, id, "chen@uni.example", "timeout-but-sent@vejr.example")
	}
	h.once(t, h.recovers(t), "chen@uni.example")
	if status, away := h.ready(t); status != http.StatusOK {
		t.Errorf("put right, and yet %d, away: %q", status, away)
	}
}

// absent is a keeper whose vault can be away.
type absent struct {
	sending.Keeper
	away *atomic.Bool
}

var errAway = errors.New("no route to the vault")

func (a absent) NewKey(ctx context.Context) (*keeper.Key, keeper.Wrapped, error) {
	if a.away.Load() {
		return nil, keeper.Wrapped{}, errAway
	}
	return a.Keeper.NewKey(ctx)
}

func (a absent) Unwrap(ctx context.Context, w keeper.Wrapped) (*keeper.Key, error) {
	if a.away.Load() {
		return nil, errAway
	}
	return a.Keeper.Unwrap(ctx, w)
}

func TestAKeeperThatIsGoneForAWhileLosesNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t, t.TempDir())
	var away atomic.Bool
	h.sending.Keeper = absent{h.sending.Keeper, &away}
	id := h.send(t, letter("chen@uni.example", "anna@aau.example")).message(t).Id
	away.Store(true)
	h.work(t)
	h.refuses(t)
	h.ask(t, http.MethodGet, "/v1/messages/"+id.String(), h.anna(t), "", nil).expect(t, http.StatusServiceUnavailable, "storage_unavailable")
	for deadline := time.Now().Add(10 * time.Second); h.count(t, `SELECT COUNT(*) FROM river_job WHERE attempt > 0 AND state IN ('available', 'retryable')`) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody has tried to send it")
		}
	}
	if n := h.spooled(t); n != 2 {
		t.Errorf("%d copies in the spool, want 2", n)
	}
	away.Store(false)
	h.once(t, id, "chen@uni.example", "anna@aau.example")
	h.once(t, h.recovers(t), "chen@uni.example")
}

// The file may be on a volume that goes away. What was read of it is used, and it is looked at again.
func TestAKeyFileThatIsGoneForAWhileStopsNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t, t.TempDir())
	before := h.send(t, letter("chen@uni.example")).message(t).Id
	h.rename(t, "master.key", "master.key.away")
	h.work(t)
	h.once(t, before, "chen@uni.example")
	h.once(t, h.recovers(t), "chen@uni.example")
	if _, err := os.Stat(filepath.Join(h.data, "master.key")); err == nil {
		t.Error("another master key was made in the place of the missing one")
	}
	h.rename(t, "master.key.away", "master.key")
	h.once(t, h.recovers(t), "chen@uni.example")
}
