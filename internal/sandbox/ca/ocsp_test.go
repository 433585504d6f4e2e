package ca_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

// served is an authority behind a web server, as the sandbox has it.
func served(t *testing.T, make func(ca.Options) (*ca.Authority, error), direct bool) *ca.Authority {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	authority := must(make(ca.Options{BaseURL: server.URL + "/ca", Fast: true, DirectOCSP: direct}))
	mux.Handle("/ca/", http.StripPrefix("/ca", authority.Handler()))
	return authority
}

func TestACertificateNamesTheResponderWhenAsked(t *testing.T) {
	t.Parallel()
	if got := foreign().OCSPAddress(); got != "http://127.0.0.1:1/de/ocsp" {
		t.Errorf("the responder is at %q", got)
	}
	if got := must(ca.NewForeign(ca.Options{})).OCSPAddress(); got != "" {
		t.Errorf("the responder of an authority without an address is at %q", got)
	}
	list := []string{"http://127.0.0.1:1/de/issuing.crl"}
	for name, c := range map[string]struct {
		request        ca.Request
		lists, servers []string
	}{
		"as ever":       {ca.Request{}, list, nil},
		"both":          {ca.Request{OCSP: true}, list, []string{foreign().OCSPAddress()}},
		"OCSP alone":    {ca.Request{OnlyOCSP: true}, nil, []string{foreign().OCSPAddress()}},
		"both are said": {ca.Request{OCSP: true, OnlyOCSP: true}, nil, []string{foreign().OCSPAddress()}},
	} {
		c.request.CommonName = "Bo"
		got := must(foreign().Issue(c.request)).Certificate
		if !slices.Equal(got.CRLDistributionPoints, c.lists) || !slices.Equal(got.OCSPServer, c.servers) {
			t.Errorf("%s: lists %v, responders %v", name, got.CRLDistributionPoints, got.OCSPServer)
		}
	}
}

