package partners

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Stop()
	os.Exit(code)
}

// browse opens a window, and gives what it complained about.
func browse(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	ctx = browser.Open(t, 1280, 800)
	return ctx, browser.Complaints(t, ctx)
}

// read evaluates an expression in the page.
func read[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// A narrow telephone, with script switched off: all is there, nothing is wider than the screen, the browser has nothing to
// complain about, and what is pressed is large enough (WCAG 2.2, 1.4.10 and 2.5.8).
func TestAPhoneWithoutScriptShowsAllOfIt(t *testing.T) {
	t.Parallel()
	ctx, complaints := browse(t)
	server := httptest.NewServer(open(&database{list: mailboxes()}))
	t.Cleanup(server.Close)
	must(chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(320, 640, chromedp.EmulateMobile)); err != nil {
		t.Fatal(err)
	}
	for _, w := range newSpeech().all {
		for name, target := range map[string]string{"the page": "?lang=", "a search without an answer": "?q=nowhere&lang=", "a page that is not there": "/x.cer?lang="} {
			if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+pagePath+target+w.Tag)); err != nil {
				t.Fatal(err)
			}
			wide, inner := read[int](t, ctx, `document.documentElement.scrollWidth`), read[int](t, ctx, `innerWidth`)
			text := read[string](t, ctx, `document.body.innerText`)
			// Links within a sentence are exempt: the address, and "show all".
			small := read[[]string](t, ctx, `[...document.querySelectorAll("nav a, .button, button, input[type=search]")]
				.filter(e => e.getBoundingClientRect().height < 24).map(e => e.textContent)`)
			if inner != 320 || wide > inner {
				t.Errorf("%s, %s: %d px wide on a screen of %d", w.Language, name, wide, inner)
			}
			if len(small) != 0 {
				t.Errorf("%s, %s: too small to press: %q", w.Language, name, small)
			}
			want := []string{w.Skip, "Deutsch"}
			switch name {
			case "the page":
				want = append(want, w.Lead, w.Search, w.Certificate, w.EndedHelp, w.Unnamed, w.Guides[2].Steps[2], w.Doubt, w.Learn.Steps[2], "<script>alert(1)</script>")
			case "a search without an answer":
				want = append(want, w.None, w.All)
			default:
				want = append(want, w.Absent, w.Back)
			}
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("%s, %s: cannot read %q", w.Language, name, part)
				}
			}
		}
	}
	// What the server answers 404 is told as such; that is what was asked for.
	heard := slices.DeleteFunc(complaints(), func(one string) bool { return strings.Contains(one, http.StatusText(http.StatusNotFound)) })
	if len(heard) != 0 {
		t.Errorf("the browser complained: %q", heard)
	}
}

// With the keyboard alone: the first stop leads past the head, and a search is sent with Enter.
func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	ctx, _ := browse(t)
	server := httptest.NewServer(open(&database{list: mailboxes()}))
	t.Cleanup(server.Close)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+pagePath+"?lang=en"), chromedp.KeyEvent("\t")); err != nil {
		t.Fatal(err)
	}
	first := read[string](t, ctx, `document.activeElement.textContent`)
	outline := read[string](t, ctx, `getComputedStyle(document.activeElement).outlineStyle`)
	if err := chromedp.Do(ctx, chromedp.SendKeys("#q", "its\r"), chromedp.WaitVisible(".count q")); err != nil {
		t.Fatal(err)
	}
	address, count := read[string](t, ctx, `location.href`), read[string](t, ctx, `document.querySelector(".count").textContent`)
	if first != "Skip to the content" || outline == "none" {
		t.Errorf("the first stop is %q, its outline %s", first, outline)
	}
	if !strings.HasSuffix(address, "/certificates?q=its&lang=en") || !strings.Contains(count, "1 mailbox matching") {
		t.Errorf("the search led to %s with %q", address, count)
	}
}
