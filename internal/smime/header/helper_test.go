package header_test

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime/header"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func parse(t testing.TB, text string) []header.Field {
	t.Helper()
	list, err := header.ParseFields(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return list
}

// protect gives the payload.
func protect(t testing.TB, p header.Protection, entity string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := header.NewWriter(&out, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, entity); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// message is what a sender wrote, as the draft package writes headers.
const message = "From: \"Studieadministrationen\" <sikkermail@its.aau.dk>\r\n" +
	"To: \"Bo B\" <bo@partner.example>,\r\n <chen@uni.example>\r\n" +
	"Cc: <eva@klinik.example>\r\n" +
	"Subject: =?utf-8?B?UsO4ZGdyw7hkIG1lZCBmbMO4ZGUgb2cgbWFuZ2UgYW5kcmUgdGluZw==?=\r\n" +
	" =?utf-8?B?IHRpbCBib3JkZXQ=?=\r\n" +
	"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\n" +
	"Message-ID: <0192f0c1-7c3e-7a3a-9d5e-1b2c3d4e5f60-and-a-long-tail@its.aau.dk>\r\n" +
	"Keywords: exam\r\n" +
	"MIME-Version: 1.0\r\n\r\n"

func text(list []header.Field, name string) string {
	var all []string
	for _, f := range list {
		if strings.EqualFold(f.Name, name) {
			all = append(all, f.Text())
		}
	}
	return strings.Join(all, " | ")
}
