package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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

func TestAnAdministratorSignsInWithABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	signIn(t, ctx, "iben")
	if text := seen[string](t, ctx, "document.body.innerText"); !strings.Contains(text, "Overblik") || !strings.Contains(text, "Iben Eksempel") {
		t.Errorf("the page says %s", text)
	}
	if visible := seen[string](t, ctx, "document.cookie"); visible != "" {
		t.Errorf("a script could read %q", visible)
	}
}
