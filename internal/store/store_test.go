package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// message has two copies: one sealed for two recipients, one ordinary.
func message(caller, key string) store.Message {
	id := uuid.Must(uuid.NewV7()).String()
	recipient := func(n int, address, route string) store.Recipient {
		return store.Recipient{Position: n, Field: "to", Address: address, Route: route, Evidence: []byte("{}")}
	}
	return store.Message{
		ID: id, MailboxID: "box", CallerKind: "user", CallerID: caller, CallerName: []byte("x"), HeaderID: "<" + id + "@unit.example>",
		Subject: []byte("y"), WrappedKey: []byte("k"), KeyVersion: "v", Language: "da", IdempotencyKey: key, Digest: []byte("d"), AcceptedAt: noon,
		Deliveries: []store.Delivery{
			{ID: id + "-1", Position: 0, Kind: "sealed", SpoolName: id + "/1", Size: 10, Recipients: []store.Recipient{recipient(0, "a@x.example", "smime"), recipient(2, "c@x.example", "smime")}},
			{ID: id + "-2", Position: 1, Kind: "plain", SpoolName: id + "/2", Size: 10, Recipients: []store.Recipient{recipient(1, "b@aau.example", "internal")}},
		},
	}
}

func accept(t *testing.T, s *store.Store, m store.Message) {
	t.Helper()
	if _, taken, err := s.InsertMessage(t.Context(), m, acceptance(m)); err != nil || taken {
		t.Fatalf("taken %v: %v", taken, err)
	}
}

func acceptance(m store.Message) audit.Entry {
	return audit.Entry{At: noon, Actor: audit.Actor{Kind: "user", ID: m.CallerID}, Action: audit.MessageAccepted, Mailbox: "box@unit.example", MessageID: m.ID}
}

func TestWhatIsStoredComesBackWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		got, err := s.Message(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.MailboxAddress != "box@unit.example" || !got.AcceptedAt.Equal(noon) || got.NoticeKind != "" || got.IdempotencyKey != "" {
			t.Errorf("got %+v", got)
		}
		if len(got.Deliveries) != 2 || len(got.Deliveries[0].Recipients) != 2 || got.Deliveries[0].State != store.Queued {
			t.Fatalf("deliveries: %+v", got.Deliveries)
		}
		if r := got.Deliveries[0].Recipients[1]; r.Address != "c@x.example" || r.Position != 2 {
			t.Errorf("recipient: %+v", r)
		}
		if _, err := s.Message(t.Context(), uuid.NewString()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a message that does not exist: %v", err)
		}
	})
}

func TestAMessageThatCannotBeStoredWholeIsNotStoredAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		m.Deliveries[1].Recipients[0].Route = "pigeon" // the schema knows no such route
		if _, _, err := s.InsertMessage(t.Context(), m, acceptance(m)); err == nil {
			t.Fatal("an impossible route was stored")
		}
		if _, err := s.Message(t.Context(), m.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("half of it is there: %v", err)
		}
		if b, err := s.Backlog(t.Context()); err != nil || b.Waiting != 0 {
			t.Errorf("backlog %+v, %v", b, err)
		}
	})
}

func TestOneIdempotencyKeyHoldsOneMessageUnderRace(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		const racers = 8
		var stored atomic.Int32
		holders := make([]string, racers)
		var wait sync.WaitGroup
		for i := range racers {
			wait.Go(func() {
				m := message("anna", "press-1")
				holder, taken, err := s.InsertMessage(t.Context(), m, acceptance(m))
				if err != nil {
					t.Error(err)
				}
				if !taken {
					stored.Add(1)
				}
				holders[i] = holder
			})
		}
		wait.Wait()
		if stored.Load() != 1 {
			t.Errorf("%d messages were stored, want 1", stored.Load())
		}
		for _, h := range holders {
			if h != holders[0] {
				t.Errorf("two answers for one key: %s and %s", h, holders[0])
			}
		}
		other := message("birk", "press-1")
		accept(t, s, other) // somebody else's key is another key
	})
}

func TestAListIsTheCallersOwnNewestFirstAndPages(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		var ids []string
		for range 5 {
			m := message("anna", "")
			accept(t, s, m)
			ids = append(ids, m.ID)
			accept(t, s, message("birk", ""))
		}
		first, err := s.Messages(t.Context(), store.MessageQuery{CallerID: "anna", Limit: 3})
		if err != nil || len(first) != 3 || first[0].ID != ids[4] || len(first[0].Deliveries) != 2 {
			t.Fatalf("first page: %d, %v", len(first), err)
		}
		second, err := s.Messages(t.Context(), store.MessageQuery{CallerID: "anna", Before: first[2].ID, Limit: 3})
		if err != nil || len(second) != 2 || second[1].ID != ids[0] {
			t.Fatalf("second page: %d, %v", len(second), err)
		}
	})
}

