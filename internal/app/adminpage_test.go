package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// browser starts Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	peer.Need(t, "chromium", "chromium")
	ctx, late := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(late)
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	})
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	return ctx
}

func seen[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// signIn goes through the pretend Entra's page, as a person does. The cookies' names begin with __Host-, which Chromium takes on this
// machine over plain HTTP too: the demo needs no others.
func signIn(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Navigate(shared.url()+"/admin/?lang=da"), chromedp.WaitVisible("main ul"))
	if err != nil {
		t.Fatal(err)
	}
	choice := fmt.Sprintf(`a[href*="login_hint=%s%%40"]`, name)
	if err := chromedp.Do(ctx, chromedp.Click(choice), chromedp.WaitVisible("#content")); err != nil {
		t.Fatal(err)
	}
	if at := seen[string](t, ctx, "location.href"); !strings.HasPrefix(at, shared.url()+"/admin/") || strings.Contains(at, "sign-in") {
		t.Fatalf("the sign-in led to %s: %s", at, seen[string](t, ctx, "document.body.innerText"))
	}
}

// visit goes to a page, and gives what it says.
func visit(t *testing.T, ctx context.Context, path string) string {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(shared.url()+path), chromedp.WaitVisible("#content")); err != nil {
		t.Fatal(err)
	}
	return seen[string](t, ctx, "document.body.innerText")
}

// listen gives what the browser complains about: above all, what the policy of a page does not let run.
func listen(t *testing.T, ctx context.Context) (complaints func() []string) {
	t.Helper()
	var mu sync.Mutex
	var heard []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			heard = append(heard, e.Entry.Text)
		case *runtime.EventConsoleAPICalled, *runtime.EventExceptionThrown:
			heard = append(heard, "a script spoke")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(heard)
	}
}

// Through every page of an administrator, on a wide screen and on a narrow one: nothing is wider than the screen, the browser has
// nothing to complain about, and what is pressed is large enough (WCAG 2.2, 1.4.10 and 2.5.8).
func TestAnAdministratorGoesThroughThePages(t *testing.T) {
	t.Parallel()
	accepted := sendsAs(t, "clara", "sikkermail@hr.aau.example", "chen@uni.example")
	ctx := browser(t)
	complaints := listen(t, ctx)
	signIn(t, ctx, "iben")
	if visible := seen[string](t, ctx, "document.cookie"); visible != "" {
		t.Errorf("a script could read %q", visible)
	}
	message := "/admin/messages/" + accepted.Id.String()
	recipient := seen[string](t, ctx, "location.origin") // the first of the list, below
	visit(t, ctx, "/admin/recipients?lang=en")
	recipient = strings.TrimPrefix(seen[string](t, ctx, `document.querySelector("tbody a").href`), recipient)
	pages := map[string][]string{
		"/admin/?lang=en":           {"Overview", "Iben Eksempel", "The last 30 days", "Microsoft Graph", "The directory region"},
		"/admin/messages?lang=en":   {"Messages", "chen@uni.example"},
		message + "?lang=en":        {"Clara Eksempel", "encrypted and signed", "Accepted from the sender", "shown to the mailbox's local administrators only"},
		"/admin/recipients?lang=en": {"bo@partner.example", "Pin a certificate"},
		recipient + "?lang=en":      {"Fingerprint", "Remove"},
		"/admin/nowhere?lang=en":    {"There is no such page"},

		"/admin/mailboxes/new/key?lang=en": {"refer to a key that stays in its device", "Reference to the key", "The PIN does not belong here"},
		"/admin/?lang=da":                  {"Overblik", "De seneste 30 dage"},
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
			if unnamed := seen[int](t, ctx, `[...document.querySelectorAll("input, select")].filter(e => e.labels.length != 1).length`); unnamed != 0 {
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
	ctx := browser(t)
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
