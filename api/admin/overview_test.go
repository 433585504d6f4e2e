package admin_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

func TestTheOverviewSaysWhetherAllIsWell(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.past(t, mail{"hr", "clara", "x", []string{"bo@partner.example", "eva@klinik.example"}, []store.State{store.Sent, store.Sent}})
	h.past(t, mail{"studie", "aase", "x", []string{"chen@uni.example"}, []store.State{store.Rejected}})
	overview := func(persona string) string { return h.visit(t).signIn(persona).get("/admin/").Body.String() }
	if page := overview("iben"); !strings.Contains(page, "Alt er vel") || !strings.Contains(page, "<strong>2</strong>modtagere") || !strings.Contains(page, "<strong>1</strong>kunne ikke") {
		t.Errorf("the page says %s", page)
	}
	if page := overview("david"); !strings.Contains(page, "<strong>2</strong>modtagere") || !strings.Contains(page, "<strong>0</strong>kunne ikke") || strings.Contains(page, "Modtagere<") || strings.Contains(page, "sikkermail@its") {
		t.Errorf("a local administrator is told of others' mailboxes: %s", page)
	}
	*h.broken = true
	if page := overview("jonna"); !strings.Contains(page, "Noget kræver opmærksomhed") || !strings.Contains(page, "svarer ikke") {
		t.Errorf("a part is down, and the page says %s", page)
	}
	*h.broken = false
	h.past(t, mail{"hr", "clara", "x", []string{"bo@partner.example"}, []store.State{store.Unknown}})
	for persona, attention := range map[string]bool{"iben": true, "david": true, "aase": false} {
		if page := overview(persona); strings.Contains(page, "Noget kræver") != attention {
			t.Errorf("%s: something is unclear in HR, and the page says so: %v", persona, !attention)
		}
	}
	// Each figure leads somewhere.
	v := h.visit(t).signIn("iben")
	links := regexp.MustCompile(`<(?:li|th[^>]*)><a href="([^"]+)"`).FindAllStringSubmatch(v.get("/admin/").Body.String(), -1)
	for _, link := range links {
		if w := v.get(strings.ReplaceAll(link[1], "&amp;", "&")); w.Code != http.StatusOK || strings.Contains(w.Body.String(), `class="note stop"`) {
			t.Errorf("%s leads to %d", link[1], w.Code)
		}
	}
	for persona, want := range map[string]bool{"iben": true, "david": false} {
		page := overview(persona)
		if leads := strings.Contains(page, `<a href="/admin/directories"><bdi`); leads != want {
			t.Errorf("%s: a source leads to its page: %v", persona, leads)
		}
		if !strings.Contains(page, `<th scope="row"><a href="/admin/mailboxes">Vores postkasser</a>`) || !strings.Contains(page, `<a href="/admin/mailboxes/`+map[string]string{"david": "hr"}[persona]) {
			t.Errorf("%s: our mailboxes do not lead to theirs", persona)
		}
	}
	if len(links) < 35 {
		t.Fatalf("only %d figures are links", len(links))
	}
}

// What the nightly check found to be of no use is counted, whether it has expired or was revoked, and leads to its list.
func TestWhatCannotBeUsedIsCountedWithWhatExpires(t *testing.T) {
	t.Parallel()
	h := open(t)
	entry := audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "operator", ID: "root"}, Action: audit.CertificatePut}
	for address, check := range map[string]store.CertificateCheck{
		"revoked@partner.example": {At: time.Now(), Code: string(trust.Revoked)}, "expired@partner.example": {At: time.Now(), Code: string(trust.Expired)},
		"snart@partner.example": {At: time.Now(), Code: string(trust.OK), BreaksAt: time.Now().Add(50 * 24 * time.Hour)}, "new@partner.example": {},
	} {
		identity := must(authority().Issue(ca.Request{CommonName: "X", Address: address}))
		c := store.Certificate{ID: uuid.NewString(), Subject: address, Fingerprint: trust.Fingerprint(identity.Certificate), DER: identity.Certificate.Raw}
		if err := h.store.PutPinned(t.Context(), c, entry); err != nil {
			t.Fatal(err)
		}
		if check.At.IsZero() {
			continue
		}
		if err := h.store.SetCertificateCheck(t.Context(), c.ID, check); err != nil {
			t.Fatal(err)
		}
	}
	v := h.visit(t).signIn(admins)
	page := v.get("/admin/").Body.String()
	for _, part := range []string{`<a href="/admin/recipients?state=broken"><span class="state stop">2</span></a>`, `<a href="/admin/recipients?state=breaking">1</a>`, "Noget kræver opmærksomhed"} {
		if !strings.Contains(page, part) {
			t.Errorf("there is no %s in %s", part, page)
		}
	}
	for state, want := range map[string]int{"broken": 2, "breaking": 3, "used": 4} {
		list := v.get("/admin/recipients?state=" + state).Body.String()
		if got := strings.Count(list, `<th scope="row">`); got != want || strings.Contains(list, "snart@") != (state != "broken") {
			t.Errorf("%s: %d in the list, want %d", state, got, want)
		}
	}
}

func TestTheLanguageIsTheVisitorsAndIsRemembered(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t)
	for accept, want := range map[string]string{"": "da", "en-GB, da;q=0.5": "en", "da, en": "da", "fr": "da"} {
		if w := v.do(http.MethodGet, "/admin/signed-out", nil, "Accept-Language", accept); w.Header().Get("Content-Language") != want {
			t.Errorf("%q: %s", accept, w.Header().Get("Content-Language"))
		}
	}
	v.signIn("iben")
	v.get("/admin/?lang=en")
	if page := v.get("/admin/messages").Body.String(); !strings.Contains(page, `<html lang="en">`) || !strings.Contains(page, "Messages") {
		t.Error("the language is forgotten")
	}
	if page := v.get("/admin/messages?lang=xx&state=sent").Body.String(); !strings.Contains(page, `<html lang="en">`) || !strings.Contains(page, "/admin/messages?lang=da&amp;state=sent") {
		t.Error("another language is not offered for the same search")
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t).signIn("iben")
	asked := []string{"GET /admin/nowhere", "GET /admin/messages/x", "GET /admin/mailboxes/hr", "GET /admin/grants/hr", "GET /admin/mailboxes/hr/settings", "GET /admin/mailboxes/new/key"}
	for _, rule := range h.site.Rules() {
		asked = append(asked, rule.Method+" "+strings.NewReplacer("{$}", "", "{id}", "hr", "{copy}", "x", "{key}", "x").Replace(rule.Path))
	}
	for _, one := range asked {
		method, path, _ := strings.Cut(one, " ")
		if strings.Contains(path, "sign-out") {
			v = h.visit(t).signIn("iben")
		}
		w := v.do(method, path, nil)
		if path == "/admin/style.css" {
			w.Header().Set("Cache-Control", "no-store") // the one thing that may be kept
		}
		for field, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if !strings.Contains(strings.Join(w.Header().Values(field), ", "), want) {
				t.Errorf("%s: %s is %q", path, field, w.Header().Values(field))
			}
		}
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "form-action 'self'") {
			t.Errorf("%s: the policy is %s", path, policy)
		}
		if body := w.Body.String(); strings.Contains(body, "<script") || strings.Contains(body, " style=") || strings.Contains(body, " onclick") {
			t.Errorf("%s has what its policy does not let run", path)
		}
	}
}
