package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

var byNobody = audit.Entry{At: noon, Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxPut}

func box(t *testing.T, s *store.Store) store.Mailbox {
	t.Helper()
	m, err := s.MailboxByAddress(t.Context(), "box@unit.example")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func keys(t *testing.T, s *store.Store, want ...store.KeyState) []store.MailboxKey {
	t.Helper()
	list, err := s.MailboxKeys(t.Context(), "box@unit.example")
	if err != nil || len(list) != len(want) {
		t.Fatalf("%d keys, want %v: %v", len(list), want, err)
	}
	for i, k := range list {
		if k.State != want[i] {
			t.Fatalf("key %d is %s, want %s", i, k.State, want[i])
		}
	}
	return list
}

func plan(t *testing.T, s *store.Store, id string, from time.Time) error {
	t.Helper()
	k := store.MailboxKey{ID: id, Address: "box@unit.example", State: store.KeyHeld, Certificate: []byte("new"), Key: []byte("k"), WrappedKey: []byte("w"), KeyVersion: "v"}
	if err := s.AddMailboxKey(t.Context(), k, byNobody); err != nil {
		t.Fatal(err)
	}
	return s.PlanMailboxKey(t.Context(), id, from, byNobody)
}

func TestAReplacedKeyIsKeptEvenByAProgramThatKnowsNothingOfIt(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		// What the program before this schema says, word for word.
		old := `INSERT INTO mailbox (id, address, name, certificate, chain, key, wrapped_key, key_version, created_at, undo_seconds)
			SELECT 'other', address, name, ` + s.Bytes("second") + `, chain, key, wrapped_key, key_version, created_at, undo_seconds FROM mailbox WHERE true
			ON CONFLICT (address) DO UPDATE SET name = excluded.name, certificate = excluded.certificate, chain = excluded.chain,
			key = excluded.key, wrapped_key = excluded.wrapped_key, key_version = excluded.key_version, undo_seconds = excluded.undo_seconds`
		for range 2 { // the second time it is the same one
			if err := s.Exec(t.Context(), old); err != nil {
				t.Fatal(err)
			}
		}
		k := keys(t, s, store.KeyFormer)[0]
		if !bytes.Equal(k.Certificate, []byte{1}) || !bytes.Equal(k.Key, []byte{2}) || !bytes.Equal(k.WrappedKey, []byte{3}) || k.KeyVersion != "v" {
			t.Errorf("kept: %+v", k)
		}
		if since := time.Since(k.Ended); since < -time.Minute || since > time.Minute {
			t.Errorf("ended %v ago", since)
		}
		if m := box(t, s); m.Disabled || m.NoReceipts || m.Language != "" || m.PerMinute != 0 || m.Undo != 0 {
			t.Errorf("settings of a mailbox that nothing was decided of: %+v", m.MailboxSettings)
		}
		if versions, err := s.KeyVersions(t.Context()); err != nil || len(versions) != 1 {
			t.Errorf("%v, %v", versions, err)
		}
		wrapped, err := s.WrappedBefore(t.Context(), "new", "", 10)
		if err != nil || len(wrapped) != 2 {
			t.Fatalf("%d to wrap anew: %v", len(wrapped), err)
		}
		for _, w := range wrapped {
			if err := s.Rewrap(t.Context(), w, []byte("again"), "new"); err != nil {
				t.Fatal(err)
			}
		}
		if k := keys(t, s, store.KeyFormer)[0]; k.KeyVersion != "new" || string(k.WrappedKey) != "again" {
			t.Errorf("a former key was not wrapped anew: %+v", k)
		}
	})
}

func TestAPlannedKeySignsWhenItsTimeHasComeAndOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		if err := plan(t, s, "late", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := plan(t, s, "second", time.Now()); !errors.Is(err, store.ErrPlanned) {
			t.Errorf("two plans: %v", err)
		}
		if err := s.SwitchMailboxKey(t.Context(), "late", byNobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before its time: %v", err)
		}
		for _, id := range []string{"late", "second"} {
			if err := s.DropMailboxKey(t.Context(), id, byNobody); err != nil {
				t.Fatal(err)
			}
		}
		if err := plan(t, s, "now", time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		if list, err := s.KeysOf(t.Context(), store.KeyPlanned); err != nil || len(list) != 1 || list[0].ID != "now" {
			t.Errorf("planned: %v, %v", list, err)
		}
		if err := s.SwitchMailboxKey(t.Context(), "now", byNobody); err != nil {
			t.Fatal(err)
		}
		if m := box(t, s); string(m.Certificate) != "new" || string(m.Key) != "k" || string(m.WrappedKey) != "w" {
			t.Errorf("signs with %+v", m)
		}
		former := keys(t, s, store.KeyFormer)[0]
		if err := s.SwitchMailboxKey(t.Context(), "now", byNobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if err := s.DropMailboxKey(t.Context(), former.ID, byNobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a former key was deleted: %v", err)
		}
	})
}

