package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"github.com/chromedp/chromedp"
)

// A receipt that somebody has lost comes again when an administrator asks for it; the same form sent twice brings one.
func TestALostReceiptIsAskedForWithABrowser(t *testing.T) {
	t.Parallel()
	const box = "sikkermail@its.aau.example"
	m := ended(t, sendsAs(t, "anna", box, "chen@uni.example").Id.String())
	ctx := browser.Open(t, 1280, 800)
	signIn(t, ctx, "iben")
	page := "/admin/messages/" + m.Id.String()
	press := func() string {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Click(`form[action$="/notice"] button`), chromedp.WaitVisible(".told")); err != nil {
			t.Fatal(err)
		}
		return seen[string](t, ctx, "document.querySelector('.told').innerText")
	}
	visit(t, ctx, page+"?lang=da")
	noticed := seen[string](t, ctx, "document.querySelector('[name=noticed]').value")
	if said := press(); !strings.Contains(said, "igen om et øjeblik") {
		t.Errorf("the page says %q", said)
	}
	visit(t, ctx, page)
	seen[string](t, ctx, fmt.Sprintf("document.querySelector('[name=noticed]').value = %q", noticed)) // the form as it was at the first click
	if said := press(); !strings.Contains(said, "allerede bestilt") {
		t.Errorf("the second time the page says %q", said)
	}
	said := ""
	for until := time.Now().Add(30 * time.Second); !strings.Contains(said, "lagt i funktionspostkassen igen") && time.Now().Before(until); {
		said = visit(t, ctx, page)
	}
	if strings.Count(said, "Kvittering lagt i funktionspostkassen") != 2 || strings.Count(said, "Kvittering lagt i funktionspostkassen igen") != 1 {
		t.Errorf("the time line says %s", said)
	}
	notes := map[string]bool{}
	for _, item := range shared.university.Exchange.Messages(box, "inbox") {
		if strings.HasPrefix(item.InternetMessageID, "<notice-"+m.Id.String()) {
			notes[item.InternetMessageID] = strings.Contains(item.BodyHTML, "chen@uni.example")
		}
	}
	if len(notes) != 2 || !notes["<notice-"+m.Id.String()+"@its.aau.example>"] {
		t.Errorf("in the mailbox are %v, want the lost one and another", notes)
	}
}
