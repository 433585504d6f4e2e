package sending_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

func codeOf(err error) string {
	f, is := errors.AsType[*fault.Fault](err)
	if !is {
		return ""
	}
	return f.Code
}

func TestASenderTakesAMailBackAndNothingOfItIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &office{}
	s := r.service(o)
	m := r.accept(t, "bo@partner.example", "anna@aau.example")
	if err := s.Cancel(t.Context(), mailbox.Caller{ID: "birk"}, m.ID); codeOf(err) != "message_not_found" {
		t.Errorf("somebody else: %v", err)
	}
	for range 2 {
		if err := s.Cancel(t.Context(), anna(), m.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range m.Deliveries {
		if err := s.Deliver(t.Context(), d.ID); err != nil {
			t.Fatal(err)
		}
	}
	if o.mails() != 0 || len(o.trace) != 0 || len(r.spooled(t)) != 0 {
		t.Errorf("%d mails, trace %v, spooled %v", o.mails(), o.trace, r.spooled(t))
	}
	got, err := s.Message(t.Context(), anna(), m.ID)
	if err != nil || got.Outcome() != sending.TakenBack || !strings.Contains(got.Recipients[0].Say.DA, "fortrød") {
		t.Errorf("%s, %+v, %v", got.Outcome(), got.Recipients, err)
	}
	if r.notices(t, m.ID) != 0 {
		t.Error("a mail that was taken back gets a receipt")
	}
}

func TestAMailOnItsWayCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	for _, state := range []store.State{store.Drafting, store.Sending, store.Sent, store.Rejected, store.Unknown} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			m := r.accept(t, "bo@partner.example")
			r.bring(t, m.Deliveries[0].ID, state, 0)
			if err := r.service(&office{}).Cancel(t.Context(), anna(), m.ID); codeOf(err) != "message_on_its_way" || fault.KindOf(err) != fault.Conflict {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheUndoWindowOfTheMailboxHoldsTheMailBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	held := identity()
	held.Undo = time.Minute
	a, err := r.service(&office{}, func(d *sending.Deps) { d.Mailboxes = lender{held} }).Submit(t.Context(), submission("bo@partner.example"))
	if err != nil {
		t.Fatal(err)
	}
	m := r.message(t, a.ID)
	if m.HeldUntil.Sub(m.AcceptedAt) != time.Minute {
		t.Errorf("held for %v", m.HeldUntil.Sub(m.AcceptedAt))
	}
	var scheduled int
	if err := r.jobs.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM river_job WHERE kind = 'deliver' AND state = 'scheduled'`).Scan(&scheduled); err != nil || scheduled != 1 {
		t.Errorf("%d jobs wait, %v", scheduled, err)
	}
}

func TestAMailboxWithLongToSendIsRefusedMoreWithATimeToComeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.service(&office{}, func(d *sending.Deps) { d.Limits.PerMinute, d.Backlog = 1, 2*time.Minute })
	for range 3 {
		if _, err := s.Submit(t.Context(), submission("bo@partner.example")); err != nil {
			t.Fatal(err)
		}
	}
	before := r.rows(t, "message")
	_, err := s.Submit(t.Context(), submission("bo@partner.example"))
	f, is := errors.AsType[*fault.Fault](err)
	if !is || f.Kind != fault.Throttled || f.Code != "mailbox_busy" || f.RetryAfter < time.Minute {
		t.Fatalf("%v", err)
	}
	if r.rows(t, "message") != before || len(r.spooled(t)) != before {
		t.Error("something of it was kept")
	}
}

func TestAMailboxAtItsLimitWaitsWithoutAnAttempt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &office{}
	s := r.service(o, func(d *sending.Deps) { d.Limits = store.Limits{PerMinute: 1, Lease: time.Minute} })
	first, second := r.accept(t, "bo@partner.example"), r.accept(t, "bo@partner.example")
	if err := s.Deliver(t.Context(), first.Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	err := s.Deliver(t.Context(), second.Deliveries[0].ID)
	f, is := errors.AsType[*fault.Fault](err)
	if !is || f.Kind != fault.Throttled || f.RetryAfter <= 0 || f.RetryAfter > 3*time.Minute {
		t.Fatalf("%v", err)
	}
	if r.delivery(t, second.Deliveries[0].ID).State != store.Queued || o.mails() != 1 {
		t.Error("something was tried")
	}
}

func TestEveryAttemptEndsAndOneThatSentNothingIsNotCounted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		office *office
		sent   int
	}{
		"sent":              {&office{}, 1},
		"no draft":          {&office{onCreate: func() error { return fault.New(fault.Unavailable, "away", sayNo, nil) }}, 0},
		"refused":           {&office{onSend: func(string) (bool, error) { return false, fault.New(fault.Rejected, "no", sayNo, nil) }}, 0},
		"may be on its way": {&office{onSend: func(string) (bool, error) { return true, fault.New(fault.Unclear, "silent", sayNo, nil) }}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			m := r.accept(t, "bo@partner.example")
			_ = r.service(c.office, func(d *sending.Deps) { d.Limits = sending.DefaultLimits() }).Deliver(t.Context(), m.Deliveries[0].ID)
			var open, sent int
			err := r.jobs.QueryRowContext(t.Context(), `SELECT COUNT(CASE WHEN ended_at IS NULL THEN 1 END), COALESCE(SUM(sent), 0) FROM attempt`).Scan(&open, &sent)
			if err != nil || open != 0 || sent != c.sent {
				t.Errorf("%d open, %d sent, %v", open, sent, err)
			}
		})
	}
}

func TestWhatIsSubmittedWholeIsSentOnceAndLookedForWhenUnclear(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &office{submits: true}
	m := r.accept(t, "bo@partner.example")
	if err := r.service(o).Deliver(t.Context(), m.Deliveries[0].ID); err != nil || o.mails() != 1 || r.delivery(t, m.Deliveries[0].ID).State != store.Sent {
		t.Fatalf("%v, %d mails", err, o.mails())
	}
	unclear := r.accept(t, "bo@partner.example")
	o.onSend = func(string) (bool, error) { return true, fault.New(fault.Unclear, "silent", sayNo, nil) }
	o.onFind = func(string) (sending.Place, error) { return sending.InSent, nil }
	s := r.service(o)
	if err := s.Deliver(t.Context(), unclear.Deliveries[0].ID); fault.KindOf(err) != fault.Unclear {
		t.Fatalf("%v", err)
	}
	if err := s.Deliver(t.Context(), unclear.Deliveries[0].ID); err != nil || o.mails() != 2 || r.delivery(t, unclear.Deliveries[0].ID).State != store.Sent {
		t.Errorf("%v, %d mails", err, o.mails())
	}
	taken := r.accept(t, "bo@partner.example")
	o.onSend = func(string) (bool, error) { return false, fault.New(fault.Throttled, "busy", sayNo, nil) }
	if err := s.Deliver(t.Context(), taken.Deliveries[0].ID); fault.KindOf(err) != fault.Throttled || r.delivery(t, taken.Deliveries[0].ID).State != store.Drafting {
		t.Errorf("not taken: %v, %s", err, r.delivery(t, taken.Deliveries[0].ID).State)
	}
}

func TestTheTimeLineEndsWithTheReceiptAndNamesTheCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &office{}
	s := r.service(o)
	m := r.accept(t, "bo@partner.example")
	if err := s.Deliver(t.Context(), m.Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, ended, err := s.Events(t.Context(), anna(), m.ID, 0); err != nil || ended {
		t.Errorf("before the receipt: %v, %v", ended, err)
	}
	if err := s.Notify(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	events, ended, err := s.Events(t.Context(), anna(), m.ID, 0)
	var got []store.What
	for _, e := range events {
		got = append(got, e.What)
	}
	if err != nil || !ended || !slices.Equal(got, []store.What{store.Accepted, store.Drafted, store.SendBegun, store.SentOff, store.Receipt}) || len(events[1].RequestIDs) == 0 {
		t.Errorf("%v, ended %v, %v", got, ended, err)
	}
	if _, _, err := s.Events(t.Context(), mailbox.Caller{ID: "birk"}, m.ID, 0); codeOf(err) != "message_not_found" {
		t.Errorf("somebody else: %v", err)
	}
}

func TestAnAdministratorSeesADoubtAndEndsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &office{}
	s := r.service(o)
	iben := mailbox.Caller{Kind: mailbox.User, ID: "iben", Administrator: true}
	arrived, again := r.accept(t, "bo@partner.example"), r.accept(t, "bo@partner.example")
	r.bring(t, arrived.Deliveries[0].ID, store.Unknown, 0)
	r.bring(t, again.Deliveries[0].ID, store.Unknown, 0)
	doubts, err := s.Doubts(t.Context())
	if err != nil || len(doubts) != 2 || doubts[0].Mailbox != box || len(doubts[0].Events) != 3 || len(doubts[0].Delivery.Recipients) != 1 {
		t.Fatalf("%+v, %v", doubts, err)
	}
	if err := s.Resolve(t.Context(), iben, arrived.Deliveries[0].ID, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Resolve(t.Context(), iben, again.Deliveries[0].ID, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Deliver(t.Context(), again.Deliveries[0].ID); err != nil || o.mails() != 1 {
		t.Errorf("sent again: %v, %d mails", err, o.mails())
	}
	if len(r.spooled(t)) != 0 {
		t.Errorf("left: %v", r.spooled(t))
	}
	for id, want := range map[string]string{arrived.Deliveries[0].ID: "copy_not_in_doubt", "nobody": "copy_not_found"} {
		if err := s.Resolve(t.Context(), iben, id, true); codeOf(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestTidyingRemovesWhatNobodyNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &office{}
	now := time.Now()
	s := r.service(o, func(d *sending.Deps) { d.Now, d.Keep = func() time.Time { return now }, 24*time.Hour })
	sent, waits := r.accept(t, "bo@partner.example"), r.accept(t, "bo@partner.example")
	orphan := must(r.spool.Create(t.Context(), "orphan", must2(r.keeper.NewKey(t.Context()))))
	if err := orphan.Close(); err != nil {
		t.Fatal(err)
	}
	r.bring(t, sent.Deliveries[0].ID, store.Sent, 0) // its copy is left: the program died before it was removed
	if err := s.Tidy(t.Context()); err != nil || len(r.spooled(t)) != 3 {
		t.Fatalf("today: %v, %v", err, r.spooled(t))
	}
	now = now.Add(25 * time.Hour)
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := r.spooled(t); !slices.Equal(left, []string{waits.Deliveries[0].SpoolName}) {
		t.Errorf("left: %v", left)
	}
	if _, err := r.store.Message(t.Context(), sent.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what is old is still known: %v", err)
	}
	if _, err := r.store.Message(t.Context(), waits.ID); err != nil {
		t.Errorf("what is under way is forgotten: %v", err)
	}
}

func TestDraftsThatAnAttemptLeftAreDeletedAfterAnHour(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	failures := 0
	o := &office{onCreate: func() error {
		if failures++; failures == 1 {
			return fault.New(fault.Unavailable, "away", sayNo, nil)
		}
		return nil
	}}
	now := time.Now()
	s := r.service(o, func(d *sending.Deps) { d.Now = func() time.Time { return now } })
	m := r.accept(t, "bo@partner.example")
	for s.Deliver(t.Context(), m.Deliveries[0].ID) != nil {
		if failures > 3 {
			t.Fatal("it does not get through")
		}
	}
	if err := s.Tidy(t.Context()); err != nil || len(o.tidied) != 0 {
		t.Errorf("at once: %v, %v", o.tidied, err)
	}
	now = now.Add(2 * time.Hour)
	if err := s.Tidy(t.Context()); err != nil || len(o.tidied) != 1 || !strings.HasSuffix(o.tidied[0], " but "+r.delivery(t, m.Deliveries[0].ID).DraftID) {
		t.Errorf("after two hours: %v, %v", o.tidied, err)
	}
}

func must2[T, U any](v T, _ U, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A receipt is a call to the mailbox like any other, and its delivery's own place is free by the time that it is written.
func TestAReceiptWaitsForAPlaceInTheMailbox(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	limits := store.Limits{Concurrent: 1, Lease: time.Minute}
	s := r.service(&office{}, func(d *sending.Deps) { d.Limits = limits })
	first, second := r.accept(t, "bo@partner.example"), r.accept(t, "bo@partner.example")
	if err := s.Deliver(t.Context(), first.Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	running, err := r.store.BeginAttempt(t.Context(), r.delivery(t, second.Deliveries[0].ID), limits, false)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Notify(t.Context(), first.ID)
	f, is := errors.AsType[*fault.Fault](err)
	if !is || f.Code != "mailbox_at_its_limit" || f.RetryAfter <= 0 || f.RetryAfter > 5*time.Second || r.message(t, first.ID).NoticeKind != "" {
		t.Errorf("%v, written: %q", err, r.message(t, first.ID).NoticeKind)
	}
	if err := r.store.EndAttempt(t.Context(), running, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Notify(t.Context(), first.ID); err != nil || r.message(t, first.ID).NoticeKind != "receipt" {
		t.Errorf("%v, written: %q", err, r.message(t, first.ID).NoticeKind)
	}
}
