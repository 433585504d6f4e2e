package header_test

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"reflect"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime/header"
)

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	t.Parallel()
	fields := parse(t, message)
	entities := []struct{ name, entity, kind string }{
		{"a text", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello\r\n", "text/plain; charset=utf-8;"},
		{"a multipart with LF", "Content-Type: multipart/mixed;\n boundary=\"B\"\n\n--B\n\nHello\n--B--\n", "multipart/mixed; boundary=\"B\";"},
		{"no Content-Type", "\r\nHello", "text/plain; charset=us-ascii;"},
		{"one that claims to be protected", "Content-Type: text/plain; hp=clear; hp-legacy-display=1\r\n\r\nHello", "text/plain;"},
		{"one that ends in a semicolon", "Content-Type: text/plain ; \r\n\r\nHello", "text/plain;"},
	}
	for _, e := range entities {
		for _, mode := range []header.Mode{header.Clear, header.Cipher} {
			t.Run(e.name+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				outer := header.Policy{}.Outer(fields)
				payload := protect(t, header.Protection{Mode: mode, Fields: fields, Outer: outer}, e.entity)
				head := parse(t, payload)
				got := header.Read(outer, head, true)
				if got.Mode != mode || got.FromMismatch || got.Repeated != nil || got.Wrapped {
					t.Errorf("read as %+v", got)
				}
				if want := fields[:len(fields)-1]; !reflect.DeepEqual(got.Fields, want) {
					t.Errorf("fields\n%q\nwant\n%q", got.Fields, want)
				}
				confidential, recorded := []string{"Subject", "Keywords"}, 6
				if mode == header.Clear {
					confidential, recorded = nil, 0
				}
				if !reflect.DeepEqual(got.Confidential, confidential) || len(got.Outer) != recorded || (recorded > 0 && text(got.Outer, "Subject") != "[...]") {
					t.Errorf("confidential %q, outside %q", got.Confidential, got.Outer)
				}
				if kind := text(head, "Content-Type"); kind != e.kind+" hp=\""+string(mode)+"\"" {
					t.Errorf("Content-Type: %q", kind)
				}
				if _, body, _ := strings.Cut(payload, "\r\n\r\n"); !strings.HasSuffix(e.entity, body) {
					t.Errorf("the body is now %q", body)
				}
				for _, line := range strings.Split(payload, "\n") {
					if len(line) > 79 {
						t.Errorf("a long line: %q", line)
					}
				}
				// Another program's parser sees the same.
				other, err := mail.ReadMessage(strings.NewReader(payload))
				if err != nil || other.Header.Get("Keywords") != "exam" || len(other.Header["Subject"]) != 1 || len(other.Header["Hp-Outer"]) != recorded {
					t.Errorf("net/mail: %v %v", err, other.Header)
				}
			})
		}
	}
}

func TestAnOlderReaderSeesTheSubjectInTheText(t *testing.T) {
	t.Parallel()
	fields := parse(t, message)
	entity := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello\r\n"
	p := header.Protection{Mode: header.Cipher, Fields: fields, Outer: header.Policy{Subject: "Sikker mail"}.Outer(fields), LegacyDisplay: []string{"Subject"}}
	payload := protect(t, p, entity)
	if !strings.Contains(payload, "\r\n\r\nSubject: R=C3=B8dgr=C3=B8d med fl=C3=B8de og mange andre ting til bordet\r\n\r\nHello\r\n") ||
		!strings.Contains(payload, "hp-legacy-display=\"1\";\r\n hp=\"cipher\"\r\n") {
		t.Errorf("the payload is\n%s", payload)
	}
	if got := header.Read(nil, parse(t, payload), true); got.Mode != header.Cipher || text(got.Outer, "Subject") != "Sikker mail" {
		t.Errorf("read as %+v", got)
	}
	// Nothing hidden, nothing shown; and a mail that is only signed hides nothing.
	p.Outer = header.Policy{Reveal: true}.Outer(fields)
	if open := protect(t, p, entity); strings.Contains(open, "legacy") {
		t.Errorf("revealed:\n%s", open)
	}
	p.Mode, p.Outer = header.Clear, nil
	if clear := protect(t, p, entity); strings.Contains(clear, "legacy") {
		t.Errorf("clear:\n%s", clear)
	}
}

