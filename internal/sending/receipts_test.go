package sending_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

func TestAMailboxThatWantsNoReceiptsHearsOfWhatWentWrongAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	set := store.MailboxSettings{NoReceipts: true, Language: "en"}
	if err := r.store.SetMailbox(t.Context(), "box", "ITS", set, audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxSet}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		office *office
		notes  int
	}{
		"sent":     {&office{}, 0},
		"rejected": {&office{onCreate: func() error { return told(fault.Rejected) }}, 1},
	} {
		m := r.accept(t, "bo@partner.example")
		s := r.service(c.office)
		for _, d := range m.Deliveries {
			_ = s.Deliver(t.Context(), d.ID)
			if r.message(t, m.ID).Deliveries[0].State != store.Sent {
				_ = s.GiveUp(t.Context(), d.ID, errors.New("no more tries"))
			}
		}
		if err := s.Notify(t.Context(), m.ID); err != nil || len(c.office.notes) != c.notes {
			t.Errorf("%s: %d notes, want %d: %v", name, len(c.office.notes), c.notes, err)
			continue
		}
		if c.notes == 1 && !strings.Contains(c.office.notes[0].HTML, `lang="en"`) {
			t.Errorf("%s: not in the mailbox's language", name)
		}
	}
}
