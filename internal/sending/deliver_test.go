package sending_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

var sayNo = fault.Sentence{DA: "Nej.", EN: "No."}

func told(kind fault.Kind) error {
	return fault.New(kind, "told_so", sayNo, errors.New("the test says so"))
}

// reaction is what a fault of a kind leads to when it comes from one of the three calls.
type reaction struct {
	create store.State // from queued and drafting
	send   store.State // from queued and drafting, and from sending once the draft has been seen often enough
	looks  int         // after send
	again  bool        // the queue gets a fault that makes it come back
}

// reactions has a row for every kind: 2 looks are what the rig's timing calls the grace.
func reactions() map[fault.Kind]reaction {
	no := reaction{create: store.Rejected, send: store.Rejected}
	notTaken := reaction{create: store.Drafting, send: store.Sending, looks: 2, again: true}
	unclear := reaction{create: store.Drafting, send: store.Sending, looks: 0, again: true}
	return map[fault.Kind]reaction{
		fault.Internal: unclear, fault.Unclear: unclear, fault.Throttled: notTaken, fault.Unavailable: notTaken,
		fault.Invalid: no, fault.Unauthenticated: no, fault.Forbidden: no, fault.NotFound: no, fault.Conflict: no,
		fault.TooLarge: no, fault.Unsupported: no, fault.Refused: no, fault.Rejected: no,
	}
}

func TestEveryFaultInEveryStateHasOneEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table := reactions()
	if len(table) != len(fault.Kinds()) {
		t.Fatalf("%d kinds, but this table has %d: decide what a delivery does with the new one", len(fault.Kinds()), len(table))
	}
	type outcome struct {
		state                 store.State
		looks                 int
		creates, sends, mails int
		again                 bool
	}
	ended := map[store.State]store.Message{}
	for _, state := range []store.State{store.Sent, store.Rejected, store.Unknown} {
		ended[state] = r.accept(t, "bo@partner.example")
		r.bring(t, ended[state].Deliveries[0].ID, state, 0)
	}
	for _, kind := range fault.Kinds() {
		want := table[kind]
		for _, from := range []store.State{store.Queued, store.Drafting, store.Sending, store.Sent, store.Rejected, store.Unknown} {
			for _, call := range []string{"create", "send", "find"} {
				looks, begins := 0, from == store.Queued || from == store.Drafting
				var expect outcome
				switch {
				case from.Final():
					expect = outcome{state: from}
				case begins && call == "create":
					expect = outcome{state: want.create, creates: 1, again: want.again}
				case begins && call == "send":
					expect = outcome{state: want.send, looks: want.looks, creates: 1, sends: 1, again: want.again}
				case begins: // nobody asks where a message is that was never handed over
					expect = outcome{state: store.Sent, creates: 1, sends: 1, mails: 1}
				case call == "find":
					expect = outcome{state: store.Sending, again: true}
				case call == "send": // seen often enough: it is sent
					looks, expect = 2, outcome{state: want.send, looks: want.looks, sends: 1, again: want.again}
				case call == "create": // the draft is there: nothing is made, and the first look is not enough
					expect = outcome{state: store.Sending, looks: 1, again: true}
				}
				t.Run(fmt.Sprintf("%s from %s while %s", kind, call, from), func(t *testing.T) {
					t.Parallel()
					m, done := ended[from] // what has ended never changes: one is enough
					if !done {
						m = r.accept(t, "bo@partner.example")
						r.bring(t, m.Deliveries[0].ID, from, looks)
					}
					id := m.Deliveries[0].ID
					noticed := r.notices(t, m.ID)
					o := &office{}
					switch call {
					case "create":
						o.onCreate = func() error { return told(kind) }
					case "send":
						o.onSend = func(string) (bool, error) { return false, told(kind) }
					case "find":
						o.onFind = func(string) (sending.Place, error) { return sending.Nowhere, told(kind) }
					}
					err := r.service(o).Deliver(t.Context(), id)
					d := r.delivery(t, id)
					got := outcome{state: d.State, creates: o.count("create"), sends: o.count("send"), mails: o.mails(), again: err != nil}
					if !d.State.Final() {
						got.looks = d.Looks
					}
					if got != expect {
						t.Fatalf("got %+v, want %+v (%v)", got, expect, err)
					}
					if len(o.wrong) > 0 {
						t.Error(o.wrong)
					}
					ends := d.State.Final() && !from.Final()
					if n := r.notices(t, m.ID) - noticed; (n == 1) != ends || n > 1 {
						t.Errorf("%d notices were enqueued; it ended: %v", n, ends)
					}
					kept := slices.Contains(r.spooled(t), d.SpoolName)
					if gone := d.State == store.Sent || d.State == store.Rejected; kept == gone {
						t.Errorf("the copy is in the spool: %v, in state %s", kept, d.State)
					}
					if d.State == store.Rejected && !from.Final() && (d.Code != "told_so" || d.Say != sayNo) {
						t.Errorf("the reason is lost: %q", d.Code)
					}
					if asked := !(call == "create" && from == store.Sending); err != nil && asked && fault.KindOf(err) != kind {
						t.Errorf("the queue hears of %s", fault.KindOf(err))
					}
				})
			}
		}
	}
}

