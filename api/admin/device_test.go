package admin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/device/keyvault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/vault"
)

func TestAnAdministratorRefersToAKeyInAVaultAndALocalOneMayNot(t *testing.T) {
	t.Parallel()
	h, v := open(t), vault.Start()
	t.Cleanup(v.Close)
	h.devices = &device.Opener{Vault: keyvault.New(keyvault.Config{Credential: v.Credential(), Transport: v.Client()})}
	const address = "sikkermail@hr.aau.example"
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	reference := v.Put("hr", "0123456789abcdef", vault.Key{Private: key})
	certificate := must(authority().Issue(ca.Request{CommonName: "HR i boks", Address: address, PrivateKey: half{key.Public()}})).CertificatePEM()
	form := map[string]string{"reference": reference}
	files := map[string][]byte{"certificate": certificate}

	david := h.visit(t).signIn("david")
	if page := says(t, "a local administrator's form", david.get("/admin/mailboxes/hr/key"), "Importér"); strings.Contains(page, `name="reference"`) {
		t.Error("a local administrator is offered a reference")
	}
	if w := david.bring("/admin/mailboxes/hr/import", form, files); w.Code != http.StatusForbidden {
		t.Errorf("a local administrator refers to a key: %d", w.Code)
	}
	if w := david.do(http.MethodPost, "/admin/mailboxes/hr/request", url.Values{"name": {"HR"}, "reference": {reference}}); w.Code != http.StatusForbidden {
		t.Errorf("a local administrator orders a certificate for one: %d", w.Code)
	}

	iben := h.visit(t).signIn("iben")
	says(t, "the form", iben.get("/admin/mailboxes/hr/key"), `name="reference"`, "PIN-koden hører ikke til her")
	says(t, "a reference that is none", iben.bring("/admin/mailboxes/hr/import", map[string]string{"reference": "pkcs11:token=a;pin-value=4711"}, files), "Henvisningen til nøglen kan ikke bruges", `aria-invalid="true"`)
	says(t, "another's certificate", iben.bring("/admin/mailboxes/hr/import", form, map[string][]byte{"certificate": must(authority().Issue(ca.Request{CommonName: "HR", Address: address})).CertificatePEM()}), "hører ikke til certifikatet")
	// Each fault stands once, beside the form that it is about.
	for what, w := range map[string]*httptest.ResponseRecorder{
		"an import of a key": iben.bring("/admin/mailboxes/hr/import", form, map[string][]byte{"key": keyFile(t, ca.Request{CommonName: "HR", Address: address})}),
		"a request":          iben.do(http.MethodPost, "/admin/mailboxes/hr/request", url.Values{"name": {"HR"}, "reference": {"pkcs11:token=a"}}),
	} {
		if n := strings.Count(says(t, what, w, `class="note stop"`), `class="note stop"`); n != 1 {
			t.Errorf("%s: %d faults", what, n)
		}
	}
	v.SetWeather(vault.Always(503, "ServiceUnavailable"))
	if w := iben.bring("/admin/mailboxes/hr/import", form, files); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "svarer ikke lige nu") {
		t.Errorf("a vault that is away: %d\n%s", w.Code, w.Body)
	}
	v.SetWeather(nil)
	held := leads(t, "the import", iben.bring("/admin/mailboxes/hr/import", form, files))
	says(t, "the look", iben.get(held), "HR i boks", "bliver i", reference)
	to := leads(t, "the use", iben.do(http.MethodPost, held, url.Values{"when": {"now"}, "compared": {"yes"}}))
	says(t, "the mailbox", iben.get(to), "HR i boks", "bliver i", reference)
	says(t, "the sheet", iben.get("/admin/sheet"), "i en enhed, som de aldrig forlader", vault.Host)
	if row := must(h.store.MailboxByAddress(t.Context(), address)); row.Key != nil || row.Reference != reference {
		t.Errorf("%+v", row)
	}

	// A certificate is ordered for the next one, and the page says that its key stays where it is.
	next := v.Put("hr", "fedcba9876543210", vault.Key{Private: must(rsa.GenerateKey(rand.Reader, 2048))})
	leads(t, "the request", iben.do(http.MethodPost, "/admin/mailboxes/hr/request", url.Values{"name": {"HR"}, "reference": {next}}))
	at := regexp.MustCompile(`/admin/mailboxes/hr/keys/[0-9a-f-]+`).FindString(iben.get(to).Body.String())
	says(t, "the request", iben.get(at), "Nøglen bliver i sin enhed", next)
	block, _ := pem.Decode(iben.get(at + "/request.csr").Body.Bytes())
	if block == nil || must(x509.ParseCertificateRequest(block.Bytes)).CheckSignature() != nil {
		t.Error("the request is not signed by the key")
	}
}
