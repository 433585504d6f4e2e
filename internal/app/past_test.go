package app

import (
	"io"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"aau.dk/sendsikker/internal/store"
)

// A visitor of the demo finds a month behind them that holds together, and something to decide.
func TestTheDemoBeginsWithAMonthBehindIt(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	w := openOwn(t, func(o *worldOptions) { o.past, o.data = true, data })
	if err := w.today(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := w.service.store
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		doubtful, err := s.Doubtful(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		backlog, err := s.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(doubtful) == 1 && backlog.Waiting == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("in doubt %d, waiting %d", len(doubtful), backlog.Waiting)
		}
	}
	if found, err := s.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("the database: %v %q", err, found)
	}
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	bounds := make([]time.Time, 0, pastDays+1)
	for n := pastDays; n >= 0; n-- {
		bounds = append(bounds, midnight.AddDate(0, 0, -n))
	}
	days, err := s.Days(t.Context(), store.Scope{All: true}, bounds)
	if err != nil {
		t.Fatal(err)
	}
	sealed, plain, failed, busy := 0, 0, 0, 0
	for _, day := range days {
		sealed, plain, failed = sealed+day.Sealed, plain+day.Plain, failed+day.Failed
		if day.Sealed > 0 {
			busy++
		}
	}
	if len(days) != pastDays || busy < 20 || sealed < 150 || plain < 20 || failed < 2 {
		t.Errorf("%d days, %d with mail: %d sealed, %d plain, %d failed", len(days), busy, sealed, plain, failed)
	}
	// Nobody is told anew of what was told long ago.
	for _, box := range w.university.Mailboxes {
		if n := len(w.university.Exchange.Messages(box.Address, "inbox")); n > 3 {
			t.Errorf("%d mails lie in the inbox of %s", n, box.Address)
		}
	}
	exported := sendsikker("", "audit", "export", "--data", data)
	if exported.status != 0 {
		t.Fatalf("%+v", exported)
	}
	if got := sendsikker("", "audit", "verify", file(t, "audit.ndjson", []byte(exported.out))); got.status != 0 || strings.Count(exported.out, `"type":"checkpoint"`) < pastDays {
		t.Errorf("%+v", got)
	}

	ctx := browser.Open(t, 1280, 900)
	signInTo(t, ctx, w, "iben")
	text := visitAt(t, ctx, w.url()+"/admin/?lang=en")
	for _, part := range []string{"The last 30 days", "Recipients\t4\t0\t1\t0\t"} {
		if !strings.Contains(text, part) {
			t.Errorf("the overview does not say %q: %s", part, text)
		}
	}
	if text := visitAt(t, ctx, w.url()+"/admin/recipients?state=pending&lang=en"); !strings.Contains(text, "kontakt@ukendt.example") {
		t.Errorf("nothing waits for approval: %s", text)
	}
	if text := visitAt(t, ctx, w.url()+"/admin/messages?state=unknown&lang=en"); !strings.Contains(text, "vanished@vejr.example") {
		t.Errorf("what is unknown is not there: %s", text)
	}
}

// What is kept in a folder from the time before is gone on with, and gets no second past.
func TestADemoThatIsOpenedAgainGoesOn(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	count := func() int {
		w, err := openTestWorld(t.Context(), io.Discard, data, func(o *worldOptions) { o.past = true })
		if err != nil {
			t.Fatal(err)
		}
		n, _, _, err := w.service.store.AuditLog(t.Context())
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := count()
	if second := count(); second-first > 60 || first < 200 {
		t.Errorf("%d lines in the log at first, %d then", first, second)
	}
}
