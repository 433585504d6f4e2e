package sending_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

var iben = mailbox.Caller{Kind: mailbox.User, ID: "iben"}

func TestAReportComesAgainWithWhatIsKnownByNow(t *testing.T) {
	t.Parallel()
	r, o := newRig(t), &office{}
	s := r.service(o)
	m := r.accept(t, "bo@partner.example")
	if err := s.AskNotice(t.Context(), iben, m.ID, time.Time{}); fault.From(err).Code != "notice_not_due" {
		t.Errorf("of what has not ended: %v", err)
	}
	r.bring(t, m.Deliveries[0].ID, store.Unknown, 0)
	if err := s.AskNotice(t.Context(), iben, m.ID, time.Time{}); fault.From(err).Code != "notice_not_due" {
		t.Errorf("while the first is on its way: %v", err)
	}
	if err := s.Notify(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Resolve(t.Context(), iben, m.Deliveries[0].ID, true); err != nil {
		t.Fatal(err)
	}
	saw := r.message(t, m.ID).NoticeAt
	if err := s.AskNotice(t.Context(), iben, m.ID, saw); err != nil {
		t.Fatal(err)
	}
	if err := s.AskNotice(t.Context(), iben, m.ID, saw); fault.From(err).Code != "notice_asked" {
		t.Errorf("the second click: %v", err)
	}
	asked := r.message(t, m.ID).NoticeAt
	for range 3 { // the queue gives a job out at least once
		if err := s.NotifyAgain(t.Context(), m.ID, asked); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.notes) != 2 || o.notes[0].MessageID == o.notes[1].MessageID {
		t.Fatalf("%d notes, want the first and one more", len(o.notes))
	}
	if first, again := o.notes[0].HTML, o.notes[1].HTML; first == again || o.notes[1].InReplyTo != m.HeaderID || !strings.HasSuffix(o.notes[1].MessageID, "@its.aau.example>") {
		t.Error("it says nothing new, or is about nothing")
	}
	var codes []string
	for _, e := range must(r.store.Events(t.Context(), m.ID, 0)) {
		if e.What == store.Receipt || e.What == store.Report {
			codes = append(codes, string(e.What)+e.Code)
		}
	}
	if want := []string{"report", "receiptagain"}; !slices.Equal(codes, want) {
		t.Errorf("the time line has %v", codes)
	}
	if n := r.notices(t, m.ID); n != 2 { // of the end, and the one that was asked for
		t.Errorf("%d jobs", n)
	}
}

func TestWhoWantsNoReceiptsCanHaveOne(t *testing.T) {
	t.Parallel()
	r, o := newRig(t), &office{}
	s := r.service(o)
	set := store.MailboxSettings{NoReceipts: true}
	if err := r.store.SetMailbox(t.Context(), "box", "ITS", set, audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxSet}); err != nil {
		t.Fatal(err)
	}
	m := r.accept(t, "bo@partner.example")
	r.bring(t, m.Deliveries[0].ID, store.Sent, 0)
	if err := s.AskNotice(t.Context(), iben, m.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.NotifyAgain(t.Context(), m.ID, r.message(t, m.ID).NoticeAt); err != nil || len(o.notes) != 1 {
		t.Errorf("%d notes: %v", len(o.notes), err)
	}
	if err := s.AskNotice(t.Context(), iben, "00000000-0000-4000-8000-000000000000", time.Time{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of no message: %v", err)
	}
	if err := s.NotifyAgain(t.Context(), "00000000-0000-4000-8000-000000000000", time.Now()); err != nil {
		t.Errorf("a message that was erased meanwhile: %v", err)
	}
}

// What was in doubt is set to be sent again after its report was asked for.
func TestAReportThatWasAskedForWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	r, o := newRig(t), &office{}
	s := r.service(o)
	m := r.accept(t, "bo@partner.example")
	r.bring(t, m.Deliveries[0].ID, store.Unknown, 0)
	if err := s.Notify(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.AskNotice(t.Context(), iben, m.ID, r.message(t, m.ID).NoticeAt); err != nil {
		t.Fatal(err)
	}
	if err := s.Resolve(t.Context(), iben, m.Deliveries[0].ID, false); err != nil {
		t.Fatal(err)
	}
	asked := r.message(t, m.ID).NoticeAt
	if err := s.NotifyAgain(t.Context(), m.ID, asked); fault.KindOf(err) != fault.Throttled || fault.From(err).RetryAfter <= 0 || len(o.notes) != 1 {
		t.Errorf("%v, %d notes", err, len(o.notes))
	}
	r.bring(t, m.Deliveries[0].ID, store.Sent, 0)
	if err := s.NotifyAgain(t.Context(), m.ID, asked); err != nil || len(o.notes) != 2 {
		t.Errorf("%v, %d notes", err, len(o.notes))
	}
}

func TestWhichReportsCanBeAskedFor(t *testing.T) {
	t.Parallel()
	of := func(state store.State, kind string, receipts, cancelled bool) sending.Inspection {
		m := sending.Message{NoticeKind: kind, Cancelled: cancelled, Recipients: []sending.Recipient{{State: state}}}
		return sending.Inspection{Message: m, Receipts: receipts}
	}
	for name, c := range map[string]struct {
		of   sending.Inspection
		want bool
	}{
		"sent, with its receipt":         {of(store.Sent, "receipt", true, false), true},
		"sent, its receipt on its way":   {of(store.Sent, "", true, false), false},
		"sent, and no receipts wanted":   {of(store.Sent, "", false, false), true},
		"failed, with its report":        {of(store.Rejected, "report", false, false), true},
		"failed, its report on its way":  {of(store.Rejected, "", false, false), false},
		"in doubt, with its report":      {of(store.Unknown, "report", true, false), true},
		"under way":                      {of(store.Sending, "", true, false), false},
		"under way again":                {of(store.Queued, "report", true, false), false},
		"taken back":                     {of(store.Rejected, "", true, true), false},
		"taken back, whatever was noted": {of(store.Rejected, "report", true, true), false},
	} {
		if got := c.of.MayNotify(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
