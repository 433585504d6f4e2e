package cms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/asn1"
	"errors"
	"io"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// authenticated forges an AuthEnvelopedData with crypto/cipher's one-shot ciphers, in any way: what an honest Encrypter does
// not write, and with other code than its own.
type authenticated struct {
	cipher     ContentCipher // AES-256-GCM where zero
	content    ContentCipher // whose object identifier is written; cipher's where zero
	enveloped  bool          // as EnvelopedData
	nonce      []byte        // twelve 7s where nil
	tagSize    int           // 16 where zero; of the MAC itself
	icv        int           // as aes-ICVlen: tagSize where zero, absent where negative
	attributes []byte        // DER of Attributes, without a SET around
	inner      asn1.ObjectIdentifier
	version    int64
	behind     func(*cryptobyte.Builder) // unauthAttrs
}

func (a authenticated) der() []byte {
	if a.cipher == 0 {
		a.cipher = AES256GCM
	}
	if a.content == 0 {
		a.content = a.cipher
	}
	if a.nonce == nil {
		a.nonce = bytes.Repeat([]byte{7}, 12)
	}
	if a.tagSize == 0 {
		a.tagSize = 16
	}
	if a.icv == 0 {
		a.icv = a.tagSize
	}
	if a.inner == nil {
		a.inner = OIDData
	}
	row, _ := a.content.row()
	key := bytes.Repeat([]byte{9}, row.keySize)
	var infos, attributes cryptobyte.Builder
	must(EncryptConfig{}.addRecipient(&infos, ecPair().cert, key))
	var covered []byte
	if a.attributes != nil {
		attributes.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(a.attributes) })
		covered = attributes.BytesOrPanic()
	}
	var parameters cryptobyte.Builder
	var seal cipher.AEAD
	if a.cipher == ChaCha20Poly1305 {
		seal = must(chacha20poly1305.New(key))
		parameters.AddASN1OctetString(a.nonce)
	} else {
		seal = must(cipher.NewGCMWithNonceSize(must(aes.NewCipher(key)), len(a.nonce)))
		parameters.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(a.nonce)
			if a.icv >= 0 {
				b.AddASN1Int64(int64(a.icv))
			}
		})
	}
	sealed := seal.Seal(nil, a.nonce, signedContent, covered)
	encrypted, mac := sealed[:len(signedContent)], sealed[len(signedContent):]
	contentType := OIDAuthEnvelopedData
	if a.enveloped {
		contentType, encrypted = OIDEnvelopedData, sealed
	}
	var b cryptobyte.Builder
	addContentInfo(&b, contentType, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(a.version)
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(infos.BytesOrPanic()) })
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(a.inner)
			algorithm{row.oid, parameters.BytesOrPanic()}.add(b)
			b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddBytes(encrypted) })
		})
		if a.enveloped {
			return
		}
		if a.attributes != nil {
			b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(a.attributes) })
		}
		b.AddASN1OctetString(mac[:a.tagSize])
		if a.behind != nil {
			a.behind(b)
		}
	})
	return b.BytesOrPanic()
}

func attributeOf(oid, value asn1.ObjectIdentifier) []byte {
	var b cryptobyte.Builder
	attribute(oid, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(value) })(&b)
	return b.BytesOrPanic()
}

func TestWhatOthersWriteAsAuthEnvelopedData(t *testing.T) {
	t.Parallel()
	contentType, other := attributeOf(oidContentType, OIDData), attributeOf(asn1.ObjectIdentifier{1, 2, 3}, OIDData)
	for name, c := range map[string]struct {
		forged authenticated
		want   error
	}{
		"AES-256-GCM":                         {authenticated{}, nil},
		"AES-192-GCM":                         {authenticated{cipher: AES192GCM}, nil},
		"ChaCha20-Poly1305":                   {authenticated{cipher: ChaCha20Poly1305}, nil},
		"a tag of 12, which is the default":   {authenticated{tagSize: 12, icv: -1}, nil},
		"a tag of 13":                         {authenticated{tagSize: 13}, nil},
		"a nonce of 16":                       {authenticated{nonce: make([]byte, 16)}, nil},
		"a nonce of 1":                        {authenticated{nonce: make([]byte, 1)}, nil},
		"attributes":                          {authenticated{attributes: contentType}, nil},
		"attributes without the content type": {authenticated{attributes: other}, nil},
		"unauthenticated attributes": {authenticated{behind: func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(other) })
		}}, nil},

		"a tag of 11":                              {authenticated{tagSize: 11}, ErrMalformed},
		"a tag of 4, said to be 16":                {authenticated{tagSize: 4, icv: 16}, ErrDecrypt},
		"a tag of 12, said to be 16":               {authenticated{tagSize: 12, icv: 16}, ErrDecrypt},
		"a tag of 16, said to be 12":               {authenticated{tagSize: 16, icv: 12}, ErrDecrypt},
		"a tag said to be 17":                      {authenticated{icv: 17}, ErrMalformed},
		"ChaCha20-Poly1305 with a tag of 12":       {authenticated{cipher: ChaCha20Poly1305, tagSize: 12}, ErrDecrypt},
		"version 1":                                {authenticated{version: 1}, ErrMalformed},
		"content that is not id-data":              {authenticated{inner: OIDSignedData, attributes: contentType}, ErrUnsupported},
		"attributes that say another content type": {authenticated{attributes: attributeOf(oidContentType, OIDSignedData)}, ErrMalformed},
		"an attribute that is there twice":         {authenticated{attributes: append(contentType, contentType...)}, ErrMalformed},
		"no attributes in authAttrs":               {authenticated{attributes: []byte{}}, ErrMalformed},
		"attributes with ChaCha20-Poly1305":        {authenticated{cipher: ChaCha20Poly1305, attributes: contentType}, ErrUnsupported},
		"AES-GCM as EnvelopedData":                 {authenticated{enveloped: true}, ErrMalformed},
		"ChaCha20-Poly1305 as EnvelopedData":       {authenticated{cipher: ChaCha20Poly1305, enveloped: true}, ErrMalformed},
		"AES-CBC as AuthEnvelopedData":             {authenticated{content: AES256CBC}, ErrMalformed},
		"3DES as AuthEnvelopedData":                {authenticated{cipher: AES192GCM, content: DESEDE3CBC}, ErrMalformed},
	} {
		var got bytes.Buffer
		d, err := decrypt(&got, bytes.NewReader(c.forged.der()), []Key{p256Key()})
		if !errors.Is(err, c.want) || (c.want == nil && !bytes.Equal(got.Bytes(), signedContent)) {
			t.Errorf("%s: %v, want %v; %+v", name, err, c.want, d)
		}
	}
}

// A cipher in the wrong content type is turned away without any key being asked: its answer would be an oracle.
func TestAMisplacedCipherAsksNoKey(t *testing.T) {
	t.Parallel()
	for name, der := range map[string][]byte{
		"AES-GCM as EnvelopedData":     authenticated{enveloped: true}.der(),
		"AES-CBC as AuthEnvelopedData": authenticated{content: AES256CBC}.der(),
	} {
		asked := 0
		key := Key{ecPair().cert, asking{p256Key().Private, &asked}}
		if _, err := decrypt(io.Discard, bytes.NewReader(der), []Key{key}); !errors.Is(err, ErrMalformed) || asked != 0 {
			t.Errorf("%s: %v, the key was asked %d times", name, err, asked)
		}
	}
}
