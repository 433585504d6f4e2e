package draft_test

import (
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/draft"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestAMessageBecomesADraftAndItsContentPassesThrough(t *testing.T) {
	t.Parallel()
	const header = `Received: from evil by mail
From: Somebody Else <eve@evil.example>
Sender: eve@evil.example
To: =?iso-8859-1?Q?Bo_=C6r=F8?= <bo@partner.example>,
	"Hansen, Ida" <ida@x.example>
Cc: Holdet: a@x.example, b@x.example;
Bcc: undisclosed-recipients:;
Bcc: eva@x.example
Subject: =?utf-8?B?UsO4ZGdyw7hk?=
	med =?utf-8?q?fl=C3=B8de?=
Date: Mon, 1 Jan 2001 00:00:00 +0000
Message-ID: <forged@aau.example>
X-Priority: 1 (Highest)
In-Reply-To: (a comment) <0@x.example>
References: <a@x.example>
 junk <b c@x> <0@x.example>
X-Evil: yes
MIME-Version: 1.0
`
	const content = `Content-Type: multipart/mixed;
	boundary="=_b"
Content-Language: da

preamble
--=_b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Rødgrød  
--=_b not a boundary
--=_b
Content-Type: application/pdf; name="=?utf-8?q?=C3=A6?="
Content-Transfer-Encoding: base64

AAEC
--=_b--
epilogue`
	for name, message := range map[string]string{"LF": header + content, "CRLF": crlf(header + content), "mbox": "From eve Mon Jan 1\n" + header + content} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, e, err := draft.ReadMessage(strings.NewReader(message))
			if err != nil {
				t.Fatal(err)
			}
			want := draft.Draft{
				To: []mail.Address{address("Bo Ærø", "bo@partner.example"), address("Hansen, Ida", "ida@x.example")},
				Cc: []mail.Address{address("", "a@x.example"), address("", "b@x.example")}, Bcc: []mail.Address{address("", "eva@x.example")},
				Subject: "Rødgrød\tmed fløde", Importance: draft.High, InReplyTo: "<0@x.example>", References: []string{"<a@x.example>", "<0@x.example>"},
			}
			if fmt.Sprintf("%q", *d) != fmt.Sprintf("%q", want) {
				t.Errorf("got  %q\nwant %q", *d, want)
			}
			if got := string(write(t, e)); got != crlf(content) {
				t.Errorf("got  %q\nwant %q", got, crlf(content))
			}
		})
	}
}

