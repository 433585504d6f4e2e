package app

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/store"
)

// TestAClockThatJumpsDuringDelivery: somebody sets the machine's clock wrong, and somebody sets it right. What was begun by the
// wrong one holds nobody up by the right one.
func TestAClockThatJumpsDuringDelivery(t *testing.T) {
	t.Parallel()
	var off atomic.Int64
	h := openHouse(t, t.TempDir(), func(w *wiring) {
		w.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		w.Limits = store.Limits{Concurrent: 3, Lease: 30 * time.Second}
	})
	to := []string{"chen@uni.example", "timeout-but-sent@vejr.example"}
	var ids []uuid.UUID
	mails := func(n int) {
		for range n {
			ids = append(ids, h.send(t, letter(to...)).message(t).Id)
		}
	}
	h.work(t)
	for _, jump := range []time.Duration{0, time.Hour, 0, -time.Hour, 0} {
		off.Store(int64(jump))
		mails(3)
		time.Sleep(200 * time.Millisecond) // it jumps in the middle
	}
	for _, id := range ids {
		h.once(t, id, to...)
	}
}

// A machine that dies while its clock is an hour fast leaves an attempt that seems to run for an hour more.
func TestAnAttemptFromTheFutureTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	h := openHouse(t, t.TempDir(), func(w *wiring) { w.Limits = store.Limits{Concurrent: 1, PerMinute: 1, Lease: 30 * time.Second} })
	id := h.send(t, letter("chen@uni.example")).message(t).Id
	ahead := time.Now().Add(time.Hour).UnixMilli()
	_, err := h.database(t).ExecContext(t.Context(), `INSERT INTO attempt (id, delivery_id, mailbox_id, started_at, until_at, size, recipients)
		SELECT 'future', d.id, m.mailbox_id, ?, ?, d.size, 1 FROM delivery d JOIN message m ON m.id = d.message_id`, ahead, ahead+30_000)
	if err != nil {
		t.Fatal(err)
	}
	h.work(t)
	h.once(t, id, "chen@uni.example")
}
