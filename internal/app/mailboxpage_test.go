package app

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"github.com/chromedp/chromedp"
)

// tooSmall is what is smaller to press than WCAG 2.2, 2.5.8 lets it be.
const tooSmall = `[...document.querySelectorAll("main a.button, main button, main input:not([type=hidden])")]
	.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))`

// narrow fails where a page is wider than a telephone, in either language.
func narrow(t *testing.T, visit func(step ...chromedp.Action[chromedp.Void]), read func(expression string) int, pages ...string) {
	t.Helper()
	visit(chromedp.EmulateViewport(320, 640, chromedp.EmulateMobile))
	for _, page := range pages {
		for _, language := range []string{"da", "en"} {
			visit(chromedp.Navigate(page + "?lang=" + language))
			if wide := read("document.documentElement.scrollWidth"); wide > 320 {
				t.Errorf("%s in %s is %d px wide on a screen of 320", page, language, wide)
			}
		}
	}
}

// A local administrator gives a mailbox a new key, lets somebody send, and tries it, with a browser and no script of ours.
func TestALocalAdministratorLooksAfterAMailboxWithABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser.Open(t, 1280, 800)
	do := func(step ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, step...); err != nil {
			t.Fatalf("%v at %s\n%s", err, seen[string](t, ctx, "location.href"), seen[string](t, ctx, "document.body.innerText"))
		}
	}
	text := func() string {
		t.Helper()
		if small := seen[[]string](t, ctx, tooSmall); len(small) > 0 {
			t.Errorf("too small to press: %q", small)
		}
		return seen[string](t, ctx, "document.querySelector('main').innerText")
	}
	wants := func(parts ...string) {
		t.Helper()
		said := text()
		for _, part := range parts {
			if !strings.Contains(said, part) {
				t.Errorf("at %s there is no %q:\n%s", seen[string](t, ctx, "location.href"), part, said)
			}
		}
	}
	signIn(t, ctx, "aase")
	do(chromedp.Navigate(shared.url()+"/admin/mailboxes?lang=da"), chromedp.WaitVisible("table a"))
	if rows := seen[int](t, ctx, `document.querySelectorAll("tbody tr").length`); rows != 1 {
		t.Fatalf("Åse sees %d mailboxes", rows)
	}
	identity := issueFor(t, shared.university.Danish, seen[string](t, ctx, `document.querySelector("tbody td bdi").textContent`))
	pem, err := identity.PEM()
	if err != nil {
		t.Fatal(err)
	}
	do(chromedp.Click("table a"), chromedp.WaitVisible(`a[href$="/key"]`))
	box := seen[string](t, ctx, "location.href")
	do(chromedp.Click(`a[href$="/key"]`), chromedp.WaitVisible("#key"), chromedp.SetUploadFiles("#key", []string{file(t, "none.pem", []byte("Hej"))}),
		chromedp.Click(`form[enctype] button`), chromedp.WaitVisible(`#key[aria-invalid]`))
	wants("hverken PKCS #12")
	do(chromedp.SetUploadFiles("#key", []string{file(t, "new.pem", pem)}), chromedp.Click(`form[enctype] button`), chromedp.WaitVisible("#compared"))
	wants("Fingeraftryk")
	held := seen[string](t, ctx, "location.href")
	do(chromedp.Click("main form button"), chromedp.WaitVisible("#compared-wrong"), chromedp.Click("#compared"), chromedp.Click("main form button"), chromedp.WaitVisible(".told"))
	wants("Nøglen er i brug", "Tidligere nøgler")
	do(chromedp.Click(`form[action$="/try"] button`), chromedp.WaitVisible("main .lead"))
	wants("Prøvemailen kom frem, som den blev sendt.")

	do(chromedp.Navigate(strings.Replace(box, "mailboxes", "grants", 1)), chromedp.WaitVisible("#q"))
	wants("Hvem kan sende, og hvorfor")
	do(chromedp.SendKeys("#q", "clara\r"), chromedp.WaitVisible(".found"), chromedp.Click(".found button"), chromedp.WaitVisible(".told"))
	wants("Adgangen er givet", "Clara Eksempel")
	do(chromedp.Click(`a[href*="/take?"][href*="`+persona(t, "clara")+`"]`), chromedp.WaitVisible("button.danger"))
	wants("Clara Eksempel")
	do(chromedp.Click("button.danger"), chromedp.WaitVisible(".told"))
	wants("taget tilbage")
	narrow(t, do, func(expression string) int { return seen[int](t, ctx, expression) },
		shared.url()+"/admin/mailboxes", box, box+"/key", box+"/settings", shared.url()+"/admin/grants", strings.Replace(box, "mailboxes", "grants", 1), held)
}

func persona(t *testing.T, local string) string {
	t.Helper()
	p, known := shared.university.Persona(local)
	if !known {
		t.Fatal(local)
	}
	return p.ID
}
