package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

var (
	say    = fault.Sentence{DA: "Nej.", EN: "No."}
	nobody = audit.Entry{At: noon, Actor: audit.Actor{Kind: "user", ID: "anna"}, Action: "test"}
)

func first(t *testing.T, s *store.Store, m store.Message) store.Delivery {
	t.Helper()
	d, err := s.Delivery(t.Context(), m.Deliveries[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func step(t *testing.T, s *store.Store, d *store.Delivery, c store.Change) {
	t.Helper()
	c.From = d.State
	if err := s.ChangeDelivery(t.Context(), *d, c); err != nil {
		t.Fatal(err)
	}
	d.State, d.Looks = c.To, c.Looks
	if c.DraftID != "" {
		d.DraftID = c.DraftID
	}
}

func what(t *testing.T, s *store.Store, id string) []store.What {
	t.Helper()
	events, err := s.Events(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []store.What
	for i, e := range events {
		if e.Sequence != i+1 {
			t.Errorf("event %d has number %d", i, e.Sequence)
		}
		list = append(list, e.What)
	}
	return list
}

func TestEveryStepIsOnTheTimeLineInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		d := first(t, s, m)
		step(t, s, &d, store.Change{To: store.Drafting})
		step(t, s, &d, store.Change{To: store.Sending, DraftID: "draft", RequestIDs: []string{"r1", "r2"}})
		step(t, s, &d, store.Change{To: store.Sending, Looks: 1})
		step(t, s, &d, store.Change{To: store.Sent})
		want := []store.What{store.Accepted, store.Drafted, store.SendBegun, store.Looked, store.SentOff}
		if got := what(t, s, m.ID); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		rest, err := s.Events(t.Context(), m.ID, 2)
		if err != nil || len(rest) != 3 || !slices.Equal(rest[0].RequestIDs, []string{"r1", "r2"}) || rest[0].DeliveryID != d.ID {
			t.Errorf("after the second: %+v, %v", rest, err)
		}
	})
}

func TestEventsOfOneMessageNeverShareANumber(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		var wait sync.WaitGroup
		for _, d := range m.Deliveries {
			wait.Go(func() {
				d.State, d.MessageID = store.Queued, m.ID
				for _, c := range []store.Change{{From: store.Queued, To: store.Drafting}, {From: store.Drafting, To: store.Sending, DraftID: "x"}, {From: store.Sending, To: store.Sent}} {
					if err := s.ChangeDelivery(context.WithoutCancel(t.Context()), d, c); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if got := what(t, s, m.ID); len(got) != 7 {
			t.Errorf("%d events: %v", len(got), got)
		}
	})
}

func TestAMessageIsTakenBackWholeOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m, late := message("anna", ""), message("anna", "")
		m.HeldUntil = noon.Add(time.Minute)
		accept(t, s, m)
		accept(t, s, late)
		for range 2 {
			if err := s.CancelMessage(t.Context(), m.ID, say, nobody); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Message(t.Context(), m.ID)
		if err != nil || got.CancelledAt.IsZero() || !got.HeldUntil.Equal(m.HeldUntil) || got.Deliveries[0].State != store.Rejected || got.Deliveries[1].Code != "cancelled" {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.ChangeDelivery(t.Context(), m.Deliveries[0], store.Change{From: store.Queued, To: store.Drafting}); err == nil {
			t.Error("a step was taken all the same")
		}
		d := first(t, s, late)
		step(t, s, &d, store.Change{To: store.Drafting})
		if err := s.CancelMessage(t.Context(), late.ID, say, nobody); !errors.Is(err, store.ErrTooLate) {
			t.Errorf("too late: %v", err)
		}
	})
}

// A worker and a sender who presses undo at the same moment: one of them wins, and never both.
func TestTakingBackAndSendingNeverBothHappen(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for range 10 {
			m := message("anna", "")
			accept(t, s, m)
			d := first(t, s, m)
			var cancelled, stepped atomic.Bool
			var wait sync.WaitGroup
			wait.Go(func() { cancelled.Store(s.CancelMessage(context.WithoutCancel(t.Context()), m.ID, say, nobody) == nil) })
			wait.Go(func() {
				stepped.Store(s.ChangeDelivery(context.WithoutCancel(t.Context()), d, store.Change{From: store.Queued, To: store.Drafting}) == nil)
			})
			wait.Wait()
			if cancelled.Load() == stepped.Load() {
				t.Fatalf("cancelled %v, stepped %v", cancelled.Load(), stepped.Load())
			}
		}
	})
}

