package header_test

import (
	"bufio"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"aau.dk/sendsikker/internal/smime/header"
)

// RFC 9788, appendix C.3.1.2: the payload of a mail that another program made.
const rfcPayload = `MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Subject: smime-signed-enc-hp-baseline
Message-ID: <smime-signed-enc-hp-baseline@example>
From: Alice <alice@smime.example>
To: Bob <bob@smime.example>
Date: Sat, 20 Feb 2021 10:09:02 -0500
User-Agent: Sample MUA Version 1.0
HP-Outer: Subject: [...]
HP-Outer:
 Message-ID: <smime-signed-enc-hp-baseline@example>
HP-Outer: From: Alice <alice@smime.example>
HP-Outer: To: Bob <bob@smime.example>
HP-Outer: Date: Sat, 20 Feb 2021 10:09:02 -0500
HP-Outer: User-Agent: Sample MUA Version 1.0
Content-Type: text/plain; charset="utf-8"; hp="cipher"

This is the
`

func TestThePayloadOfTheRFCReadsAsItSays(t *testing.T) {
	t.Parallel()
	outer := parse(t, "From: Alice <ALICE@smime.Example>\nTo: Bob <bob@smime.example>\nCc: mallory@evil.example\nSubject: [...]\n\n")
	for _, ends := range []func(string) string{crlf, func(s string) string { return s }} {
		got := header.Read(outer, parse(t, ends(rfcPayload)), true)
		if got.Mode != header.Cipher || got.Wrapped || got.FromMismatch || got.Repeated != nil || len(got.Outer) != 6 || len(got.Fields) != 6 {
			t.Errorf("read as %+v", got)
		}
		if !reflect.DeepEqual(got.Confidential, []string{"Subject"}) {
			t.Errorf("confidential: %q", got.Confidential)
		}
		if subject, ok := got.Get("subject"); !ok || subject != "smime-signed-enc-hp-baseline" {
			t.Errorf("subject: %q", subject)
		}
		if cc, ok := got.Get("Cc"); ok { // RFC 9788 §4.4.4: the outside may have been added to
			t.Errorf("the Cc outside is believed: %q", cc)
		}
		if again := header.Read(outer, parse(t, ends(rfcPayload)), false); again.Confidential != nil {
			t.Errorf("not encrypted, and confidential: %q", again.Confidential)
		}
	}
}

func TestTheModeIsTheSendersWordAndMustBeClear(t *testing.T) {
	t.Parallel()
	outer := parse(t, "From: a@b.example\nSubject: outside\n\n")
	cases := []struct {
		name, kind string
		want       header.Mode
	}{
		{"clear", "Content-Type: text/plain; hp=clear", header.Clear},
		{"cipher, in another case", "content-type: text/plain; HP=\"Cipher\"", header.Cipher},
		{"on a folded line", "Content-Type: multipart/mixed;\n\thp=\"clear\"; boundary=x", header.Clear},
		{"none", "Content-Type: text/plain", header.Unprotected},
		{"no type", "X: y", header.Unprotected},
		{"a word that nobody knows", "Content-Type: text/plain; hp=\"both\"", header.Unprotected},
		{"said twice", "Content-Type: text/plain; hp=clear; hp=cipher", header.Unprotected},
		{"two types", "Content-Type: text/plain; hp=clear\nContent-Type: text/plain; hp=clear", header.Unprotected},
		{"a type that is none", "Content-Type: ;;hp=clear", header.Unprotected},
		{"in a comment", "Content-Type: text/plain (; hp=clear)", header.Unprotected},
		{"in another parameter", "Content-Type: text/plain; name=\"; hp=clear\"", header.Unprotected},
	}
	for _, c := range cases {
		got := header.Read(outer, parse(t, c.kind+"\nFrom: a@b.example\nSubject: inside\n\n"), true)
		want := "inside"
		if c.want == header.Unprotected {
			want = "outside" // RFC 9788 §4.1: fields without the parameter are not protection
		}
		if subject, _ := got.Get("Subject"); got.Mode != c.want || subject != want {
			t.Errorf("%s: %q, subject %q", c.name, got.Mode, subject)
		}
	}
}

