package sandbox

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the readers of the demo's mail know every charset

	"aau.dk/sendsikker/internal/smime"
)

// maxShown bounds what a page holds of one part.
const maxShown = 1 << 20

// openedMail is a mail as its reader sees it.
type openedMail struct {
	Layers []layerLine
	Signer string
	Text   string
	HTML   string
	Files  []openedFile

	Pictures map[string]string // data: addresses by content id
}

// layerLine says what one layer of protection was.
type layerLine struct {
	Danish, English, Algorithms string
	Bad                         bool
}

type openedFile struct {
	Name, Type string
	Size       int64
}

func isSealed(raw []byte) bool {
	entity, err := message.Read(bytes.NewReader(raw))
	if entity == nil || (err != nil && !message.IsUnknownCharset(err)) {
		return false
	}
	kind, _, _ := entity.Header.ContentType()
	return kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime"
}

func subjectOf(raw []byte) string {
	entity, err := message.Read(bytes.NewReader(raw))
	if entity == nil || (err != nil && !message.IsUnknownCharset(err)) {
		return ""
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(entity.Header.Get("Subject"))
	if err != nil {
		return entity.Header.Get("Subject")
	}
	return subject
}

// open does what the reader's mail program does: decrypt with their key, verify, and show the parts.
func (u *University) open(address string, raw []byte) (*openedMail, error) {
	view := &openedMail{}
	if isSealed(raw) {
		keys := u.keysOf(address)
		if len(keys) == 0 {
			return nil, errors.New("nobody here has a key for this mailbox")
		}
		roots, issuers := x509.NewCertPool(), x509.NewCertPool()
		for _, authority := range []interface {
			Root() *x509.Certificate
			Intermediates() []*x509.Certificate
		}{u.Danish, u.Foreign} {
			roots.AddCert(authority.Root())
			for _, c := range authority.Intermediates() {
				issuers.AddCert(c)
			}
		}
		opened, err := smime.Open(bytes.NewReader(raw), keys, smime.OpenOptions{Roots: roots, Intermediates: issuers, Now: u.now()})
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }() // held in memory: nothing can fail
		view.describe(opened)
		var shown bytes.Buffer
		if err := opened.WriteShown(&shown); err != nil {
			return nil, err
		}
		raw = shown.Bytes()
	}
	entity, err := message.Read(bytes.NewReader(raw))
	if entity == nil || (err != nil && !message.IsUnknownCharset(err)) {
		return nil, fmt.Errorf("reading the opened mail: %w", err)
	}
	return view, entity.Walk(func(_ []int, part *message.Entity, err error) error {
		if part == nil || (err != nil && !message.IsUnknownCharset(err)) {
			return err
		}
		return view.add(part)
	})
}

func (u *University) keysOf(address string) []smime.Key {
	var keys []smime.Key
	for _, m := range u.Mailboxes {
		if strings.EqualFold(m.Address, address) {
			keys = append(keys, smime.Key{Certificate: m.Identity.Certificate, Private: m.Identity.Key})
		}
	}
	for _, r := range u.Recipients {
		if r.Address != address {
			continue
		}
		for _, identity := range r.identities() {
			keys = append(keys, smime.Key{Certificate: identity.Certificate, Private: identity.Key})
		}
	}
	return keys
}

func (v *openedMail) add(part *message.Entity) error {
	kind, params, _ := part.Header.ContentType()
	if strings.HasPrefix(kind, "multipart/") {
		return nil
	}
	disposition, fields, _ := part.Header.ContentDisposition()
	name := fields["filename"]
	if name == "" {
		name = params["name"]
	}
	if name == "" && disposition != "attachment" && (kind == "text/plain" || kind == "text/html") {
		text, err := io.ReadAll(io.LimitReader(part.Body, maxShown))
		if err != nil {
			return err
		}
		if kind == "text/html" {
			v.HTML += string(text)
		} else {
			v.Text += string(text)
		}
		return nil
	}
	picture, err := io.ReadAll(io.LimitReader(part.Body, maxShown))
	if err != nil {
		return err
	}
	more, err := io.Copy(io.Discard, part.Body)
	v.Files = append(v.Files, openedFile{Name: name, Type: kind, Size: int64(len(picture)) + more})
	if id := strings.Trim(part.Header.Get("Content-Id"), " <>"); id != "" && more == 0 && slices.Contains(shownPictures(), kind) {
		if v.Pictures == nil {
			v.Pictures = map[string]string{}
		}
		v.Pictures[id] = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(picture)
	}
	return err
}

// shownPictures are the kinds that a browser draws and that hold no script.
func shownPictures() []string { return []string{"image/png", "image/jpeg", "image/gif", "image/webp"} }

// describe says what protected the mail, outermost first.
func (v *openedMail) describe(o *smime.Opened) {
	for _, layer := range o.Layers {
		if layer.Kind == smime.Encrypted {
			v.Layers = append(v.Layers, layerLine{Danish: "Krypteret", English: "Encrypted", Algorithms: layer.Algorithms})
			continue
		}
		for _, s := range layer.Signatures {
			if !s.Good || !s.PathVerified {
				v.Layers = append(v.Layers, layerLine{Danish: "Signaturen holder ikke", English: "The signature does not hold", Algorithms: s.Algorithms, Bad: true})
				continue
			}
			v.Layers = append(v.Layers, layerLine{Danish: "Underskrevet", English: "Signed", Algorithms: s.Algorithms})
			v.Signer = strings.Join(append([]string{s.Certificate.Subject.CommonName}, s.Certificate.Subject.Organization...), ", ")
		}
	}
}
