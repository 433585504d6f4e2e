package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

func TestANoticeIsAskedForOnceByWhoeverSawTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		entry := audit.Entry{At: noon, Actor: audit.Actor{Kind: "user", ID: "iben"}, Action: audit.NoticeAsked, Mailbox: "box", MessageID: m.ID}
		if err := s.AskNotice(t.Context(), m.ID, "receipt", noon.Add(-time.Hour), entry); !errors.Is(err, store.ErrMoved) {
			t.Errorf("who has seen a notice that is not there asks: %v", err)
		}
		if err := s.SetNotice(t.Context(), m.ID, "report"); err != nil {
			t.Fatal(err)
		}
		saw, err := s.Message(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		var asked, moved int
		var mu sync.Mutex
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				err := s.AskNotice(context.WithoutCancel(t.Context()), m.ID, "receipt", saw.NoticeAt, entry)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					asked++
				case errors.Is(err, store.ErrMoved):
					moved++
				default:
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if asked != 1 || moved != 3 {
			t.Errorf("of four clicks %d asked and %d were told so", asked, moved)
		}
		again, err := s.Message(t.Context(), m.ID)
		if err != nil || !again.NoticeAt.After(saw.NoticeAt) || again.NoticeKind != "receipt" {
			t.Fatalf("%+v %v", again, err)
		}

		type call struct {
			id string
			at time.Time
		}
		calls := make(chan call, 8)
		q, err := s.StartQueue(t.Context(), store.Handlers{
			Deliver: func(context.Context, string) error { return nil },
			GiveUp:  func(context.Context, string, error) error { return nil },
			Notice:  func(context.Context, string) error { t.Error("the first one is written again"); return nil },
			NoticeAgain: func(_ context.Context, id string, at time.Time) error {
				calls <- call{id, at}
				return nil
			},
		}, store.QueueOptions{Workers: 2, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-calls:
			if got.id != m.ID || !got.at.Equal(again.NoticeAt) {
				t.Errorf("the job is for %+v", got)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no job")
		}
		stop, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := q.Stop(stop); err != nil || len(calls) != 0 {
			t.Errorf("%v, %d more jobs", err, len(calls))
		}

		for range 2 { // a job that is run again
			if err := s.NoticePut(t.Context(), m.ID, "receipt", again.NoticeAt); err != nil {
				t.Fatal(err)
			}
		}
		want := []store.What{store.Accepted, store.Report, store.Receipt}
		if got := what(t, s, m.ID); !slices.Equal(got, want) {
			t.Errorf("the time line is %v", got)
		}
		if _, err := s.ChainAudit(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		rows, err := s.AuditPage(t.Context(), store.AuditFilter{Action: string(audit.NoticeAsked)}, 0, 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows in the log: %v", len(rows), err)
		}
		var change struct{ Before, After struct{ Notice string } }
		if err := json.Unmarshal([]byte(rows[0].Detail), &change); err != nil || change.Before.Notice != "report" || change.After.Notice != "receipt" {
			t.Errorf("the log has %s: %v", rows[0].Detail, err)
		}
	})
}