func TestARequestEndsWithItsCertificate(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		k := store.MailboxKey{ID: "r", Address: "box@unit.example", State: store.KeyRequested, Request: []byte("csr"), Key: []byte("k"), WrappedKey: []byte("w"), KeyVersion: "v"}
		if err := s.AddMailboxKey(t.Context(), k, byNobody); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first certificate was not the one
			if err := s.HoldMailboxKey(t.Context(), "r", []byte("fits"), nil, byNobody); err != nil {
				t.Fatal(err)
			}
			if err := s.DropMailboxKey(t.Context(), "r", byNobody); err != nil {
				t.Fatal(err)
			}
			if k := keys(t, s, store.KeyRequested)[0]; string(k.Request) != "csr" || string(k.Key) != "k" || k.Certificate != nil {
				t.Fatalf("%+v", k)
			}
		}
		if err := s.HoldMailboxKey(t.Context(), "r", []byte("fits"), []byte("chain"), byNobody); err != nil {
			t.Fatal(err)
		}
		if err := s.HoldMailboxKey(t.Context(), "r", []byte("other"), nil, byNobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a second certificate: %v", err)
		}
		m := box(t, s)
		m.Certificate, m.KeyVersion = []byte("fits"), "rotated meanwhile"
		if err := s.PutHeldMailbox(t.Context(), m, "r", byNobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("with a form of the key that is no more: %v", err)
		}
		m.KeyVersion = "v"
		if err := s.PutHeldMailbox(t.Context(), m, "r", byNobody); err != nil {
			t.Fatal(err)
		}
		keys(t, s, store.KeyFormer)
	})
}

func TestWhatIsDecidedOfAMailboxStaysWhenItsKeyIsReplaced(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := box(t, s)
		want := store.MailboxSettings{Undo: 20 * time.Second, Disabled: true, NoReceipts: true, Language: "en", PerMinute: 3, Recipients: 40}
		if err := s.SetMailbox(t.Context(), m.ID, "Enhed", want, byNobody); err != nil {
			t.Fatal(err)
		}
		m.Certificate, m.Name, m.Undo = []byte("x"), "Enhed", want.Undo
		if err := s.PutMailbox(t.Context(), m, byNobody); err != nil {
			t.Fatal(err)
		}
		if got := box(t, s); got.MailboxSettings != want || got.Name != "Enhed" {
			t.Errorf("%+v", got.MailboxSettings)
		}
		if err := s.SetMailbox(t.Context(), "none", "x", want, byNobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of none: %v", err)
		}
		grant := store.Grant{Kind: "person", Subject: "anna"}
		if err := s.PutGrant(t.Context(), m.ID, grant, byNobody); err != nil {
			t.Fatal(err)
		}
		if list, err := s.GrantedMailboxes(t.Context(), []store.Grant{grant}); err != nil || len(list) != 0 {
			t.Errorf("a mailbox that nobody may send as is offered: %v, %v", list, err)
		}
	})
}

func TestAMailboxsOwnLimitNarrows(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := message("anna", "")
		accept(t, s, m)
		m, err := s.Message(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetMailbox(t.Context(), box(t, s).ID, "Unit", store.MailboxSettings{PerMinute: 1}, byNobody); err != nil {
			t.Fatal(err)
		}
		wide := store.Limits{PerMinute: 100}
		id, err := s.BeginAttempt(t.Context(), m.Deliveries[0], wide, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EndAttempt(t.Context(), id, true); err != nil {
			t.Fatal(err)
		}
		var limited *store.Limited
		if _, err := s.BeginAttempt(t.Context(), m.Deliveries[0], wide, false); !errors.As(err, &limited) {
			t.Errorf("a second within the minute: %v", err)
		}
		if got, err := s.Message(t.Context(), m.ID); err != nil || !got.Receipts || got.NoticeLanguage != "" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
