package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"github.com/chromedp/chromedp"
)

func seen[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// until waits for an expression to be true: what a click leads to comes when it comes.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(25 * time.Millisecond) {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && is {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("never: %s (%v)", expression, err)
		}
	}
}

// signIn goes through the pretend Entra's page, as a person does. The cookies' names begin with __Host-, which Chromium takes on this
// machine over plain HTTP too: the demo needs no others.
func signIn(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	signInTo(t, ctx, shared.world, name)
}

func signInTo(t *testing.T, ctx context.Context, w *world, name string) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Navigate(w.url()+"/admin/?lang=da"), chromedp.WaitVisible("main ul"))
	if err != nil {
		t.Fatal(err)
	}
	choice := fmt.Sprintf(`a[href*="login_hint=%s%%40"]`, name)
	if err := chromedp.Do(ctx, chromedp.Click(choice), chromedp.WaitVisible("#content")); err != nil {
		t.Fatal(err)
	}
	if at := seen[string](t, ctx, "location.href"); !strings.HasPrefix(at, w.url()+"/admin/") || strings.Contains(at, "sign-in") {
		t.Fatalf("the sign-in led to %s: %s", at, seen[string](t, ctx, "document.body.innerText"))
	}
}

// visit goes to a page, and gives what it says.
func visit(t *testing.T, ctx context.Context, path string) string {
	t.Helper()
	return visitAt(t, ctx, shared.url()+path)
}

func visitAt(t *testing.T, ctx context.Context, address string) string {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitVisible("#content")); err != nil {
		t.Fatal(err)
	}
	return seen[string](t, ctx, "document.body.innerText")
}

// Through every page of an administrator, on a wide screen and on a narrow one: nothing is wider than the screen, the browser has
// nothing to complain about, and what is pressed is large enough (WCAG 2.2, 1.4.10 and 2.5.8).
func TestAnAdministratorGoesThroughThePages(t *testing.T) {
	t.Parallel()
	accepted := sendsAs(t, "clara", "sikkermail@hr.aau.example", "chen@uni.example")
	ctx := browser.Open(t, 1280, 800)
	complaints := browser.Complaints(t, ctx)
	signIn(t, ctx, "iben")
	if visible := seen[string](t, ctx, "document.cookie"); visible != "" {
		t.Errorf("a script could read %q", visible)
	}
	message := "/admin/messages/" + accepted.Id.String()
	recipient := seen[string](t, ctx, "location.origin") // the first of the list, below
	visit(t, ctx, "/admin/recipients?lang=en")
	recipient = strings.TrimPrefix(seen[string](t, ctx, `document.querySelector("tbody a").href`), recipient)
	pages := map[string][]string{
		"/admin/?lang=en":                  {"Overview", "Iben Eksempel", "The last 30 days", "Microsoft Graph", "The directory region"},
		"/admin/messages?lang=en":          {"Messages", "chen@uni.example"},
		message + "?lang=en":               {"Clara Eksempel", "encrypted and signed", "Accepted from the sender", "shown to the mailbox's local administrators only"},
		"/admin/recipients?lang=en":        {"bo@partner.example", "Pin a certificate"},
		recipient + "?lang=en":             {"Fingerprint", "Remove"},
		"/admin/directories?lang=en":       {"Authorities that we believe", "Revocation lists", "without encryption"},
		"/admin/nowhere?lang=en":           {"There is no such page"},
		"/admin/?lang=da":                  {"Overblik", "De seneste 30 dage"},
		"/admin/mailboxes/new/key?lang=en": {"refer to a key that stays in its device", "Reference to the key", "The PIN does not belong here"},
	}
	for _, width := range []int64{1280, 320} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800)); err != nil {
			t.Fatal(err)
		}
		for path, want := range pages {
			text := visit(t, ctx, path)
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("%s does not say %q: %s", path, part, text)
				}
			}
			if strings.Contains(text, "Afgørelse i sagen") {
				t.Errorf("%s shows a subject", path)
			}
			if wide := seen[int64](t, ctx, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s is %d wide on a screen of %d", path, wide, width)
			}
			small := seen[[]string](t, ctx, `[...document.querySelectorAll("nav a, .button, button, input, select, summary")]
				.filter(e => e.offsetParent && e.getBoundingClientRect().height < 20).map(e => e.outerHTML)`)
			if len(small) != 0 {
				t.Errorf("%s at %d: too small to press: %q", path, width, small)
			}
			if unnamed := seen[int](t, ctx, `[...document.querySelectorAll("input:not([type=hidden]), select")].filter(e => e.labels.length != 1).length`); unnamed != 0 {
				t.Errorf("%s: %d fields without one label", path, unnamed)
			}
		}
	}
	heard := slices.DeleteFunc(complaints(), func(one string) bool { return strings.Contains(one, "404") }) // as was asked for
	if len(heard) != 0 {
		t.Errorf("the browser complained: %q", heard)
	}
}

// By the keyboard alone: past the head, into the search, and out.
func TestALocalAdministratorNeedsNoMouse(t *testing.T) {
	t.Parallel()
	accepted := sendsAs(t, "clara", "sikkermail@hr.aau.example", "eva@klinik.example")
	ctx := browser.Open(t, 1280, 800)
	signIn(t, ctx, "david")
	text := visit(t, ctx, "/admin/?lang=da")
	if !strings.Contains(text, "Lokal administrator") || strings.Contains(text, "Modtageres certifikater") {
		t.Errorf("the page says %s", text)
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\t")); err != nil {
		t.Fatal(err)
	}
	if first, outline := seen[string](t, ctx, "document.activeElement.textContent"), seen[string](t, ctx, "getComputedStyle(document.activeElement).outlineStyle"); first != "Spring til indholdet" || outline == "none" {
		t.Errorf("the first stop is %q, its outline %s", first, outline)
	}
	visit(t, ctx, "/admin/messages")
	if err := chromedp.Do(ctx, chromedp.SendKeys("#recipient", "eva@klinik.example\r"), chromedp.WaitVisible(`#recipient[value="eva@klinik.example"]`)); err != nil {
		t.Fatal(err)
	}
	if at := seen[string](t, ctx, "location.search"); !strings.Contains(at, "recipient=eva%40klinik.example") {
		t.Errorf("the search led to %s", at)
	}
	if text := visit(t, ctx, "/admin/messages/"+accepted.Id.String()); !strings.Contains(text, "Afgørelse i sagen") {
		t.Errorf("the subject is not there for whom it is for: %s", text)
	}
	for path, want := range map[string]string{"/admin/recipients": "Ingen adgang", "/admin/": "Overblik"} {
		if text := visit(t, ctx, path); !strings.Contains(text, want) {
			t.Errorf("%s: %s", path, text)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Focus(".me summary"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(".me button"), chromedp.Focus(".me button"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(`a[href="/admin/sign-in?choose=1"]`)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(shared.url()+"/admin/messages"), chromedp.WaitVisible("main ul")); err != nil {
		t.Fatal(err)
	}
	if at := seen[string](t, ctx, "location.href"); !strings.HasPrefix(at, shared.university.URL) {
		t.Errorf("after signing out: %s", at)
	}
}