func TestTheSchemaRefusesWhatNoDeliveryCanBe(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		say := fault.Sentence{DA: "Nej.", EN: "No."}
		cases := []struct {
			name   string
			change store.Change
		}{
			{"sending without a draft", store.Change{From: store.Queued, To: store.Sending}},
			{"sent without a draft", store.Change{From: store.Queued, To: store.Sent}},
			{"rejected without a reason", store.Change{From: store.Queued, To: store.Rejected}},
			{"a reason without a sentence", store.Change{From: store.Queued, To: store.Rejected, Code: "no"}},
			{"a reason for what is under way", store.Change{From: store.Queued, To: store.Drafting, Code: "no", Say: say}},
			{"a state nobody knows", store.Change{From: store.Queued, To: "lost"}},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				m := message("anna", "")
				accept(t, s, m)
				d, err := s.Delivery(t.Context(), m.Deliveries[0].ID)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.ChangeDelivery(t.Context(), d, c.change); err == nil || errors.Is(err, store.ErrMoved) {
					t.Errorf("got %v, want the schema's refusal", err)
				}
			})
		}
	})
}

func TestAStepIsTakenOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		d, err := s.Delivery(t.Context(), m.Deliveries[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var took atomic.Int32
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() {
				switch err := s.ChangeDelivery(t.Context(), d, store.Change{From: store.Queued, To: store.Drafting}); {
				case err == nil:
					took.Add(1)
				case !errors.Is(err, store.ErrMoved):
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if took.Load() != 1 {
			t.Errorf("%d workers took the step, want 1", took.Load())
		}
	})
}

func TestTheAuditLogCannotBeRewritten(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		err := s.Exec(t.Context(), `INSERT INTO audit (at, actor_kind, actor_id, action, mailbox, detail) VALUES (1, 'system', '', 'x', '', '{}')`)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(t.Context(), `UPDATE audit SET actor_id = 'nobody'`); err == nil || !strings.Contains(err.Error(), "only added to") {
			t.Errorf("the log was rewritten: %v", err)
		}
	})
}

func TestTheQueueRunsEveryJobAndTheNoticeAfterTheLast(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		var delivered atomic.Int32
		noticed := make(chan string, 4)
		tries := atomic.Int32{}
		q, err := s.StartQueue(t.Context(), store.Handlers{
			Deliver: func(ctx context.Context, id string) error {
				if tries.Add(1) == 1 { // the first try of all is told to wait
					f := fault.New(fault.Throttled, "busy", fault.Sentence{DA: "Vent", EN: "Wait"}, nil)
					f.RetryAfter = 10 * time.Millisecond
					return f
				}
				d, err := s.Delivery(ctx, id)
				if err != nil {
					return err
				}
				if err := s.ChangeDelivery(ctx, d, store.Change{From: store.Queued, To: store.Drafting}); err != nil {
					return err
				}
				if err := s.ChangeDelivery(ctx, d, store.Change{From: store.Drafting, To: store.Sending, DraftID: "draft"}); err != nil {
					return err
				}
				delivered.Add(1)
				return s.ChangeDelivery(ctx, d, store.Change{From: store.Sending, To: store.Sent})
			},
			GiveUp: func(context.Context, string, error) error { return nil },
			Notice: func(ctx context.Context, id string) error {
				if delivered.Load() != 2 {
					t.Errorf("the notice came after %d of 2 deliveries", delivered.Load())
				}
				noticed <- id
				return s.SetNotice(ctx, id, "receipt")
			},
		}, store.QueueOptions{Workers: 2, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case id := <-noticed:
			if id != m.ID {
				t.Errorf("notice of %s, want %s", id, m.ID)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no notice")
		}
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := q.Stop(stop); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Message(t.Context(), m.ID); err != nil || got.NoticeKind != "receipt" {
			t.Errorf("got %q, %v", got.NoticeKind, err)
		}
		if len(noticed) != 0 {
			t.Error("two notices of one message")
		}
	})
}

func TestGrantsGiveMailboxesAndAreLogged(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		entry := audit.Entry{At: noon, Actor: audit.Actor{Kind: "operator", ID: "root"}, Action: audit.GrantPut}
		group := store.Grant{Kind: "group", Subject: "g1"}
		for range 2 { // giving twice is the same
			if err := s.PutGrant(t.Context(), "box", group, entry); err != nil {
				t.Fatal(err)
			}
		}
		may := func(grants ...store.Grant) int {
			list, err := s.GrantedMailboxes(t.Context(), grants)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if may(group) != 1 || may(store.Grant{Kind: "person", Subject: "g1"}) != 0 || may() != 0 {
			t.Error("a grant gives too much or too little")
		}
		many := make([]store.Grant, 200)
		for i := range many {
			many[i] = store.Grant{Kind: "group", Subject: fmt.Sprint("g", i)}
		}
		if may(many...) != 1 {
			t.Error("among two hundred groups the one that counts was not found")
		}
		if err := s.DeleteGrant(t.Context(), "box", group, entry); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteGrant(t.Context(), "box", group, entry); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("taking away what is not there: %v", err)
		}
		if may(group) != 0 {
			t.Error("a right that was taken away still holds")
		}
	})
}

func TestOnlyTheMailboxesThatAreAskedForAreRead(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for _, asked := range [][]string{nil, {"elsewhere@partner.example"}, {"box@unit.example", "elsewhere@partner.example"}} {
			found, err := s.MailboxCertificates(t.Context(), asked)
			if err != nil {
				t.Fatal(err)
			}
			if want := len(asked) == 2; len(found) != len(asked)/2 || want != bytes.Equal(found["box@unit.example"], []byte{1}) {
				t.Errorf("asked for %v: %v", asked, found)
			}
		}
	})
}
