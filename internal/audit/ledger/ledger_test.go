package ledger_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// desk is a ledger over a real database, with a clock that the test moves.
type desk struct {
	*ledger.Ledger
	store *store.Store
	now   time.Time
	log   *bytes.Buffer
	path  string
}

// tamper does what nobody should.
func (d *desk) tamper(ctx context.Context, query string) error {
	db, err := sql.Open("sqlite", "file:"+d.path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(ON)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, query)
	return errors.Join(err, db.Close())
}

var anna = audit.Actor{Kind: "user", ID: "anna"}

func open(t *testing.T, details, rows time.Duration) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	clock := func() time.Time { return d.now }
	folder := t.TempDir()
	d.path = filepath.Join(folder, "db")
	s, err := store.Open(t.Context(), d.path, clock)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keeper.Open(keeper.Source{Where: filepath.Join(folder, "key"), Make: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(s.Close(), k.Close()) })
	d.store = s
	d.Ledger = ledger.New(ledger.Deps{Store: s, Keeper: k, KeepDetails: details, KeepRows: rows, Now: clock, Log: slog.New(slog.NewJSONHandler(d.log, nil))})
	return d
}

func (d *desk) record(t *testing.T, action audit.Action, n int) {
	t.Helper()
	for range n {
		e := audit.Entry{At: d.now, Actor: anna, Action: action, Mailbox: "box@unit.example", Detail: map[string]string{"to": "bo@partner.example"}}
		if err := d.store.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *desk) keep(t *testing.T) {
	t.Helper()
	if err := d.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// pass lets days go by, each with a row.
func (d *desk) pass(t *testing.T, days int) {
	t.Helper()
	for range days {
		d.now = d.now.AddDate(0, 0, 1)
		d.record(t, "test", 1)
		d.keep(t)
	}
}

func (d *desk) export(t *testing.T, format ledger.Format, s ledger.Selection) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Export(t.Context(), anna, &b, format, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (d *desk) verified(t *testing.T, text string) chain.Report {
	t.Helper()
	state, err := d.State(t.Context())
	if err != nil || len(state.Keys) != 1 {
		t.Fatalf("%+v %v", state, err)
	}
	key, err := chain.ParseKey(state.Keys[0].Public)
	if err != nil {
		t.Fatal(err)
	}
	report, err := chain.Verify(strings.NewReader(text), chain.Trust{Keys: []ed25519.PublicKey{key}})
	if err != nil || !report.Whole() {
		t.Fatalf("%v %v\n%.500s", err, report.Findings, text)
	}
	return report
}

func TestEveryKindOfExportVerifies(t *testing.T) {
	t.Parallel()
	d := open(t, 0, 0)
	d.keep(t)
	for day := range 4 {
		d.record(t, audit.MessageAccepted, 400)
		d.record(t, audit.GrantPut, day)
		d.pass(t, 1)
	}
	for name, c := range map[string]struct {
		selection ledger.Selection
		entries   uint64
	}{
		"all":               {ledger.Selection{AuditFilter: store.AuditFilter{Until: d.now.AddDate(0, 0, 1), Actor: "anna", Mailbox: "box@unit.example", Action: "message_accepted"}}, 1600},
		"one action":        {ledger.Selection{AuditFilter: store.AuditFilter{Action: "grant_put"}}, 6},
		"a day":             {ledger.Selection{AuditFilter: store.AuditFilter{Since: d.now.AddDate(0, 0, -2), Until: d.now.AddDate(0, 0, -1)}}, 403},
		"nothing":           {ledger.Selection{AuditFilter: store.AuditFilter{Action: "no_such"}}, 0},
		"the first seven":   {ledger.Selection{Limit: 7}, 7},
		"seven after these": {ledger.Selection{After: 7, Limit: 7}, 7},
		"after the end":     {ledger.Selection{After: 1 << 40}, 0},
	} {
		if report := d.verified(t, d.export(t, ledger.JSONLines, c.selection)); report.Entries != c.entries {
			t.Errorf("%s: %+v", name, report)
		}
	}
	whole := d.verified(t, d.export(t, ledger.JSONLines, ledger.Selection{}))
	if whole.After != 0 || whole.Entries < 1610 || whole.Checkpoints != 5 {
		t.Errorf("%+v", whole)
	}
	if text := d.export(t, ledger.CSV, ledger.Selection{Limit: 3}); strings.Count(text, "\r\n") != 4 {
		t.Errorf("%q", text)
	}
	// That it was fetched, by whom and what of it, is in the log too.
	if text := d.export(t, ledger.JSONLines, ledger.Selection{AuditFilter: store.AuditFilter{Action: "log_exported"}}); !strings.Contains(text, `"action":"grant_put"`) {
		t.Errorf("%.500s", text)
	}
}

func TestWhatIsOldIsErasedAndTheLogStillVerifies(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	d := open(t, 5*day, 20*day)
	d.record(t, audit.MessageAccepted, 3)
	d.keep(t)
	if text := d.export(t, ledger.JSONLines, ledger.Selection{}); strings.Count(text, "bo@partner.example") != 3 {
		t.Errorf("%s", text)
	}
	d.pass(t, 7)
	text := d.export(t, ledger.JSONLines, ledger.Selection{AuditFilter: store.AuditFilter{Action: "message_accepted"}})
	if report := d.verified(t, text); report.Erased != 3 || report.Entries != 3 || strings.Contains(text, "bo@partner.example") {
		t.Errorf("%+v", report)
	}
	if text := d.export(t, ledger.JSONLines, ledger.Selection{AuditFilter: store.AuditFilter{Action: "detail_erased"}}); !strings.Contains(text, `"rows":3`) {
		t.Errorf("%s", text)
	}
	d.pass(t, 18)
	text = d.export(t, ledger.JSONLines, ledger.Selection{})
	report := d.verified(t, text)
	if report.After == 0 || strings.Contains(text, `"action":"message_accepted","mailbox":"box`) || !strings.Contains(text, `"action":"log_shortened"`) || report.Checkpoints < 15 {
		t.Errorf("%+v", report)
	}
	if faults, err := d.store.Check(t.Context()); err != nil || len(faults) > 0 {
		t.Errorf("%v %v", faults, err)
	}
}

// Who has a tool for the database alters a row, takes one away, or lets one out of the chain.
func TestWhoeverChangesTheDatabaseIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how  []string
		want chain.What
	}{
		"a row altered":         {[]string{`DROP TRIGGER audit_is_never_altered`, `UPDATE audit SET actor_id = 'bo' WHERE id = 3`}, chain.Altered},
		"a detail altered":      {[]string{`DROP TRIGGER audit_is_never_altered`, `UPDATE audit SET detail = '{}' WHERE id = 3`}, chain.Altered},
		"a detail made no JSON": {[]string{`DROP TRIGGER audit_is_never_altered`, `UPDATE audit SET detail = '{"a": <' WHERE id = 3`}, chain.Altered},
		"a row taken away":      {[]string{`DROP TRIGGER audit_is_only_shortened`, `DELETE FROM audit WHERE id = 3`}, chain.Missing},
		"the end taken away":    {[]string{`DROP TRIGGER audit_is_only_shortened`, `DELETE FROM audit WHERE id >= 9`}, chain.Missing},
		"a checkpoint altered":  {[]string{`UPDATE audit_checkpoint SET hash = zeroblob(32)`}, chain.Forged},
	} {
		d := open(t, 0, 0)
		d.record(t, "test", 10)
		d.keep(t)
		if report, err := d.Verify(t.Context(), chain.Trust{}); err != nil || !report.Whole() {
			t.Fatalf("%v %v", err, report.Findings)
		}
		for _, query := range c.how {
			if err := d.tamper(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		report, err := d.Verify(t.Context(), chain.Trust{})
		if err != nil || len(report.Findings) == 0 || report.Findings[0].What != c.want {
			t.Errorf("%s: %v %v", name, err, report.Findings)
		}
	}
}

func TestTheNewestRowsAreLookedAtAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	d := open(t, 0, 0)
	d.record(t, "test", 10)
	d.keep(t)
	d.pass(t, 3)
	d.record(t, "test", 1) // it waits for its place
	newest := func(rows uint64) chain.Report {
		t.Helper()
		report, err := d.VerifyNewest(t.Context(), chain.Trust{}, rows)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	for rows, want := range map[uint64]uint64{0: 0, 5: 5, 13: 13, 14: 13, 1 << 60: 13} {
		if report := newest(rows); !report.Whole() || report.Entries != want || report.To != 13 {
			t.Errorf("of %d: %+v", rows, report)
		}
	}
	if s, err := d.State(t.Context()); err != nil || s.Waiting != 1 || s.Sequence != 13 {
		t.Errorf("it put rows into the chain: %+v %v", s, err)
	}
	if err := errors.Join(d.tamper(t.Context(), `DROP TRIGGER audit_is_never_altered`), d.tamper(t.Context(), `UPDATE audit SET actor_id = 'bo' WHERE id = 9`)); err != nil {
		t.Fatal(err)
	}
	if report := newest(4); !report.Whole() {
		t.Errorf("before the newest: %v", report.Findings)
	}
	if report := newest(5); report.Whole() || report.Findings[0].What != chain.Altered || report.Findings[0].Sequence != 9 {
		t.Errorf("among the newest: %v", report.Findings)
	}
}

func TestALogThatIsNotKeptUpSaysSo(t *testing.T) {
	t.Parallel()
	d := open(t, 0, 0)
	d.record(t, "test", 1)
	d.keep(t)
	state := func() ledger.State {
		s, err := d.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := state(); s.Late || s.Stale || s.Signed.Number != 1 || s.Sequence != 1 {
		t.Errorf("%+v", s)
	}
	d.record(t, "test", 1)
	d.now = d.now.AddDate(0, 0, 2)
	if s := state(); !s.Late || !s.Stale || s.Waiting != 1 {
		t.Errorf("%+v", s)
	}
	d.keep(t)
	if s := state(); s.Late || s.Stale || s.Signed.Number != 2 {
		t.Errorf("%+v", s)
	}
	if text := d.log.String(); strings.Count(text, "was signed") != 2 || strings.Contains(text, "anna") {
		t.Errorf("%s", text)
	}
}
