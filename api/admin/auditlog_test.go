package admin_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sheet"
	"aau.dk/sendsikker/internal/store"
)

func (h *house) openLedger(t testing.TB) *ledger.Ledger {
	t.Helper()
	k, err := keeper.Open(keeper.Source{Where: filepath.Join(t.TempDir(), "key"), Make: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return ledger.New(ledger.Deps{Store: h.store, Keeper: k, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

func (h *house) sheet(ctx context.Context) (sheet.Sheet, error) {
	return sheet.Make(ctx, sheet.Deps{
		Store: h.store, Ledger: h.ledger, Keys: func() []string { return []string{"file:0a1b2c3d"} }, Now: time.Now, Zone: time.UTC,
		Settings: sheet.Settings{Encryption: "auto", Headers: "sign", KeepDetails: 400 * 24 * time.Hour},
	})
}

func (h *house) record(t testing.TB, e audit.Entry) {
	t.Helper()
	if e.At.IsZero() {
		e.At = time.Now()
	}
	if err := h.store.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func TestAnAuditorReadsTheLogWithBeforeAndAfter(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t).signIn(auditor)
	hostile := `<script>alert(1)</script>`
	h.record(t, audit.Entry{Actor: audit.Actor{Kind: "operator", ID: hostile}, Action: "grant_put", Mailbox: "sikkermail@hr.aau.example", Changed: true, After: map[string]string{"subject": hostile}})
	h.record(t, audit.Entry{Actor: audit.Actor{Kind: "user", ID: "nobody"}, Action: audit.MessageAccepted, MessageID: "7e4a4700-0000-4000-8000-000000000001", Mailbox: "sikkermail@its.aau.example", Detail: audit.Message{
		Recipients: []audit.Recipient{{Address: "bo@partner.example", Field: "to", Route: "smime"}},
	}})
	if err := h.ledger.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := v.get("/admin/audit").Body.String()
	for _, want := range []string{"Før og efter", "Adgang givet", "bo@partner.example", "Kædet og underskrevet", "sendsikker audit verify", "&lt;script&gt;", "Logget ind på administrationen"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(page, hostile) {
		t.Error("a name became a script")
	}
	if page := v.get("/admin/audit?action=grant_put&mailbox=sikkermail@hr.aau.example&lang=en").Body.String(); strings.Contains(page, "bo@partner.example") || !strings.Contains(page, "Right given") {
		t.Error("the filter does not hold")
	}
	if page := v.get("/admin/audit?actor=nobody").Body.String(); !strings.Contains(page, "bo@partner.example") || strings.Contains(page, "Adgang givet<") {
		t.Error("the filter does not hold")
	}
	for _, wrong := range []string{"since=yesterday", "action=%3Cscript%3E", "before=x", "actor=" + strings.Repeat("a", 321)} {
		if w := v.get("/admin/audit?" + wrong); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `class="note stop"`) {
			t.Errorf("%s: %d", wrong, w.Code)
		}
		if w := v.get("/admin/audit/file?format=csv&" + strings.Replace(wrong, "before", "format=x&before", 1)); w.Code != http.StatusBadRequest && !strings.Contains(wrong, "before") {
			t.Errorf("a file of %s: %d", wrong, w.Code)
		}
	}
}

func TestTheLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t).signIn(admins)
	for i := range 130 {
		h.record(t, audit.Entry{Actor: audit.Actor{Kind: "system", ID: "test"}, Action: "counted", Mailbox: fmt.Sprintf("m%d@unit.example", i)})
	}
	if err := h.ledger.Append(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, target := map[string]bool{}, "/admin/audit?action=counted"
	for pages := 0; target != "" && pages < 5; pages++ {
		page := v.get(target).Body.String()
		for part := range strings.SplitSeq(page, "<bdi>m") {
			if name, _, found := strings.Cut(part, "@unit.example"); found {
				seen[name] = true
			}
		}
		target = ""
		if i := strings.Index(page, `rel="next"`); i > 0 {
			at := page[:i]
			at = at[strings.LastIndex(at, `href="`)+6:]
			target = strings.ReplaceAll(at[:strings.IndexByte(at, '"')], "&amp;", "&")
		}
	}
	if len(seen) != 130 {
		t.Errorf("%d of 130 rows were on the pages", len(seen))
	}
}

func TestTheFilesOfThePageVerify(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t).signIn(auditor)
	w := v.get("/admin/audit/file?format=ndjson&action=mailbox_put")
	report, err := chain.Verify(w.Body, chain.Trust{})
	if err != nil || !report.Whole() || report.Entries == 0 || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v %+v %v", w.Code, w.Header(), report, err)
	}
	if w := v.get("/admin/audit/file?format=csv"); !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.Contains(w.Body.String(), "log_exported") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestTheSheetAnswersWithFiguresAndNoNames(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t).signIn(auditor)
	if err := h.store.CountRefusals(t.Context(), time.Now(), "recipients_refused", []string{"no_certificate", "brand_new_code"}); err != nil {
		t.Fatal(err)
	}
	if err := h.store.PutGrant(t.Context(), "hr", store.Grant{Kind: "person", Subject: h.people["anna"].ID}, audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.GrantPut}); err != nil {
		t.Fatal(err)
	}
	if err := h.ledger.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"da": {"Hvem kan sende krypteret", "sikkermail@hr.aau.example", "Modtageren har intet certifikat", "brand_new_code", "400 dage", "Uden frist", "file:0a1b2c3d", "AES-256-CBC", "Ikke beskyttet mod at blive læst"},
		"en": {"Who can send encrypted", "The recipient has no certificate", "400 days", "Without an end", "Public key"},
	} {
		page := v.get("/admin/sheet?lang=" + lang).Body.String()
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: %q is not on the sheet", lang, text)
			}
		}
		if strings.Contains(page, h.people["anna"].ID) || strings.Contains(page, "partner.example") {
			t.Errorf("%s: the sheet names people", lang)
		}
	}
}
