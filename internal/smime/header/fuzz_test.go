package header_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime/header"
)

// Any header that is read can be written, and is then read as the same fields unless one of them cannot be written; no field
// of Protected is structural, repeated against the standard, or from outside where the mode says inside.
func FuzzRead(f *testing.F) {
	f.Add("From: a@b.example\nSubject: [...]\n\n", crlf(rfcPayload))
	f.Add(message, message)
	f.Add("", "Content-Type: message/rfc822\n\nFrom: x@y.example\n\nz")
	f.Add("From: x\r\n \r\n y\r\nFrom: z\r\n", "Content-Type: text/plain; hp=clear\nFrom:(()x@y\nHP-Outer: :\nHP-Outer: From:x\n\n")
	f.Fuzz(func(t *testing.T, outside, inside string) {
		outer, err := header.ParseFields(bufio.NewReader(strings.NewReader(outside)))
		if err != nil {
			outer = nil
		}
		payload, err := header.ParseFields(bufio.NewReader(strings.NewReader(inside)))
		if err != nil {
			if !errors.Is(err, header.ErrMalformed) && !errors.Is(err, header.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		var out bytes.Buffer
		if header.WriteFields(&out, payload) == nil && len(payload) > 0 {
			if again := parse(t, out.String()); !reflect.DeepEqual(again, payload) {
				t.Errorf("%q\nread again as %q", payload, again)
			}
		}
		p := header.Read(outer, payload, true)
		source := payload
		if p.Mode == header.Unprotected {
			source = outer
		}
		for _, field := range p.Fields {
			name := strings.ToLower(field.Name)
			if strings.HasPrefix(name, "content-") || name == "mime-version" || name == "hp-outer" || !contains(source, field) {
				t.Errorf("%q is among the fields of %q", field, inside)
			}
		}
		for _, name := range []string{"From", "To", "Subject"} {
			if strings.Contains(text(p.Fields, name), " | ") && !strings.Contains(inside+outside, " | ") {
				t.Errorf("two of %s: %q", name, p.Fields)
			}
		}
		if inner, entity, ok, err := header.Unwrap(strings.NewReader(inside)); err != nil {
			t.Error(err)
		} else if rest, _ := io.ReadAll(entity); !ok && string(rest) != inside {
			t.Errorf("%q became %q", inside, rest)
		} else if ok {
			header.ReadWrapped(outer, inner, true)
		}
	})
}

func contains(list []header.Field, f header.Field) bool {
	for _, other := range list {
		if other == f {
			return true
		}
	}
	return false
}

// A payload that was written is read as what was to be protected, and its body has the entity's octets; it is no longer than
// what went in and a constant.
func FuzzNewWriter(f *testing.F) {
	f.Add("Rødgrød", "[...]", "Content-Type: text/plain; charset=utf-8; hp=clear\r\n\r\nHello\r\n", uint(1))
	f.Add("a\r\n b", "a\r\n b", "\n\nx", uint(2))
	f.Add("x", "y", "Content-Type: multipart/mixed;\n boundary=B\n (hp)\n\n--B\r\r\n", uint(5))
	f.Fuzz(func(t *testing.T, subject, hidden, entity string, n uint) {
		fields := []header.Field{{Name: "From", Value: "a@b.example"}, {Name: "Subject", Value: subject}}
		outer := []header.Field{{Name: "From", Value: "a@b.example"}, {Name: "Subject", Value: hidden}}
		var out bytes.Buffer
		w, err := header.NewWriter(&out, header.Protection{Mode: header.Cipher, Fields: fields, Outer: outer})
		if err != nil {
			return
		}
		for rest := entity; rest != "" && err == nil; {
			piece := rest[:min(len(rest), int(n%50)+1)]
			rest = rest[len(piece):]
			_, err = io.WriteString(w, piece)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			if !errors.Is(err, header.ErrMalformed) && !errors.Is(err, header.ErrForeign) && !errors.Is(err, header.ErrLayer) && !errors.Is(err, header.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if out.Len() > 2*len(entity)+len(subject)+len(hidden)+500 {
			t.Errorf("%d octets", out.Len())
		}
		in := bufio.NewReader(&out)
		list, err := header.ParseFields(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := header.Read(outer, list, true); got.Mode != header.Cipher || len(got.Fields) != 2 || got.Fields[1].Text() != fields[1].Text() ||
			len(got.Outer) != 2 || got.Outer[1].Text() != outer[1].Text() || got.FromMismatch {
			t.Errorf("%q\nread as %+v", entity, got)
		}
		if body, _ := io.ReadAll(in); !strings.HasSuffix(entity, string(body)) || (len(body) == 0 && !strings.HasSuffix(entity, "\n")) {
			t.Errorf("the body of %q became %q", entity, body)
		}
	})
}
