package app

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/api/admin"
	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/store"
)

// adminView is one page as one visitor sees it. press is what they do there first: with links, the answer to a form.
type adminView struct {
	name  string
	rule  string // of the table of who may what; "" is a refusal, or a form's answer
	path  string
	press []chromedp.Action[chromedp.Void]
	list  bool // whose beginning is enough of a picture
}

// withoutPicture are the rules that answer a file, or send the visitor on.
func withoutPicture() []string {
	return []string{
		"/admin/style.css", "/admin", "/admin/sign-in", "/admin/audit/file", "/admin/mailboxes/{id}/keys/{key}/request.csr",
	}
}

// adminRules is the table of who may what, of pages that nobody can ask.
func adminRules(t *testing.T) []frame.Rule {
	t.Helper()
	site, err := admin.New(admin.Deps{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return site.Rules()
}

// adminViews are all pages of the administrators, by who looks at them: "" is nobody whom we know. A page of the table that is not
// here fails the test, and so does a view of a page that is not in the table.
func adminViews(t *testing.T, w *world) map[string][]adminView {
	t.Helper()
	d := w.toLookAt(t)
	press := func(steps ...chromedp.Action[chromedp.Void]) []chromedp.Action[chromedp.Void] { return steps }
	its, hr := "/admin/mailboxes/"+d.its, "/admin/mailboxes/"+d.hr
	views := map[string][]adminView{
		"": {
			{name: "signed-out", rule: "/admin/signed-out", path: "/admin/signed-out"},
			{name: "sign-in-refused", rule: "/admin/sign-in/answer", path: "/admin/sign-in/answer?error=access_denied&state=x"},
		},
		"anna": {{name: "no-role", path: "/admin/"}},
		"david": {
			{name: "overview-local", rule: "/admin/{$}", path: "/admin/"},
			{name: "forbidden", path: "/admin/recipients"},
		},
		"iben": {
			{name: "overview", rule: "/admin/{$}", path: "/admin/"},
			{name: "nowhere", path: "/admin/nowhere"},
			{name: "messages", rule: "/admin/messages", path: "/admin/messages?until=" + d.yesterday, list: true},
			{name: "messages-none", rule: "/admin/messages", path: "/admin/messages?recipient=nobody@partner.example"},
			{name: "messages-wrong", rule: "/admin/messages", path: "/admin/messages?sender=anna&since=26.11.2026"},
			{name: "message", rule: "/admin/messages/{id}", path: "/admin/messages/" + d.sent},
			{name: "message-failed", rule: "/admin/messages/{id}", path: "/admin/messages/" + d.failed},
			{name: "message-unclear", rule: "/admin/messages/{id}", path: "/admin/messages/" + d.unclear.MessageID},
			{name: "decide", rule: "/admin/messages/{id}/copies/{copy}", path: "/admin/messages/" + d.unclear.MessageID + "/copies/" + d.unclear.ID},
			{name: "mailboxes", rule: "/admin/mailboxes", path: "/admin/mailboxes"},
			{name: "mailbox", rule: "/admin/mailboxes/{id}", path: its},
			{name: "mailbox-key", rule: "/admin/mailboxes/{id}/key", path: its + "/key"},
			{name: "mailbox-key-wrong", path: its + "/key", press: press(chromedp.SetUploadFiles("#key", []string{d.locked}), chromedp.SetValue("#password", "gættet"),
				chromedp.Click("form[enctype] button"), chromedp.WaitVisible("main .note.stop"))},
			{name: "mailbox-new", rule: "/admin/mailboxes/{id}/key", path: "/admin/mailboxes/new/key?q=sikkermail"},
			{name: "mailbox-request", rule: "/admin/mailboxes/{id}/keys/{key}", path: its + "/keys/" + d.requested},
			{name: "mailbox-held", rule: "/admin/mailboxes/{id}/keys/{key}", path: its + "/keys/" + d.held},
			{name: "mailbox-held-wrong", path: its + "/keys/" + d.held, press: press(chromedp.Click("form .primary"), chromedp.WaitVisible("#compared-wrong"))},
			{name: "mailbox-planned", rule: "/admin/mailboxes/{id}/keys/{key}", path: hr + "/keys/" + d.planned},
			{name: "mailbox-drop", rule: "/admin/mailboxes/{id}/keys/{key}/drop", path: hr + "/keys/" + d.planned + "/drop"},
			{name: "mailbox-settings", rule: "/admin/mailboxes/{id}/settings", path: its + "/settings"},
			{name: "mailbox-tried", path: its, press: press(chromedp.Click(`form[action$="/try"] button`), chromedp.WaitVisible("main .lead + ul"))},
			{name: "grants", rule: "/admin/grants", path: "/admin/grants"},
			{name: "grant", rule: "/admin/grants/{id}", path: "/admin/grants/" + d.hr + "?kind=person&q=anna"},
			{name: "grant-take", rule: "/admin/grants/{id}/take", path: "/admin/grants/" + d.hr + "/take?kind=person&subject=" + d.clara},
			{name: "grant-dismiss", rule: "/admin/grants/{id}/take", path: "/admin/grants/" + d.hr + "/take?care=yes&kind=person&subject=" + d.david},
			{name: "recipients", rule: "/admin/recipients", path: "/admin/recipients", list: true},
			{name: "recipients-broken", rule: "/admin/recipients", path: "/admin/recipients?state=broken"},
			{name: "recipient", rule: "/admin/recipients/{id}", path: "/admin/recipients/" + d.certificate},
			{name: "recipient-waiting", rule: "/admin/recipients/{id}", path: "/admin/recipients/" + d.waiting},
			{name: "directories", rule: "/admin/directories", path: "/admin/directories", list: true},
			{name: "directory-tried", path: "/admin/directories", press: press(chromedp.SetValue("#address", "spaerret@region.example"), chromedp.Click("button.primary"), chromedp.WaitVisible("#found"))},
		},
		"jonna": {
			{name: "audit", rule: "/admin/audit", path: "/admin/audit?until=" + d.yesterday, list: true},
			{name: "audit-change", rule: "/admin/audit", path: "/admin/audit?action=mailbox_put", press: press(chromedp.Click("table.log details summary"), chromedp.WaitVisible("table.change"))},
			{name: "sheet", rule: "/admin/sheet", path: "/admin/sheet"},
		},
	}
	patterns, rules := http.NewServeMux(), adminRules(t)
	for _, rule := range rules {
		patterns.Handle(rule.Method+" "+rule.Path, http.NotFoundHandler())
	}
	pictured := map[string]bool{}
	for _, list := range views {
		for _, v := range list {
			pictured[v.rule] = true
			if v.rule == "" {
				continue
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.path, nil)
			fatal(t, err)
			if _, pattern := patterns.Handler(r); pattern != "GET "+v.rule {
				t.Errorf("%s is said to be of %s and is of %s", v.name, v.rule, pattern)
			}
		}
	}
	for _, rule := range rules {
		if rule.Method == http.MethodGet && !pictured[rule.Path] && !slices.Contains(withoutPicture(), rule.Path) {
			t.Errorf("%s has no view: put it into the list", rule.Path)
		}
		delete(pictured, rule.Path)
	}
	delete(pictured, "")
	if len(pictured) > 0 {
		t.Errorf("views of pages that do not exist: %v", pictured)
	}
	return views
}

// toLookAt is what the views are about, made where the history does not have it.
type toLookAt struct {
	its, hr                  string // mailboxes
	requested, held, planned string // keys
	sent, failed             string
	unclear                  store.Delivery
	certificate, waiting     string
	clara, david             string
	locked                   string // a file with a key, under a password
	yesterday                string
}

func (w *world) toLookAt(t *testing.T) toLookAt {
	t.Helper()
	ctx, s := t.Context(), w.service.store
	const its, hr = "sikkermail@its.aau.example", "sikkermail@hr.aau.example"
	d := toLookAt{clara: personID(t, w, "clara"), david: personID(t, w, "david"), yesterday: time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)}
	boxes, err := s.MailboxesIn(ctx, store.Scope{All: true})
	fatal(t, err)
	for _, b := range boxes {
		switch b.Address {
		case its:
			d.its = b.ID
		case hr:
			d.hr = b.ID
		}
	}
	caretaker := mailbox.Admin{Store: s, Keeper: w.service.keeper, Judge: w.service.finders.judge, Now: time.Now, Actor: audit.Actor{Kind: "user", ID: personID(t, w, "iben")}}
	_, err = caretaker.Request(ctx, mailbox.Request{Address: its, Name: "ITS Sikker Mail", Organisation: "Universitetet Eksempel", Kind: mailbox.P256})
	fatal(t, err)
	held := func(by *ca.Authority, address string) (string, []byte) {
		identity, err := by.Issue(ca.Request{CommonName: "Sikker Mail", Organisation: "Universitetet Eksempel", Address: address, Key: ca.P256})
		fatal(t, err)
		pem, err := identity.PEM()
		fatal(t, err)
		h, err := caretaker.Import(ctx, mailbox.Import{Address: address, Files: [][]byte{pem}})
		fatal(t, err)
		return h.ID, pem
	}
	var pem []byte
	d.held, pem = held(w.university.Stranger, its)
	d.locked = underPassword(t, pem, "kun-til-prøve")
	d.planned, _ = held(w.university.Danish, hr)
	_, err = caretaker.PutToUse(ctx, hr, d.planned, mailbox.Use{From: time.Now().AddDate(0, 0, 14)})
	fatal(t, err)
	keys, err := s.MailboxKeys(ctx, its)
	fatal(t, err)
	for _, k := range keys {
		if k.State == store.KeyRequested {
			d.requested = k.ID
		}
	}
	for state, id := range map[string]*string{"sent": &d.sent, "failed": &d.failed} {
		found, err := s.SearchMessages(ctx, store.MessageSearch{Scope: store.Scope{All: true}, State: state, Limit: 1})
		fatal(t, err)
		*id = found[0].ID
	}
	doubtful, err := s.Doubtful(ctx, 1)
	fatal(t, err)
	d.unclear = doubtful[0]
	for pending, id := range map[bool]*string{true: &d.waiting, false: &d.certificate} {
		found, err := s.ListCertificates(ctx, store.CertificateQuery{Pending: &pending, Limit: 1})
		fatal(t, err)
		*id = found[0].ID
	}
	return d
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func personID(t *testing.T, w *world, local string) string {
	t.Helper()
	p, known := w.university.Persona(local)
	if !known {
		t.Fatal(local)
	}
	return p.ID
}

// underPassword is a file as an authority hands it out (PKCS #12).
func underPassword(t *testing.T, pem []byte, password string) string {
	t.Helper()
	peer.Need(t, "openssl", "openssl")
	out := filepath.Join(t.TempDir(), "sikkermail.p12")
	said, err := exec.CommandContext(t.Context(), "openssl", "pkcs12", "-export", "-in", file(t, "key.pem", pem), "-out", out, "-passout", "pass:"+password).CombinedOutput()
	if _, missing := os.Stat(out); errors.Join(err, missing) != nil {
		t.Fatalf("%v %s", err, strings.TrimSpace(string(said)))
	}
	return out
}