func TestAnAdministratorEndsADoubt(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for _, arrived := range []bool{true, false} {
			m := message("anna", "")
			accept(t, s, m)
			d := first(t, s, m)
			step(t, s, &d, store.Change{To: store.Drafting})
			step(t, s, &d, store.Change{To: store.Sending, DraftID: "draft"})
			if err := s.Resolve(t.Context(), d, arrived, nobody); !errors.Is(err, store.ErrMoved) {
				t.Errorf("not in doubt: %v", err)
			}
			step(t, s, &d, store.Change{To: store.Unknown, Code: "outcome_unknown", Say: say})
			if err := s.Resolve(t.Context(), d, arrived, nobody); err != nil {
				t.Fatal(err)
			}
			got := first(t, s, m)
			want := map[bool]store.State{true: store.Sent, false: store.Queued}[arrived]
			if got.State != want || got.Code != "" || arrived != (got.DraftID != "") {
				t.Errorf("arrived %v: %+v", arrived, got)
			}
			if err := s.Resolve(t.Context(), d, !arrived, nobody); !errors.Is(err, store.ErrMoved) {
				t.Errorf("twice: %v", err)
			}
		}
	})
}

func TestAMailboxKeepsItsLimitsOnAllMachinesTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		limits := store.Limits{Concurrent: 3, PerMinute: 5, Bytes: 1000, BytesIn: 5 * time.Minute, Recipients: 100, Lease: time.Minute}
		var deliveries []store.Delivery
		for range 12 {
			m := message("anna", "")
			accept(t, s, m)
			deliveries = append(deliveries, first(t, s, m))
		}
		var begun atomic.Int64
		var ids sync.Map
		var wait sync.WaitGroup
		for _, d := range deliveries {
			wait.Go(func() {
				id, err := s.BeginAttempt(context.WithoutCancel(t.Context()), d, limits, false)
				var limited *store.Limited
				switch {
				case err == nil:
					begun.Add(1)
					ids.Store(id, true)
				case errors.As(err, &limited):
					if limited.Wait <= 0 || limited.Wait > 10*time.Minute {
						t.Errorf("wait %v", limited.Wait)
					}
				default:
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if begun.Load() != 3 {
			t.Fatalf("%d at a time", begun.Load())
		}
		ids.Range(func(id, _ any) bool { return s.EndAttempt(t.Context(), id.(string), true) == nil })
		for i := range 3 {
			id, err := s.BeginAttempt(t.Context(), deliveries[i], limits, false)
			if (err == nil) != (i < 2) {
				t.Errorf("number %d of the minute: %v", 4+i, err)
			}
			if err == nil {
				_ = s.EndAttempt(t.Context(), id, true)
			}
		}
	})
}

func TestOneDeliveryIsTriedByOneAtATimeUntilItsLeaseEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		d := first(t, s, m)
		l := store.Limits{Lease: 300 * time.Millisecond, Concurrent: 1}
		id, err := s.BeginAttempt(t.Context(), d, l, false)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // it is still at it, and says so
			var limited *store.Limited
			if _, err := s.BeginAttempt(t.Context(), d, l, true); !errors.As(err, &limited) {
				t.Errorf("a second one at the same time: %v", err)
			}
			if err := s.KeepAttempt(t.Context(), id, l.Lease); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * l.Lease) // it has died
		if _, err := s.BeginAttempt(t.Context(), d, l, true); err != nil {
			t.Errorf("after its time: %v", err)
		}
	})
}

func TestWhichLimitStopsAnAttempt(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		for name, c := range map[string]struct {
			limits store.Limits
			sent   bool
			stops  bool
		}{
			"none":                             {store.Limits{Lease: time.Minute}, true, false},
			"bytes":                            {store.Limits{Lease: time.Minute, Bytes: 15, BytesIn: time.Minute}, true, true},
			"a copy larger than the limit":     {store.Limits{Lease: time.Minute, Bytes: 25, BytesIn: time.Minute}, true, false},
			"recipients":                       {store.Limits{Lease: time.Minute, Recipients: 3}, true, true},
			"recipients, but nothing went out": {store.Limits{Lease: time.Minute, Recipients: 3}, false, false},
			"one at a time, and it has ended":  {store.Limits{Lease: time.Minute, Concurrent: 1}, true, false},
		} {
			t.Run(name, func(t *testing.T) {
				s := open(t)
				m := message("anna", "")
				accept(t, s, m)
				d := first(t, s, m)
				id, err := s.BeginAttempt(t.Context(), d, c.limits, false)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.EndAttempt(t.Context(), id, c.sent); err != nil {
					t.Fatal(err)
				}
				if _, err := s.BeginAttempt(t.Context(), d, c.limits, false); (err != nil) != c.stops {
					t.Errorf("%v", err)
				}
			})
		}
	})
}

