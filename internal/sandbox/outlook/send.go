package outlook

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/emersion/go-message"
)

// maxMail bounds an ordinary mail as the page hands it over: Outlook's 25 MB of files, in base64, and room.
const maxMail = 48 << 20

type mailRequest struct {
	From    string            `json:"from"`
	To      []person          `json:"to"`
	Cc      []person          `json:"cc"`
	Bcc     []person          `json:"bcc"`
	Subject string            `json:"subject"`
	HTML    string            `json:"html"`
	Headers map[string]string `json:"headers"`
	Files   []fileRequest     `json:"files"`
}

type person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type fileRequest struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	ContentID string `json:"contentId"` // of a picture in the text
	Content   []byte `json:"content"`   // base64
}

// send is ordinary Send: what was written goes out as it stands, for everybody on the way to read.
func (p *page) send(w http.ResponseWriter, r *http.Request) {
	var m mailRequest
	if !readUpTo(w, r, &m, maxMail) {
		return
	}
	known := slices.ContainsFunc(p.People.People(), func(one Person) bool { return strings.EqualFold(one.Address, m.From) })
	if !known {
		http.Error(w, "nobody here has that address", http.StatusForbidden)
		return
	}
	raw, err := p.compose(m)
	if err == nil {
		var to []string
		for _, one := range slices.Concat(m.To, m.Cc, m.Bcc) {
			to = append(to, one.Address)
		}
		err = p.Mail.Post(m.From, to, raw)
	}
	if err != nil {
		http.Error(w, "the mail cannot be sent: "+err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// compose makes the mail that Outlook makes: HTML with its pictures, then the files.
func (p *page) compose(m mailRequest) ([]byte, error) {
	var header message.Header
	header.SetContentType("multipart/mixed", nil)
	header.Set("Date", p.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header.Set("From", (&mail.Address{Address: m.From}).String())
	for name, list := range map[string][]person{"To": m.To, "Cc": m.Cc} {
		var all []string
		for _, one := range list {
			if _, err := mail.ParseAddress("<" + one.Address + ">"); err != nil {
				return nil, fmt.Errorf("%s: one address is none", name)
			}
			all = append(all, (&mail.Address{Name: one.Name, Address: one.Address}).String())
		}
		if len(all) > 0 {
			header.Set(name, strings.Join(all, ", "))
		}
	}
	header.SetText("Subject", oneLine(m.Subject))
	header.Set("MIME-Version", "1.0")
	for name, value := range m.Headers {
		if strings.HasPrefix(strings.ToLower(name), "x-") && !strings.ContainsAny(name, ": \r\n\t") {
			header.Set(name, oneLine(value))
		}
	}
	var out bytes.Buffer
	whole, err := message.CreateWriter(&out, header)
	if err != nil {
		return nil, err
	}
	var related message.Header
	related.SetContentType("multipart/related", nil)
	text, err := whole.CreatePart(related)
	if err != nil {
		return nil, err
	}
	var html message.Header
	html.SetContentType("text/html", map[string]string{"charset": "utf-8"})
	html.Set("Content-Transfer-Encoding", "quoted-printable")
	if err := write(text, html, strings.NewReader(m.HTML)); err != nil {
		return nil, err
	}
	for _, into := range []bool{true, false} { // the pictures stand with the text, and the files after it
		for _, f := range m.Files {
			if (f.ContentID != "") != into {
				continue
			}
			parent := whole
			if into {
				parent = text
			}
			if err := write(parent, f.header(), bytes.NewReader(f.Content)); err != nil {
				return nil, err
			}
		}
		if into {
			if err := text.Close(); err != nil {
				return nil, err
			}
		}
	}
	err = whole.Close() // which writes the last boundary
	return out.Bytes(), err
}

func (f fileRequest) header() message.Header {
	var h message.Header
	kind := f.Type
	if kind == "" || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") || strings.ContainsAny(kind, "\r\n;") {
		kind = "application/octet-stream"
	}
	h.SetContentType(kind, map[string]string{"name": oneLine(f.Name)})
	h.Set("Content-Transfer-Encoding", "base64")
	if f.ContentID == "" {
		h.SetContentDisposition("attachment", map[string]string{"filename": oneLine(f.Name)})
		return h
	}
	h.SetContentDisposition("inline", map[string]string{"filename": oneLine(f.Name)})
	h.Set("Content-Id", "<"+strings.Trim(oneLine(f.ContentID), "<>")+">")
	return h
}

func write(parent *message.Writer, header message.Header, content io.Reader) error {
	part, err := parent.CreatePart(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, content); err != nil {
		return err
	}
	return part.Close()
}

// oneLine keeps what a person wrote from adding header fields.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
