package app

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/sandbox/browser"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
)

// adminAction is something that a visitor does on the pages, as they do it, and what the page says then.
type adminAction struct {
	name  string
	path  string // "" stays where the action before ended
	steps []chromedp.Action[chromedp.Void]
	send  string // a form that no page of theirs has, to this address
	says  []string
	file  string // what is fetched, by the end of its name
	holds string // what stands in it
}

// actionVisit is one person at one window.
type actionVisit struct {
	t        *testing.T
	ctx      context.Context
	w        *world
	folder   string // of what is fetched
	mu       sync.Mutex
	pressed  map[string]bool // the rules of the forms that were sent
	patterns *http.ServeMux
}

// Whoever may do something does it, with a browser: every form of the pages is sent by one who may, and each role meets something that
// it may not.
func TestEveryActionIsDoneByOneWhoMay(t *testing.T) {
	t.Parallel()
	w := openOwn(t, func(o *worldOptions) { o.undo = 0 })
	actions := adminActions(t, w)
	v := &actionVisit{t: t, ctx: browser.Open(t, 1280, 900), w: w, folder: t.TempDir(), pressed: map[string]bool{}, patterns: http.NewServeMux()}
	forms := map[string]bool{}
	for _, rule := range adminRules(t) {
		if rule.Method == http.MethodPost {
			forms[rule.Method+" "+rule.Path] = true
			v.patterns.Handle(rule.Method+" "+rule.Path, http.NotFoundHandler())
		}
	}
	fatal(t, chromedp.Listen(v.ctx, v.heard))
	_, err := chromedp.CallBrowser(v.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		BrowserContextID: chromedp.FromContext(v.ctx).BrowserContextID, Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: v.folder,
	})
	fatal(t, err)
	for _, who := range []string{"anna", "david", "jonna", "iben"} {
		if len(actions[who]) == 0 {
			t.Fatalf("%s does nothing", who)
		}
		become(t, v.ctx, w, who)
		for _, a := range actions[who] {
			v.do(who, a)
		}
	}
	for form := range forms {
		if !v.pressed[form] {
			t.Errorf("nobody has sent the form of %s: put it into the list", form)
		}
	}
}

// Who signs out everywhere is signed out in the other browser too.
func TestSigningOutEverywhereReachesTheOtherBrowser(t *testing.T) {
	t.Parallel()
	w := openOwn(t, func(*worldOptions) {})
	here, there := browser.Open(t, 1280, 900), browser.Open(t, 1280, 900)
	signInTo(t, here, w, "jonna")
	signInTo(t, there, w, "jonna")
	fatal(t, chromedp.Do(here, chromedp.Click(".me summary"), chromedp.Click(`form[action$="/sign-out-everywhere"] button`)))
	until(t, here, `document.querySelector("main")?.innerText.includes("Du er logget ud")`)
	fatal(t, chromedp.Do(there, chromedp.Navigate(w.url()+"/admin/audit"), chromedp.WaitVisible("main ul")))
	if at := seen[string](t, there, "location.origin"); at != w.university.URL {
		t.Errorf("the other browser still sees %s", at)
	}
}

// heard keeps which forms were sent.
func (v *actionVisit) heard(event any) {
	sent, is := event.(*network.EventRequestWillBeSent)
	if !is || sent.Request.Method != http.MethodPost {
		return
	}
	r, err := http.NewRequest(http.MethodPost, sent.Request.URL, nil) //nolint:noctx // it is not sent
	if err != nil {
		return
	}
	_, pattern := v.patterns.Handler(r)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pressed[pattern] = true
}