func TestWhatAnAnswerMustNotGiveAway(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, inside string
		want         []string
	}{
		{"nothing recorded", "Subject: a\nTo: b@c.example\nSUBJECT-X: d", []string{"From", "Subject", "To", "SUBJECT-X"}},
		{"folded otherwise outside", "Subject: a b\nHP-Outer: subject:\n  a\n b\nHP-Outer: From: a@b.example", nil},
		{"one of two values", "Keywords: secret\nKeywords: public\nHP-Outer: Keywords: public\nHP-Outer: From: a@b.example", []string{"Keywords"}},
		{"twice inside, once outside", "X: y\nX: y\nHP-Outer: X: y\nHP-Outer: From: a@b.example", []string{"X"}},
		{"a record without a colon", "X: y\nHP-Outer: X\nHP-Outer: : y\nHP-Outer:\nHP-Outer: From: a@b.example", []string{"X"}},
		{"a value of the same letters", "X: Y\nHP-Outer: X: y\nHP-Outer: From: a@b.example", []string{"X"}},
	}
	for _, c := range cases {
		payload := parse(t, "Content-Type: text/plain; hp=cipher\nFrom: a@b.example\n"+c.inside+"\n\n")
		if got := header.Read(nil, payload, true).Confidential; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAFieldThatStandsTwiceIsNotBelieved(t *testing.T) {
	t.Parallel()
	payload := parse(t, "Content-Type: text/plain; hp=cipher\nFrom: a@b.example\nfrom: c@d.example\nSubject: x\nSubject: y\nReceived: 1\nReceived: 2\nTo: e@f.example\n\n")
	got := header.Read(parse(t, "From: a@b.example\n\n"), payload, true)
	if !reflect.DeepEqual(got.Repeated, []string{"from", "subject"}) || !got.FromMismatch || text(got.Fields, "Received") != "1 | 2" {
		t.Errorf("read as %+v", got)
	}
	for _, name := range []string{"From", "Subject", "Received"} {
		if value, ok := got.Get(name); ok {
			t.Errorf("%s is %q", name, value)
		}
	}
	if plain := header.Read(payload, nil, false); !reflect.DeepEqual(plain.Repeated, []string{"from", "subject"}) || len(plain.Fields) != 3 {
		t.Errorf("outside: %+v", plain)
	}
}

func TestTheFromInsideMustBeTheOneOutside(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, outside, inside string
		mismatch              bool
	}{
		{"the same", "From: Alice <alice@example.net>", "From: alice@example.net", false},
		{"in other letters", "From: ALICE@Example.NET", "From: alice@example.net", false},
		{"in another script", "From: a@xn--mnchen-3ya.example", "From: a@münchen.example", false},
		{"almost the same script", "From: a@munchen.example", "From: a@münchen.example", true},
		{"another name", "From: \"alice@example.net\" <mallory@evil.example>", "From: alice@example.net", true},
		{"none outside", "X: y", "From: alice@example.net", true},
		{"none inside", "From: alice@example.net", "X: y", true},
		{"two outside", "From: alice@example.net\nFrom: mallory@evil.example", "From: alice@example.net", true},
		{"two in one", "From: alice@example.net, bob@example.net", "From: alice@example.net, bob@example.net", true},
		{"what is no address", "From: alice", "From: alice", true},
		{"an endless one", "From: alice@example.net", "From: " + strings.Repeat("(", 5000) + "alice@example.net", true},
	}
	for _, c := range cases {
		outer, inner := parse(t, c.outside+"\n\n"), parse(t, "Content-Type: text/plain; hp=clear\n"+c.inside+"\n\n")
		if got := header.Read(outer, inner, false).FromMismatch; got != c.mismatch {
			t.Errorf("%s: %t", c.name, got)
		}
		if got := header.ReadWrapped(outer, inner, false).FromMismatch; got != c.mismatch {
			t.Errorf("%s, wrapped: %t", c.name, got)
		}
	}
}

