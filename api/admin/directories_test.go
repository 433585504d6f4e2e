package admin_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/api/admin/directories"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/anchor"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

// outskirts are whom the service asks and believes, as a test wants them.
type outskirts struct {
	asked   atomic.Int64
	answer  certs.Tried
	err     error
	waiting chan struct{} // where there is one, a question waits for it
}

func (o *outskirts) deps() directories.Deps {
	return directories.Deps{
		Sources: func() []directories.Source {
			return []directories.Source{
				{Name: "ldap:region", Server: "ldap.region.example:636", TLS: "ldaps", Base: "dc=region", At: time.Now(), Took: 42 * time.Millisecond},
				{Name: "ldap:old", Server: "old.example:389", TLS: "off", LogsIn: true, At: time.Now(), Trouble: fault.New(fault.Unavailable, "directory_login", fault.Sentence{
					DA: "Afviser vores login. Kontrollér adgangskoden.", EN: "Refuses our log-in. Check the password.",
				}, nil)},
				{Name: "smimea", Server: "127.0.0.1:53"},
			}
		},
		Profiles: func() []trust.Profile {
			return []trust.Profile{anchor.OCES3(), anchor.Own("own", []*x509.Certificate{authority().Root()}, nil), {Name: shelf.ProfileName, WhenUnpublished: trust.Warn}}
		},
		Lists: func() []crl.Held {
			now, name := time.Now(), authority().Root().RawSubject
			return []crl.Held{
				{Address: "http://crl.example/good", RawIssuer: name, ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour), FetchedAt: now, Entries: 12345},
				{Address: "http://crl.example/late", RawIssuer: name, ThisUpdate: now.Add(-3 * time.Hour), NextUpdate: now.Add(-time.Hour), FetchedAt: now, Err: "404 <b>"},
				{Address: "http://crl.example/never", RawIssuer: name, Err: "connection refused"},
			}
		},
		Responders: func() []ocsp.Held {
			return []ocsp.Held{{RawIssuer: authority().Root().RawSubject, Answers: 7, Failed: 3, AskedAt: time.Now(), Err: "no answer"}}
		},
		Try: func(_ context.Context, _ audit.Actor, source, _ string) (certs.Tried, error) {
			o.asked.Add(1)
			if o.waiting != nil {
				<-o.waiting
			}
			if source == "ldap:old" {
				return certs.Tried{}, certs.ErrNoSource
			}
			return o.answer, o.err
		},
	}
}

func TestTheTrustPageSaysWhomWeAskAndBelieve(t *testing.T) {
	t.Parallel()
	h := open(t)
	print := trust.Fingerprint(authority().Root())
	spaced := strings.ToUpper(print[:4]) + " " + strings.ToUpper(print[4:8])
	for _, persona := range []string{"iben", "jonna"} {
		page := says(t, persona, h.visit(t).signIn(persona).get("/admin/directories"),
			"ldap.region.example:636", "LDAPS", "42 ms", "uden kryptering", "Afviser vores login. Kontrollér adgangskoden.", "directory_login", "ikke spurgt siden start",
			"følger med programmet", "06FC B2CB", "fra indstillingerne", spaced, "godkendt her på siderne", "Udgiver udstederen ingen spærreliste",
			"12.345", "forældet", "404 &lt;b&gt;", "ingen liste", "connection refused", "3 uden svar")
		if offered := strings.Contains(page, "/admin/directories/try"); offered != (persona == "iben") {
			t.Errorf("%s is offered to ask: %v", persona, offered)
		}
	}
	if page := h.visit(t).signIn("iben").get("/admin/directories?lang=en").Body.String(); !strings.Contains(page, "Refuses our log-in") || !strings.Contains(page, "out of date") {
		t.Errorf("in English: %s", page)
	}
	if n := h.trust.asked.Load(); n != 0 {
		t.Errorf("to look at the page asked %d times", n)
	}
}

