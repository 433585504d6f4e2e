package smimea_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs/smimea"
)

func TestTheNameIsTheOneOfTheStandard(t *testing.T) {
	t.Parallel()
	const hugh = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com." // RFC 8162 section 3
	long := strings.Repeat(strings.Repeat("a", 49)+".", 5)[:249]
	same := func(a string) string { name, _ := smimea.Owner(a); return name }
	cases := []struct{ name, address, want string }{
		{"the example of RFC 8162", "hugh@example.com", hugh},
		{"in quotes", `"hugh"@example.com`, hugh},
		{"in quotes, with a needless backslash", `"h\ugh"@example.com`, hugh},
		{"the domain in capitals", "hugh@EXAMPLE.com", hugh},
		{"the domain with its dot", "hugh@example.com.", hugh},
		{"an international domain is asked for as DNS has it", "hugh@møller.dk", strings.Replace(hugh, "example.com", "xn--mller-vua.dk", 1)},
		{"what must be quoted is hashed without", `"a@b \"c\\"@example.com`, "4721a9676c83651b80f52cef3c973026d6852c30b36688bd48ea2dcb._smimecert.example.com."},
		{"composed and decomposed are one", "a\u030a@example.com", same("å@example.com")},

		{"no domain", "hugh@", ""},
		{"no local part", "@example.com", ""},
		{"no @", "example.com", ""},
		{"an address literal", "hugh@[192.0.2.1]", ""},
		{"an empty label", "hugh@example..com", ""},
		{"only a dot", "hugh@.", ""},
		{"half a quoted string", `"hugh@example.com`, ""},
		{"quotes in the middle", `hu"g"h@example.com`, ""},
		{"a quote inside quotes", `"hu"gh"@example.com`, ""},
		{"a closing quote that is none", `"hugh\"@example.com`, ""},
		{"a backslash outside quotes", `hu\gh@example.com`, ""},
		{"one quote", `"@example.com`, ""},
		{"a local part that is no UTF-8", "hugh\xff@example.com", ""},
		{"a backslash in the domain", `hugh@exam\ple.com`, ""},
		{"an underscore in the domain", "hugh@_smimecert.example.com", ""},
		{"a zero in the domain", "hugh@example.com\x00", ""},
		{"a domain that leaves no room for the hash", "hugh@" + long, ""},
	}
	for _, c := range cases {
		if got, ok := smimea.Owner(c.address); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q %v, want %q", c.name, got, ok, c.want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if same("Hugh@example.com") == hugh {
		t.Error("the local part is not hashed as it stands")
	}
}

// FuzzOwner: whatever the address, a name has the two labels before the domain, and is one that can be asked for and comes back
// as it was sent; nothing in an address can add a label or a record.
func FuzzOwner(f *testing.F) {
	for _, seed := range []string{
		"hugh@example.com", `"a@b \"c\\"@example.com`, "å@møller.dk", "a@b..c", "a@b\\.c", "a@" + strings.Repeat("b.", 120), "@", `"@a`, "a@xn--a",
	} {
		f.Add(seed)
	}
	shape := regexp.MustCompile(`^[0-9a-f]{56}\._smimecert\.[a-z0-9.-]+\.$`)
	f.Fuzz(func(t *testing.T, address string) {
		name, ok := smimea.Owner(address)
		if !ok {
			if name != "" {
				t.Fatal("a name that is none")
			}
			return
		}
		if !shape.MatchString(name) {
			t.Fatalf("%q", name)
		}
		wire, err := smimea.Question(name, dns.TypeSMIMEA).Pack()
		if err != nil {
			t.Fatal(err)
		}
		back := new(dns.Msg)
		if err := back.Unpack(wire); err != nil || len(back.Question) != 1 || back.Question[0].Name != name {
			t.Fatalf("%v: %v", err, back.Question)
		}
	})
}
