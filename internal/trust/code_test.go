package trust_test

import (
	"regexp"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// jargon is what a sender has never heard of.
var jargon = regexp.MustCompile(`(?i)\b(CRL|OCSP|EKU|X\.?509|PKI|SHA-?1|RSA|ECDSA|SAN|root|rod-?CA|revocation list|spærreliste|chain|kæde|extension|signatur(algoritme)?|fingerprint|tillidskæde)\b`)

func checkSentence(t *testing.T, say fault.Sentence) {
	t.Helper()
	for _, text := range []string{say.DA, say.EN} {
		if len(text) < 20 || !strings.HasSuffix(text, ".") || strings.ContainsAny(text, "{}%") {
			t.Errorf("no whole sentence: %q", text)
		}
		if word := jargon.FindString(text); word != "" {
			t.Errorf("%q is jargon, in %q", word, text)
		}
	}
	if say.DA == say.EN {
		t.Errorf("the Danish is English: %q", say.DA)
	}
}

func TestEveryCodeHasItsOwnSentencesForAPerson(t *testing.T) {
	t.Parallel()
	if len(trust.Codes()) == 0 {
		t.Fatal("no codes")
	}
	seen := map[string]trust.Code{}
	codes := map[trust.Code]bool{}
	for _, code := range trust.Codes() {
		say := code.Say(clock)
		checkSentence(t, say)
		for _, text := range []string{say.DA, say.EN} {
			if other, double := seen[text]; double {
				t.Errorf("%s and %s say the same", code, other)
			}
			seen[text] = code
		}
		if codes[code] || !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(string(code)) {
			t.Errorf("%q is no code, or is there twice", code)
		}
		codes[code] = true
		// What stops a sender must tell what to do: more than one sentence or clause.
		if code != trust.OK && strings.Count(say.DA, ".") < 2 {
			t.Errorf("%s does not say what to do: %q", code, say.DA)
		}
	}
}
