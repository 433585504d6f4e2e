package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// letter is a mail to the addresses: those of our own domain in an ordinary copy, the others in a sealed one.
func letter(caller string, at time.Time, to ...string) store.Message {
	m := message(caller, "")
	m.AcceptedAt = at
	m.Deliveries = nil
	for _, kind := range []string{"sealed", "plain"} {
		d := store.Delivery{ID: m.ID + kind, Position: len(m.Deliveries), Kind: kind, SpoolName: m.ID + "/" + kind, Size: 1}
		for i, address := range to {
			if inside := strings.HasSuffix(address, "@aau.example"); inside == (kind == "plain") {
				route := map[bool]string{true: "internal", false: "smime"}[inside]
				d.Recipients = append(d.Recipients, store.Recipient{Position: i, Field: "to", Address: address, Route: route, Evidence: []byte("{}")})
			}
		}
		if len(d.Recipients) > 0 {
			m.Deliveries = append(m.Deliveries, d)
		}
	}
	return m
}

func reject(t *testing.T, s *store.Store, m store.Message) {
	t.Helper()
	d, err := s.Delivery(t.Context(), m.Deliveries[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ChangeDelivery(t.Context(), d, store.Change{From: d.State, To: store.Rejected, Code: "no", Say: fault.Sentence{DA: "Nej.", EN: "No."}}); err != nil {
		t.Fatal(err)
	}
}

func TestACallerIsToldOfTheirOwnCorrespondentsOnlyTheLastOneFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		other := store.Mailbox{ID: "other", Address: "other@unit.example", Name: "Other", Certificate: []byte{1}, Key: []byte{2}, WrappedKey: []byte{3}, KeyVersion: "v"}
		if err := s.PutMailbox(t.Context(), other, nobody); err != nil {
			t.Fatal(err)
		}
		accept(t, s, letter("anna", noon, "bo@partner.example", "chen@uni.example", "dorte@aau.example"))
		later := letter("anna", noon.Add(time.Hour), "bo@partner.example", "birk@aau.example")
		later.MailboxID = other.ID
		accept(t, s, later)
		accept(t, s, letter("clara", noon.Add(2*time.Hour), "secret@partner.example"))
		failed := letter("anna", noon.Add(3*time.Hour), "mistyped@partner.example")
		accept(t, s, failed)
		reject(t, s, failed)

		list, err := s.Correspondents(t.Context(), "anna", 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range list {
			got = append(got, fmt.Sprint(c.Address, " ", c.Mailbox, " ", c.Sealed))
		}
		slices.Sort(got[:min(2, len(got))]) // within one mail there is no order
		slices.Sort(got[min(2, len(got)):])
		want := []string{
			"birk@aau.example other@unit.example false", "bo@partner.example other@unit.example true",
			"chen@uni.example box@unit.example true", "dorte@aau.example box@unit.example false",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if few, err := s.Correspondents(t.Context(), "anna", 1); err != nil || len(few) != 1 || few[0].Mailbox != other.Address {
			t.Errorf("the last one: %+v, %v", few, err)
		}
		for id, want := range map[string]bool{later.HeaderID: true, failed.HeaderID: false, "<nobody@unit.example>": false} {
			if got, err := s.SentSealed(t.Context(), "anna", id); err != nil || got != want {
				t.Errorf("%s: %v, %v", id, got, err)
			}
		}
		if got, err := s.SentSealed(t.Context(), "clara", later.HeaderID); err != nil || got {
			t.Errorf("clara is told of anna's mail: %v", err)
		}
	})
}

func TestWhatIsErasedIsRememberedNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		m := letter("anna", noon, "bo@partner.example")
		accept(t, s, m)
		steps := []store.Change{{To: store.Drafting}, {To: store.Sending, DraftID: "d"}, {To: store.Sent}}
		for _, step := range steps {
			d, err := s.Delivery(t.Context(), m.Deliveries[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			step.From = d.State
			if err := s.ChangeDelivery(t.Context(), d, step); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := s.Correspondents(t.Context(), "anna", 10); err != nil || len(list) != 1 || !list[0].Sealed {
			t.Fatalf("%+v, %v", list, err)
		}
		if n, err := s.EraseMessages(t.Context(), noon.Add(time.Hour), 100); err != nil || n != 1 {
			t.Fatalf("erased %d: %v", n, err)
		}
		list, err := s.Correspondents(t.Context(), "anna", 10)
		sealed, err2 := s.SentSealed(t.Context(), "anna", m.HeaderID)
		if err != nil || err2 != nil || len(list) != 0 || sealed {
			t.Errorf("%+v, %v; %v, %v", list, err, sealed, err2)
		}
	})
}

func TestPinnedAddressesAreFoundByTheirDomain(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		pin := func(subject, print string) string {
			c := store.Certificate{ID: uuid.NewString(), Subject: subject, Fingerprint: print, DER: []byte(print)}
			if err := s.PutPinned(t.Context(), c, nobody); err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		for _, subject := range []string{
			"@partner.example", "dea@partner.example", "bo@partner.example", "ada@partner.example", "bo@sub.partner.example", "bo@notpartner.example", "frans@kommune.example",
		} {
			pin(subject, "aa")
		}
		pin("bo@partner.example", "bb") // two certificates, one address
		broken := pin("ab@partner.example", "aa")
		if err := s.SetCertificateCheck(t.Context(), broken, store.CertificateCheck{At: noon, Code: "expired"}); err != nil {
			t.Fatal(err)
		}
		h := harvested("h", "cc", noon, "")
		h.Subject = "abe@partner.example"
		if err := s.PutHarvested(t.Context(), h, 5, nobody); err != nil {
			t.Fatal(err)
		}
		got, err := s.PinnedAt(t.Context(), []string{"partner.example", "kommune.example", "nowhere.example"}, 2)
		if err != nil || !slices.Equal(got, []string{"ada@partner.example", "bo@partner.example", "frans@kommune.example"}) {
			t.Errorf("got %v, %v", got, err)
		}
		if got, err := s.PinnedAt(t.Context(), nil, 2); err != nil || len(got) != 0 {
			t.Errorf("of no domain: %v, %v", got, err)
		}
	})
}

