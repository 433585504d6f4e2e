package crl_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

// TestOpenSSLSaysTheSame: the lists that these tests build by hand are what another implementation of RFC 5280 section 6.3
// takes them for, and it comes to the same answer.
func TestOpenSSLSaysTheSame(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	const place, change = "http://192.0.2.1/list", "http://192.0.2.1/delta"
	issuing, signer := foreign().Issuing(), signing()
	mine, theirs := of(issuing.Certificate), of(danish().Issuing().Certificate)
	direct := issued(t, foreign(), pointsAt(at{addresses: []string{place}}), freshestAt(change))
	indirect := issued(t, foreign(), pointsAt(at{addresses: []string{place}, signer: signer.Certificate}), freshestAt(change))
	other := issued(t, foreign())
	upon := func(base int64) func(*x509.RevocationList) { return all(numbered(9), with(delta(base))) }
	sign := with(point(place, yes(4)))

	cases := []struct {
		name    string
		subject *x509.Certificate
		lists   [][]byte
		want    trust.Status
	}{
		{"a complete list, good", direct, [][]byte{signedBy(t, issuing, nil)}, trust.StatusGood},
		{"a complete list, revoked", direct, [][]byte{signedBy(t, issuing, nil, row(direct, 0))}, trust.StatusRevoked},
		{"its own part", direct, [][]byte{signedBy(t, issuing, with(point(place)))}, trust.StatusGood},
		{"another part", direct, [][]byte{signedBy(t, issuing, with(point(change)))}, trust.StatusUnknown},
		{"a part for authorities", direct, [][]byte{signedBy(t, issuing, with(point("", yes(2))))}, trust.StatusUnknown},
		{"some reasons", direct, [][]byte{signedBy(t, issuing, with(point(place, knowsOf(5, 0x60))))}, trust.StatusUnknown},
		{"a list that has ended", direct, [][]byte{signedBy(t, issuing, ended)}, trust.StatusUnknown},
		{"a delta list that revokes", direct, [][]byte{signedBy(t, issuing, nil), signedBy(t, issuing, upon(7), row(direct, 0))}, trust.StatusRevoked},
		{"a delta list that lets go", direct, [][]byte{signedBy(t, issuing, nil, row(direct, 6)), signedBy(t, issuing, upon(7), row(direct, 8))}, trust.StatusGood},
		{"a delta list upon a later one", direct, [][]byte{signedBy(t, issuing, nil), signedBy(t, issuing, upon(8), row(direct, 0))}, trust.StatusGood},
		{"a delta list alone", direct, [][]byte{signedBy(t, issuing, upon(7))}, trust.StatusUnknown},
		{"an indirect list, good", indirect, [][]byte{signedBy(t, signer, sign, row(indirect, 0), row(indirect, 0, theirs))}, trust.StatusGood},
		{"an indirect list, revoked", indirect, [][]byte{signedBy(t, signer, sign, row(indirect, 0, mine))}, trust.StatusRevoked},
		{"an indirect list, revoked below another's entry", indirect, [][]byte{signedBy(t, signer, sign, row(other, 0, mine), row(indirect, 0))}, trust.StatusRevoked},
		{"a list that is not indirect", indirect, [][]byte{signedBy(t, signer, with(point(place)))}, trust.StatusUnknown},
		{"an indirect list with a delta list", indirect, [][]byte{signedBy(t, signer, sign), signedBy(t, signer, all(sign, upon(7)), row(indirect, 0, mine))}, trust.StatusRevoked},
	}
	for _, c := range cases {
		ours := crl.FromFiles(c.lists, func() time.Time { return start }, signer.Certificate).Check(t.Context(), c.subject, issuing.Certificate)
		theirs, said := opensslSays(t, c.subject, c.lists)
		if ours.Status != c.want || theirs != c.want {
			t.Errorf("%s: we say %q, openssl says %q, want %q (%v; %s)", c.name, ours.Status, theirs, c.want, ours.Cause, said)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	// Here we are stricter. RFC 5280 section 6.3.3, last paragraph, lets the issuer's own list answer too; we do not know that
	// an authority which has given the signing of lists away still keeps one of its own.
	list := [][]byte{signedBy(t, issuing, nil)}
	ours := crl.FromFiles(list, func() time.Time { return start }).Check(t.Context(), indirect, issuing.Certificate)
	if theirs, said := opensslSays(t, indirect, list); ours.Status != trust.StatusUnknown || theirs != trust.StatusGood {
		t.Errorf("we say %q, openssl says %q (%s)", ours.Status, theirs, said)
	}
}

func opensslSays(t *testing.T, subject *x509.Certificate, lists [][]byte) (trust.Status, string) {
	t.Helper()
	folder := t.TempDir()
	write := func(name, kind string, ders ...[]byte) string {
		var text []byte
		for _, der := range ders {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	arguments := []string{
		"verify", "-crl_check", "-use_deltas", "-extended_crl", "-attime", strconv.FormatInt(start.Unix(), 10),
		"-CAfile", write("root.pem", "CERTIFICATE", foreign().Root().Raw),
		"-untrusted", write("between.pem", "CERTIFICATE", foreign().Issuing().Certificate.Raw, signing().Certificate.Raw),
	}
	for i, list := range lists {
		arguments = append(arguments, "-CRLfile", write("list"+strconv.Itoa(i)+".pem", "X509 CRL", list))
	}
	out, err := exec.Command("openssl", append(arguments, write("leaf.pem", "CERTIFICATE", subject.Raw))...).CombinedOutput()
	switch said := string(out); {
	case err == nil:
		return trust.StatusGood, said
	case strings.Contains(said, "certificate revoked"):
		return trust.StatusRevoked, said
	default:
		return trust.StatusUnknown, said
	}
}

func TestOpenSSLReadsTheExtensionsAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	const place = "http://192.0.2.1/list"
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{place}, signer: signing().Certificate}))
	list := signedBy(t, signing(), all(with(point(place, knowsOf(5, 0x60), yes(4))), with(delta(7)), with(freshestAt(place))),
		row(subject, 8, of(foreign().Issuing().Certificate)))
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("openssl", "crl", "-inform", "DER", "-text", "-noout", "-in", path).CombinedOutput()
	for _, want := range []string{
		"Delta CRL Indicator: critical", "Indirect CRL", "Only Some Reasons", "Key Compromise, CA Compromise", "URI:" + place, "Freshest CRL",
		"Certificate Issuer", "Playground Trust", "Remove From CRL",
	} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q is not in what openssl reads (%v):\n%s", want, err, out)
		}
	}
}
