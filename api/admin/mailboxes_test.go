package admin_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

func (h *house) mailboxes(actor audit.Actor) mailbox.Admin {
	if h.slow != nil {
		h.begun <- struct{}{}
		<-h.slow
	}
	judge := trust.NewJudge(trust.Deps{Revocation: clean{}, Now: time.Now, Profiles: []trust.Profile{
		{Name: "int", Roots: []*x509.Certificate{authority().Root()}, Intermediates: authority().Intermediates()},
	}})
	return mailbox.Admin{Store: h.store, Keeper: h.keeper, Devices: h.devices, Judge: judge, Now: time.Now, Actor: actor}
}

// upload posts a form with files, as a browser does.
func (v *visit) bring(target string, fields map[string]string, files map[string][]byte) *httptest.ResponseRecorder {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		must(0, w.WriteField(name, value))
	}
	for name, file := range files {
		must(must(w.CreateFormFile(name, name+".p12")).Write(file))
	}
	must(0, w.Close())
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, home+target, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer := httptest.NewRecorder()
	v.h.site.ServeHTTP(answer, r)
	return answer
}

// says fails unless a page is there and holds all of it.
func says(t *testing.T, what string, w *httptest.ResponseRecorder, want ...string) string {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d to %s\n%s", what, w.Code, w.Header().Get("Location"), w.Body)
	}
	for _, part := range want {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s does not say %q:\n%s", what, part, w.Body)
		}
	}
	return w.Body.String()
}

// leads fails unless the answer sends on, and gives where to.
func leads(t *testing.T, what string, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%s: %d\n%s", what, w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

func keyFile(t *testing.T, r ca.Request) []byte {
	t.Helper()
	return must(must(authority().Issue(r)).PEM())
}

func TestALocalAdministratorImportsAKeyAndLooksAtItFirst(t *testing.T) {
	t.Parallel()
	h := open(t)
	david := h.visit(t).signIn("david")
	says(t, "the form", david.get("/admin/mailboxes/hr/key"), "Fil med nøgle og certifikat")
	before := must(h.store.MailboxByAddress(t.Context(), "sikkermail@hr.aau.example"))

	w := david.bring("/admin/mailboxes/hr/import", map[string]string{"password": "x"}, map[string][]byte{"key": []byte("no key at all")})
	says(t, "a file that is none", w, "hverken PKCS #12", `aria-invalid="true"`)
	expired := keyFile(t, ca.Request{CommonName: "HR", NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: time.Now().AddDate(-1, 0, 0)})
	says(t, "what can never be used", david.bring("/admin/mailboxes/hr/import", nil, map[string][]byte{"key": expired}), "Certifikatet udløb", "adresse står ikke i certifikatet")
	if w := david.bring("/admin/mailboxes/hr/import", nil, map[string][]byte{"key": make([]byte, 3<<20)}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("three megabytes: %d", w.Code)
	}

	// One that has to be decided about.
	file := keyFile(t, ca.Request{CommonName: "HR ny"})
	at := leads(t, "the import", david.bring("/admin/mailboxes/hr/import", nil, map[string][]byte{"key": file}))
	page := says(t, "the look", david.get(at), "HR ny", "Fingeraftryk", `value="wrong_address"`)
	if strings.Contains(page, "PRIVATE KEY") {
		t.Fatal("the page shows a key")
	}
	use := url.Values{"when": {"now"}}
	says(t, "without comparing", david.do(http.MethodPost, at, use), "Sammenlign fingeraftrykket")
	use.Set("compared", "yes")
	says(t, "without deciding", david.do(http.MethodPost, at, use), "adresse står ikke i certifikatet")
	use.Set("accept", "wrong_address")
	says(t, "a time that is past", david.do(http.MethodPost, at, url.Values{"when": {"later"}, "from": {"2020-01-01T08:00"}, "compared": {"yes"}, "accept": {"wrong_address"}}), "ikke er gået")
	if now := must(h.store.MailboxByAddress(t.Context(), before.Address)); !bytes.Equal(now.Certificate, before.Certificate) {
		t.Fatal("it signs before anybody has decided")
	}
	to := leads(t, "the use", david.do(http.MethodPost, at, use))
	says(t, "the mailbox", david.get(to), "HR ny", "Tidligere nøgler", "Nøglen er i brug")
	if w := david.do(http.MethodPost, at, use); w.Code != http.StatusNotFound {
		t.Errorf("twice: %d", w.Code)
	}

	// Another's mailbox does not exist, neither to look at nor to change, nor by another's key.
	aase := h.visit(t).signIn("aase")
	mine := leads(t, "another import", david.bring("/admin/mailboxes/hr/import", nil, map[string][]byte{"key": keyFile(t, ca.Request{CommonName: "HR 3", Address: before.Address})}))
	key := mine[strings.LastIndexByte(mine, '/')+1:]
	for _, target := range []string{"/admin/mailboxes/hr", "/admin/mailboxes/hr/key", mine, "/admin/mailboxes/studie/keys/" + key, "/admin/mailboxes/new/keys/" + key, "/admin/mailboxes/new/key", "/admin/mailboxes/hr/settings", "/admin/grants/hr"} {
		if w := aase.get(target); w.Code != http.StatusNotFound {
			t.Errorf("Åse gets %s: %d", target, w.Code)
		}
	}
	for target, body := range map[string]url.Values{mine: use, mine + "/drop": {}, "/admin/mailboxes/hr/settings": {"name": {"x"}}, "/admin/mailboxes/hr/try": {}, "/admin/grants/hr/give": {"kind": {"person"}, "subject": {h.people["aase"].ID}}} {
		if w := aase.do(http.MethodPost, target, body); w.Code != http.StatusNotFound {
			t.Errorf("Åse changes %s: %d", target, w.Code)
		}
	}
	says(t, "the question", david.get(mine+"/drop"), "Fjern")
	leads(t, "the drop", david.do(http.MethodPost, mine+"/drop", url.Values{}))
	if w := david.get(mine); w.Code != http.StatusNotFound {
		t.Errorf("still there: %d", w.Code)
	}
}

// half is a key of which an authority sees the public half.
type half struct{ public crypto.PublicKey }

func (k half) Public() crypto.PublicKey { return k.public }
func (half) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("an authority has no subscriber's key")
}

