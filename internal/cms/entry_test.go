package cms

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/keywrap"
)

// What this file writes are RecipientInfos out of their parts, however odd the parts are.

type builder = cryptobyte.Builder

func (i identifier) add(b *builder) {
	if i.ski != nil {
		b.AddASN1(tagContext0, func(b *builder) { b.AddBytes(i.ski) })
		return
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
		b.AddBytes(i.issuer)
		b.AddASN1BigInt(i.serial)
	})
}

func (k keyTransport) info() recipientInfo {
	var b builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
		b.AddASN1Int64(0)
		k.to.add(b)
		k.algorithm.add(b)
		b.AddASN1OctetString(k.encrypted)
	})
	return recipientInfo{KeyTransport, b.BytesOrPanic()}
}

func (k keyAgreement) info() recipientInfo {
	context := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	var b builder
	b.AddASN1(context(1), func(b *builder) {
		b.AddASN1Int64(3)
		b.AddASN1(context(0), func(b *builder) {
			b.AddASN1(context(1), func(b *builder) {
				k.curve.add(b)
				b.AddASN1BitString(k.originator.Bytes)
			})
		})
		if k.ukm != nil {
			b.AddASN1(context(1), func(b *builder) { b.AddASN1OctetString(k.ukm) })
		}
		k.algorithm.add(b)
		b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
			for _, key := range k.keys {
				b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
					if key.to.ski != nil { // RecipientKeyIdentifier
						b.AddASN1(context(0), func(b *builder) { b.AddASN1OctetString(key.to.ski) })
					} else {
						key.to.add(b)
					}
					b.AddASN1OctetString(key.encrypted)
				})
			}
		})
	})
	return recipientInfo{KeyAgreement, b.BytesOrPanic()}
}

func (k kem) info() recipientInfo {
	var b builder
	b.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *builder) {
		b.AddASN1ObjectIdentifier(oidKEM)
		b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
			b.AddASN1Int64(0)
			k.to.add(b)
			k.kem.add(b)
			b.AddASN1OctetString(k.ciphertext)
			k.kdf.add(b)
			b.AddASN1Int64(int64(k.size))
			if k.ukm != nil {
				b.AddASN1(tagContext0.Constructed(), func(b *builder) { b.AddASN1OctetString(k.ukm) })
			}
			b.AddBytes(k.wrap)
			b.AddASN1OctetString(k.encrypted)
		})
	})
	return recipientInfo{OtherKind, b.BytesOrPanic()}
}

func wrapIdentifier(oid []int) []byte {
	var b builder
	algorithm{oid: oid}.add(&b)
	return b.BytesOrPanic()
}

func wrapped(kek, contentKey []byte) []byte { return must(keywrap.Wrap(kek, contentKey)) }

// envelopeOf is a message for these entries, whose content key is key and whose content is signedContent.
func envelopeOf(c ContentCipher, key []byte, infos ...recipientInfo) []byte {
	row, _ := c.row()
	return envelopeNamed(row.oid, c, key, infos...)
}

// envelopeNamed says that it is another cipher.
func envelopeNamed(name asn1.ObjectIdentifier, c ContentCipher, key []byte, infos ...recipientInfo) []byte {
	nonce := make([]byte, c.nonceSize())
	sealed := must(newSealer(c, key, nonce))
	encrypted := must(sealed.last(append(make([]byte, 0, len(signedContent)+maxPadding), signedContent...)))
	contentType := OIDEnvelopedData
	if c.Authenticated() {
		contentType = OIDAuthEnvelopedData
	}
	var b builder
	addContentInfo(&b, contentType, func(b *builder) {
		b.AddASN1Int64(0)
		b.AddASN1(cbasn1.SET, func(b *builder) {
			for _, info := range infos {
				b.AddBytes(info.der)
			}
		})
		b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
			b.AddASN1ObjectIdentifier(OIDData)
			b.AddASN1(cbasn1.SEQUENCE, func(b *builder) {
				b.AddASN1ObjectIdentifier(name)
				addCipherParameters(b, c, nonce)
			})
			b.AddASN1(tagContext0, func(b *builder) { b.AddBytes(encrypted) })
		})
		b.AddBytes(must(sealed.tail()))
	})
	return b.BytesOrPanic()
}
