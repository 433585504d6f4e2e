package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

func entryOf(action audit.Action) audit.Entry {
	return audit.Entry{At: noon, Actor: audit.Actor{Kind: "user", ID: "iben"}, Action: action}
}

func TestASessionLastsUntilItsTimeOrItsPersonsWord(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s, ctx := open(t), t.Context()
		put := func(token, person string, lasts time.Duration) {
			t.Helper()
			if err := s.PutSession(ctx, store.Session{Token: token, Person: person, Data: []byte(token), Expires: time.Now().Add(lasts)}); err != nil {
				t.Fatal(err)
			}
		}
		there := func(token string) bool {
			t.Helper()
			data, err := s.SessionData(ctx, token)
			if err != nil && !errors.Is(err, store.ErrNotFound) || err == nil && string(data) != token {
				t.Fatalf("%s: %q, %v", token, data, err)
			}
			return err == nil
		}
		put("desk", "iben", time.Hour)
		put("home", "iben", time.Hour)
		put("other", "jonna", time.Hour)
		put("old", "iben", -time.Second)
		put("desk", "iben", 2*time.Hour)
		if !there("desk") || !there("home") || there("old") || there("never") {
			t.Error("not what was put")
		}
		if err := errors.Join(s.DeleteExpiredSessions(ctx), s.DeleteSession(ctx, "home"), s.DeleteSession(ctx, "home")); err != nil || there("home") || !there("desk") {
			t.Errorf("after one was ended: %v", err)
		}
		if err := s.DeleteSessionsOf(ctx, "iben", entryOf(audit.SignedOutEverywhere)); err != nil || there("desk") || !there("other") {
			t.Errorf("after all of a person's were ended: %v", err)
		}
	})
}

func TestWhoLooksAfterAMailbox(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s, ctx := open(t), t.Context()
		anna, group := store.LocalAdministrator{MailboxID: "box", Kind: "person", Subject: "anna"}, store.LocalAdministrator{MailboxID: "box", Kind: "group", Subject: "g"}
		for _, a := range []store.LocalAdministrator{anna, group, anna} {
			if err := s.PutLocalAdministrator(ctx, a, entryOf(audit.LocalAdministratorPut)); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.LocalAdministrators(ctx, "box")
		if err != nil || !slices.Equal(list, []store.LocalAdministrator{group, anna}) {
			t.Errorf("got %v, %v", list, err)
		}
		if groups, err := s.AdministeringGroups(ctx); err != nil || !slices.Equal(groups, []string{"g"}) {
			t.Errorf("groups %v, %v", groups, err)
		}
		for _, c := range []struct {
			person string
			groups []string
			want   int
		}{{"anna", nil, 1}, {"bo", nil, 0}, {"bo", []string{"x", "g"}, 1}, {"g", nil, 0}, {"bo", []string{"anna"}, 0}, {"anna", []string{"g"}, 1}} {
			if ids, err := s.AdministeredBy(ctx, c.person, c.groups); err != nil || len(ids) != c.want {
				t.Errorf("%s in %v looks after %v, %v", c.person, c.groups, ids, err)
			}
		}
		if err := s.DeleteLocalAdministrator(ctx, anna, entryOf(audit.LocalAdministratorDeleted)); err != nil {
			t.Error(err)
		}
		if err := s.DeleteLocalAdministrator(ctx, anna, entryOf(audit.LocalAdministratorDeleted)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if err := s.PutLocalAdministrator(ctx, store.LocalAdministrator{MailboxID: "box", Kind: "application", Subject: "x"}, entryOf(audit.LocalAdministratorPut)); err == nil {
			t.Error("a program looks after a mailbox")
		}
	})
}

