package partners

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/mailbox"
)

// properties unfolds a vCard and gives its lines by name, as a reader of RFC 2426 section 2.6 does.
func properties(t testing.TB, card []byte) map[string][]string {
	t.Helper()
	text := strings.ReplaceAll(string(card), "\r\n ", "")
	if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
		t.Error("a line ends otherwise than with CRLF")
	}
	all := map[string][]string{}
	for line := range strings.SplitSeq(text, "\r\n") {
		if line != "" {
			head, value, _ := strings.Cut(line, ":")
			name, _, _ := strings.Cut(head, ";")
			all[name] = append(all[name], value)
		}
	}
	return all
}

// unescape is what a reader makes of a text value.
func unescape(value string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n", `\N`, "\n").Replace(value)
}

func TestAContactHoldsTheCertificate(t *testing.T) {
	t.Parallel()
	m := mailboxes()[0]
	got := properties(t, vcard(m, "Universitetet Eksempel, Danmark", "https://sikker.example/x.vcf"))
	for name, want := range map[string]string{
		"BEGIN": "VCARD", "VERSION": "3.0", "FN": "ITS Sikker Mail", "N": "ITS Sikker Mail;;;;", "ORG": `Universitetet Eksempel\, Danmark`,
		"EMAIL": "sikkermail@its.aau.example", "SOURCE": "https://sikker.example/x.vcf", "KEY": base64.StdEncoding.EncodeToString(m.Certificate.Raw), "END": "VCARD",
	} {
		if len(got[name]) != 1 || got[name][0] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestAHostileNameStaysInItsProperty(t *testing.T) {
	t.Parallel()
	card := vcard(mailbox.Mailbox{Name: hostile, Address: "x\r\nKEY:y@z", Certificate: mailboxes()[0].Certificate}, hostile, "")
	got := properties(t, card)
	for _, name := range []string{"BEGIN", "VERSION", "FN", "N", "ORG", "EMAIL", "KEY", "END"} {
		if len(got[name]) != 1 {
			t.Errorf("%d properties are called %s", len(got[name]), name)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d properties, want 8", len(got))
	}
	const want = "Løn, personale; \"HR\" \\ <script>alert(1)</script>\nBEGIN:VCARD\nKEY:x[31m & co\nEND:VCARD"
	if name := unescape(got["FN"][0]); name != want {
		t.Errorf("the name is read as %q", name)
	}
	if !bytes.Contains(card, []byte("\r\nFN;CHARSET=UTF-8:L")) {
		t.Error("Outlook is not told the character set of what is not ASCII")
	}
}

func FuzzAContactIsAlwaysTheSameLines(f *testing.F) {
	for _, seed := range []string{"", "ITS", hostile, strings.Repeat("å", 200), strings.Repeat("x", 74), strings.Repeat("😀", 40), "\xff\xfe", `\n\\,;`, "a\r\n b"} {
		f.Add(seed, "organisation")
		f.Add("name", seed)
	}
	certificate := mailboxes()[0].Certificate
	f.Fuzz(func(t *testing.T, name, organisation string) {
		card := vcard(mailbox.Mailbox{Name: name, Address: "a@b.example", Certificate: certificate}, organisation, "")
		for line := range strings.SplitSeq(string(card), "\r\n") {
			if len(line) > maxLine || !utf8.ValidString(line) {
				t.Fatalf("a line of %d octets: %q", len(line), line)
			}
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Fatalf("a control character in %q", line)
			}
		}
		got := properties(t, card)
		want := 7
		if organisation != "" {
			want = 8
		}
		if len(got) != want || len(got["FN"]) != 1 || len(got["KEY"]) != 1 || len(got["END"]) != 1 {
			t.Fatalf("%d properties, want %d: %q", len(got), want, card)
		}
		if read := unescape(got["FN"][0]); len([]rune(read)) > len([]rune(name)) {
			t.Fatalf("the name has grown to %q", read)
		}
		if !bytes.HasSuffix(card, []byte("\r\n\r\nEND:VCARD\r\n")) {
			t.Fatal("the certificate does not end with an empty line")
		}
	})
}
