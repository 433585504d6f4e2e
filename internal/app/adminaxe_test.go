package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/sandbox/browser"
)

// withPast is a university with a month behind it, of whose mails of today nothing is under way any longer.
func withPast(t *testing.T) *world {
	t.Helper()
	w := openOwn(t, func(o *worldOptions) { o.past = true })
	if err := w.today(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		doubtful, err := w.service.store.Doubtful(t.Context(), 10)
		fatal(t, err)
		backlog, err := w.service.store.Backlog(t.Context())
		fatal(t, err)
		if len(doubtful) == 1 && backlog.Waiting == 0 {
			fatal(t, w.service.ledger.Keep(t.Context()))
			return w
		}
		if time.Now().After(end) {
			t.Fatalf("in doubt %d, waiting %d", len(doubtful), backlog.Waiting)
		}
	}
}

// Whoever needs a screen reader, a keyboard, contrast or a telephone can use every page of the administrators, in both languages and
// both lights; with SCREENS the pictures in docs/screens are taken anew (make screens).
func TestEverybodyCanUseTheAdministratorsPages(t *testing.T) {
	t.Parallel()
	w := withPast(t)
	views := adminViews(t, w)
	ctx := browser.Open(t, 1280, 900)
	p := &outlookPage{t: t, ctx: ctx}
	p.withAxe()
	folder := os.Getenv("SCREENS")
	for _, who := range []string{"", "anna", "david", "jonna", "iben"} {
		if len(views[who]) == 0 {
			t.Fatalf("%s looks at nothing", who)
		}
		become(t, ctx, w, who)
		for _, v := range views[who] {
			for _, lang := range []string{"da", "en"} {
				v.open(t, ctx, w, lang)
				for _, light := range []string{"light", "dark"} {
					if folder == "" && (lang == "da") != (light == "light") {
						continue
					}
					v.look(p, lang, light, folder)
				}
			}
		}
	}
	// What the mouse is over is as easy to read, in the dark too: the last emulation.
	visitAt(t, ctx, w.url()+"/admin/audit?lang=en")
	fatal(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)))
	type point struct{ X, Y float64 }
	at := seen[point](t, ctx, `(() => { const r = document.querySelector("tbody tr").getBoundingClientRect(); return { X: r.x + 100, Y: r.y + 10 } })()`)
	_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: at.X, Y: at.Y})
	fatal(t, err)
	until(t, ctx, `document.querySelector("tbody tr:hover")`)
	for _, violation := range p.violations("window") {
		t.Errorf("under the mouse: %s", violation)
	}
	// The checker does look: a field that loses its label is found.
	visitAt(t, ctx, w.url()+"/admin/directories")
	if seen[bool](t, ctx, `(document.querySelector("label[for=address]").remove(), true)`); len(p.violations("window")) == 0 {
		t.Error("a field without a label is no violation")
	}
}

// become signs in as somebody else; "" is nobody.
func become(t *testing.T, ctx context.Context, w *world, who string) {
	t.Helper()
	if _, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if who != "" {
		signInTo(t, ctx, w, who)
	}
}

// open goes to the page, and does what leads to the view.
func (v adminView) open(t *testing.T, ctx context.Context, w *world, lang string) {
	t.Helper()
	separator := map[bool]string{true: "&", false: "?"}[strings.Contains(v.path, "?")]
	visitAt(t, ctx, w.url()+v.path+separator+"lang="+lang)
	if err := chromedp.Do(ctx, v.press...); err != nil {
		t.Fatalf("%s: %v\n%s", v.name, err, seen[string](t, ctx, "document.body.innerText"))
	}
}

// look is what a person would find wrong: of the checker's rules, wider than the screen, or too small to press (WCAG 2.2, 1.4.10 and
// 2.5.8).
func (v adminView) look(p *outlookPage, lang, light, folder string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: light}}})
	fatal(p.t, err)
	for _, width := range []int64{1280, 390} {
		name := strings.Join([]string{"admin", v.name, lang, light, map[int64]string{1280: "1280", 390: "390"}[width]}, "-")
		fatal(p.t, chromedp.Do(p.ctx, chromedp.EmulateViewport(width, 900)))
		if wide := seen[int64](p.t, p.ctx, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
			p.t.Errorf("%s is %d px too wide: %q", name, wide, seen[[]string](p.t, p.ctx, `[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth).slice(0, 5).map(e => e.tagName + " " + e.textContent.slice(0, 60))`))
		}
		if small := seen[[]string](p.t, p.ctx, tooSmall); len(small) > 0 {
			p.t.Errorf("%s: too small to press: %q", name, small)
		}
		if folder != "" {
			savePicture(p.t, p.ctx, filepath.Join(folder, name+".png"), v.list)
		}
		if width == 1280 {
			for _, violation := range p.violations("window") {
				p.t.Errorf("%s: %s", name, violation)
			}
		}
	}
	if title := seen[string](p.t, p.ctx, "document.title"); !strings.HasSuffix(title, "Universitetet Eksempel") {
		p.t.Errorf("%s: its title is %q", v.name, title)
	}
}