func TestASourceIsAskedAndWhatItSaysIsShown(t *testing.T) {
	t.Parallel()
	h := open(t)
	iben := h.visit(t).signIn("iben")
	ask := func(source, address string) url.Values {
		return url.Values{"source": {source}, "address": {address}}
	}
	hostile := must(authority().Issue(ca.Request{CommonName: "X", Address: "bo@partner.example", Shape: func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "<script>alert(1)</script>\u202egnp" + strings.Repeat("x", 4000)}
	}})).Certificate
	good := must(authority().Issue(ca.Request{CommonName: "Bo", Address: "bo@partner.example"})).Certificate
	h.trust.answer = certs.Tried{Answered: true, Within: 12 * time.Millisecond, Took: 34 * time.Millisecond, Omitted: 5, Judged: []certs.Judged{
		{Candidate: certs.Candidate{Certificate: good}, Verdict: trust.Verdict{Code: trust.OK, Good: true, Say: trust.OK.Say(time.Now())}},
		{Candidate: certs.Candidate{Certificate: hostile}, Verdict: trust.Verdict{Code: trust.Revoked, Say: trust.Revoked.Say(time.Now())}},
	}}
	page := says(t, "found", iben.do(http.MethodPost, "/admin/directories/try", ask("ldap:region", " bo@partner.example ")),
		"svarer", "12 ms", "34 ms", "2 certifikater, heraf 1 kan bruges", "5 mere", "er spærret", "bo@partner.example", `\&lt;script`)
	if strings.Contains(page, "<script>") || strings.Contains(page, "\u202e") || strings.Contains(page, strings.Repeat("x", 400)) {
		t.Error("what a stranger wrote is shown as it is")
	}
	h.trust.answer.Judged = nil
	says(t, "nothing", iben.do(http.MethodPost, "/admin/directories/try", ask("smimea", "bo@partner.example")), "Den har intet certifikat til adressen")
	h.trust.answer = certs.Tried{Err: fault.New(fault.Unavailable, "directory_tls", fault.Sentence{DA: "Ingen TLS. Kontrollér CA-filen.", EN: "No TLS."}, nil)}
	page = says(t, "down", iben.do(http.MethodPost, "/admin/directories/try", ask("ldap:region", "bo@partner.example")), "Ingen TLS. Kontrollér CA-filen.", "directory_tls")
	if strings.Contains(page, "intet certifikat") || strings.Contains(page, `state good`) {
		t.Error("one that is down is said to have nothing")
	}
	before := h.trust.asked.Load()
	for what, form := range map[string]url.Values{
		"nobody's source": ask("ldap:nowhere", ""), "our own store": ask("pinned", ""), "no address": ask("ldap:region", "bo"), "two": ask("ldap:region", "a@b.example c@d.example"),
		"a long one": ask("ldap:region", strings.Repeat("x", 400)+"@b.example"), "a line": ask("ldap:region", "a@b.example\r\nx"),
	} {
		if w := iben.do(http.MethodPost, "/admin/directories/try", form); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if h.trust.asked.Load() != before {
		t.Error("somebody was asked for a form that cannot be used")
	}
	if w := iben.do(http.MethodPost, "/admin/directories/try", ask("ldap:old", "")); w.Code != http.StatusBadRequest {
		t.Errorf("a source that has gone meanwhile: %d", w.Code)
	}
	h.trust.err = errors.New("secret")
	if w := iben.do(http.MethodPost, "/admin/directories/try", ask("ldap:region", "")); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a fault of ours: %d", w.Code)
	}
	if strings.Contains(h.log.String(), "bo@partner") {
		t.Error("the log has the address")
	}
}

func TestOneQuestionIsAskedAtATime(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.trust.waiting = make(chan struct{})
	first, second := h.visit(t).signIn("iben"), h.visit(t).signIn("iben")
	form := url.Values{"source": {"ldap:region"}}
	done := make(chan int)
	go func() { done <- first.do(http.MethodPost, "/admin/directories/try", form).Code }()
	for h.trust.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if w := second.do(http.MethodPost, "/admin/directories/try", form); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("a second one meanwhile: %d", w.Code)
	}
	close(h.trust.waiting)
	if code := <-done; code != http.StatusOK {
		t.Errorf("the first: %d", code)
	}
	if w := second.do(http.MethodPost, "/admin/directories/try", form); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}
