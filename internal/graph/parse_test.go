package graph

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

func TestAnErrorBodyYieldsItsCodeWhateverElseIsWrongInIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		`{"error":{"code":"ErrorInvalidRecipients","message":"x","innerError":{"date":"2026-11-23T12:00:00","request-id":"r-1"}}}`: {"ErrorInvalidRecipients", "r-1"},
		`{"error":{"code":"A","innerError":{"date":"never"}}}`:                                                                     {"A", ""},
		`{"error":{"code":"A","innerError":7,"details":"x"}}`:                                                                      {"A", ""},
		`{"error":{"code":"A","message":7,"target":{}}}`:                                                                           {"A", ""},
		`{"error":{"code":null}}`:                              {"", ""},
		`{"error":{"code":"bo@partner.example"}}`:              {"", ""},
		`{"error":{"code":"` + strings.Repeat("x", 65) + `"}}`: {"", ""},
		`{"error":null}`:                                       {"", ""},
		`{"error":[]}`:                                         {"", ""},
		`[]`:                                                   {"", ""},
		`null`:                                                 {"", ""},
		``:                                                     {"", ""},
		`<html>`:                                               {"", ""},
		strings.Repeat("[", 100_000):                           {"", ""},
		`{"error":` + strings.Repeat(`{"innerError":`, 5000) + `1`: {"", ""},
	} {
		// The SDK's reader goes through a map, so once is not enough.
		for range 20 {
			if code, id := odataError([]byte(text)); code != want[0] || id != want[1] {
				t.Fatalf("%.60s: %q %q", text, code, id)
			}
		}
	}
}

func FuzzODataError(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"code":"ErrorItemNotFound","message":"","innerError":{"date":"2026-11-23T12:00:00","request-id":"r","client-request-id":"c"}}}`,
		`{"error":{"code":7,"innerError":[],"details":[null]}}`, `{"error":"x"}`, `[[]]`, `{"error":{"innerError":{"request-id":{}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// Whatever comes out may stand in a log.
		for _, s := range []string{first(odataError(text)), second(odataError(text))} {
			if len(s) > maxID || strings.ContainsAny(s, "@ /:\r\n<>") || !utf8.ValidString(s) {
				t.Fatalf("%q", s)
			}
		}
	})
}

func first(a, _ string) string  { return a }
func second(_, b string) string { return b }

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "17", "-1", "1e9", "99999999999999999999", "Mon, 23 Nov 2026 12:01:30 GMT", "Monday, 23-Nov-26 12:01:30 GMT"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if d := retryAfter(value, now); d < 0 || d > maxRetryAfter {
			t.Fatalf("%q waits %v", value, d)
		}
	})
}

// FuzzHead: a header that is read has all that a draft needs, is read the same from a slow reader, and an error says
// nothing of the content.
func FuzzHead(f *testing.F) {
	const good = "From: a@b.example\r\nTo: c@d.example\r\nMessage-ID: <x@y>\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n" +
		"Content-Transfer-Encoding: base64\r\nSubject: =?utf-8?q?=C3=A6?=\r\n\r\nQUJD\r\n"
	f.Add([]byte(good))
	f.Add([]byte(strings.ReplaceAll(good, "\r\n", "\n")))
	f.Add([]byte(strings.Replace(good, "a@b.example", "a@b.example, e@f.example", 1)))
	f.Add([]byte(strings.Replace(good, "c@d.example", "undisclosed-recipients:;", 1)))
	f.Add([]byte("From: x"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := readHead(bufio.NewReader(bytes.NewReader(text)))
		slow, errSlow := readHead(bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(text)), 16))
		if (err == nil) != (errSlow == nil) {
			t.Fatalf("%v, but slowly %v", err, errSlow)
		}
		if err != nil {
			if !errors.Is(err, errHead) && !errors.Is(err, errNotEnveloped) {
				t.Fatal(err)
			}
			return
		}
		if h.subject != slow.subject || h.from.Address == "" || h.messageID == "" || len(h.to)+len(h.cc) == 0 {
			t.Fatalf("%+v", h)
		}
		if d := h.draft(); len(d.To) != len(h.to) || len(d.Cc) != len(h.cc) || d.From.EmailAddress.Address != h.from.Address {
			t.Fatal("a recipient is lost")
		}
	})
}

func TestEncodingAsItIsReadIsTheSameAsAtOnce(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 2, 3, 24<<10 - 1, 24 << 10, 24<<10 + 1, 100_000} {
		text := bytes.Repeat([]byte{0xa5}, size)
		for name, reader := range map[string]io.Reader{
			"whole": bytes.NewReader(text), "byte by byte": iotest.OneByteReader(bytes.NewReader(text)), "with EOF": iotest.DataErrReader(bytes.NewReader(text)),
		} {
			got, err := io.ReadAll(iotest.HalfReader(&encoding{source: &exact{source: reader, left: int64(size)}}))
			if err != nil || string(got) != base64.StdEncoding.EncodeToString(text) || int64(len(got)) != encodedLen(int64(size)) {
				t.Errorf("%d bytes, %s: %d, %v", size, name, len(got), err)
			}
		}
	}
}
