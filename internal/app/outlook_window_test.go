package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// openOwn is a university and a service of the test's own.
func openOwn(t *testing.T, change func(*worldOptions)) *world {
	t.Helper()
	w, err := openTestWorld(t.Context(), io.Discard, "", change)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.service.serve(ctx, w.listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = w.close()
	})
	return w
}

func TestWhatWasSentCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := openOwn(t, func(o *worldOptions) { o.undo = time.Minute })
	p := openOutlookAt(t, w.url(), "client=web&pane=1&to=bo@partner.example&subject=Fortrudt&body=Hej")
	p.shows("ready")
	p.inPane("#send")
	p.shows("held")
	p.inPane("#undo")
	p.shows("undone")
	p.until(`window.outlook.state().open && window.outlook.state().headers["x-send-sikker"] === "secure"`)
	if n := len(w.university.Exchange.Delivered("bo@partner.example")); n != 0 {
		t.Errorf("%d arrived", n)
	}
	p.quiet()
}

// overTLS puts https before the pretend Entra ID: MSAL signs in at nothing less.
func overTLS(t *testing.T, where func() string) string {
	t.Helper()
	var front *httptest.Server
	front = httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to, _ := url.Parse(where())
			r.SetURL(to)
		},
		ModifyResponse: func(r *http.Response) error {
			if !strings.HasSuffix(r.Request.URL.Path, "/openid-configuration") {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			body = bytes.ReplaceAll(body, []byte(where()), []byte(front.URL))
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	})
	front.StartTLS()
	t.Cleanup(front.Close)
	return front.URL
}

// The oldest Outlook signs in in a window, has no Smart Alerts, and cannot close its draft: the person is told how to.
func TestTheOldestOutlookSignsInInAWindow(t *testing.T) {
	t.Parallel()
	var w *world
	front := overTLS(t, func() string { return w.university.Entra.Authority() })
	w = openOwn(t, func(o *worldOptions) { o.signIn = front })
	p := openOutlookAt(t, w.url(), "client=ltsc2021&pane=1&to=bo@partner.example&subject=Gammel&body=Hej&attach=a.txt", front)
	p.shows("sign-in")
	opened := chromedp.WaitNewTarget(p.ctx, func(i *target.Info) bool { return i.URL != "" })
	p.click(".pane iframe") // a window opens only for a person who has done something
	p.inPane("#sign-in")
	dialog, leave := chromedp.NewContext(p.ctx, chromedp.WithTargetID(<-opened))
	t.Cleanup(leave)
	if err := chromedp.Do(dialog, chromedp.Click(`a[href*="anna"]`)); err != nil {
		t.Fatal(err)
	}
	p.shows("ready")
	p.inPane("#send")
	p.shows("done")
	p.until(pane(`d.getElementById("tell") !== null && d.getElementById("close") === null`))
	if got := evaluate[string](p, `window.outlook.state().headers["x-send-sikker"]`); !strings.HasPrefix(got, "sent ") {
		t.Errorf("the draft is marked %q", got)
	}
	ctx, late := context.WithTimeout(t.Context(), 20*time.Second)
	defer late()
	arrived, err := w.university.Exchange.Wait(ctx, "bo@partner.example", 1)
	if err != nil || !bytes.Contains(arrived[0].Raw, []byte("pkcs7-mime")) {
		t.Errorf("it did not arrive sealed: %v", err)
	}
	p.quiet()
}