func TestAnAdministratorOrdersACertificateForANewMailboxAndPlansTheNext(t *testing.T) {
	t.Parallel()
	h := open(t)
	iben := h.visit(t).signIn("iben")
	const address = "sikkermail@ny.aau.example"
	says(t, "a search", iben.get("/admin/mailboxes/new/key?q=anna"), "anna@aau.example")
	says(t, "an address that is none", iben.do(http.MethodPost, "/admin/mailboxes/new/request", url.Values{"address": {"ny"}, "name": {"Ny"}, "kind": {"p-256"}}), "Skriv postkassens mailadresse")
	says(t, "one that is here", iben.bring("/admin/mailboxes/new/import", map[string]string{"address": "Sikkermail@HR.aau.example"}, map[string][]byte{"key": keyFile(t, ca.Request{CommonName: "HR"})}), "er her allerede")
	leads(t, "the request", iben.do(http.MethodPost, "/admin/mailboxes/new/request", url.Values{"address": {address}, "name": {"Ny enhed"}, "organisation": {"Eksempel"}, "kind": {"p-256"}}))
	list := says(t, "the list", iben.get("/admin/mailboxes"), address, "Venter på at blive til en postkasse")
	at := regexp.MustCompile(`/admin/mailboxes/new/keys/[0-9a-f-]+`).FindString(list)
	says(t, "the request", iben.get(at), "Hent anmodningen")
	csr := iben.get(at + "/request.csr")
	block, _ := pem.Decode(csr.Body.Bytes())
	if block == nil || !strings.Contains(csr.Header().Get("Content-Disposition"), "request.csr") || strings.Contains(csr.Body.String(), "PRIVATE") {
		t.Fatalf("%d %s", csr.Code, csr.Body)
	}
	request := must(x509.ParseCertificateRequest(block.Bytes))
	answer := must(authority().Issue(ca.Request{CommonName: "Ny enhed", Address: address, PrivateKey: half{request.PublicKey}}))
	held := leads(t, "the answer", iben.bring("/admin/mailboxes/new/import", map[string]string{"address": address}, map[string][]byte{"certificate": answer.CertificatePEM()}))
	says(t, "the look", iben.get(held), "navn, som modtagerne skal se")
	says(t, "without a name", iben.do(http.MethodPost, held, url.Values{"compared": {"yes"}}), "Skriv det navn")
	to := leads(t, "the use", iben.do(http.MethodPost, held, url.Values{"compared": {"yes"}, "name": {"Ny <enhed>"}}))
	says(t, "the mailbox", iben.get(to), "Ny &lt;enhed&gt;", address, "åben")

	next := leads(t, "the next", iben.bring(to+"/import", nil, map[string][]byte{"key": keyFile(t, ca.Request{CommonName: "Ny enhed", Address: address})}))
	from := time.Now().AddDate(0, 0, 7).Format("2006-01-02T15:04")
	leads(t, "the plan", iben.do(http.MethodPost, next, url.Values{"compared": {"yes"}, "when": {"later"}, "from": {from}}))
	says(t, "the mailbox", iben.get(to), "Nøglen skiftes")
	says(t, "the plan", iben.get(next), "Tages i brug", "Fjern planen")
	own := must(h.store.KeysOf(t.Context(), store.KeyPlanned))
	if len(own) != 1 || time.Until(own[0].From).Round(24*time.Hour) != 7*24*time.Hour {
		t.Errorf("planned: %+v", own)
	}
}

