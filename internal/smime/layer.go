package smime

import (
	"io"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/smime/entity"
)

// cms opens application/pkcs7-mime by what the message says of itself: smime-type is often wrong or missing.
func (o *opener) cms(e *entity.Entity) (io.Reader, error) {
	m, err := cms.ReadMessage(e.Decoded())
	if err != nil {
		return nil, err
	}
	switch {
	case m.Type.Equal(cms.OIDSignedData):
		return o.opaque(m)
	case m.Type.Equal(cms.OIDCompressedData):
		o.layers, o.hold = append(o.layers, Layer{Kind: Compressed}), nil
		return m.Decompress(o.options.MaxSize)
	}
	decrypted, err := m.Decrypt(o.keys)
	if err != nil {
		return nil, err
	}
	if o.first == nil {
		o.first = decrypted
	}
	o.hold = nil
	o.layers = append(o.layers, Layer{
		Kind:       Encrypted,
		Algorithms: decrypted.Cipher.String() + ", " + decrypted.KeyScheme,
		Recipients: decrypted.Recipients,
		Key:        decrypted.Key,
		Intact:     decrypted.Cipher.Authenticated(),
	})
	return decrypted, nil
}

func (o *opener) opaque(m *cms.Message) (io.Reader, error) {
	hold := o.newHold()
	signed, err := m.Verify(hold)
	if err != nil {
		return nil, err
	}
	if err := o.drain(); err != nil {
		return nil, err
	}
	return o.accept(OpaqueSigned, signed, hold)
}

// clear verifies multipart/signed over the exact bytes, and where those fail over the same lines with CRLF: mail stores and
// some gateways change line ends.
func (o *opener) clear(e *entity.Entity) (io.Reader, error) {
	parts, err := e.Split()
	if err != nil {
		return nil, err
	}
	hold, digests := o.newHold(), newDigests(e.Parameters["micalg"])
	if _, err := io.Copy(io.MultiWriter(hold, digests), parts); err != nil {
		return nil, err
	}
	signature, err := parts.Signature()
	if err != nil {
		return nil, err
	}
	der, err := io.ReadAll(signature.Decoded())
	if err != nil {
		return nil, err
	}
	if err := o.drain(); err != nil {
		return nil, err
	}
	signed, err := digests.verify(der, hold)
	if err != nil {
		return nil, err
	}
	if altered(signed) {
		lines, again, err := o.mended(hold, der)
		if err != nil {
			return nil, err
		}
		if again != nil && !altered(again) {
			signed, hold = again, lines
		}
	}
	return o.accept(ClearSigned, signed, hold)
}

// mended verifies the same lines with CRLF.
func (o *opener) mended(content Hold, der []byte) (Hold, *cms.Signed, error) {
	r, err := content.Reader()
	if err != nil {
		return nil, nil, err
	}
	lines := o.newHold()
	if err := canonical(lines, r); err != nil {
		return nil, nil, err
	}
	signed, err := digests{}.verify(der, lines)
	return lines, signed, err
}