// TestWhatBecomesOfAnUnclearSend plays what the look-ups say after it, one a run, the last one for ever.
func TestWhatBecomesOfAnUnclearSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const drafts, sent, nowhere = sending.InDrafts, sending.InSent, sending.Nowhere
	cases := []struct {
		name   string
		answer fault.Kind // of the first send
		left   bool       // it went out all the same
		places []sending.Place
		state  store.State
		trace  string
	}{
		{"it is found among the sent", fault.Unclear, true, []sending.Place{sent}, store.Sent, "create send find:sent"},
		{"it lies unsent as long as the grace lasts, and is sent once more", fault.Unclear, false, []sending.Place{drafts}, store.Sent,
			"create send find:drafts find:drafts find:drafts send"},
		{"transport took its time", fault.Unclear, true, []sending.Place{drafts, drafts, sent}, store.Sent, "create send find:drafts find:drafts find:sent"},
		{"it was taken out and then found", fault.Unclear, true, []sending.Place{nowhere, nowhere, sent}, store.Sent, "create send find:nowhere find:nowhere find:sent"},
		{"it is found nowhere, and a person decides", fault.Unclear, true, []sending.Place{nowhere}, store.Unknown,
			"create send find:nowhere find:nowhere find:nowhere find:nowhere find:nowhere"},
		{"it was throttled and not taken: one look is enough", fault.Throttled, false, []sending.Place{drafts}, store.Sent, "create send find:drafts send"},
		{"it was throttled and taken all the same", fault.Throttled, true, []sending.Place{sent}, store.Sent, "create send find:sent"},
		{"it was throttled and is found nowhere", fault.Throttled, true, []sending.Place{nowhere}, store.Unknown, "create send find:nowhere find:nowhere find:nowhere"},
		{"an error that nobody classified gets the whole grace", fault.Internal, false, []sending.Place{drafts}, store.Sent,
			"create send find:drafts find:drafts find:drafts send"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := r.accept(t, "bo@partner.example")
			o, finds := &office{}, 0
			o.onSend = func(string) (bool, error) {
				if len(o.trace) > 2 {
					return true, nil
				}
				return c.left, told(c.answer)
			}
			o.onFind = func(string) (sending.Place, error) {
				finds++
				return c.places[min(finds, len(c.places))-1], nil
			}
			s := r.service(o)
			for range 12 {
				err := s.Deliver(t.Context(), m.Deliveries[0].ID)
				if err == nil {
					break
				}
				if f := fault.From(err); f.Kind == fault.Unclear && f.RetryAfter != time.Minute {
					t.Errorf("the next look comes after %s", f.RetryAfter)
				}
			}
			d := r.delivery(t, m.Deliveries[0].ID)
			if got := strings.Join(o.trace, " "); d.State != c.state || got != c.trace || len(o.wrong) > 0 {
				t.Errorf("%s after %s %v\nwant %s after %s", d.State, got, o.wrong, c.state, c.trace)
			}
			if c.state == store.Unknown && (d.Code != "outcome_unknown" || !slices.Contains(r.spooled(t), d.SpoolName)) {
				t.Errorf("code %q; a person who decides to send it again needs the copy", d.Code)
			}
		})
	}
}

func TestGivingUpSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for from, want := range map[store.State]struct {
		state store.State
		code  string
	}{
		store.Queued: {store.Rejected, "gave_up"}, store.Drafting: {store.Rejected, "gave_up"}, store.Sending: {store.Unknown, "outcome_unknown"},
		store.Sent: {store.Sent, ""}, store.Rejected: {store.Rejected, "no"}, store.Unknown: {store.Unknown, "no"},
	} {
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			m := r.accept(t, "bo@partner.example")
			id := m.Deliveries[0].ID
			r.bring(t, id, from, 0)
			o := &office{}
			for range 2 { // and twice is the same
				if err := r.service(o).GiveUp(t.Context(), id, told(fault.Unavailable)); err != nil {
					t.Fatal(err)
				}
			}
			if d := r.delivery(t, id); d.State != want.state || d.Code != want.code || r.notices(t, m.ID) != 1 || len(o.trace) > 0 {
				t.Errorf("%s %q, %d notices, %v", d.State, d.Code, r.notices(t, m.ID), o.trace)
			}
		})
	}
}

