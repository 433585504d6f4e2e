package lookalike_test

import (
	"fmt"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/lookalike"
)

func TestAddressesThatAreTakenForEachOther(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, one, other string
		alike            bool
	}{
		{"a letter that is another", "anna@partner.example", "anne@partner.example", true},
		{"a letter that is missing", "frans@kommune.example", "frns@kommune.example", true},
		{"a letter too many", "frans@kommune.example", "franns@kommune.example", true},
		{"two that have changed places", "frans@kommune.example", "frnas@kommune.example", true},
		{"a slip in the domain", "bo@partner.example", "bo@partnr.example", true},
		{"another end of the domain", "bo@partner.dk", "bo@partner.de", true},
		{"a subdomain's dot", "bo@its.partner.example", "bo@itspartner.example", true},
		{"zero for o", "bo@region.example", "b0@region.example", true},
		{"one for l", "al@region.example", "a1@region.example", true},
		{"rn for m", "bomholt@region.example", "bornholt@region.example", true},
		{"vv for w", "wilma@region.example", "vvilma@region.example", true},
		{"a confusion in both halves", "b0@region.example", "bo@regi0n.example", true},
		{"æ as ae", "jæger@region.example", "jaeger@region.example", true},
		{"ø as oe in the domain", "bo@øre.example", "bo@oere.example", true},
		{"the domain in its DNS form", "bo@xn--re-kka.example", "bo@oere.example", true},
		{"an accent", "andre@region.example", "andré@region.example", true},
		{"a Cyrillic а", "bo@pаrtner.example", "bo@partner.example", true},
		{"a Greek ο in short initials", "bο@partner.example", "bo@partner.example", true},
		{"a wide letter", "ｂo@partner.example", "bo@partner.example", true},

		{"the same", "bo@partner.example", "bo@partner.example", false},
		{"the same in capitals", "Bo@Partner.example", "bo@partner.EXAMPLE", false},
		{"the same, composed otherwise", "a\u030ase@partner.example", "åse@partner.example", false},
		{"the same in its DNS form", "bo@xn--re-kka.example", "bo@øre.example", false},
		{"two letters that are others", "anna@partner.example", "anyy@partner.example", false},
		{"a slip in each half", "anna@partner.example", "anne@partnar.example", false},
		{"two slips in the domain", "bo@partner.example", "bo@patnar.example", false},
		{"initials of three letters", "abc@region.example", "abd@region.example", false},
		{"initials, one letter more", "abc@region.example", "abcd@region.example", false},
		{"numbered units", "sikkermail@enhed01.example", "sikkermail@enhed02.example", false},
		{"numbered people", "jens12@region.example", "jens21@region.example", false},
		{"the next namesake", "larsen@region.example", "larsen2@region.example", true},
		{"letters that have moved further apart", "frans@kommune.example", "nrafs@kommune.example", false},
		{"no domain", "frans@", "franz@", false},
		{"no local part", "@kommune.example", "@kommun.example", false},
		{"no address", "frans", "franz", false},
		{"not text", "frans\xff@kommune.example", "frans@kommune.example", false},
		{"longer than any address", strings.Repeat("a", 300) + "@kommune.example", strings.Repeat("a", 301) + "@kommune.example", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if lookalike.Alike(c.one, c.other) != c.alike || lookalike.Alike(c.other, c.one) != c.alike {
				t.Errorf("%q and %q: want %v", c.one, c.other, c.alike)
			}
			if known, is := lookalike.Of([]string{"somebody@else.example", c.one}).Like(c.other); is != c.alike || is && known != c.one {
				t.Errorf("like %q, %v", known, is)
			}
		})
	}
}

func TestTheOneThatCameFirstIsNamedAndAKnownAddressIsLikeNone(t *testing.T) {
	t.Parallel()
	known := lookalike.Of([]string{"anna@partner.example", "anne@partner.example", "anne@partnar.example", "ANNA@partner.example"})
	for asked, want := range map[string]string{
		"anni@partner.example": "anna@partner.example", "anne@partnor.example": "anne@partner.example", "anna@partnar.example": "anna@partner.example",
		"anne@partner.example": "", "Anna@partner.example": "", "bo@elsewhere.example": "",
	} {
		if got, is := known.Like(asked); got != want || is != (want != "") {
			t.Errorf("%s is like %q, want %q", asked, got, want)
		}
	}
	if got, is := lookalike.Of(nil).Like("anna@partner.example"); is {
		t.Errorf("like %q of none", got)
	}
}

// FuzzLike: looking things up gives what holding one against each gives, and who is alike is so both ways.
func FuzzLike(f *testing.F) {
	f.Add("anna@partner.example", "anne@partner.example", "anna@partnar.example")
	f.Add("b0@region.example", "bo@region.example", "bo@regi0n.example")
	f.Add("jæger@øre.example", "jaeger@xn--re-kka.example", "JÆGER@oere.example")
	f.Add("bornholt@x.example", "bomholt@x.example", "İ@x.example")
	f.Add("a@xn--\xff", "@", "ﬁ@fi.example")
	f.Fuzz(func(t *testing.T, one, other, asked string) {
		var want string
		for _, known := range []string{one, other} {
			if lookalike.Alike(known, asked) != lookalike.Alike(asked, known) {
				t.Fatalf("%q and %q are alike one way only", known, asked)
			}
			if want == "" && lookalike.Alike(known, asked) {
				want = known
			}
		}
		known := lookalike.Of([]string{one, other})
		for _, address := range []string{one, other} {
			if like, is := known.Like(address); is {
				t.Fatalf("%q is known, and like %q", address, like)
			}
		}
		got, is := known.Like(asked)
		if is && got != want {
			t.Fatalf("%q is like %q, want %q", asked, got, want)
		}
		if _, listed := lookalike.Of([]string{one, other, asked}).Like(asked); listed {
			t.Fatalf("%q is like another although it is known", asked)
		}
	})
}

// BenchmarkLike is a mail to twenty people by somebody who has written to five hundred.
func BenchmarkLike(b *testing.B) {
	var known []string
	for i := range 500 {
		known = append(known, fmt.Sprintf("somebody.named%c%c@unit%d.partner.example", 'a'+i%26, 'a'+i/26, i%20))
	}
	b.ReportAllocs()
	for b.Loop() {
		k := lookalike.Of(known)
		for i := range 20 {
			k.Like(fmt.Sprintf("sombody.namedz%c@unit%d.partner.example", 'a'+i, i))
		}
	}
}