func TestMessagesAreFoundByWhatNarrows(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		sent, failed, taken, under := message("anna", ""), message("anna", ""), message("anna", ""), message("anna", "")
		for _, m := range []store.Message{sent, failed, taken, under} {
			accept(t, s, m)
		}
		for i := range sent.Deliveries {
			d, _ := s.Delivery(t.Context(), sent.Deliveries[i].ID)
			step(t, s, &d, store.Change{To: store.Drafting})
			step(t, s, &d, store.Change{To: store.Sending, DraftID: "x"})
			step(t, s, &d, store.Change{To: store.Sent})
			d, _ = s.Delivery(t.Context(), failed.Deliveries[i].ID)
			step(t, s, &d, store.Change{To: store.Rejected, Code: "no", Say: say})
		}
		if err := s.CancelMessage(t.Context(), taken.ID, say, nobody); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			q    store.MessageQuery
			want []string
		}{
			"sent":                   {store.MessageQuery{State: "sent"}, []string{sent.ID}},
			"failed":                 {store.MessageQuery{State: "failed"}, []string{failed.ID}},
			"cancelled":              {store.MessageQuery{State: "cancelled"}, []string{taken.ID}},
			"under way":              {store.MessageQuery{State: "sending"}, []string{under.ID}},
			"unknown":                {store.MessageQuery{State: "unknown"}, nil},
			"a recipient":            {store.MessageQuery{Recipient: "c@x.example", State: "sent"}, []string{sent.ID}},
			"nobody's":               {store.MessageQuery{Recipient: "z@x.example"}, nil},
			"another mailbox":        {store.MessageQuery{Mailbox: "other@unit.example"}, nil},
			"the mailbox":            {store.MessageQuery{Mailbox: "box@unit.example", State: "sent"}, []string{sent.ID}},
			"before they were there": {store.MessageQuery{Until: noon}, nil},
			"since":                  {store.MessageQuery{Since: noon, State: "failed"}, []string{failed.ID}},
		} {
			c.q.CallerID, c.q.Limit = "anna", 10
			list, err := s.Messages(t.Context(), c.q)
			var got []string
			for _, m := range list {
				got = append(got, m.ID)
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	})
}

func TestWhatIsOldIsErasedAndWhatIsUnderWayIsNot(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		ended, under := message("anna", ""), message("anna", "")
		accept(t, s, ended)
		accept(t, s, under)
		if err := s.CancelMessage(t.Context(), ended.ID, say, nobody); err != nil {
			t.Fatal(err)
		}
		needed, err := s.Needed(t.Context(), []string{ended.Deliveries[0].SpoolName, under.Deliveries[0].SpoolName, "stranger"})
		if err != nil || len(needed) != 1 || !needed[under.Deliveries[0].SpoolName] {
			t.Errorf("needed: %v, %v", needed, err)
		}
		if n, err := s.EraseMessages(t.Context(), noon, 10); n != 0 || err != nil {
			t.Errorf("before noon: %d, %v", n, err)
		}
		if n, err := s.EraseMessages(t.Context(), noon.Add(time.Hour), 10); n != 1 || err != nil {
			t.Errorf("erased %d, %v", n, err)
		}
		if _, err := s.Message(t.Context(), ended.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("still there: %v", err)
		}
		if events, err := s.Events(t.Context(), ended.ID, 0); len(events) != 0 || err != nil {
			t.Errorf("its time line: %v, %v", events, err)
		}
	})
}

func TestKeysAreWrappedAnewOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for range 3 {
			accept(t, s, message("anna", ""))
		}
		list, err := s.WrappedBefore(t.Context(), "new", "", 10)
		if err != nil || len(list) != 4 { // and the mailbox's
			t.Fatalf("%d, %v", len(list), err)
		}
		for i, w := range list {
			if err := s.Rewrap(t.Context(), w, fmt.Append(nil, i), "new"); err != nil {
				t.Fatal(err)
			}
		}
		if list, err = s.WrappedBefore(t.Context(), "new", "", 10); err != nil || len(list) != 0 {
			t.Errorf("left: %v, %v", list, err)
		}
		if versions, err := s.KeyVersions(t.Context()); err != nil || !slices.Equal(versions, []string{"new"}) {
			t.Errorf("versions: %v, %v", versions, err)
		}
	})
}

func TestAWholeDatabaseHasNoFaultAndABrokenOneSaysWhich(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		if faults, err := s.Check(t.Context()); err != nil || len(faults) != 0 {
			t.Fatalf("%v, %v", faults, err)
		}
		for _, query := range []string{"DELETE FROM river_job", "UPDATE event SET sequence = 9", "UPDATE message SET cancelled_at = 1"} {
			if err := s.Exec(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		if faults, err := s.Check(t.Context()); err != nil || len(faults) != 3 {
			t.Errorf("%v, %v", faults, err)
		}
	})
}