func TestOpenSSLBelievesTheAnswers(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	cases := []struct {
		name   string
		make   func(ca.Options) (*ca.Authority, error)
		direct bool
	}{
		{"Danish, PSS, by a responder", ca.NewDanish, false},
		{"Danish, PSS, by the authority", ca.NewDanish, true},
		{"foreign, ECDSA, by a responder", ca.NewForeign, false},
		{"foreign, ECDSA, by the authority", ca.NewForeign, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			authority := served(t, c.make, c.direct)
			folder := t.TempDir()
			write := func(name string, certificates ...*x509.Certificate) string {
				var text []byte
				for _, one := range certificates {
					text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: one.Raw})...)
				}
				path := filepath.Join(folder, name)
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			people := must(authority.IssueAll([]ca.Request{
				{CommonName: "God", OnlyOCSP: true, Key: ca.P256}, {CommonName: "Spærret", OnlyOCSP: true, Key: ca.P256},
			}))
			authority.Revoke(people[1].Certificate)
			issuer := write("issuer.pem", authority.Issuing().Certificate)
			known := write("known.pem", authority.Root(), authority.Issuing().Certificate)
			good, revoked := write("good.pem", people[0].Certificate), write("revoked.pem", people[1].Certificate)
			for _, ask := range []struct {
				arguments []string
				want      []string
			}{
				{[]string{"-cert", good}, []string{good + ": good"}},
				{[]string{"-cert", revoked}, []string{revoked + ": revoked", "Reason: keyCompromise"}},
				{[]string{"-sha256", "-cert", good, "-cert", revoked}, []string{good + ": good", revoked + ": revoked"}},
				{[]string{"-sha512", "-cert", good}, []string{good + ": good"}},
				{[]string{"-serial", "4711"}, []string{"4711: unknown"}},
				{[]string{"-no_nonce", "-cert", good}, []string{good + ": good"}},
			} {
				arguments := append([]string{"ocsp", "-CAfile", known, "-url", authority.OCSPAddress(), "-issuer", issuer}, ask.arguments...)
				out, err := exec.CommandContext(t.Context(), "openssl", arguments...).CombinedOutput()
				if err != nil {
					t.Errorf("%v: %v: %s", ask.arguments, err, out)
				}
				for _, want := range append(ask.want, "Response verify OK") {
					if !strings.Contains(string(out), want) {
						t.Errorf("%v: %q is missing in %s", ask.arguments, want, out)
					}
				}
				// "WARNING: no nonce in response", or "Nonce Verify error".
				if strings.Contains(strings.ToLower(string(out)), "nonce") {
					t.Errorf("%v: %s", ask.arguments, out)
				}
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAnAnswerIsSignedByAResponderThatMayDoNothingElse(t *testing.T) {
	t.Parallel()
	leaf := must(foreign().Issue(ca.Request{CommonName: "Bo", OCSP: true}))
	request := must(ocsp.CreateRequest(leaf.Certificate, leaf.Chain[0], nil))
	answer := must(ocsp.ParseResponseForCert(foreign().OCSP(request), leaf.Certificate, leaf.Chain[0]))
	responder := answer.Certificate
	if responder == nil {
		t.Fatal("no responder's certificate came along")
	}
	verify(t, foreign(), responder)
	if responder.IsCA || responder.KeyUsage != x509.KeyUsageDigitalSignature || !slices.Equal(responder.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}) {
		t.Errorf("the responder may do more than answer: %v, %v", responder.KeyUsage, responder.ExtKeyUsage)
	}
	if !slices.ContainsFunc(responder.Extensions, func(e pkixExtension) bool { return e.Id.String() == "1.3.6.1.5.5.7.48.1.5" }) {
		t.Error("the responder's certificate has to be asked about in turn")
	}
	if answer.Status != ocsp.Good || !answer.NextUpdate.After(time.Now()) || answer.ThisUpdate.After(time.Now()) {
		t.Errorf("status %d, from %v until %v", answer.Status, answer.ThisUpdate, answer.NextUpdate)
	}
	again := must(ocsp.ParseResponse(foreign().OCSP(request), leaf.Chain[0]))
	if !again.Certificate.Equal(responder) {
		t.Error("every answer has a responder of its own")
	}
}

func TestWhatTheAuthorityHasNotIssuedIsUnknown(t *testing.T) {
	t.Parallel()
	authority := must(ca.NewForeign(ca.Options{DirectOCSP: true}))
	issuer := authority.Issuing().Certificate
	leaf := must(authority.Issue(ca.Request{CommonName: "Bo"})).Certificate
	never := &x509.Certificate{SerialNumber: new(big.Int).Add(leaf.SerialNumber, big.NewInt(1))}
	negative := &x509.Certificate{SerialNumber: new(big.Int).Neg(leaf.SerialNumber)}
	twin := must(ca.NewForeign(ca.Options{})).Issuing().Certificate // the same name, another key
	for name, c := range map[string]struct {
		certificate, issuer *x509.Certificate
		hash                crypto.Hash
		want                int
	}{
		"its own":                           {leaf, issuer, crypto.SHA1, ocsp.Good},
		"its own, SHA-384":                  {leaf, issuer, crypto.SHA384, ocsp.Good},
		"a number that was never given":     {never, issuer, crypto.SHA1, ocsp.Unknown},
		"the number with the other sign":    {negative, issuer, crypto.SHA1, ocsp.Unknown},
		"the number from another authority": {leaf, foreign().Root(), crypto.SHA256, ocsp.Unknown},
		"an authority with the same name":   {leaf, twin, crypto.SHA1, ocsp.Unknown},
		"the authority itself":              {issuer, authority.Root(), crypto.SHA1, ocsp.Unknown},
	} {
		request := must(ocsp.CreateRequest(c.certificate, c.issuer, &ocsp.RequestOptions{Hash: c.hash}))
		answer, err := ocsp.ParseResponse(authority.OCSP(request), issuer)
		if err != nil || answer.Status != c.want || answer.SerialNumber.Cmp(c.certificate.SerialNumber) != 0 {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
	}
	authority.Revoke(leaf)
	answer := must(ocsp.ParseResponse(authority.OCSP(must(ocsp.CreateRequest(leaf, issuer, nil))), issuer))
	if answer.Status != ocsp.Revoked || answer.RevocationReason != ocsp.KeyCompromise || answer.RevokedAt.After(time.Now()) {
		t.Errorf("after it was revoked: %+v", answer)
	}
}

func TestTheResponderIsAskedAsOCSPClientsAsk(t *testing.T) {
	t.Parallel()
	authority := served(t, ca.NewForeign, true)
	issuer := authority.Issuing().Certificate
	leaf := must(authority.Issue(ca.Request{CommonName: "Bo", OCSP: true})).Certificate
	request := must(ocsp.CreateRequest(leaf, issuer, nil))
	// The base64 of 0xff is made of slashes: every sign that a path gives a meaning to must come through.
	odd := must(ocsp.CreateRequest(&x509.Certificate{SerialNumber: new(big.Int).SetBytes(bytes.Repeat([]byte{0x7f, 0xff, 0xfe}, 6))}, issuer, nil))
	call := func(method, path, kind string, body []byte) (int, []byte) {
		r := must(http.NewRequestWithContext(t.Context(), method, authority.OCSPAddress()+path, bytes.NewReader(body)))
		r.Header.Set("Content-Type", kind)
		answer := must(http.DefaultClient.Do(r))
		defer answer.Body.Close()
		if answer.StatusCode == http.StatusOK && answer.Header.Get("Content-Type") != "application/ocsp-response" {
			t.Errorf("%s %s: the answer is %s", method, path, answer.Header.Get("Content-Type"))
		}
		return answer.StatusCode, must(io.ReadAll(answer.Body))
	}
	get := func(request []byte) string { return "/" + url.PathEscape(base64.StdEncoding.EncodeToString(request)) }
	if !strings.Contains(get(odd), "%2F%2F") {
		t.Fatal("the odd request has no two slashes in its base64")
	}
	const kind = "application/ocsp-request"
	for name, c := range map[string]struct {
		method, path, kind string
		body               []byte
		status, want       int // want: of the certificate, or -1 for malformed
	}{
		"POST":                      {"POST", "", kind, request, 200, ocsp.Good},
		"GET":                       {"GET", get(request), "", nil, 200, ocsp.Good},
		"GET with slashes":          {"GET", get(odd), "", nil, 200, ocsp.Unknown},
		"nothing":                   {"POST", "", kind, nil, 200, -1},
		"a certificate":             {"POST", "", kind, leaf.Raw, 200, -1},
		"a byte too many":           {"POST", "", kind, append(slices.Clone(request), 0), 200, -1},
		"a byte too few":            {"POST", "", kind, request[:len(request)-1], 200, -1},
		"no base64":                 {"GET", "/:-)", "", nil, 200, -1},
		"a form":                    {"POST", "", "application/x-www-form-urlencoded", request, 415, 0},
		"more than any request has": {"POST", "", kind, make([]byte, 9<<10), 413, 0},
		"another method":            {"PUT", "", kind, request, 405, 0},
	} {
		status, body := call(c.method, c.path, c.kind, c.body)
		if status != c.status {
			t.Errorf("%s: %d", name, status)
		}
		if status != http.StatusOK {
			continue
		}
		answer, err := ocsp.ParseResponse(body, issuer)
		if c.want < 0 {
			if fault, is := errors.AsType[ocsp.ResponseError](err); !is || fault.Status != ocsp.Malformed {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || answer.Status != c.want {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
	}
}