func TestTheOlderWayIsRecognised(t *testing.T) {
	t.Parallel()
	const inside = "From: Alice <alice@example.net>\nSubject: The figures\nX-Long: a\n b\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nThe quiet part.\n"
	cases := []struct {
		name, head, inside string
		want               bool
	}{
		{"as RFC 8551 has it", "Content-Type: message/rfc822; forwarded=no\nContent-Transfer-Encoding: 7bit", inside, true},
		{"without forwarded", "Content-Type: message/rfc822", inside, true},
		{"with other letters than ASCII", "Content-Type: message/global", inside, true},
		{"without a type inside", "Content-Type: message/rfc822", "From: a@b.example\n\nx", true},
		{"no message", "Content-Type: text/plain", inside, false},
		{"a forwarded one", "Content-Type: message/rfc822; forwarded=yes", inside, false},
		{"a message with header protection of its own", "Content-Type: message/rfc822", strings.Replace(inside, "utf-8", "utf-8; hp=clear", 1), false},
		{"a payload with header protection", "Content-Type: message/rfc822; hp=clear", inside, false},
		{"an encrypted one, forwarded", "Content-Type: message/rfc822", strings.Replace(inside, "text/plain", "application/pkcs7-mime", 1), false},
		{"a signed one, forwarded", "Content-Type: message/rfc822", strings.Replace(inside, "text/plain", "multipart/signed", 1), false},
		{"one in base64, which is against the standard", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", inside, false},
		{"one without a sender", "Content-Type: message/rfc822", "Subject: x\n\nx", false},
		{"one with two types", "Content-Type: message/rfc822", "Content-Type: text/plain\n" + inside, false},
		{"noise", "Content-Type: message/rfc822", "noise\n\nx", false},
		{"nothing", "Content-Type: message/rfc822", "", false},
		{"an endless header", "Content-Type: message/rfc822", strings.Repeat("X: y\n", 5000), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole := c.head + "\n\n" + c.inside
			for way, r := range map[string]io.Reader{"at once": strings.NewReader(whole), "in halves": iotest.HalfReader(strings.NewReader(whole))} {
				inner, entity, ok, err := header.Unwrap(r)
				if err != nil || ok != c.want {
					t.Fatalf("%s: %t %v", way, ok, err)
				}
				rest, err := io.ReadAll(entity)
				if err != nil {
					t.Fatal(err)
				}
				if !ok && string(rest) != whole {
					t.Errorf("%s: %d of %d octets are left", way, len(rest), len(whole))
				}
				if !ok || c.inside != inside {
					continue
				}
				if want := "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe quiet part.\n"; string(rest) != want {
					t.Errorf("%s: inside is %q", way, rest)
				}
				got := header.ReadWrapped(parse(t, "From: alice@example.net\nSubject: [...]\nX-Long: a b\n\n"), inner, true)
				if !got.Wrapped || got.Mode != header.Unprotected || len(got.Fields) != 3 || got.FromMismatch ||
					!reflect.DeepEqual(got.Confidential, []string{"From", "Subject"}) {
					t.Errorf("%s: read as %+v", way, got)
				}
			}
		})
	}
	broke := errors.New("broke")
	if _, _, _, err := header.Unwrap(iotest.ErrReader(broke)); !errors.Is(err, broke) {
		t.Errorf("the reader's own error: %v", err)
	}
}

func TestAHeaderIsReadToItsBlankLineAndNoFurther(t *testing.T) {
	t.Parallel()
	r := bufio.NewReaderSize(strings.NewReader("A : 1 \t\r\nb:\n  2\r\n\t3\r\n \r\nC:\r\n\r\nbody"), 16)
	got, err := header.ParseFields(r)
	want := []header.Field{{Name: "A", Value: "1"}, {Name: "b", Value: "\r\n  2\r\n\t3"}, {Name: "C", Value: ""}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %q", err, got)
	}
	if got[1].Text() != "2\t3" {
		t.Errorf("unfolded: %q", got[1].Text())
	}
	if rest, _ := io.ReadAll(r); string(rest) != "body" {
		t.Errorf("left: %q", rest)
	}
}

func TestWhatIsNoHeaderIsRefused(t *testing.T) {
	t.Parallel()
	broke := errors.New("broke")
	cases := []struct {
		name string
		r    io.Reader
		want error
	}{
		{"a line without a colon", strings.NewReader("Subject: x\nhello\n\n"), header.ErrMalformed},
		{"a name with a space in it", strings.NewReader("Sub ject: x\n\n"), header.ErrMalformed},
		{"a name of other letters", strings.NewReader("Emneø: x\n\n"), header.ErrMalformed},
		{"no name", strings.NewReader(": x\n\n"), header.ErrMalformed},
		{"a continuation of nothing", strings.NewReader(" x\n\n"), header.ErrMalformed},
		{"a CR within a line", strings.NewReader("Subject: x\rFrom: y\n\n"), header.ErrMalformed},
		{"a CR too many", strings.NewReader("Subject: x\r\r\n\r\n"), header.ErrMalformed},
		{"NUL", strings.NewReader("Subject: \x00\n\n"), header.ErrMalformed},
		{"a field that is too long", strings.NewReader("Subject: " + strings.Repeat("x", 300<<10)), header.ErrTooLarge},
		{"a field that is folded too often", strings.NewReader("Subject: x\n" + strings.Repeat(" y\n", 100<<10)), header.ErrTooLarge},
		{"too many fields", strings.NewReader(strings.Repeat("X: y\n", 5000)), header.ErrTooLarge},
		{"too much", strings.NewReader(strings.Repeat("X: "+strings.Repeat("y", 1000)+"\n", 2000)), header.ErrTooLarge},
		{"a reader that breaks", io.MultiReader(strings.NewReader("Subject: x\n"), iotest.ErrReader(broke)), broke},
	}
	for _, c := range cases {
		if list, err := header.ParseFields(bufio.NewReader(c.r)); !errors.Is(err, c.want) || list != nil {
			t.Errorf("%s: %v %q", c.name, err, list)
		}
	}
	if list, err := header.ParseFields(bufio.NewReader(strings.NewReader("Subject: x"))); err != nil || len(list) != 1 || list[0].Value != "x" {
		t.Errorf("a message without a body: %v %q", err, list)
	}
}
