package draft_test

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
)

// list is what a caller streams in, one file after the other.
type list struct {
	files []*draft.Attachment
	end   error
}

func (l *list) Next() (*draft.Attachment, error) {
	if len(l.files) == 0 {
		if l.end != nil {
			return nil, l.end
		}
		return nil, io.EOF
	}
	a := l.files[0]
	l.files = l.files[1:]
	return a, nil
}

func file(name, mediaType, content string) *draft.Attachment {
	return &draft.Attachment{Name: name, Type: mediaType, Content: strings.NewReader(content)}
}

func picture(name, cid, content string) *draft.Attachment {
	return &draft.Attachment{Name: name, Type: "image/png", ContentID: cid, Inline: true, Content: strings.NewReader(content)}
}

func address(name, addr string) mail.Address { return mail.Address{Name: name, Address: addr} }

func sound() *draft.Draft {
	return &draft.Draft{
		Mailbox: "sikkermail@its.aau.example", To: []mail.Address{address("Bo Ærø", "bo@partner.example")},
		Subject: "Rødgrød med fløde", HTML: "<p>Kære Bo</p><p>Blåbær &amp; æbler</p>",
	}
}

func write(t *testing.T, e draft.Entity) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := e.WriteTo(&out)
	if err != nil {
		t.Fatalf("writing the entity: %v", err)
	}
	if n != int64(out.Len()) {
		t.Errorf("WriteTo says %d bytes, but wrote %d", n, out.Len())
	}
	return out.Bytes()
}

// compose writes d and checks what must be true of all that Compose writes.
func compose(t *testing.T, d *draft.Draft, files ...*draft.Attachment) []byte {
	t.Helper()
	out := write(t, draft.Compose(d, &list{files: files}))
	for line := range bytes.SplitSeq(out, []byte("\r\n")) {
		if len(line) > 76 {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
		for _, b := range line {
			if b >= 0x80 || b == '\r' || b == '\n' || b == 0 {
				t.Fatalf("not 7-bit with CRLF: %q", line)
			}
		}
	}
	return out
}

// part is one leaf as another program reads it.
type part struct {
	within, mediaType, charset, name, oldName, disposition, cid, body string
}

// parse takes an entity apart with go-message.
func parse(t *testing.T, entity []byte) []part {
	t.Helper()
	e, err := message.Read(bytes.NewReader(entity))
	if err != nil {
		t.Fatalf("go-message cannot read it: %v", err)
	}
	var parts []part
	var walk func(within string, e *message.Entity)
	walk = func(within string, e *message.Entity) {
		mediaType, params, err := e.Header.ContentType()
		if err != nil {
			t.Fatalf("Content-Type: %v", err)
		}
		if r := e.MultipartReader(); r != nil {
			within += "/" + strings.TrimPrefix(mediaType, "multipart/")
			for {
				inner, err := r.NextPart()
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					t.Fatalf("a part of %s: %v", within, err)
				}
				walk(within, inner)
			}
		}
		body, err := io.ReadAll(e.Body)
		if err != nil {
			t.Fatalf("a body in %s: %v", within, err)
		}
		p := part{within: within, mediaType: mediaType, charset: params["charset"], body: string(body), cid: e.Header.Get("Content-Id")}
		if p.oldName, err = decoder().DecodeHeader(params["name"]); err != nil {
			t.Errorf("the name parameter: %v", err)
		}
		if e.Header.Has("Content-Disposition") {
			var disposition map[string]string
			if p.disposition, disposition, err = e.Header.ContentDisposition(); err != nil {
				t.Errorf("Content-Disposition: %v", err)
			}
			p.name = disposition["filename"]
		}
		parts = append(parts, p)
	}
	walk("", e)
	return parts
}

// code is the code of the fault in err, which must be one.
func code(t *testing.T, err error) string {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	if f.Say.DA == "" || f.Say.EN == "" {
		t.Errorf("%s says nothing in one of the languages", f.Code)
	}
	return f.Code
}

func headerOf(d *draft.Draft) draft.Header {
	return draft.Header{
		From: mail.Address{Address: "sikkermail@its.aau.example"}, To: d.To, Cc: d.Cc, Subject: d.Subject,
		Date: time.Date(2026, 11, 23, 14, 5, 0, 0, time.UTC), MessageID: "<1@its.aau.example>",
		InReplyTo: d.InReplyTo, References: d.References, Importance: d.Importance,
	}
}
