package app

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"github.com/chromedp/chromedp"
)

// An administrator finds somebody in the directory, gives a mailbox into their care and takes it back, with a browser.
func TestALocalAdministratorIsAppointedAndDismissedWithABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser.Open(t, 1280, 800)
	signIn(t, ctx, "iben")
	visit(t, ctx, "/admin/grants?lang=da")
	grants := strings.TrimPrefix(seen[string](t, ctx, `[...document.querySelectorAll("tr")].find(r => r.textContent.includes("sikkermail@its.")).querySelector("a").href`), shared.url())
	do := func(step ...chromedp.Action[chromedp.Void]) string {
		t.Helper()
		if err := chromedp.Do(ctx, step...); err != nil {
			t.Fatalf("%v at %s\n%s", err, seen[string](t, ctx, "location.href"), seen[string](t, ctx, "document.body.innerText"))
		}
		return seen[string](t, ctx, "document.querySelector('main').innerText")
	}
	visit(t, ctx, grants)
	do(chromedp.SendKeys("#q", "birk\r"), chromedp.WaitVisible(`form[action$="/appoint"] button`))
	said := do(chromedp.Click(`form[action$="/appoint"] button`), chromedp.WaitVisible(".told"))
	if !strings.Contains(said, "er udpeget") || !seen[bool](t, ctx, `document.querySelector("[aria-labelledby=care]").innerText.includes("Birk Eksempel")`) {
		t.Errorf("the page says %s", said)
	}
	visit(t, ctx, grants+"?lang=da")
	dismiss := `a[href*="care=yes"][href*="` + persona(t, "birk") + `"]`
	if said := do(chromedp.Click(dismiss), chromedp.WaitVisible("button.danger")); !strings.Contains(said, "Fjern den lokale administrator?") {
		t.Errorf("the question is %s", said)
	}
	said = do(chromedp.Click("button.danger"), chromedp.WaitVisible(".told"))
	if !strings.Contains(said, "er fjernet") || seen[bool](t, ctx, `document.querySelector("[aria-labelledby=care]").innerText.includes("Birk Eksempel")`) {
		t.Errorf("the page says %s", said)
	}
}