func TestOnlyTheFieldsThatAreAskedForBeginTheText(t *testing.T) {
	t.Parallel()
	fields := parse(t, message)
	outer := parse(t, "To: <eva@klinik.example>\r\nsubject: [...]\r\n\r\n") // another To, and neither Cc nor From
	cases := []struct {
		name  string
		asked []string
		want  string
	}{
		{"the subject, however it is written", []string{"SUBJECT"}, "Subject: Rødgrød med fløde og mange andre ting til bordet\r\n\r\nHello"},
		{"subject and Cc", []string{"Cc", "Subject"}, "Subject: Rødgrød med fløde og mange andre ting til bordet\r\nCc: <eva@klinik.example>\r\n\r\nHello"},
		{"one that is not confidential", []string{"Reply-To"}, "Hello"},
		{"none", nil, "Hello"},
	}
	for _, c := range cases {
		p := header.Protection{Mode: header.Cipher, Fields: fields, Outer: outer, LegacyDisplay: c.asked}
		payload := protect(t, p, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello")
		if _, body, _ := strings.Cut(payload, "\r\n\r\n"); body != c.want {
			t.Errorf("%s: the text is %q", c.name, body)
		}
	}
}

func TestThePolicyHidesTheSubjectAndWhatSpeaksOfTheContent(t *testing.T) {
	t.Parallel()
	inner := parse(t, "subject: real\r\nCOMMENTS: c\r\nKeywords: k\r\nX-Other: o\r\nTo: a@b.example\r\n\r\n")
	cases := []struct {
		name   string
		policy header.Policy
		want   string
	}{
		{"hcp_baseline", header.Policy{}, "subject: [...]\r\nX-Other: o\r\nTo: a@b.example\r\n"},
		{"a subject of ours", header.Policy{Subject: "Sikker mail"}, "subject: Sikker mail\r\nX-Other: o\r\nTo: a@b.example\r\n"},
		{"a Danish one", header.Policy{Subject: "Krypteret på Ærø"}, "subject: =?utf-8?B?S3J5cHRlcmV0IHDDpSDDhnLDuA==?=\r\nX-Other: o\r\nTo: a@b.example\r\n"},
		{"one with a line end", header.Policy{Subject: "a\r\nBcc: b"}, "subject: =?utf-8?B?YQ0KQmNjOiBi?=\r\nX-Other: o\r\nTo: a@b.example\r\n"},
		{"hcp_no_confidentiality", header.Policy{Reveal: true}, "subject: real\r\nCOMMENTS: c\r\nKeywords: k\r\nX-Other: o\r\nTo: a@b.example\r\n"},
	}
	for _, c := range cases {
		var out bytes.Buffer
		if err := header.WriteFields(&out, c.policy.Outer(inner)); err != nil || out.String() != c.want {
			t.Errorf("%s: %v %q", c.name, err, out.String())
		}
	}
	if text(inner, "Subject") != "real" {
		t.Error("the policy has changed the fields it was given")
	}
}

func TestAFieldCannotBecomeTwo(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		field header.Field
	}{
		{"a line end and a field", header.Field{Name: "Subject", Value: "x\r\nFrom: eve@evil.example"}},
		{"a bare LF", header.Field{Name: "Subject", Value: "x\nFrom: eve@evil.example"}},
		{"a bare CR", header.Field{Name: "Subject", Value: "x\rFrom: eve@evil.example"}},
		{"a CR before the fold", header.Field{Name: "Subject", Value: "x\r\r\n y"}},
		{"a line end at the end", header.Field{Name: "Subject", Value: "x\r\n"}},
		{"a blank line", header.Field{Name: "Subject", Value: "x\r\n\r\n"}},
		{"a line of spaces, which some take for blank", header.Field{Name: "Subject", Value: "x\r\n \t\r\n y"}},
		{"a line of spaces at the start", header.Field{Name: "Subject", Value: "\r\n "}},
		{"NUL", header.Field{Name: "Subject", Value: "x\x00"}},
		{"a control", header.Field{Name: "Subject", Value: "x\x7f"}},
		{"a colon in the name", header.Field{Name: "Subject: x\r\nY", Value: "x"}},
		{"a space in the name", header.Field{Name: "Sub ject", Value: "x"}},
		{"no name", header.Field{Value: "x"}},
		{"a letter beyond ASCII in the name", header.Field{Name: "Emneø", Value: "x"}},
		{"a line that is too long", header.Field{Name: "Subject", Value: strings.Repeat("x", 1000)}},
	}
	only := []struct {
		name  string
		field header.Field
	}{
		{"Bcc", header.Field{Name: "bcc", Value: "secret@example.com"}},
		{"Resent-Bcc", header.Field{Name: "Resent-Bcc", Value: "secret@example.com"}},
		{"a record of ours", header.Field{Name: "HP-OUTER", Value: "Subject: x"}},
	}
	for _, c := range cases {
		if err := header.WriteFields(io.Discard, []header.Field{c.field}); !errors.Is(err, header.ErrUnusable) {
			t.Errorf("%s: written outside, %v", c.name, err)
		}
	}
	for _, c := range append(cases, only...) {
		for place, p := range map[string]header.Protection{
			"inside":  {Mode: header.Clear, Fields: []header.Field{c.field}},
			"outside": {Mode: header.Cipher, Outer: []header.Field{c.field}},
		} {
			if _, err := header.NewWriter(io.Discard, p); !errors.Is(err, header.ErrUnusable) {
				t.Errorf("%s, %s: %v", c.name, place, err)
			}
		}
	}
}

func TestProtectionThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := header.NewWriter(io.Discard, header.Protection{}); err == nil {
		t.Error("no mode")
	}
	twice := []header.Field{{Name: "Subject", Value: "a"}, {Name: "SUBJECT", Value: "b"}}
	if _, err := header.NewWriter(io.Discard, header.Protection{Mode: header.Clear, Fields: twice}); !errors.Is(err, header.ErrUnusable) {
		t.Errorf("two subjects: %v", err)
	}
	huge := []header.Field{{Name: "To", Value: strings.Repeat("x\r\n ", 100<<10) + "x"}}
	if _, err := header.NewWriter(io.Discard, header.Protection{Mode: header.Clear, Fields: huge}); !errors.Is(err, header.ErrTooLarge) {
		t.Errorf("a huge field: %v", err)
	}
	var many []header.Field
	for range 10 {
		many = append(many, header.Field{Name: "X-Many", Value: strings.Repeat("x\r\n ", 50<<10) + "x"})
	}
	if _, err := header.NewWriter(io.Discard, header.Protection{Mode: header.Clear, Fields: many}); !errors.Is(err, header.ErrTooLarge) {
		t.Errorf("many fields: %v", err)
	}
}

func TestAnEntityThatWouldForgeAHeaderIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, entity string
		want         error
	}{
		{"a field of its own", "Content-Type: text/plain\r\nSubject: forged\r\n\r\nx", header.ErrForeign},
		{"a record", "HP-Outer: Subject: x\r\n\r\nx", header.ErrForeign},
		{"a field behind a bare CR", "Content-Type: text/plain\rSubject: forged\r\n\r\nx", header.ErrMalformed},
		{"a type that stands twice", "Content-Type: text/plain\r\ncontent-type: text/html\r\n\r\nx", header.ErrMalformed},
		{"no header", "x\r\n\r\n", header.ErrMalformed},
		{"no blank line", "Content-Type: text/plain\r\n", header.ErrMalformed},
		{"nothing", "", header.ErrMalformed},
		{"a signed mail", "Content-Type: multipart/signed; boundary=x\r\n\r\nx", header.ErrLayer},
		{"an encrypted mail", "Content-Type: application/pkcs7-mime\r\n\r\nx", header.ErrLayer},
		{"a type that nobody can read", "Content-Type: text/plain; a=1; a=2\r\n\r\nx", header.ErrMalformed},
		{"a header without end", "Content-Type: text/plain;" + strings.Repeat(" x", 40<<10), header.ErrTooLarge},
	}
	for _, c := range cases {
		for _, legacy := range [][]string{nil, {"Subject"}} {
			var out bytes.Buffer
			fields := []header.Field{{Name: "Subject", Value: "real"}}
			w, err := header.NewWriter(&out, header.Protection{Mode: header.Cipher, Fields: fields, LegacyDisplay: legacy})
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.WriteString(w, c.entity)
			if err == nil {
				err = w.Close()
			}
			if !errors.Is(err, c.want) || out.Len() > 0 {
				t.Errorf("%s: %v, and %d octets written", c.name, err, out.Len())
			}
		}
	}
}

func TestAWriterThatFailsStaysFailed(t *testing.T) {
	t.Parallel()
	w, err := header.NewWriter(broken{}, header.Protection{Mode: header.Clear})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := io.WriteString(w, "\r\nHello"); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Write: %v", err)
		}
	}
	if err := w.Close(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Close: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