func TestTheQuestionsOfEveryPreflightReadNoTableFromEndToEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for i := range 300 { // a planner takes no index into a table that fits on a page
			accept(t, s, letter(fmt.Sprint("caller", i%100), noon, fmt.Sprintf("r%d@x%d.example", i, i)))
			if err := s.PutPinned(t.Context(), store.Certificate{ID: uuid.NewString(), Subject: fmt.Sprintf("r%d@x%d.example", i, i), Fingerprint: "aa", DER: make([]byte, 1500)}, nobody); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Exec(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
		for name, ask := range map[string]struct {
			query string
			args  []any
			index []string // one of them, in the words of either database
		}{
			"whom a caller has sent to": {store.HistoryQuery, []any{"caller7", "caller7", 499, 1000}, []string{"COVERING INDEX recipient_history", "Index Only Scan using recipient_history"}},
			"who is pinned there":       {s.PinnedQuery(2), []any{"x1.example", "x2.example", 8}, []string{"recipient_certificate_domain"}},
		} {
			plan, err := s.Plan(t.Context(), ask.query, ask.args...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(ask.index, func(words string) bool { return strings.Contains(plan, words) }) {
				t.Errorf("%s: without %q\n%s", name, ask.index, plan)
			}
			for _, table := range []string{"SCAN m", "SCAN r", "SCAN d", "SCAN c", "Seq Scan on message", "Seq Scan on recipient", "Seq Scan on delivery"} {
				for line := range strings.Lines(plan) {
					if strings.Contains(line, table) && !strings.Contains(line, "USING") {
						t.Errorf("%s: %s\n%s", name, table, plan)
					}
				}
			}
		}
	})
}
