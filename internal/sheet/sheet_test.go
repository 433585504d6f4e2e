package sheet_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/sheet"
	"aau.dk/sendsikker/internal/store"
)

type figures struct {
	mails, traffic, refusals []store.Figure
	fails                    error
}

func (f figures) Mails(context.Context, []time.Time, time.Time) ([]store.Figure, error) {
	return f.mails, f.fails
}

func (f figures) Traffic(context.Context, []time.Time, time.Time) ([]store.Figure, error) {
	return f.traffic, nil
}

func (f figures) Refusals(context.Context, []time.Time, time.Time) ([]store.Figure, error) {
	return f.refusals, nil
}

func (figures) Senders(context.Context, time.Time) ([]store.Sender, error) {
	return []store.Sender{
		{Address: "box@unit.example", Certificate: []byte("none")},
		{Address: "hr@unit.example", Reference: "pkcs11:token=mail;object=hr"}, {Address: "its@unit.example", Reference: "pkcs11:token=mail;object=its"},
		{Address: "law@unit.example", Reference: "azurekeyvault://unit.vault.azure.net/keys/law/1"}, {Address: "odd@unit.example", Reference: "odd"},
	}, nil
}
func (figures) Granted(context.Context) (int, int, int, error)    { return 3, 2, 1, nil }
func (figures) KeyVersions(context.Context) ([]string, error)     { return []string{"file:b"}, nil }
func (figures) State(context.Context) (s ledger.State, err error) { return s, nil }

func made(t *testing.T, f figures, now time.Time) (sheet.Sheet, error) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	return sheet.Make(t.Context(), sheet.Deps{
		Store: f, Ledger: f, Keys: func() []string { return []string{"file:a", "file:b"} }, Now: func() time.Time { return now }, Zone: zone,
	})
}

func TestEveryRecipientIsCountedOnceInTheirMonth(t *testing.T) {
	t.Parallel()
	f := figures{
		mails: []store.Figure{{Period: 12, Code: "accepted", Count: 9}, {Period: 12, Code: "cancelled", Count: 2}, {Period: 0, Code: "accepted", Count: 1}},
		traffic: []store.Figure{
			{Period: 12, Of: "smime", Code: "sent", Count: 10}, {Period: 12, Of: "internal", Code: "sent", Count: 20}, {Period: 12, Of: "carrier_pigeon", Code: "sent", Count: 30},
			{Period: 12, Of: "smime", Code: "rejected", Count: 1}, {Period: 12, Of: "smime", Code: "unknown", Count: 2}, {Period: 12, Of: "smime", Code: "drafting", Count: 4},
			{Period: 12, Of: "smime", Code: "cancelled", Count: 100}, {Period: 11, Of: "smime", Code: "sent", Count: 5},
		},
		refusals: []store.Figure{
			{Period: 12, Of: "mail", Code: "recipients_refused", Count: 3}, {Period: 11, Of: "mail", Code: "recipients_refused", Count: 1},
			{Period: 12, Of: "recipient", Code: "no_certificate", Count: 4}, {Period: 12, Of: "recipient", Code: "revoked", Count: 7},
		},
	}
	s, err := made(t, f, time.Date(2027, 1, 1, 0, 30, 0, 0, time.UTC)) // in Denmark, half past one
	if err != nil {
		t.Fatal(err)
	}
	newest := s.Months[0]
	want := sheet.Month{Begins: newest.Begins, Mails: 9, Taken: 2, Encrypted: 10, Internal: 20, Other: 30, Failed: 3, Waiting: 4, Stopped: 3}
	if newest != want || len(s.Months) != 13 || newest.Begins.Month() != time.January || s.Months[12].Begins.Format("2006-01-02") != "2026-01-01" {
		t.Errorf("%+v", s.Months)
	}
	if s.Total.Encrypted != 15 || s.Total.Stopped != 4 || s.Total.Mails != 10 {
		t.Errorf("%+v", s.Total)
	}
	if len(s.Reasons) != 3 || s.Reasons[0] != (sheet.Reason{Code: "recipients_refused", Times: 4}) || s.Reasons[1] != (sheet.Reason{Recipient: true, Code: "revoked", Times: 7}) {
		t.Errorf("%+v", s.Reasons)
	}
	if s.Vault || len(s.Keys) != 2 || !s.Keys[0].Current || s.Keys[0].Used || !s.Keys[1].Used || !s.Senders[0].ValidTo.IsZero() || s.Persons != 3 {
		t.Errorf("%+v", s)
	}
}

func TestTheSheetSaysWhereEachMailboxsKeyIs(t *testing.T) {
	t.Parallel()
	s, err := made(t, figures{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := []sheet.Device{{Name: "mail", Mailboxes: 2}, {Vault: true, Name: "unit.vault.azure.net", Mailboxes: 1}, {Name: "odd", Mailboxes: 1}}
	if s.Here != 1 || !slices.Equal(s.Devices, want) {
		t.Errorf("%d here, %+v", s.Here, s.Devices)
	}
}

func TestAFigureThatCannotBeHadIsNotLeftOut(t *testing.T) {
	t.Parallel()
	if s, err := made(t, figures{fails: errors.New("away")}, time.Now()); err == nil {
		t.Errorf("%+v", s)
	}
}

// changing is a store whose figures grow whenever they are asked for.
type changing struct {
	figures
	asked *int
}

func (c changing) Mails(context.Context, []time.Time, time.Time) ([]store.Figure, error) {
	*c.asked++
	return []store.Figure{{Period: 12, Code: "accepted", Count: *c.asked}}, nil
}

func TestASheetIsMadeAnewAfterAMinuteAndSaysWhen(t *testing.T) {
	t.Parallel()
	now, asked := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), 0
	f := figures{}
	l := &sheet.Lately{Deps: sheet.Deps{Store: changing{f, &asked}, Ledger: f, Keys: func() []string { return nil }, Now: func() time.Time { return now }, Zone: time.UTC}}
	for _, c := range []struct {
		after time.Duration
		mails int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {-time.Hour, 3}} { // the clock was put back: nothing is from the future
		now = now.Add(c.after)
		s, err := l.Sheet(t.Context())
		if err != nil || s.Total.Mails != c.mails || s.At.After(now) || now.Sub(s.At) >= time.Minute {
			t.Errorf("after %s: %d mails of %s, %v", c.after, s.Total.Mails, s.At, err)
		}
	}
}
