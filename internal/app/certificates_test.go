package app

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/sandbox/ca"
)

func issueFor(t *testing.T, by *ca.Authority, address string) *ca.Identity {
	t.Helper()
	identity, err := by.Issue(ca.Request{CommonName: "Ny Partner", Organisation: "Ny Partner", Address: address, Key: ca.P256})
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func inBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func TestAnAdministratorPinsFindsAndTakesAway(t *testing.T) {
	t.Parallel()
	iben := token(t, "iben")
	one := issueFor(t, shared.university.Danish, "")
	p7b, err := bundle.P7B(append([]*x509.Certificate{one.Certificate}, one.Chain...))
	if err != nil {
		t.Fatal(err)
	}
	if r := recipientOf(t, "nogen@nypartner.example"); r.Code != "no_certificate" {
		t.Fatalf("before: %s", r.Code)
	}
	a := call(t, http.MethodPost, "/v1/certificates", iben, "application/json", encode(t, draftJSON{"for": "NyPartner.example", "certificate": inBase64(p7b)}))
	var pinned contract.StoredCertificate
	decode(t, a, &pinned)
	if a.status != http.StatusCreated || pinned.For != "@nypartner.example" || pinned.Verdict == nil || !pinned.Verdict.Usable || a.header.Get("Location") != "/v1/certificates/"+pinned.Id.String() {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if r := recipientOf(t, "nogen@nypartner.example"); r.Route != "smime" || !r.Certificates[0].Bound || !strings.Contains(r.Why.Da, "hele domænet") {
		t.Errorf("after: %+v", r)
	}
	var list contract.CertificateList
	decode(t, call(t, http.MethodGet, "/v1/certificates?for=nypartner.example&state=used", iben, "", nil), &list)
	if len(list.Certificates) != 1 || list.Certificates[0].Id != pinned.Id {
		t.Errorf("list: %+v", list)
	}
	if a := call(t, http.MethodDelete, "/v1/certificates/"+pinned.Id.String(), iben, "", nil); a.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := call(t, http.MethodDelete, "/v1/certificates/"+pinned.Id.String(), iben, "", nil); a.status != http.StatusNotFound {
		t.Errorf("delete again: %d", a.status)
	}
	if r := recipientOf(t, "nogen@nypartner.example"); r.Code != "no_certificate" {
		t.Errorf("after it was taken away: %s", r.Code)
	}
}

func TestWhatIsOverALimitIsSaidToBe(t *testing.T) {
	t.Parallel()
	iben := token(t, "iben")
	for name, a := range map[string]answer{
		"a file":    call(t, http.MethodPost, "/v1/certificates", iben, "application/json", encode(t, draftJSON{"for": "x@y.example", "certificate": inBase64(make([]byte, bundle.MaxBytes+3))})),
		"a page":    call(t, http.MethodGet, "/v1/certificates?limit=501", iben, "", nil),
		"whom for":  call(t, http.MethodGet, "/v1/certificates?for="+strings.Repeat("a", 321), iben, "", nil),
		"a request": call(t, http.MethodPost, "/v1/authorities", iben, "application/json", encode(t, draftJSON{"certificate": strings.Repeat("A", 3<<20)})),
	} {
		if a.status != http.StatusBadRequest && a.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(a.body), "større") || !strings.Contains(string(a.body), "larger") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestCertificatesAreForAdministratorsAlone(t *testing.T) {
	t.Parallel()
	const id = "/7e4a4700-0000-4000-8000-000000000001"
	file := `{"certificate":"` + inBase64(shared.university.Stranger.Root().Raw) + `"}`
	calls := [][3]string{
		{http.MethodGet, "/v1/certificates", ""},
		{http.MethodPost, "/v1/certificates", `{"for":"x@y.example","certificate":"AAAA"}`},
		{http.MethodDelete, "/v1/certificates" + id, ""},
		{http.MethodPost, "/v1/certificates" + id + "/approval", `{"trust":"authority"}`},
		{http.MethodGet, "/v1/authorities", ""},
		{http.MethodPost, "/v1/authorities", file},
		{http.MethodDelete, "/v1/authorities/" + strings.Repeat("a", 64), ""},
	}
	for _, c := range calls {
		for persona, want := range map[string]int{"anna": http.StatusForbidden, "david": http.StatusForbidden, "": http.StatusUnauthorized} {
			bearer, kind := "", ""
			if persona != "" {
				bearer = token(t, persona)
			}
			if c[2] != "" {
				kind = "application/json"
			}
			if a := call(t, c[0], c[1], bearer, kind, strings.NewReader(c[2])); a.status != want {
				t.Errorf("%s %s as %q: %d %s", c[0], c[1], persona, a.status, a.body)
			}
		}
	}
	if len(calls) == 0 {
		t.Fatal("no calls")
	}
}

func TestWhatIsNoCertificateIsSaidSo(t *testing.T) {
	t.Parallel()
	iben := token(t, "iben")
	good := inBase64(issueFor(t, shared.university.Danish, "").Certificate.Raw)
	for name, c := range map[string]struct {
		body, code string
		status     int
	}{
		"text":               {`{"for":"x@y.example","certificate":"` + inBase64([]byte("hej")) + `"}`, "certificate_file_unreadable", 400},
		"an authority":       {`{"for":"x@y.example","certificate":"` + inBase64(shared.university.Danish.Root().Raw) + `"}`, "certificate_file_unreadable", 400},
		"no base64":          {`{"for":"x@y.example","certificate":"%%%%"}`, "request_invalid", 400},
		"for nobody":         {`{"for":"partner","certificate":"` + good + `"}`, "certificate_for_invalid", 400},
		"a field too many":   {`{"for":"x@y.example","certificate":"` + good + `","trusted":true}`, "request_invalid", 400},
		"a key, not told of": {`{"for":"x@y.example","certificate":"` + inBase64([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")) + `"}`, "certificate_file_unreadable", 400},
		"far too large":      {`{"for":"x@y.example","certificate":"` + strings.Repeat("A", 3<<20) + `"}`, "body_too_large", 413},
	} {
		a := call(t, http.MethodPost, "/v1/certificates", iben, "application/json", strings.NewReader(c.body))
		if a.status != c.status || a.problem(t).Code != c.code || bytes.Contains(a.body, []byte("PRIVATE KEY")) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestThePublicPageIsThereWithoutAToken(t *testing.T) {
	t.Parallel()
	a := call(t, http.MethodGet, "/certificates?q=its&lang=en", "", "", nil)
	if a.status != http.StatusOK || !bytes.Contains(a.body, []byte("sikkermail@its.aau.example")) || bytes.Contains(a.body, []byte("sikkermail@hr.aau.example")) ||
		!strings.Contains(a.header.Get("Content-Security-Policy"), "style-src 'self'") || !strings.Contains(a.header.Get("Cache-Control"), "public") {
		t.Errorf("%d %v", a.status, a.header)
	}
	a = call(t, http.MethodGet, "/certificates/sikkermail@its.aau.example.cer", "", "", nil)
	if c, err := x509.ParseCertificate(a.body); err != nil || !c.Equal(shared.university.Mailboxes[0].Identity.Certificate) {
		t.Errorf("%d, %v", a.status, err)
	}
	if a = call(t, http.MethodGet, "/certificates/sikkermail@its.aau.example.p7b", "", "", nil); a.status != http.StatusOK {
		t.Errorf("p7b: %d", a.status)
	}
	if a = call(t, http.MethodGet, "/certificates/nobody@its.aau.example.cer", "", "", nil); a.status != http.StatusNotFound {
		t.Errorf("nobody's: %d", a.status)
	}
	if a = call(t, http.MethodGet, "/certificates/style.css", "", "", nil); a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", a.status)
	}
	if a = call(t, http.MethodHead, "/certificates", "", "", nil); a.status != http.StatusOK {
		t.Errorf("HEAD: %d", a.status)
	}
}
