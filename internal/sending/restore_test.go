package sending_test

import (
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// What waited in a backup is looked for by Message-ID, with no id that Exchange would take for a malformed one, before it is sent; and sent
// only where it was found nowhere as often as a send of ours is looked for.
func TestARestoredCopyIsLookedForBeforeItIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	cases := map[string]struct {
		from      store.State
		gone, ask bool
		found     sending.Place
		ends      store.State
		mails     int
		tidied    int
	}{
		"sent since": {from: store.Queued, found: sending.InSent, ends: store.Sent},
		"sent since, by an attempt that had begun": {from: store.Drafting, found: sending.InSent, ends: store.Sent},
		"not sent":                                       {from: store.Queued, found: sending.Nowhere, ends: store.Sent, mails: 1},
		"not sent, and a draft was left":                 {from: store.Drafting, found: sending.InDrafts, ends: store.Sent, mails: 1, tidied: 1},
		"no copy, and sent since":                        {from: store.Queued, gone: true, found: sending.InSent, ends: store.Sent},
		"no copy, and nowhere":                           {from: store.Queued, gone: true, found: sending.Nowhere, ends: store.Unknown},
		"no copy, and a draft that nobody can vouch for": {from: store.Queued, gone: true, found: sending.InDrafts, ends: store.Unknown},
		"a person decides":                               {from: store.Queued, ask: true, found: sending.Nowhere, ends: store.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := r.accept(t, "bo@partner.example")
			id := m.Deliveries[0].ID
			r.bring(t, id, c.from, 0)
			list, err := r.store.Undelivered(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			list = slices.DeleteFunc(list, func(d store.Delivery) bool { return d.ID != id })
			err = r.store.Restored(t.Context(), list, func(store.Delivery) store.Change { return sending.AfterRestore(c.gone, c.ask) },
				audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "operator"}, Action: audit.BackupRestored})
			if err != nil || len(list) != 1 {
				t.Fatalf("%d copies: %v", len(list), err)
			}
			o := &office{}
			o.onFind = func(draft string) (sending.Place, error) {
				if o.left[draft] > 0 {
					return sending.InSent, nil
				}
				if draft != "" {
					t.Errorf("looked for a draft %q that never was", draft)
				}
				return c.found, nil
			}
			s := r.service(o)
			for range 10 {
				if err = s.Deliver(t.Context(), id); err == nil {
					break
				}
			}
			if d := r.delivery(t, id); err != nil || d.State != c.ends || o.mails() != c.mails || len(o.tidied) != c.tidied || len(o.wrong) > 0 {
				t.Errorf("%v: %s, %d mails, %v, %v %v", err, d.State, o.mails(), o.tidied, o.wrong, o.trace)
			}
			if c.mails > 0 {
				if first := slices.Index(o.trace, "create"); first < 3 {
					t.Errorf("sent after %d looks: %v", first, o.trace)
				}
			}
			if n := r.notices(t, m.ID); n != 1 {
				t.Errorf("%d receipts or reports", n)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
