package exchange

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzText: a text of any parts, in memory or in a file, gives the bytes that went into it, in any pieces and from any point;
// shown as base64 it is lines of 76 that decode to them; and its size is told before it is read.
func FuzzText(f *testing.F) {
	f.Add([]byte("header\r\n\r\n"), []byte("body"), uint16(3), false)
	f.Add([]byte(""), bytes.Repeat([]byte("x"), 57), uint16(0), true)
	f.Add([]byte("a"), bytes.Repeat([]byte("xyz"), 50), uint16(100), true)
	f.Fuzz(func(t *testing.T, first, second []byte, from uint16, onDisk bool) {
		var s spill
		if onDisk {
			if _, err := s.Write(make([]byte, spillFrom)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Write(second); err != nil {
			t.Fatal(err)
		}
		kept := s.text()
		if onDisk {
			kept = kept.skip(spillFrom)
		}
		plain := append(inMemory(first), kept...)
		want := append(bytes.Clone(first), second...)
		if !bytes.Equal(plain.bytes(), want) || plain.size() != int64(len(want)) {
			t.Fatal("other bytes")
		}
		at := min(int(from), len(want))
		if !bytes.Equal(plain.skip(int64(at)).bytes(), want[at:]) {
			t.Fatal("other bytes from", at)
		}
		encoded := kept.encode()
		shown, err := io.ReadAll(iotest.OneByteReader(encoded.open()))
		if err != nil || int64(len(shown)) != encoded.size() || !bytes.Equal(shown, encoded.bytes()) {
			t.Fatalf("%d bytes, told %d, %v", len(shown), encoded.size(), err)
		}
		for line := range strings.Lines(string(shown)) {
			if len(line) > lineLength+2 || !strings.HasSuffix(line, "\r\n") {
				t.Fatalf("%q", line)
			}
		}
		back, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(shown), "\r\n", ""))
		if err != nil || !bytes.Equal(back, second) {
			t.Fatal("decodes to others")
		}
		cut := min(int(from), len(shown))
		if !bytes.Equal(encoded.skip(int64(cut)).bytes(), shown[cut:]) {
			t.Fatal("shown otherwise from", cut)
		}
	})
}

func TestWhatIsLargeLiesOnTheDiskOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Verify: func(string) (string, error) { return "", nil }, Domains: []string{"its.example"}})
	if err != nil {
		t.Fatal(err)
	}
	var content spill
	for range 20 {
		if _, err := content.Write(make([]byte, 1_000_000)); err != nil {
			t.Fatal(err)
		}
	}
	cms := content.text()
	b := s.open(Mailbox{Address: "box@its.example"})
	i := &item{
		message: message{Subject: "x"}, properties: map[string]string{propClass: "IPM.Note.SMIME"},
		attachments: []attachment{{name: "smime.p7m", contentType: "application/pkcs7-mime", content: cms}},
	}
	s.put(b, i)
	s.deliver(b, i, []string{"a@its.example", "b@its.example", "c@x.example"}, s.config.Now())
	if memory := s.stored; memory > 10_000 {
		t.Errorf("%d bytes of memory", memory)
	}
	for _, one := range s.arrived {
		if last := one.raw[len(one.raw)-1]; last.file != cms[0].file {
			t.Error("another file")
		}
	}
	if size := s.boxes["a@its.example"].items[0].raw.size(); size < 27_000_000 || len(s.arrived) != 3 {
		t.Errorf("%d bytes in the Inbox, %d delivered", size, len(s.arrived))
	}
}
