package app

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Whoever needs a screen reader, a keyboard or contrast can use every page of the administrators, in both languages and both lights.
func TestEverybodyCanUseTheAdministratorsPages(t *testing.T) {
	t.Parallel()
	m := ended(t, sendsAs(t, "anna", "sikkermail@its.aau.example", "chen@uni.example").Id.String())
	ctx := browser.Open(t, 1280, 800)
	p := &outlookPage{t: t, ctx: ctx}
	p.withAxe()
	signIn(t, ctx, "iben")
	first := func(list, link string) string {
		t.Helper()
		visit(t, ctx, list)
		return strings.TrimPrefix(seen[string](t, ctx, "document.querySelector("+link+").href"), shared.url())
	}
	box := first("/admin/mailboxes", `"main table a"`)
	grants := strings.Replace(box, "mailboxes", "grants", 1)
	take := first(grants, `'a[href*="/take?care=yes"], a[href*="/take?"]'`)
	pages := []string{
		"/admin/", "/admin/messages", "/admin/messages/" + m.Id.String(), "/admin/mailboxes", box, box + "/key", box + "/settings",
		"/admin/grants", grants + "?kind=person&q=clara", take, "/admin/recipients", first("/admin/recipients", `"tbody a"`), "/admin/directories",
		"/admin/audit", "/admin/sheet", "/admin/nowhere",
	}
	for _, mode := range []struct{ light, lang string }{{"light", "da"}, {"dark", "en"}} {
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode.light}}}); err != nil {
			t.Fatal(err)
		}
		clean := func(name string) {
			t.Helper()
			for _, violation := range p.violations("window") {
				t.Errorf("%s, %s, %s: %s", name, mode.light, mode.lang, violation)
			}
		}
		for _, one := range pages {
			separator := map[bool]string{true: "&", false: "?"}[strings.Contains(one, "?")]
			visit(t, ctx, one+separator+"lang="+mode.lang)
			clean(one)
		}
		visit(t, ctx, "/admin/directories?lang="+mode.lang)
		if err := chromedp.Do(ctx, chromedp.SetValue("#address", "spaerret@region.example"), chromedp.Click("button.primary"), chromedp.WaitVisible("#found")); err != nil {
			t.Fatal(err)
		}
		clean("what a source has")
	}
	// The checker does look: a field that loses its label is found.
	if seen[bool](t, ctx, `(document.querySelector("label[for=address]").remove(), true)`); len(p.violations("window")) == 0 {
		t.Error("a field without a label is no violation")
	}
}
