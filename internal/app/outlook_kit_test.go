package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/sandbox/browser"
)

// outlookPage is the pretend Outlook in a real browser, before a service.
type outlookPage struct {
	t   *testing.T
	ctx context.Context
	url string

	others []string

	mu        sync.Mutex
	heard     []string // what the console said, and what broke
	elsewhere []string // requests to anywhere but the service
}

// openOutlook opens /outlook with the query. handler nil is the shared service as the demo serves it.
func openOutlook(t *testing.T, handler http.Handler, query string) *outlookPage {
	t.Helper()
	at := shared.url()
	if handler != nil {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		at = server.URL
	}
	return openOutlookAt(t, at, query)
}

// openOutlookAt is the same before another service. others are addresses that may be asked too.
func openOutlookAt(t *testing.T, at, query string, others ...string) *outlookPage {
	t.Helper()
	p := &outlookPage{t: t, url: at, others: others, ctx: browser.Open(t, 1500, 1000)}
	if err := chromedp.Listen(p.ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.visit(query)
	return p
}

func (p *outlookPage) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		p.heard = append(p.heard, string(e.Entry.Level)+": "+e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		p.heard = append(p.heard, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		p.heard = append(p.heard, "exception: "+e.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err == nil && (u.Scheme == "data" || u.Scheme == "blob" || slices.ContainsFunc(append(p.others, p.url), func(ours string) bool { return strings.HasPrefix(e.Request.URL, ours+"/") })) {
			return
		}
		p.elsewhere = append(p.elsewhere, e.Request.URL)
	}
}

// visit opens the page anew.
func (p *outlookPage) visit(query string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Navigate(p.url+"/outlook?"+query)); err != nil {
		p.t.Fatal(err)
	}
	p.until(`document.documentElement.dataset.ready !== undefined`)
}

// quiet fails the test when anything was said or asked of anybody else. allowed are parts of what is expected.
func (p *outlookPage) quiet(allowed ...string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.heard {
		if !slices.ContainsFunc(allowed, func(a string) bool { return strings.Contains(one, a) }) {
			p.t.Errorf("the browser said: %s", one)
		}
	}
	if len(p.elsewhere) > 0 {
		p.t.Errorf("asked of others: %q", p.elsewhere)
	}
}

// until waits for an expression to be true, in a frame's window with in().
func (p *outlookPage) until(expression string) {
	p.t.Helper()
	end := time.Now().Add(20 * time.Second)
	for {
		is, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && is {
			return
		}
		if time.Now().After(end) {
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText + "\n--- pane ---\n" + (document.querySelector(".pane iframe")?.contentDocument?.body?.innerText ?? "none")`))
			p.mu.Lock()
			heard := slices.Clone(p.heard)
			p.mu.Unlock()
			p.t.Fatalf("never: %s (%v)\nheard %q\nthe page:\n%s", expression, err, heard, text)
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// pane is an expression with d for the document of the pane and w for its window; false while there is none.
func pane(expression string) string {
	return `(() => { const w = document.querySelector(".pane iframe")?.contentWindow, d = w?.document; return !!d && (` + expression + `); })()`
}

// shows waits for a state of the pane.
func (p *outlookPage) shows(states ...string) {
	p.t.Helper()
	p.until(pane(`"` + strings.Join(states, " ") + `".split(" ").includes(d.getElementById("pane")?.dataset.state)`))
}

// inPane presses something in the pane.
func (p *outlookPage) inPane(selector string) {
	p.t.Helper()
	p.until(pane("d.querySelector(`" + selector + "`) !== null"))
	evaluate[bool](p, pane("d.querySelector(`"+selector+"`).click() ?? true"))
}

func evaluate[T any](p *outlookPage, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// press is keys, wherever the focus is.
func (p *outlookPage) press(keys string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *outlookPage) click(selector string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Click(selector)); err != nil {
		p.t.Fatal(err)
	}
}
