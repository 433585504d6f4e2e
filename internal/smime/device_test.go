package smime_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"testing"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
)

// absent is a key in a device that is away.
type absent struct{ public crypto.PublicKey }

func errAbsent() error {
	return fault.New(fault.Unavailable, "key_device_away", fault.Sentence{DA: "x", EN: "x"}, fmt.Errorf("503: %w", cms.ErrNotAsked))
}

func (a absent) Public() crypto.PublicKey                                  { return a.public }
func (a absent) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errAbsent() }
func (a absent) Decrypt(io.Reader, []byte, crypto.DecrypterOpts) ([]byte, error) {
	return nil, errAbsent()
}

// That a device is away is said of the outermost layer, which everybody sees. Behind another one it would tell whether that one was
// opened rightly.
func TestADeviceThatIsAwayIsToldOfTheOutermostLayerAlone(t *testing.T) {
	t.Parallel()
	here, away := bo(), smime.Key{Certificate: alice().cert, Private: absent{alice().cert.PublicKey}}
	keys := []smime.Key{here.opens(), away}
	code := func(mail []byte) string {
		_, err := smime.Open(bytes.NewReader(mail), keys, options())
		return fault.From(err).Code
	}
	inner := wrapCMS(envelop([]byte(entityText), alice()))
	if got := code(inner); got != "key_device_away" {
		t.Errorf("alone: %s", got)
	}
	whole := envelop(inner, here)
	if got := code(wrapCMS(whole)); got != "mail_not_opened" {
		t.Errorf("inside another: %s", got)
	}
	whole[len(whole)-40] ^= 1
	if got := code(wrapCMS(whole)); got != "mail_not_opened" {
		t.Errorf("inside another that was altered: %s", got)
	}
	signer := smime.Signer{Certificate: away.Certificate, Key: absent{away.Certificate.PublicKey}}
	w, err := smime.Seal(smime.Compat(), signer, now(), smime.Envelope{Recipients: []*x509.Certificate{here.cert}, To: io.Discard})
	if err == nil {
		_, err = io.WriteString(w, entityText)
	}
	if err = errors.Join(err, w.Close()); fault.From(err).Code != "key_device_away" {
		t.Errorf("signing: %v", err)
	}
}