func TestSettingsAndATestMail(t *testing.T) {
	t.Parallel()
	h := open(t)
	david, iben, jonna := h.visit(t).signIn("david"), h.visit(t).signIn("iben"), h.visit(t).signIn("jonna")
	if page := says(t, "a local administrator's form", david.get("/admin/mailboxes/hr/settings"), "Fortrydelsestid"); strings.Contains(page, "per_minute") {
		t.Error("a local administrator is offered limits")
	}
	wrong := url.Values{"name": {""}, "undo": {"many"}, "language": {"de"}, "per_minute": {"-1"}, "recipients": {"x"}, "enabled": {"yes"}}
	says(t, "all that is wrong", iben.do(http.MethodPost, "/admin/mailboxes/hr/settings", wrong), "Skriv det navn", "hele sekunder", "Vælg dansk", "Skriv et helt tal")
	// A local administrator who sends the other fields all the same changes nothing by them.
	leads(t, "saved", david.do(http.MethodPost, "/admin/mailboxes/hr/settings", url.Values{"name": {"HR"}, "undo": {"30"}, "language": {"en"}, "per_minute": {"7"}, "enabled": {"no"}}))
	got := must(h.store.MailboxByAddress(t.Context(), "sikkermail@hr.aau.example"))
	if got.MailboxSettings != (store.MailboxSettings{Undo: 30 * time.Second, Language: "en", NoReceipts: true}) {
		t.Errorf("%+v", got.MailboxSettings)
	}
	leads(t, "closed", iben.do(http.MethodPost, "/admin/mailboxes/hr/settings", url.Values{"name": {"HR"}, "undo": {"30"}, "language": {""}, "per_minute": {"7"}, "recipients": {"0"}, "receipts": {"yes"}}))
	says(t, "the list", iben.get("/admin/mailboxes?q=hr"), "lukket")
	says(t, "an auditor", jonna.get("/admin/mailboxes/hr?lang=en"), "closed for sending", "7 mails a minute")
	says(t, "a test", david.do(http.MethodPost, "/admin/mailboxes/hr/try", url.Values{}), "kom frem, som den blev sendt")
	says(t, "a test that fails", iben.do(http.MethodPost, "/admin/mailboxes/its/try", url.Values{}), "kom ikke frem", "Importér")
}

// Each sends a mail and waits for it.
func TestThreeMailboxesAreTriedAtATimeAndNoMore(t *testing.T) {
	t.Parallel()
	h := open(t)
	david := h.visit(t).signIn("david")
	h.slow, h.begun = make(chan struct{}), make(chan struct{})
	ended := make(chan int, 3)
	try := func() *httptest.ResponseRecorder { return david.bring("/admin/mailboxes/hr/try", nil, nil) }
	for range 3 {
		go func() { ended <- try().Code }()
		<-h.begun
	}
	refusedFor(t, try(), "Andre sender prøvemails lige nu.")
	close(h.slow)
	for range 3 {
		if code := <-ended; code != http.StatusOK {
			t.Errorf("%d", code)
		}
	}
}

// To open a key file may take seconds of a processor.
func TestTwoKeysAreImportedAtATimeAndNoMore(t *testing.T) {
	t.Parallel()
	h := open(t)
	david := h.visit(t).signIn("david")
	file := keyFile(t, ca.Request{CommonName: "HR", Address: "sikkermail@hr.aau.example"})
	h.slow, h.begun = make(chan struct{}), make(chan struct{}, 2)
	ended := make(chan int, 2)
	for range 2 {
		go func() {
			ended <- david.bring("/admin/mailboxes/hr/import", nil, map[string][]byte{"key": file}).Code
		}()
		<-h.begun
	}
	refusedFor(t, david.bring("/admin/mailboxes/hr/import", nil, map[string][]byte{"key": file}), "Andre importerer nøgler lige nu.")
	close(h.slow)
	for range 2 {
		if code := <-ended; code != http.StatusSeeOther {
			t.Errorf("%d", code)
		}
	}
}
