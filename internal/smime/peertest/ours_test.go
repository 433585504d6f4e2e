package peertest

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"io"
	"testing"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/smime"
)

// profileOf is the profile that a cell asks for.
func profileOf(c cell, s scheme) smime.Profile {
	p := smime.Compat()
	p.Name = "lab"
	p.Content = map[content]cms.ContentCipher{
		aes128CBC: cms.AES128CBC, aes256CBC: cms.AES256CBC, aes256GCM: cms.AES256GCM, chaCha20: cms.ChaCha20Poly1305,
	}[c.content]
	p.OAEP = c.transport == rsaOAEP
	p.Form = map[form]smime.Form{detached: smime.Detached, opaque: smime.Opaque, unsigned: smime.Unsigned}[c.form]
	p.PSS = s == signPSS
	return p
}

// sealed is the letter as we send it: header and envelope, for the cell's recipient.
func sealed(t *testing.T, c cell, s scheme, entity string) []byte {
	t.Helper()
	return sealedFor(t, profileOf(c, s), s.signer(), entity, c.transport.recipient())
}

func sealedFor(t *testing.T, p smime.Profile, by *party, entity string, to ...*party) []byte {
	t.Helper()
	mail := bytes.NewBufferString(mailHead)
	envelope := smime.Envelope{To: mail}
	for _, r := range to {
		envelope.Recipients = append(envelope.Recipients, r.certificate)
	}
	signer := smime.Signer{Certificate: by.certificate, Chain: []*x509.Certificate{lab().root}, Key: by.key.(crypto.Signer)}
	w, err := smime.Seal(p, signer, now(), envelope)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if _, err := io.WriteString(w, entity); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return mail.Bytes()
}

func opened(mail []byte, keys ...*party) (*smime.Opened, error) {
	var list []smime.Key
	for _, p := range keys {
		list = append(list, smime.Key{Certificate: p.certificate, Private: p.key})
	}
	roots := x509.NewCertPool()
	roots.AddCert(lab().root)
	return smime.Open(bytes.NewReader(mail), list, smime.OpenOptions{Roots: roots, Now: now()})
}

// opens fails unless we open the mail, and it is in every layer what the cell says.
func opens(t *testing.T, c cell, mail []byte, s scheme) {
	t.Helper()
	o, err := opened(mail, lab().party("rsa3072"), c.keyHolder())
	if err != nil {
		t.Fatalf("%s: Open: %v", c, err)
	}
	defer func() { _ = o.Close() }()
	got, err := o.Bytes()
	if err == nil {
		err = same(got, letter)
	}
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	var want []smime.LayerKind
	if c.transport != "" {
		want = append(want, smime.Encrypted)
	}
	switch c.form {
	case detached:
		want = append(want, smime.ClearSigned)
	case opaque:
		want = append(want, smime.OpaqueSigned)
	case unsigned:
	}
	if len(o.Layers) != len(want) {
		t.Fatalf("%s: %d layers, want %v", c, len(o.Layers), want)
	}
	for i, kind := range want {
		layer := o.Layers[i]
		if layer.Kind != kind {
			t.Errorf("%s: layer %d is %v, want %v", c, i, layer.Kind, kind)
		}
		if kind == smime.Encrypted {
			aead := c.content == aes256GCM || c.content == chaCha20
			if layer.Intact != aead || layer.Recipients != 1 || !layer.Key.Equal(c.keyHolder().certificate) {
				t.Errorf("%s: layer %+v", c, layer)
			}
			continue
		}
		if len(layer.Signatures) != 1 {
			t.Fatalf("%s: %d signatures", c, len(layer.Signatures))
		}
		if g := layer.Signatures[0]; !g.Good || !g.PathVerified || !g.Certificate.Equal(s.signer().certificate) {
			t.Errorf("%s: signature %+v", c, g)
		}
	}
}

// keyHolder opens a mail that is not encrypted as well as anybody.
func (c cell) keyHolder() *party {
	if c.transport == "" {
		return lab().party("rsa")
	}
	return c.transport.recipient()
}

// decrypted takes the envelope off, whose content cannot be had from Open: the signature goes with it.
func decrypted(t *testing.T, mail []byte) []byte {
	t.Helper()
	der, err := unwrapped(mail)
	if err != nil {
		t.Fatal(err)
	}
	rsa := lab().party("rsa")
	m, err := cms.ReadMessage(bytes.NewReader(der))
	if err != nil {
		t.Fatalf("taking the envelope off: %v", err)
	}
	d, err := m.Decrypt([]cms.Key{{Certificate: rsa.certificate, Private: rsa.key}})
	if err != nil {
		t.Fatalf("taking the envelope off: %v", err)
	}
	plain, err := io.ReadAll(d)
	if err != nil {
		t.Fatalf("taking the envelope off: %v", err)
	}
	return plain
}