func (v *actionVisit) do(who string, a adminAction) {
	v.t.Helper()
	if a.path != "" {
		visitAt(v.t, v.ctx, v.w.url()+a.path)
	}
	patient, stop := context.WithTimeout(v.ctx, 20*time.Second)
	defer stop()
	err := chromedp.Do(patient, a.steps...)
	if a.send != "" {
		seen[bool](v.t, v.ctx, `(() => { const f = document.createElement("form"); f.method = "post"; f.action = "`+a.send+`"; document.body.append(f); f.submit(); return true })()`)
	}
	for end := time.Now().Add(20 * time.Second); err == nil && time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		said, gone := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector("main")?.innerText ?? ""`))
		if gone != nil {
			continue // while the next page comes, there may be none to ask
		}
		missing := false
		for _, part := range a.says {
			missing = missing || !strings.Contains(said, part)
		}
		if !missing {
			v.fetched(who, a)
			return
		}
	}
	v.t.Fatalf("%s, %s: %v; the page does not say %q: %s", who, a.name, err, a.says, seen[string](v.t, v.ctx, "document.body.innerText"))
}

// fetched waits for the file of an action, and reads it.
func (v *actionVisit) fetched(who string, a adminAction) {
	v.t.Helper()
	if a.file == "" {
		return
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(v.folder, "*"+a.file))
		fatal(v.t, err)
		if len(files) != 1 {
			continue
		}
		text, err := os.ReadFile(files[0])
		fatal(v.t, err)
		if !strings.Contains(string(text), a.holds) {
			v.t.Errorf("%s, %s: there is no %q in %s", who, a.name, a.holds, text)
		}
		if a.file == ".csr" {
			block, _ := pem.Decode(text)
			if block == nil {
				v.t.Fatalf("%s is no request", text)
			}
			if request, err := x509.ParseCertificateRequest(block.Bytes); err != nil || request.CheckSignature() != nil {
				v.t.Errorf("the request: %v", err)
			}
		}
		return
	}
	v.t.Errorf("%s, %s: no %s has come", who, a.name, a.file)
}

// doubts are two mails of which nobody knows whether they arrived, and one that did; a certificate waits for its approval.
func (w *world) doubts(t *testing.T) (unclear []store.Delivery, sent, waiting string) {
	t.Helper()
	const from = "sikkermail@its.aau.example"
	client, err := w.clientFor(from)
	fatal(t, err)
	for _, to := range []string{"vanished@vejr.example", "vanished@vejr.example", "chen@uni.example"} {
		_, problem, err := client.send(t.Context(), from, []byte("To: "+to+"\r\nSubject: Aftale\r\nContent-Type: text/plain\r\n\r\nHej.\r\n"))
		fatal(t, err)
		if problem != nil {
			t.Fatal(problem.Say.En)
		}
	}
	const writer = "kontakt@ukendt.example"
	identity := issueFor(t, w.university.Stranger, writer)
	_, err = w.service.finders.shelf.Harvest(t.Context(), shelf.SignedMail{From: writer, Signer: identity.Certificate, Bag: identity.Chain, SignedAt: time.Now()})
	fatal(t, err)
	pending := true
	certificates, err := w.service.store.ListCertificates(t.Context(), store.CertificateQuery{Pending: &pending, Limit: 1})
	fatal(t, err)
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		unclear, err := w.service.store.Doubtful(t.Context(), 10)
		fatal(t, err)
		messages, err := w.service.store.SearchMessages(t.Context(), store.MessageSearch{Scope: store.Scope{All: true}, State: "sent", Limit: 1})
		fatal(t, err)
		backlog, err := w.service.store.Backlog(t.Context())
		fatal(t, err)
		if len(unclear) == 2 && len(messages) == 1 && backlog.Waiting == 0 && len(certificates) == 1 {
			return unclear, messages[0].ID, certificates[0].ID
		}
		if time.Now().After(end) {
			t.Fatalf("%d in doubt, %d sent, %d wait, %d certificates", len(unclear), len(messages), backlog.Waiting, len(certificates))
		}
	}
}

// keyFile is a mailbox's new key, as its authority hands it out.
func (w *world) keyFile(t *testing.T, address, password string) string {
	t.Helper()
	identity, err := w.university.Danish.Issue(ca.Request{CommonName: "Sikker Mail", Organisation: "Universitetet Eksempel", Address: address, Key: ca.P256})
	fatal(t, err)
	text, err := identity.PEM()
	fatal(t, err)
	return underPassword(t, text, password)
}
