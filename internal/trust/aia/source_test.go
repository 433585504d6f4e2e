package aia_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/trust/aia"
	"aau.dk/sendsikker/internal/trust/fetch"
)

func TestEveryWayThatAuthoritiesPublishTheirCertificatesIsRead(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil)
	other := newAuthority(t, "Other root", nil)
	issuing := newAuthority(t, "Issuing", root)
	crossed := certified(t, "Issuing", issuing, other) // the same name and key, certified by another root as well
	text := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	both := []*x509.Certificate{issuing.certificate, crossed}
	cases := map[string]struct {
		answer []byte
		want   []*x509.Certificate
	}{
		"DER":                              {issuing.certificate.Raw, both[:1]},
		"PEM":                              {text(issuing.certificate), both[:1]},
		"PEM with the whole chain":         {slices.Concat(text(issuing.certificate), text(root.certificate)), both[:1]},
		"PKCS #7":                          {must(bundle.P7B(both)), both},
		"PKCS #7 with somebody else among": {must(bundle.P7B([]*x509.Certificate{other.certificate, crossed})), both[1:]},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	count := 0
	for name, c := range cases {
		count++
		address := web.at("/"+strconv.Itoa(count), c.answer)
		moved := web.handle("/moved/"+strconv.Itoa(count), func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) })
		for _, at := range []string{address, moved} {
			got := ask(newSource(&clock{}), issuing.leaf(t, at))
			if !slices.EqualFunc(got, c.want, (*x509.Certificate).Equal) {
				t.Errorf("%s: %d certificates, want %d", name, len(got), len(c.want))
			}
		}
	}
}

func TestAnswersThatAreOfNoUseGiveNothing(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil)
	issuing := newAuthority(t, "Issuing", root)
	namesake := newAuthority(t, "Issuing", nil)
	good := web.at("/good", issuing.certificate.Raw)
	redirect := func(path, to string) string {
		return web.handle(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	}
	huge := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuing.certificate.Raw}), bytes.Repeat([]byte("\n"), 64<<10)...)
	var sent atomic.Int64
	endless := web.handle("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for range 50 << 10 {
			n, err := w.Write(bytes.Repeat([]byte{0x30}, 1<<10))
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	cases := map[string]string{
		"not found, with the issuer as its text": web.handle("/missing", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(issuing.certificate.Raw)
		}),
		"a page for people":                  web.at("/page", []byte("<html><body>Vi er flyttet</body></html>")),
		"nothing":                            web.at("/empty", nil),
		"the issuer, cut short":              web.at("/short", issuing.certificate.Raw[:200]),
		"the certificate of a person":        web.at("/leaf", issuing.leaf(t).Raw),
		"another authority":                  web.at("/root", root.certificate.Raw),
		"a namesake with another key":        web.at("/namesake", namesake.certificate.Raw),
		"too much":                           web.at("/huge", huge),
		"an answer without end":              endless,
		"a redirect in a circle":             redirect("/circle", web.URL+"/circle"),
		"a redirect to a private address":    redirect("/private", "http://10.0.0.1/issuing.cer"),
		"a redirect to the cloud's metadata": redirect("/metadata", "http://169.254.169.254/latest/meta-data/"),
		"a redirect to a file":               redirect("/file", "file:///etc/passwd"),
		"a private address":                  "http://192.168.1.1/issuing.cer",
		"a directory":                        "ldap://ldap.example/cn=CA?cACertificate",
		"a file":                             "file:///etc/ssl/cert.pem",
		"garbage":                            "http://%zz/",
		"an address with a password":         strings.Replace(good, "http://", "http://user:secret@", 1),
		"an address that carries something":  good + "?" + strings.Repeat("x", 1024),
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for name, address := range cases {
		if got := ask(newSource(&clock{}), issuing.leaf(t, address)); len(got) != 0 {
			t.Errorf("%s: %d certificates", name, len(got))
		}
	}
	if sent.Load() > 20<<20 { // 64 KB, and what the sockets hold
		t.Errorf("%d MB of the endless answer were taken", sent.Load()>>20)
	}
	if got := ask(newSource(&clock{}), issuing.leaf(t, good)); len(got) != 1 {
		t.Error("nor is the good one read: the others prove nothing")
	}
}

func TestWithoutLeaveLoopbackIsNotReached(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	address := web.at("/issuing.cer", issuing.certificate.Raw)
	source := aia.New(aia.Deps{Now: (&clock{}).now, Client: fetch.New(fetch.Options{})})
	if got := ask(source, issuing.leaf(t, address)); len(got) != 0 || web.hits.Load() != 0 {
		t.Errorf("%d certificates, asked %d times", len(got), web.hits.Load())
	}
}

func TestARootIsNotAskedAbout(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil, web.URL+"/root.cer")
	web.at("/root.cer", root.certificate.Raw)
	if got := ask(newSource(&clock{}), root.certificate); len(got) != 0 || web.hits.Load() != 0 {
		t.Errorf("%d certificates, asked %d times", len(got), web.hits.Load())
	}
}

func TestOnlyTheFirstThreeAddressesAreAskedEachOnce(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	good := web.at("/good", issuing.certificate.Raw)
	bad := func(n int) string { return web.URL + "/bad/" + strconv.Itoa(n) }
	got := ask(newSource(&clock{}), issuing.leaf(t, "ldap://x/", bad(1), bad(1), bad(2), good))
	web.until(3) // the first answer that fits is enough for the caller, and the others come when they come
	if len(got) != 1 || web.hits.Load() != 3 {
		t.Errorf("%d certificates from the third, asked %d times", len(got), web.hits.Load())
	}
	web.hits.Store(0)
	if got := ask(newSource(&clock{}), issuing.leaf(t, bad(1), bad(2), bad(3), good)); len(got) != 0 || web.hits.Load() != 3 {
		t.Errorf("%d certificates from the fourth, asked %d times", len(got), web.hits.Load())
	}
}