func TestAMessageWithoutMIMEIsPlainText(t *testing.T) {
	t.Parallel()
	_, e, err := draft.ReadMessage(strings.NewReader("To: bo@partner.example\n\nhej\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(write(t, e)); got != "Content-Type: text/plain; charset=us-ascii\r\n\r\nhej\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestWhatComposeWritesIsReadBackUnchanged(t *testing.T) {
	t.Parallel()
	entity := compose(t, sound(), picture("å.png", "a@x", "1"), file("b.eml", "message/rfc822", "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nbroken"))
	var whole bytes.Buffer
	if _, err := headerOf(sound()).WriteTo(&whole); err != nil {
		t.Fatal(err)
	}
	whole.Write(entity)
	d, e, err := draft.ReadMessage(&whole)
	if err != nil {
		t.Fatal(err)
	}
	if d.Subject != sound().Subject || d.To[0] != sound().To[0] || !bytes.Equal(write(t, e), entity) {
		t.Error("it has changed on the way")
	}
}

// The reader's buffer is 64 KB; one of these lines fills it to its CR.
func TestAHeaderLineOfAnyLengthEndsInCRLF(t *testing.T) {
	t.Parallel()
	for length := 65_530; length <= 65_536; length++ {
		d, _, err := draft.ReadMessage(strings.NewReader("X: " + strings.Repeat("x", length) + "\r\nTo: bo@partner.example\r\n\r\nx"))
		if err != nil || len(d.To) != 1 {
			t.Errorf("%d: %v", length, err)
		}
	}
}

func TestOtherPeoplesSealsPassUntouched(t *testing.T) {
	t.Parallel()
	for _, entity := range []string{
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA\r\n",
		"Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\r\n\r\n--b\r\n\r\nVersion: 1\r\n--b\r\n\r\nx\r\n--b--\r\n",
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat("x", 200_000) + "\r\n",
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat("x", 65_535) + "\r\n" + strings.Repeat("y", 65_536) + "\r\n",
	} {
		_, e, err := draft.ReadMessage(strings.NewReader("To: bo@partner.example\r\n" + entity))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(write(t, e)); got != entity {
			t.Errorf("got %.200q", got)
		}
	}
}

func TestAMessageThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	const to = "To: bo@partner.example\n"
	const mixed = to + "Content-Type: multipart/mixed; boundary=b\n"
	nested := func(depth int) string {
		var out, end strings.Builder
		for i := range depth {
			fmt.Fprintf(&out, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
			end.Reset()
		}
		out.WriteString("\nx\n")
		for i := range depth {
			fmt.Fprintf(&out, "--b%d--\n", depth-1-i)
		}
		return to + out.String()
	}
	cases := []struct{ name, message, want string }{
		{"as deep as it may be", nested(32), ""},
		{"deeper", nested(33), "mime_malformed"},
		{"nothing", "", "empty_draft"},
		{"a header alone", to, "empty_draft"},
		{"a blank body", to + "\n \n\n", "empty_draft"},
		{"no header", "hello\n\nx", "mime_malformed"},
		{"a header that begins with a continuation", " x\n" + to + "\nx", "mime_malformed"},
		{"a space before the colon", "To : bo@partner.example\n\nx", "mime_malformed"},
		{"NUL in the header", "To: bo@partner.example\x00\n\nx", "mime_malformed"},
		{"a lone CR in the header", "Subject: x\rBcc: eve@evil.example\n\nx", "mime_malformed"},
		{"a header that is too large", "X: " + strings.Repeat("x", draft.MaxHeaderSize) + "\n\nx", "header_too_large"},
		{"too many fields", strings.Repeat("X: y\n", draft.MaxHeaderFields+1) + "\nx", "mime_malformed"},
		{"two subjects", to + "Subject: a\nSubject: b\n\nx", "mime_malformed"},
		{"two content types", to + "Content-Type: text/plain\nContent-Type: text/html\n\nx", "mime_malformed"},
		{"recipients that are none", "To: bo\n\nx", "draft_invalid"},
		{"a recipient among junk", "To: bo@partner.example, <<>>\n\nx", "draft_invalid"},
		{"a subject in no known letters", to + "Subject: =?klingon?q?x?=\n\nx", "draft_invalid"},
		{"a subject that is no text", to + "Subject: \xff\n\nx", "draft_invalid"},
		{"NUL in the body", to + "\nx\x00y", "mime_malformed"},
		{"a lone CR in the body", to + "\nx\ry\n", "mime_malformed"},
		{"a CR at the end", to + "\nx\r", "mime_malformed"},
		{"no boundary", to + "Content-Type: multipart/mixed\n\nx", "mime_malformed"},
		{"an unusable boundary", to + "Content-Type: multipart/mixed; boundary=\"" + strings.Repeat("b", 71) + "\"\n\nx", "mime_malformed"},
		{"a boundary that never opens", mixed + "\nx\n", "mime_malformed"},
		{"a boundary that never closes", mixed + "\n--b\n\nx\n", "mime_malformed"},
		{"a boundary that only closes", mixed + "\n--b--\n", "mime_malformed"},
		{"a boundary that closes behind much white space", mixed + "\n--b\n\nx\n--b--" + strings.Repeat(" ", 2000) + "\n", ""},
		{"a part that is not closed", mixed + "\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b--\n", "mime_malformed"},
		{"the same boundary twice", mixed + "\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b--\n", "mime_malformed"},
		{"a boundary that looks like another's end", mixed + "\n--b\nContent-Type: multipart/mixed; boundary=b--\n\n--b--\n\nx\n--b----\n--b--\n", "mime_malformed"},
		{"too many parts", mixed + "\n" + strings.Repeat("--b\n\nx\n", 1001) + "--b--\n", "mime_malformed"},
		{"a part with only a header", mixed + "\n--b\nContent-Type: text/plain\n--b--\n", ""},
		{"a part's header that is none", mixed + "\n--b\nhello\n\nx\n--b--\n", "mime_malformed"},
		{"a part's header without end", mixed + "\n--b\nX: " + strings.Repeat("x", 70_000) + "\n\nx\n--b--\n", "mime_malformed"},
		{"an unknown transfer encoding", to + "Content-Transfer-Encoding: x-uuencode\n\nx", "mime_malformed"},
		{"the binary transfer encoding", to + "Content-Transfer-Encoding: binary\n\nx", "mime_malformed"},
		{"a part's unknown transfer encoding", mixed + "\n--b\nContent-Transfer-Encoding: rot13\n\nx\n--b--\n", "mime_malformed"},
		{"an encoded multipart", mixed + "Content-Transfer-Encoding: base64\n\nLS1i\n", "mime_malformed"},
		{"transfer encodings in any case", to + "Content-Transfer-Encoding: Quoted-Printable \n\nx", ""},
		{"an attached mail that is broken", mixed + "\n--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=c\n\nx\n--b--\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, e, err := draft.ReadMessage(strings.NewReader(c.message))
			if err == nil {
				_, err = e.WriteTo(io.Discard)
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "":
				if got := code(t, err); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
		})
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("To: bo@partner.example\n\nhej\n"))
	f.Add([]byte("To: =?utf-8?q?=0D=0A?= <bo@partner.example>\r\nSubject: x\r\nContent-Type: multipart/mixed;\r\n boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Add([]byte("From x\nBcc: a: b@c.d, e@f.g;\nReferences: <<a> <b>\n\n\r\n\n.\n"))
	f.Add([]byte("Content-Type: multipart/a; boundary=\"b c\"\n\n--b c \nContent-Type: multipart/b; boundary=d\n\n--d\n--d--\n--b c--"))
	f.Add([]byte(strings.Repeat("x: y\r\n z\r\n", 5) + "\r\n" + strings.Repeat("x", 300) + "\r\ny"))
	// What is let through has CRLF alone and no NUL, and read once more it passes through unchanged; the draft can be
	// normalized, and if it is valid, its header is read back with the same recipients.
	f.Fuzz(func(t *testing.T, message []byte) {
		d, e, err := draft.ReadMessage(bytes.NewReader(message))
		if err != nil {
			code(t, err)
			return
		}
		d.Mailbox = "sikkermail@its.aau.example"
		d.Normalize()
		if d.Validate() == nil {
			h := headerOf(d)
			m := readBack(t, h)
			if got, err := m.AddressList("To"); err != nil || len(got) != len(d.To) {
				t.Errorf("%d recipients became %d (%v)", len(d.To), len(got), err)
			}
		}
		var once, twice bytes.Buffer
		if _, err := e.WriteTo(&once); err != nil {
			code(t, err)
			return
		}
		if rest := strings.ReplaceAll(once.String(), "\r\n", ""); strings.ContainsAny(rest, "\r\n\x00") {
			t.Errorf("line ends in %q", once.String())
		}
		_, e, err = draft.ReadMessage(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("what was let through cannot be read: %v", err)
		}
		if _, err := e.WriteTo(&twice); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("%q became %q (%v)", once.String(), twice.String(), err)
		}
	})
}