func TestAnErasedMessageIsNoWork(t *testing.T) {
	t.Parallel()
	o := &office{}
	s := newRig(t).service(o)
	if err := errors.Join(s.Deliver(t.Context(), "gone"), s.Notify(t.Context(), "gone")); err != nil || len(o.trace) > 0 {
		t.Errorf("%v %v", err, o.trace)
	}
}

// behind is a store that shows a worker where a delivery was a while ago.
type behind struct {
	sending.Store
	seen store.Delivery
}

func (b behind) Delivery(context.Context, string) (store.Delivery, error) { return b.seen, nil }

func TestAWorkerThatIsBehindSendsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, from := range []store.State{store.Queued, store.Drafting, store.Sending} {
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			m := r.accept(t, "bo@partner.example")
			id := m.Deliveries[0].ID
			r.bring(t, id, from, 2)
			seen := r.delivery(t, id)
			first := &office{onSend: func(string) (bool, error) { return true, told(fault.Unclear) }}
			if err := r.service(first).Deliver(t.Context(), id); fault.KindOf(err) != fault.Unclear || first.count("send") != 1 {
				t.Fatalf("%v %v", err, first.trace)
			}
			second := &office{} // to whom the draft still seems to lie there
			err := r.service(second, func(d *sending.Deps) { d.Store = behind{r.store, seen} }).Deliver(t.Context(), id)
			if !errors.Is(err, store.ErrMoved) || second.count("send") != 0 {
				t.Errorf("%v %v", err, second.trace)
			}
		})
	}
}

func TestACopyThatIsLostOrAlteredEndsInAReport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.accept(t, "bo@partner.example")
	d := m.Deliveries[0]
	if err := r.spool.Delete(t.Context(), d.SpoolName); err != nil {
		t.Fatal(err)
	}
	s := r.service(&office{})
	// It counts as an attempt: whoever waits for it "without counting" waits for ever.
	if f := fault.From(s.Deliver(t.Context(), d.ID)); f.Kind.Next() != fault.Again || f.RetryAfter != 0 {
		t.Fatalf("got %v after %s", f, f.RetryAfter)
	}
	if err := s.GiveUp(t.Context(), d.ID, told(fault.Internal)); err != nil {
		t.Fatal(err)
	}
	if got := r.delivery(t, d.ID); got.State != store.Rejected || r.notices(t, m.ID) != 1 {
		t.Errorf("%s, %d notices", got.State, r.notices(t, m.ID))
	}
}

func TestTheLastDeliveryToEndBringsTheOneNotice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.accept(t, "bo@partner.example", "anna@aau.example") // one sealed, one ordinary
	if len(m.Deliveries) != 2 {
		t.Fatalf("%d copies", len(m.Deliveries))
	}
	o := &office{}
	s := r.service(o)
	for i, d := range m.Deliveries {
		if err := s.Deliver(t.Context(), d.ID); err != nil {
			t.Fatal(err)
		}
		if n := r.notices(t, m.ID); n != i {
			t.Errorf("%d notices after %d of 2 deliveries", n, i+1)
		}
		if i == 0 { // a notice that comes too early says nothing
			if err := s.Notify(t.Context(), m.ID); err != nil || len(o.notes) != 0 {
				t.Errorf("%v, %d notes", err, len(o.notes))
			}
		}
	}
	for range 3 {
		if err := s.Notify(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.message(t, m.ID); len(o.notes) != 1 || got.NoticeKind != "receipt" {
		t.Errorf("%d notes, %q", len(o.notes), got.NoticeKind)
	}
	if left := r.spooled(t); len(left) != 0 {
		t.Errorf("left in the spool: %v", left)
	}
}

// forgetful loses the note that the notice is written, as a crash does.
type forgetful struct{ sending.Store }

func (forgetful) SetNotice(context.Context, string, string) error { return errors.New("told so") }

func TestANoticeWrittenTwiceIsTheSameOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.accept(t, "bo@partner.example")
	r.bring(t, m.Deliveries[0].ID, store.Rejected, 0)
	o := &office{}
	if err := r.service(o, func(d *sending.Deps) { d.Store = forgetful{r.store} }).Notify(t.Context(), m.ID); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("got %v", err)
	}
	if err := r.service(o).Notify(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if got := r.message(t, m.ID); len(o.notes) != 1 || got.NoticeKind != "report" {
		t.Errorf("%d notes, %q", len(o.notes), got.NoticeKind)
	}
}
