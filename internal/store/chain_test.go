package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/store"
)

func everyRow(t *testing.T, s *store.Store) []store.AuditRow {
	t.Helper()
	rows, err := s.AuditRange(t.Context(), 0, 1<<40, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Many write and several machines chain at the same time, also while transactions end in another order than they began.
func TestEveryRowStandsInTheChainOnceHoweverManyWrite(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		const writers, each = 8, 20
		var work sync.WaitGroup
		for w := range writers {
			work.Go(func() {
				for i := range each {
					e := audit.Entry{At: noon, Actor: audit.Actor{Kind: "user", ID: fmt.Sprint(w)}, Action: "test", Detail: map[string]int{"n": i}}
					if err := s.Record(t.Context(), e); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 3 {
			work.Go(func() {
				for range 20 {
					if _, err := s.ChainAudit(t.Context(), 7); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		for {
			if n, err := s.ChainAudit(t.Context(), 50); err != nil || n == 0 {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		rows := everyRow(t, s)
		if len(rows) != writers*each+1 { // with the mailbox
			t.Fatalf("%d rows", len(rows))
		}
		var previous chain.Hash
		for i, r := range rows {
			if r.Sequence != uint64(i+1) || r.Previous != previous || !chain.Sound(r.Row, r.Link) {
				t.Fatalf("row %d: %+v", i, r)
			}
			previous = r.Hash
		}
		state, err := s.AuditState(t.Context())
		if err != nil || state.Sequence != uint64(len(rows)) || state.Hash != previous || state.Waiting != 0 {
			t.Errorf("%+v %v", state, err)
		}
		if faults, err := s.Check(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("%v %v", faults, err)
		}
	})
}

func TestADetailIsErasedAndTheChainHolds(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		gone, kept := message("anna", ""), message("anna", "")
		for _, m := range []store.Message{gone, kept} {
			e := acceptance(m)
			e.Detail = audit.Message{Recipients: []audit.Recipient{{Address: "bo@partner.example"}}}
			e.Summary = audit.Summary{Routes: map[string]int{"smime": 1}}
			if _, _, err := s.InsertMessage(t.Context(), m, e); err != nil {
				t.Fatal(err)
			}
		}
		later := noon.AddDate(2, 0, 0)
		erase := func() int {
			n, err := s.EraseAuditDetails(t.Context(), later, 10)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := s.Exec(t.Context(), `DELETE FROM message WHERE id = '`+gone.ID+`'`); err != nil {
			t.Fatal(err)
		}
		if n := erase(); n != 0 {
			t.Errorf("%d details erased that were not in the chain", n)
		}
		if _, err := s.ChainAudit(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		if n := erase(); n != 1 {
			t.Errorf("%d details erased, want that of the mail that is gone", n)
		}
		for _, r := range everyRow(t, s) {
			if !chain.Sound(r.Row, r.Link) {
				t.Errorf("row %d is not sound", r.Sequence)
			}
			if r.MessageID == gone.ID && (r.Detail != "" || r.Salt != nil || !strings.Contains(r.Summary, "smime")) ||
				r.MessageID == kept.ID && !strings.Contains(r.Detail, "bo@partner.example") {
				t.Errorf("%+v", r.Row)
			}
		}
		for _, query := range []string{
			`UPDATE audit SET detail = '{}'`, `UPDATE audit SET detail = '', action = 'x'`, `UPDATE audit SET detail = '', summary = 'x'`, `DELETE FROM audit`,
		} {
			if err := s.Exec(t.Context(), query); err == nil || !strings.Contains(err.Error(), "the audit log is only") {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
}

func TestTheLogIsShortenedToASignedBeginning(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for day := range 4 {
			e := audit.Entry{At: noon.AddDate(0, 0, day), Actor: audit.Actor{Kind: "system"}, Action: "test"}
			if err := s.Record(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ChainAudit(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second on the same day signs nothing
				if _, _, err := s.AddCheckpoint(t.Context(), e.At, func(c *chain.Checkpoint) { c.Key, c.Signature = "k", []byte{1} }); err != nil {
					t.Fatal(err)
				}
			}
		}
		from, n, err := s.ShortenAudit(t.Context(), noon.AddDate(0, 0, 1).Add(time.Hour))
		if err != nil || n != 3 || from.Number != 2 || from.Sequence != 3 {
			t.Fatalf("%+v %d %v", from, n, err)
		}
		if _, n, err := s.ShortenAudit(t.Context(), noon.AddDate(0, 0, 1).Add(time.Hour)); err != nil || n != 0 {
			t.Errorf("once more: %d %v", n, err)
		}
		rows := everyRow(t, s)
		list, err := s.Checkpoints(t.Context(), 0, 100, 10, 0)
		if err != nil || len(list) != 3 || len(rows) != 2 || rows[0].Sequence != 4 || rows[0].Previous != from.Hash {
			t.Errorf("%d checkpoints, %+v %v", len(list), rows, err)
		}
		if hash, err := s.AuditHash(t.Context(), 3); err != nil || hash != from.Hash {
			t.Errorf("%v %v", hash, err)
		}
		if faults, err := s.Check(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("%v %v", faults, err)
		}
	})
}

func TestAFilterHoldsTheSameInTheDatabaseAndBesideIt(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for i := range 30 {
			e := audit.Entry{
				At: noon.Add(time.Duration(i) * time.Hour), Actor: audit.Actor{Kind: "user", ID: fmt.Sprint("u", i%2)}, Action: audit.Action(fmt.Sprint("a", i%3)),
				Mailbox: fmt.Sprint("m", i%5),
			}
			if err := s.Record(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.ChainAudit(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		all := everyRow(t, s)
		for _, f := range []store.AuditFilter{
			{}, {Since: noon.Add(5 * time.Hour)}, {Until: noon.Add(5 * time.Hour)}, {Mailbox: "m2"}, {Actor: "u1", Action: "a1"}, {Action: "none"},
			{Since: noon.Add(3 * time.Hour), Until: noon.Add(20 * time.Hour), Mailbox: "m1", Actor: "u0"},
		} {
			var want []uint64
			for _, r := range all {
				if f.Matches(r.Row) {
					want = append(want, r.Sequence)
				}
			}
			var got []uint64
			for before := uint64(0); ; {
				page, err := s.AuditPage(t.Context(), f, before, 4)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page {
					got, before = append([]uint64{r.Sequence}, got...), r.Sequence
				}
				if len(page) < 4 {
					break
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%+v: %v, want %v", f, got, want)
			}
			first, last, found, err := s.AuditSpan(t.Context(), f, 0)
			if err != nil || found != (len(want) > 0) || found && (first != want[0] || last != want[len(want)-1]) {
				t.Errorf("%+v: %d to %d %v %v, want %v", f, first, last, found, err, want)
			}
		}
		actions, err := s.AuditActions(t.Context())
		if err != nil || fmt.Sprint(actions) != "[a0 a1 a2 mailbox_put]" {
			t.Errorf("%v %v", actions, err)
		}
	})
}

// TestEveryChangeIsLoggedWithBeforeAndAfter goes through all that an administrator changes in the store.
func TestEveryChangeIsLoggedWithBeforeAndAfter(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		entry := func(a audit.Action) audit.Entry {
			return audit.Entry{At: noon, Actor: audit.Actor{Kind: "operator", ID: "root"}, Action: a, Detail: map[string]string{"kept": "yes"}}
		}
		m := message("anna", "")
		accept(t, s, m)
		doubtful := message("anna", "")
		accept(t, s, doubtful)
		doubtful.Deliveries[0].MessageID = doubtful.ID
		if err := s.Exec(t.Context(), `UPDATE delivery SET state = 'unknown', code = 'c', say_da = 'a', say_en = 'b', draft_id = 'd' WHERE message_id = '`+doubtful.ID+`'`); err != nil {
			t.Fatal(err)
		}
		group := store.Grant{Kind: "group", Subject: "g1"}
		certificate := store.Certificate{ID: "c1", Subject: "bo@partner.example", Fingerprint: "ab", DER: []byte{1}}
		pending := store.Certificate{ID: "c2", Subject: "bo@partner.example", Fingerprint: "cd", DER: []byte{2}, Pending: "unknown_issuer", SignedAt: noon}
		third := store.Certificate{ID: "c3", Subject: "ida@partner.example", Fingerprint: "ef", DER: []byte{2}, Pending: "unknown_issuer", SignedAt: noon}
		ctx := t.Context()
		box := store.Mailbox{ID: "box", Address: "box@unit.example", Name: "Another", Certificate: []byte{9}, Chain: []byte{}, Key: []byte{2}, WrappedKey: []byte{3}, KeyVersion: "v"}
		steps := []struct {
			action        audit.Action
			do            func() error
			before, after string // what stands in each; "" is null
		}{
			{audit.MailboxPut, func() error { return s.PutMailbox(ctx, box, entry(audit.MailboxPut)) }, `"name":"Unit"`, `"name":"Another"`},
			{audit.GrantPut, func() error { return s.PutGrant(ctx, "box", group, entry(audit.GrantPut)) }, "", `"subject":"g1"`},
			{audit.GrantDeleted, func() error { return s.DeleteGrant(ctx, "box", group, entry(audit.GrantDeleted)) }, `"subject":"g1"`, ""},
			{audit.CertificatePut, func() error { return s.PutPinned(ctx, certificate, entry(audit.CertificatePut)) }, "", `"source":"pinned"`},
			{audit.CertificateHarvested, func() error { return s.PutHarvested(ctx, pending, 4, entry(audit.CertificateHarvested)) }, "", `"state":"pending: unknown_issuer"`},
			{audit.CertificateApproved, func() error { return s.ApproveCertificate(ctx, "c2", true, entry(audit.CertificateApproved)) }, `"vouched":false`, `"vouched":true`},
			{audit.CertificateHarvested, func() error { return s.PutHarvested(ctx, third, 4, entry(audit.CertificateHarvested)) }, "", `"for":"ida@partner.example"`},
			{audit.CertificateApproved, func() error { return s.SettleCertificate(ctx, "c3", entry(audit.CertificateApproved)) }, `"state":"pending: unknown_issuer"`, `"state":"used"`},
			{audit.CertificateDeleted, func() error { return s.DeleteCertificate(ctx, "c1", entry(audit.CertificateDeleted)) }, `"certificate":"ab"`, ""},
			{audit.AuthorityPut, func() error {
				return s.PutAuthority(ctx, store.Authority{Fingerprint: "aa", DER: []byte{1}}, entry(audit.AuthorityPut))
			}, "", `"authority":"aa"`},
			{audit.AuthorityDeleted, func() error { return s.DeleteAuthority(ctx, "aa", entry(audit.AuthorityDeleted)) }, `"authority":"aa"`, ""},
			{audit.MessageCancelled, func() error { return s.CancelMessage(ctx, m.ID, say, entry(audit.MessageCancelled)) }, `"queued"`, `"rejected"`},
			{audit.DeliveryResolved, func() error { return s.Resolve(ctx, doubtful.Deliveries[0], false, entry(audit.DeliveryResolved)) }, `"state":"unknown"`, `"state":"queued"`},
		}
		for i, step := range steps {
			if err := step.do(); err != nil {
				t.Fatalf("step %d, %s: %v", i, step.action, err)
			}
			if _, err := s.ChainAudit(ctx, 100); err != nil {
				t.Fatal(err)
			}
			page, err := s.AuditPage(ctx, store.AuditFilter{}, 0, 1)
			if err != nil || len(page) != 1 || page[0].Action != string(step.action) {
				t.Fatalf("step %d, %s: %+v %v", i, step.action, page, err)
			}
			var detail map[string]json.RawMessage
			if err := json.Unmarshal([]byte(page[0].Detail), &detail); err != nil || string(detail["kept"]) != `"yes"` {
				t.Errorf("%s: %s %v", step.action, page[0].Detail, err)
			}
			for name, want := range map[string]string{"before": step.before, "after": step.after} {
				if got := string(detail[name]); want == "" && got != "null" || !strings.Contains(got, want) {
					t.Errorf("%s: %s is %s, want %s", step.action, name, got, want)
				}
			}
		}
		before := len(everyRow(t, s))
		for range 2 { // the same once more is no change
			if err := s.PutPinned(ctx, store.Certificate{ID: "c9", Subject: "bo@partner.example", Fingerprint: "99", DER: []byte{1}}, entry(audit.CertificatePut)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.ChainAudit(ctx, 100); err != nil {
			t.Fatal(err)
		}
		if after := len(everyRow(t, s)); after != before+1 {
			t.Errorf("%d rows of one change", after-before)
		}
	})
}

func TestWhatWasStoppedIsCountedByMonth(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		january := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		begins := []time.Time{january, january.AddDate(0, 1, 0)}
		for _, at := range []time.Time{january, january.Add(time.Hour), january.AddDate(0, 1, 0), january.AddDate(0, 1, 3), january.AddDate(0, 0, -1)} {
			if err := s.CountRefusals(t.Context(), at, "recipients_refused", []string{"no_certificate", "no_certificate", "revoked"}); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Refusals(t.Context(), begins, january.AddDate(0, 2, 0))
		want := "[{0 mail recipients_refused 2} {0 recipient no_certificate 4} {0 recipient revoked 2} {1 mail recipients_refused 2} {1 recipient no_certificate 4} {1 recipient revoked 2}]"
		if err != nil || fmt.Sprint(list) != want {
			t.Errorf("%v %v", list, err)
		}
		m := message("anna", "")
		accept(t, s, m)
		traffic, err := s.Traffic(t.Context(), []time.Time{m.AcceptedAt.AddDate(0, -1, 0), m.AcceptedAt.Add(-time.Hour)}, m.AcceptedAt.Add(time.Hour))
		if err != nil || len(traffic) == 0 || traffic[0].Period != 1 || traffic[0].Code != "queued" {
			t.Errorf("%v %v", traffic, err)
		}
		mails, err := s.Mails(t.Context(), []time.Time{m.AcceptedAt}, m.AcceptedAt.Add(time.Hour))
		if err != nil || fmt.Sprint(mails) != "[{0 mail accepted 1}]" {
			t.Errorf("%v %v", mails, err)
		}
		senders, err := s.Senders(t.Context(), m.AcceptedAt)
		if err != nil || len(senders) != 1 || senders[0].Mails != 1 || senders[0].Used != 1 || senders[0].Persons != 0 {
			t.Errorf("%+v %v", senders, err)
		}
	})
}
