package admin_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
)

// sending is the real use case, as far as a page asks it.
func (h *house) sending(t testing.TB) *sending.Service {
	t.Helper()
	folder := t.TempDir()
	var err error
	if h.keeper, err = keeper.Open(keeper.Source{Where: filepath.Join(folder, "master.key"), Make: true}); err != nil {
		t.Fatal(err)
	}
	box, err := spool.Open(t.Context(), filepath.Join(folder, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close(); _ = h.keeper.Close() })
	return sending.New(sending.Deps{Store: h.store, Keeper: h.keeper, Spool: box, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// mail is what a message of the history is to be.
type mail struct {
	mailbox, sender, subject string
	to                       []string // a copy for each
	states                   []store.State
}

// past stores a message and takes its copies to where they are to end.
func (h *house) past(t testing.TB, m mail) store.Message {
	t.Helper()
	key, wrapped, err := h.keeper.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7()).String()
	row := store.Message{
		ID: id, MailboxID: m.mailbox, CallerKind: "user", CallerID: h.people[m.sender].ID, CallerName: must(key.EncryptBytes([]byte(h.people[m.sender].Name))),
		Subject: must(key.EncryptBytes([]byte(m.subject))), WrappedKey: wrapped.Bytes, KeyVersion: wrapped.Version, Language: "da",
		HeaderID: "<" + id + "@aau.example>", Digest: []byte("d"), AcceptedAt: h.clock(),
	}
	evidence := must(json.Marshal(sending.Evidence{Certificate: &sending.Certificate{
		Subject: "CN=Bo <script>alert(1)</script>", Issuer: "CN=Udsteder", ValidTo: time.Now().Add(time.Hour), SHA256: fmt.Sprintf("%064x", 7), Source: "ldap:region",
	}}))
	for i, to := range m.to {
		row.Deliveries = append(row.Deliveries, store.Delivery{
			ID: uuid.Must(uuid.NewV7()).String(), MessageID: id, Position: i, Kind: "sealed", SpoolName: fmt.Sprintf("%s/%d", id, i), Size: 10, State: store.Queued,
			Recipients: []store.Recipient{{Position: i, Field: "to", Address: to, Route: "smime", Evidence: evidence}},
		})
	}
	entry := audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "user", ID: row.CallerID}, Action: audit.MessageAccepted, MessageID: id}
	if _, _, err := h.store.InsertMessage(t.Context(), row, entry); err != nil {
		t.Fatal(err)
	}
	for i, end := range m.states {
		h.bring(t, row.Deliveries[i], end)
	}
	return row
}

// bring takes the steps that a worker would.
func (h *house) bring(t testing.TB, d store.Delivery, end store.State) {
	t.Helper()
	if end == store.Queued {
		return
	}
	step := func(to store.State, c store.Change) {
		t.Helper()
		c.From, c.To = d.State, to
		if err := h.store.ChangeDelivery(t.Context(), d, c); err != nil {
			t.Fatal(err)
		}
		d.State = to
	}
	step(store.Drafting, store.Change{})
	step(store.Sending, store.Change{DraftID: "draft"})
	switch end {
	case store.Sent:
		step(store.Sent, store.Change{RequestIDs: []string{"11111111-graph"}})
	case store.Queued, store.Drafting, store.Sending:
	case store.Rejected, store.Unknown:
		step(end, store.Change{Code: "no_answer", Say: fault.Sentence{DA: "Microsoft svarede ikke.", EN: "Microsoft did not answer."}})
	}
}
