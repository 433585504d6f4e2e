package sending_test

import (
	"strings"
	"testing"
	"unicode"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sending"
)

// Whoever makes a certificate writes its names, and anybody can have one wait for an administrator's decision.
func TestNamesInACertificateAreShownAsNoMoreThanNames(t *testing.T) {
	t.Parallel()
	authority, err := ca.NewForeign(ca.Options{Name: "Stranger"})
	if err != nil {
		t.Fatal(err)
	}
	one, err := authority.Issue(ca.Request{CommonName: "Bo,O=Statens It\n\x1b[2J", Organisation: "Region\u202e\tEksempel\x1b[1A", Address: "bo@partner.example"})
	if err != nil {
		t.Fatal(err)
	}
	shown := sending.Describe(certs.Candidate{Certificate: one.Certificate})
	for _, text := range []string{shown.Subject, shown.Issuer, sending.Holder(one.Certificate)} {
		if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("%q", text)
		}
	}
	if strings.Contains(shown.Subject, ",O=Statens It") {
		t.Errorf("a name passes for two: %q", shown.Subject)
	}
}
