package app

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/store"
)

// pair is two machines on one database and one spool, at a university of their own, where nobody else is counted.
type pair struct {
	*sandbox.University
	houses [2]*house
}

func openPair(t *testing.T, callTime time.Duration, limits store.Limits) (p pair) {
	t.Helper()
	u, err := sandbox.Open(t.Context(), sandbox.Options{Fast: true, CallTime: callTime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Close() })
	p.University = u
	_, onOne := onPostgres(t)
	data := t.TempDir()
	for n := range p.houses {
		p.houses[n] = openHouseAt(t, u, data, onOne, func(w *wiring) {
			w.Limits, w.Workers, w.Finding.Lists = limits, 6, filepath.Join(data, fmt.Sprint("lists", n))
		})
	}
	return p
}

// accept hands mails in, by turns at the one and at the other.
func (p pair) accept(t *testing.T, mails int) (ids []uuid.UUID) {
	t.Helper()
	for n := range mails {
		ids = append(ids, p.houses[n%2].send(t, letter("chen@uni.example")).message(t).Id)
	}
	return ids
}

const pairBox = "sikkermail@its.aau.example"

// What a machine does beside delivering counts as well: receipts are calls to the same mailbox. The calls are slow enough to meet
// on a slow machine too.
func TestTwoMachinesTogetherAreNeverMoreThanThreeAtATimeInAMailbox(t *testing.T) {
	t.Parallel()
	p := openPair(t, 250*time.Millisecond, store.Limits{Concurrent: 3, Lease: 10 * time.Second})
	ids := p.accept(t, 10)
	for _, h := range p.houses {
		h.work(t)
	}
	for _, id := range ids {
		p.houses[0].ended(t, id)
	}
	if most := p.Exchange.Busiest(pairBox); most != 3 {
		t.Errorf("%d calls at a time, want 3: no more, and no fewer or nothing was tried", most)
	}
	if n := len(p.Exchange.Delivered("chen@uni.example")); n != len(ids) {
		t.Errorf("%d mails arrived, want %d", n, len(ids))
	}
}

func TestTwoMachinesTogetherBeginNoMoreInAMinuteThanAMailboxMay(t *testing.T) {
	t.Parallel()
	const perMinute, mails = 5, 12
	p := openPair(t, 0, store.Limits{PerMinute: perMinute, Lease: 10 * time.Second})
	p.accept(t, mails)
	for _, h := range p.houses {
		h.work(t)
	}
	arrived := func() int { return len(p.Exchange.Delivered("chen@uni.example")) }
	db := p.houses[0].database(t)
	for minute := 1; minute*perMinute < mails+perMinute; minute++ {
		want := min(minute*perMinute, mails)
		for deadline := time.Now().Add(20 * time.Second); arrived() < want; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("in minute %d %d mails have arrived, want %d", minute, arrived(), want)
			}
		}
		time.Sleep(500 * time.Millisecond) // in which one too many would show
		if n := arrived(); n != want {
			t.Fatalf("in minute %d %d mails have arrived, want %d", minute, n, want)
		}
		// A minute passes.
		for _, statement := range []string{
			`UPDATE attempt SET started_at = started_at - 61000, until_at = until_at - 61000`,
			`UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE state IN ('scheduled', 'available')`,
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAJobThatIsGivenOutAgainHalfDoneSendsNothingTwice leaves behind what a machine leaves that dies in the middle: a job that
// runs nowhere, and an attempt that nobody keeps.
func TestAJobThatIsGivenOutAgainHalfDoneSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stalls  string
		arrives bool
	}{
		"while the draft was on its way":            {"/messages", false},
		"while the draft was made":                  {"/messages", true},
		"while it was being sent, and it was not":   {"/send", false},
		"while it was being sent, and it was":       {"/send", true},
		"while the receipt was written, and it was": {"/mailFolders/inbox/messages", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			_, onOne := onPostgres(t)
			stalled := make(chan struct{}, 8)
			dies := openHouse(t, data, onOne, func(w *wiring) { w.GraphURL = stallingGraph(t, c.stalls, c.arrives, stalled) + "/v1.0" })
			dies.work(t)
			id := dies.send(t, letter("chen@uni.example")).message(t).Id
			select {
			case <-stalled:
			case <-time.After(10 * time.Second):
				t.Fatalf("the call was never made:\n%s", dies.log)
			}
			if err := dies.leave(100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			next := openHouse(t, data, onOne, func(w *wiring) { w.Rescue = time.Second })
			db := next.database(t)
			for _, statement := range []string{ // a machine that stops hands its job back; one that dies does not
				`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '1 minute', attempted_by = '{gone}' WHERE state = 'available' AND kind IN ('deliver', 'notice')`,
				`UPDATE attempt SET ended_at = NULL, sent = TRUE, until_at = started_at + 1`,
				`DELETE FROM river_leader`,
			} {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			var running int
			if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM river_job WHERE state = 'running' AND kind IN ('deliver', 'notice')`).Scan(&running); err != nil || running != 1 {
				t.Fatalf("%d jobs run, %v", running, err)
			}
			next.work(t)
			next.once(t, id, "chen@uni.example")
			m := next.ask(t, http.MethodGet, "/v1/messages/"+id.String(), next.anna(t), "", nil).message(t)
			receipts := 0
			for _, i := range shared.university.Exchange.Messages(pairBox, "inbox") {
				if i.InternetMessageID == "<notice-"+id.String()+"@its.aau.example>" {
					receipts++
				}
			}
			if receipts != 1 || m.Notice == nil {
				t.Errorf("%d receipts", receipts)
			}
		})
	}
}
