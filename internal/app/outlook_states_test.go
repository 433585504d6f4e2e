package app

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A state of the pane, and how one gets there.
type paneState struct {
	name, query string
	hold        string   // METHOD and the beginning of a path: what is asked there waits, so that the state stays
	press       []string // in the pane, one after another; each is waited for
}

const ready = "to=bo@partner.example,sikkerpost@region.example&subject=Svar%20på%20prøve&body=Hej&attach=svar.pdf"

func paneStates() []paneState {
	return []paneState{
		{name: "starting", query: ready, hold: "GET /addin/pane.js"},
		{name: "signing-in", query: ready, hold: "POST /outlook/token"},
		{name: "sign-in", query: ready + "&fault=consent"},
		{name: "reading", query: ready, hold: "GET /v1/me"},
		{name: "checking", query: ready, hold: "POST /v1/preflight"},
		{name: "no-mailbox", query: ready + "&persona=david"},
		{name: "empty"},
		{name: "ready", query: ready},
		{name: "warned", query: "to=bo@partner.example,snart@partner.example&subject=Vedr.%20251248-9996&body=Se%20https://aau.sharepoint.com/x"},
		{name: "blocked", query: "to=bo@partner.example,nocert@partner.example,revoked@partner.example&subject=Svar&body=Hej"},
		{name: "collecting", query: ready + "&fault=empty", press: []string{"#send"}},
		{name: "uploading", query: ready, hold: "POST /v1/messages", press: []string{"#send"}},
		{name: "held", query: ready, press: []string{"#send"}},
		{name: "undoing", query: ready, hold: "DELETE /v1/messages/", press: []string{"#send", "#undo"}},
		{name: "undone", query: ready, press: []string{"#send", "#undo"}},
		{name: "watching", query: ready, hold: "GET /v1/messages/", press: []string{"#send"}},
		{name: "done", query: ready, press: []string{"#send"}},
		{name: "undelivered", query: "to=bo@partner.example,rejected@vejr.example&subject=Svar&body=Hej", press: []string{"#send"}},
		{name: "failed", query: ready + "&fault=unreadable", press: []string{"#send"}},
	}
}

// waiting lets through what it is not told to hold.
type waiting struct {
	http.Handler
	hold  atomic.Pointer[string]
	ended chan struct{}
}

func (w *waiting) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if at := w.hold.Load(); at != nil && *at != "" && strings.HasPrefix(r.Method+" "+r.URL.Path, *at) {
		select {
		case <-w.ended: // a request whose body nobody reads does not learn that the browser has gone
		case <-r.Context().Done():
		}
		return
	}
	w.Handler.ServeHTTP(out, r)
}

// Everybody can use the pane in each of its states, in both languages and both themes; with SCREENS the pictures in docs/screens are
// taken anew (make screens).
func TestEverybodyCanUseThePaneInEveryState(t *testing.T) {
	t.Parallel()
	undo := openOwn(t, func(o *worldOptions) { o.undo = time.Minute })
	looks := []string{"lang=da&theme=light", "lang=en&theme=dark"}
	folder := os.Getenv("SCREENS")
	if folder != "" {
		looks = append(looks, "lang=da&theme=dark", "lang=en&theme=light")
	}
	for _, look := range looks {
		t.Run(look, func(t *testing.T) {
			t.Parallel()
			open := func(handler http.Handler) (*waiting, *outlookPage) {
				w := &waiting{Handler: handler, ended: make(chan struct{})}
				p := openOutlook(t, w, "bare=1&client=web")
				t.Cleanup(func() { close(w.ended) })
				p.withAxe()
				return w, p
			}
			atOnce, p := open(shared.service.handler)
			later, patient := open(undo.service.handler)
			for _, state := range paneStates() {
				if slices.Contains([]string{"held", "undoing", "undone"}, state.name) {
					patient.look(later, state, look, folder)
				} else {
					p.look(atOnce, state, look, folder)
				}
			}
		})
	}
}

// look goes to a state, and sees whether everybody can use it.
func (p *outlookPage) look(w *waiting, state paneState, look, folder string) {
	p.t.Helper()
	w.hold.Store(&state.hold)
	p.visit("bare=1&client=web&pane=1&" + look + "&" + state.query)
	for _, selector := range state.press {
		p.until(pane("d.querySelector(`" + selector + "`) !== null && d.querySelector(`" + selector + "`).getAttribute('aria-disabled') !== 'true'"))
		p.inPane(selector)
	}
	p.shows(state.name)
	if folder != "" {
		evaluate[bool](p, `(document.querySelector(".pane iframe").style.minHeight = "1300px", true)`) // all of it in one picture
	}
	const frame = `document.querySelector(".pane iframe").contentWindow`
	for _, violation := range p.violations(frame) {
		p.t.Errorf("%s: %s", state.name, violation)
	}
	if wide := evaluate[int](p, frame+`.document.documentElement.scrollWidth`); wide > 320 {
		p.t.Errorf("%s: it is %d pixels wide", state.name, wide)
	}
	if title := evaluate[string](p, frame+`.document.title`); title != "Send sikker" {
		p.t.Errorf("%s: its title is %q", state.name, title)
	}
	if folder != "" {
		p.picture(filepath.Join(folder, "pane-"+state.name+"-"+strings.NewReplacer("lang=", "", "&theme=", "-").Replace(look)+".png"))
	}
	if got := evaluate[string](p, frame+`.document.getElementById("pane").dataset.state`); got != state.name {
		p.t.Errorf("%s was %s before it was looked at", state.name, got)
	}
}

// picture is of the pane alone, as high as what is in it.
func (p *outlookPage) picture(path string) {
	p.t.Helper()
	type rectangle struct{ X, Y, Width, Height float64 }
	at := evaluate[rectangle](p, `(() => { const f = document.querySelector(".pane iframe"), r = f.getBoundingClientRect(), d = f.contentDocument;
		return { X: r.x, Y: r.y, Width: r.width, Height: Math.min(r.height, Math.max(d.getElementById("pane").getBoundingClientRect().bottom + 16, 120)) }; })()`)
	beyond := true
	shot, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond, Clip: &page.Viewport{X: at.X, Y: at.Y, Width: at.Width, Height: at.Height, Scale: 1}})
	if err == nil {
		err = os.WriteFile(path, shot.Data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
