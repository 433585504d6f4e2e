package admin_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// clean is an authority that has revoked nothing.
type clean struct{}

func (clean) Check(context.Context, *x509.Certificate, *x509.Certificate) trust.Revocation {
	return trust.Revocation{Status: trust.StatusGood, Source: "crl"}
}

// shelf is the real one, whose judge knows the pretend authority.
func (h *house) shelf() *shelf.Shelf {
	a := authority()
	profile := trust.Profile{Name: "test", Roots: []*x509.Certificate{a.Root()}, Intermediates: a.Intermediates(), WhenUnpublished: trust.Warn}
	log := slog.New(slog.DiscardHandler)
	judge := trust.NewJudge(trust.Deps{Profiles: []trust.Profile{profile}, Revocation: clean{}, Now: time.Now, Log: log})
	return shelf.New(shelf.Deps{Store: h.store, Judge: judge, Profiles: []trust.Profile{profile}, Now: time.Now, Log: log})
}

// upload sends the form that pins a certificate.
func (v *visit) upload(fields map[string]string, file []byte) *httptest.ResponseRecorder {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		_ = w.WriteField(name, value)
	}
	if file != nil {
		part := must(w.CreateFormFile("certificate", "x.cer"))
		_, _ = part.Write(file)
	}
	_ = w.Close()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, home+"/admin/recipients", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer := httptest.NewRecorder()
	v.h.site.ServeHTTP(answer, r)
	return answer
}

func TestACertificateIsPinnedAndRemoved(t *testing.T) {
	t.Parallel()
	h := open(t)
	identity := must(authority().Issue(ca.Request{CommonName: "Bo <b>", Address: "bo@partner.example"}))
	der := identity.Certificate.Raw
	v := h.visit(t).signIn("iben")
	for name, c := range map[string]struct {
		fields map[string]string
		file   []byte
		status int
	}{
		"no file":             {map[string]string{"for": "bo@partner.example"}, nil, http.StatusBadRequest},
		"an empty file":       {map[string]string{"for": "bo@partner.example"}, []byte{}, http.StatusBadRequest},
		"a file that is none": {map[string]string{"for": "bo@partner.example"}, []byte("not a certificate"), http.StatusBadRequest},
		"a file too large":    {map[string]string{"for": "bo@partner.example"}, bytes.Repeat([]byte("x"), 300<<10), http.StatusRequestEntityTooLarge},
		"a form too large":    {map[string]string{"for": "bo@partner.example"}, bytes.Repeat([]byte("x"), 2<<20), http.StatusRequestEntityTooLarge},
		"for nobody":          {map[string]string{"for": "bo"}, der, http.StatusBadRequest},
		"an authority":        {map[string]string{"for": "bo@partner.example"}, authority().Root().Raw, http.StatusBadRequest},
	} {
		if w := v.upload(c.fields, c.file); w.Code != c.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := v.get("/admin/recipients"); strings.Contains(w.Body.String(), "bo@partner.example</bdi>") {
		t.Fatal("something was pinned")
	}
	w := v.upload(map[string]string{"for": "bo@partner.example", "vouch": "yes"}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	one := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(one, "/admin/recipients/") {
		t.Fatalf("pinning: %d %s", w.Code, w.Body)
	}
	page := v.get(one).Body.String()
	for _, part := range []string{`role="status"`, "bo@partner.example", "Bo \\&lt;b", "Fjern"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q: %s", part, page)
		}
	}
	auditor := h.visit(t).signIn("jonna")
	if page := auditor.get(one).Body.String(); !strings.Contains(page, "bo@partner.example") || strings.Contains(page, `method="post" action="/admin/recipients`) {
		t.Error("the auditor sees another page, or is offered a change")
	}
	if page := v.get("/admin/recipients?for=bo@partner.example").Body.String(); !strings.Contains(page, one) {
		t.Error("it is not found by its address")
	}
	for query, want := range map[string]string{"for=%00": "note stop", "for=eva@klinik.example": "Ingen certifikater passer", "state=pending": "Ingen certifikater passer", "state=pigeon&after=x": one} {
		if w := v.get("/admin/recipients?" + query); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	if w := v.do(http.MethodPost, one+"/delete", url.Values{}); w.Code != http.StatusBadRequest {
		t.Errorf("removed without a word: %d", w.Code)
	}
	if w := v.do(http.MethodPost, one+"/delete", url.Values{"sure": {"yes"}}); w.Code != http.StatusSeeOther {
		t.Errorf("removing: %d", w.Code)
	}
	if w := v.get(one); w.Code != http.StatusNotFound {
		t.Errorf("after it was removed: %d", w.Code)
	}
}

func TestAHarvestedCertificateIsApprovedAfterItWasCompared(t *testing.T) {
	t.Parallel()
	h := open(t)
	identity := must(authority().Issue(ca.Request{CommonName: "Eva", Address: "eva@klinik.example"}))
	id := uuid.NewString()
	err := h.store.PutHarvested(t.Context(), store.Certificate{
		ID: id, Subject: "eva@klinik.example", Fingerprint: trust.Fingerprint(identity.Certificate), DER: identity.Certificate.Raw,
		Pending: string(trust.UnknownIssuer), SignedAt: time.Now(),
	}, 5, audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.CertificateHarvested})
	if err != nil {
		t.Fatal(err)
	}
	v := h.visit(t).signIn("iben")
	one := "/admin/recipients/" + id
	if page := v.get("/admin/recipients?state=pending").Body.String(); !strings.Contains(page, one) {
		t.Error("it is not among those that wait")
	}
	for _, form := range []url.Values{{}, {"trust": {"certificate"}}, {"trust": {"everything"}, "compared": {"yes"}}} {
		if w := v.do(http.MethodPost, one+"/approve", form); w.Code != http.StatusBadRequest {
			t.Errorf("%v is taken: %d", form, w.Code)
		}
	}
	if w := v.do(http.MethodPost, one+"/approve", url.Values{"trust": {"certificate"}, "compared": {"yes"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("approving: %d %s", w.Code, w.Body)
	}
	if row := must(h.store.CertificateByID(t.Context(), id)); row.Pending != "" || !row.Vouched {
		t.Errorf("it is %+v", row)
	}
}
