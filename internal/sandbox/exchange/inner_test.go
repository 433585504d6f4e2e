package exchange

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"
)

func TestIncomingBytesAreCountedOverFiveMinutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s, err := New(Config{Verify: func(string) (string, error) { return "", nil }, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		box   string
		bytes int64
		ok    bool
	}{
		{0, "a", 100_000_000, true}, {time.Minute, "a", 50_000_000, true}, {time.Minute, "a", 1, false}, {0, "b", 150_000_000, true},
		{3 * time.Minute, "a", 100_000_000, true}, {0, "A", 1, false}, {time.Minute, "a", 50_000_000, true},
	} {
		now = now.Add(step.after)
		if ok := s.pay("app", step.box, step.bytes); ok != step.ok {
			t.Errorf("%s, %d bytes at %s: %v", step.box, step.bytes, now.Format(time.TimeOnly), ok)
		}
	}
}

func TestAPropertyHasOneNameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"Integer 0x0E07": propFlags, "integer 0xe07": propFlags, "SystemTime  0x0039": propSubmitted, "String 0x001A": propClass,
		"String {00020386-0000-0000-C000-000000000046} Name Content-Type": propContentType, "String 0xzz": "string 0xzz", "": "",
	} {
		if got := canonical(id); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}

// FuzzMIME: what a MIME draft is read as can be delivered: the delivery parses, goes to the same addresses, and holds
// no Bcc field.
func FuzzMIME(f *testing.F) {
	for _, seed := range []string{
		"From: a@b.example\r\nTo: c@d.example\r\n\r\nbody", "To: x\r\n\r\n", "Bcc: a@b.example,\r\n c@d.example\r\nTo: e@f.example\r\n\r\n",
		"\r\n\r\n", "Subject: =?utf-8?q?=C3=A6?=\r\n\r\n", "bCC:x\r\nContent-Type: application/pkcs7-mime; smime-type=x\r\n\r\nQUJD",
	} {
		f.Add([]byte(seed))
	}
	s, err := New(Config{Verify: func(string) (string, error) { return "", nil }})
	if err != nil {
		f.Fatal(err)
	}
	b := &box{Mailbox: Mailbox{Address: "box@x.example"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := fromMIME(inMemory(raw))
		if err != nil || !bytes.Contains(raw, []byte("\r\n\r\n")) || bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) {
			return
		}
		out := s.traced(b, i.mime(), whole, time.Unix(0, 0)).bytes()
		parsed, err := mail.ReadMessage(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		if parsed.Header.Get("Bcc") != "" || parsed.Header.Get("From") == "" && !strings.Contains(strings.ToLower(string(raw)), "from:") {
			t.Fatalf("%q", out)
		}
	})
}
