package app

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/sandbox/browser"
	"aau.dk/sendsikker/internal/store"
)

// An administrator asks the real directory about people, with a browser and no script of ours.
func TestADirectoryIsTriedWithABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser.Open(t, 1280, 800)
	complaints := browser.Complaints(t, ctx)
	signIn(t, ctx, "iben")
	visit(t, ctx, "/admin/directories?lang=da")
	do := func(step ...chromedp.Action[chromedp.Void]) string {
		t.Helper()
		if err := chromedp.Do(ctx, step...); err != nil {
			t.Fatalf("%v at %s\n%s", err, seen[string](t, ctx, "location.href"), seen[string](t, ctx, "document.body.innerText"))
		}
		return seen[string](t, ctx, "document.querySelector('main').innerText")
	}
	wants := func(what, said string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(said, part) {
				t.Errorf("%s: there is no %q in %s", what, part, said)
			}
		}
	}
	said := do(chromedp.Click("td form button"), chromedp.WaitVisible(`a[href="/admin/directories"].button`))
	wants("does it answer", said, "Kataloget region", "svarer", "Svaret kom på")
	for address, parts := range map[string][]string{
		"gitte@region.example":    {"Ét certifikat, heraf 1 kan bruges", "Gitte Eksempel", "ja"},
		"spaerret@region.example": {"Ét certifikat, heraf 0 kan bruges", "spærret"},
		"skifter@partner.example": {"2 certifikater, heraf 2 kan bruges"},
		"nobody@region.example":   {"Den har intet certifikat til adressen"},
	} {
		visit(t, ctx, "/admin/directories?lang=da")
		said := do(chromedp.SetValue("#address", address), chromedp.Click("button.primary"), chromedp.WaitVisible("#found"))
		wants(address, said, append(parts, address, "Opslaget tog")...)
		picture(t, ctx, "tried-"+strings.SplitN(address, "@", 2)[0])
	}
	said = visit(t, ctx, "/admin/directories?lang=da")
	wants("the page", said, "svarede", "uden kryptering", "sandbox-dk", "fra indstillingerne", "rod", "mellemled", "gælder")
	if heard := complaints(); len(heard) > 0 {
		t.Errorf("the browser complained: %q", heard)
	}

	if err := shared.service.ledger.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := shared.service.store.AuditPage(t.Context(), store.AuditFilter{Action: string(audit.SourceTried)}, 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, row := range rows {
		var detail struct {
			Source, Domain string
			Answered       bool
			Certificates   int
		}
		if err := json.Unmarshal([]byte(row.Detail), &detail); err != nil {
			t.Fatal(err)
		}
		if detail.Source != "ldap:region" || !detail.Answered || row.ActorID != persona(t, "iben") {
			t.Errorf("%+v of %s", detail, row.ActorID)
		}
		if strings.Contains(row.Detail, "@") {
			t.Errorf("whom it was about is kept: %s", row.Detail)
		}
		asked[detail.Domain] += detail.Certificates
	}
	if len(rows) < 5 || asked["region.example"] < 2 || asked["partner.example"] != 2 { // others ask at region.example, too
		t.Errorf("the log has %d rows: %v", len(rows), asked)
	}
}