func TestFiguresCountWhatTheScopeSees(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s, ctx := open(t), t.Context()
		m := message("anna", "")
		m.HeldUntil = time.Now().Add(time.Hour)
		accept(t, s, m)
		ended := message("anna", "")
		accept(t, s, ended)
		step := func(d store.Delivery, from, to store.State, c store.Change) {
			t.Helper()
			d.MessageID, d.State, c.From, c.To = ended.ID, from, from, to
			if err := s.ChangeDelivery(ctx, d, c); err != nil {
				t.Fatal(err)
			}
		}
		sealed, plain := ended.Deliveries[0], ended.Deliveries[1]
		step(sealed, store.Queued, store.Drafting, store.Change{})
		step(sealed, store.Drafting, store.Sending, store.Change{DraftID: "d"})
		step(sealed, store.Sending, store.Sent, store.Change{})
		step(plain, store.Queued, store.Rejected, store.Change{Code: "no", Say: fault.Sentence{DA: "Nej.", EN: "No."}})
		since := time.Now().Add(-time.Hour)
		bounds := []time.Time{since.Add(-time.Hour), since, time.Now().Add(time.Hour)}
		for name, scope := range map[string]store.Scope{"everything": {All: true}, "its mailbox": {Mailboxes: []string{"other", "box"}}, "another": {Mailboxes: []string{"other"}}, "nothing": {}} {
			sees := name == "everything" || name == "its mailbox"
			f, err := s.Figures(ctx, scope, since)
			if err != nil {
				t.Fatal(err)
			}
			right := f.Sent == 2 && f.Routes["smime"] == 2 && f.Failed == 1 && f.Waiting == 2 && f.Held == 1 && f.Unknown == 0 && f.Oldest.IsZero()
			if sees != right || !sees && f.Sent+f.Failed+f.Waiting+f.Held > 0 {
				t.Errorf("%s: %+v", name, f)
			}
			days, err := s.Days(ctx, scope, bounds)
			if err != nil || len(days) != 2 {
				t.Fatal(days, err)
			}
			if want := (store.Day{From: since, Sealed: 1, Failed: 1}); sees != (days[1] == want) || days[0] != (store.Day{From: bounds[0]}) {
				t.Errorf("%s: by day %+v", name, days)
			}
			boxes, err := s.MailboxesIn(ctx, scope)
			if err != nil || sees != (len(boxes) == 1) {
				t.Errorf("%s: mailboxes %v, %v", name, boxes, err)
			}
			for _, box := range boxes {
				if box.Key != nil || box.WrappedKey != nil {
					t.Error("a key comes along")
				}
			}
			found, err := s.SearchMessages(ctx, store.MessageSearch{Scope: scope, Recipient: "a@x.example", Sender: "anna", Mailbox: "box@unit.example", Since: noon, Until: noon.Add(time.Second), Limit: 10})
			if err != nil || sees != (len(found) == 2) || !sees && len(found) > 0 {
				t.Errorf("%s: found %d, %v", name, len(found), err)
			}
			for state, want := range map[string]int{"sending": 1, "failed": 1, "unknown": 0, "sent": 0, "cancelled": 0} {
				found, err := s.SearchMessages(ctx, store.MessageSearch{Scope: scope, State: state, Limit: 10})
				if !sees {
					want = 0
				}
				if err != nil || len(found) != want {
					t.Errorf("%s: %s: %d, want %d, %v", name, state, len(found), want, err)
				}
			}
			if _, err := s.MessageIn(ctx, scope, ended.ID); sees != (err == nil) || err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: the message: %v", name, err)
			}
		}
	})
}

func TestCertificatesThatBreakAreCountedByTheirTime(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s, ctx := open(t), t.Context()
		now := time.Now()
		for id, left := range map[string]time.Duration{"a": -time.Hour, "b": time.Hour, "c": 100 * time.Hour} {
			if err := s.PutPinned(ctx, store.Certificate{ID: id, Subject: id + "@x.example", Fingerprint: id, DER: []byte{1}}, entryOf(audit.CertificatePut)); err != nil {
				t.Fatal(err)
			}
			if err := s.SetCertificateCheck(ctx, id, store.CertificateCheck{At: now, Code: "ok", BreaksAt: now.Add(left)}); err != nil {
				t.Fatal(err)
			}
		}
		// As the check leaves what cannot be used, what nobody has looked at, and what waits for a decision.
		for id, code := range map[string]string{"d": "revoked", "e": "expired", "f": "", "g": "unknown_issuer"} {
			c := store.Certificate{ID: id, Subject: id + "@x.example", Fingerprint: id, DER: []byte{1}}
			put := s.PutPinned
			if id == "g" {
				c.Pending, c.SignedAt = code, now
				put = func(ctx context.Context, c store.Certificate, e audit.Entry) error {
					return s.PutHarvested(ctx, c, 5, e)
				}
			}
			if err := put(ctx, c, entryOf(audit.CertificatePut)); err != nil {
				t.Fatal(err)
			}
			if code == "" {
				continue
			}
			if err := s.SetCertificateCheck(ctx, id, store.CertificateCheck{At: now, Code: code}); err != nil {
				t.Fatal(err)
			}
		}
		counts, err := s.BreakingBefore(ctx, []time.Time{now, now.Add(2 * time.Hour), now.Add(200 * time.Hour)})
		if err != nil || !slices.Equal(counts, []int{3, 4, 5}) {
			t.Errorf("got %v, %v", counts, err)
		}
	})
}
