package cms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

func sealed(content []byte, c ContentCipher, to ...*x509.Certificate) []byte {
	var out bytes.Buffer
	e := must(NewEncrypter(&out, c, to))
	must(e.Write(content))
	if err := e.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// module is a key that can only be asked, as in a hardware module.
type module struct{ crypto.Decrypter }

// agreed hides everything of an EC key but ECDH.
type agreed struct{ k *ecdh.PrivateKey }

func (a agreed) ECDH(p *ecdh.PublicKey) ([]byte, error) { return a.k.ECDH(p) }

func TestContentOfEveryLengthComesBack(t *testing.T) {
	t.Parallel()
	ec := ecPair().key.(*ecdsa.PrivateKey)
	keys := map[string]Key{
		"RSA":           {rsaPair().cert, rsaPair().key},
		"RSA, a module": {rsaPair().cert, module{rsaPair().key.(*rsa.PrivateKey)}},
		"ECDSA":         {ecPair().cert, ec},
		"ECDH":          {ecPair().cert, must(ec.ECDH())},
		"EC, a module":  {ecPair().cert, agreed{must(ec.ECDH())}},
	}
	for name, key := range keys {
		for _, c := range []ContentCipher{AES128CBC, AES192CBC, AES256CBC} {
			for _, n := range []int{0, 1, 15, 16, 17, chunk - 1, chunk, chunk + 1, 2*chunk - 16, 5 * chunk} {
				content := make([]byte, n)
				rand.Read(content)
				var got bytes.Buffer
				d, err := Decrypt(&got, bytes.NewReader(sealed(content, c, rsaPair().cert, ecPair().cert)), []Key{key})
				if err != nil || !bytes.Equal(got.Bytes(), content) || d.Cipher != c || d.Recipients != 2 {
					t.Fatalf("%s %v, %d bytes: %v %+v", name, c, n, err, d)
				}
			}
		}
	}
}

func TestTheVersionFollowsTheRecipients(t *testing.T) {
	t.Parallel()
	for want, to := range map[byte][]*x509.Certificate{0: {rsaPair().cert}, 2: {rsaPair().cert, ecPair().cert}} {
		r := ber.NewReader(bytes.NewReader(sealed(nil, AES256CBC, to...)))
		must(contentInfo(r))
		if v := must(r.DER(ber.IDInteger, 10)); v[2] != want {
			t.Errorf("version %d, want %d", v[2], want)
		}
	}
}

// raw makes an envelope around any plaintext blocks, padding and all, and any content key.
func raw(key, blocks, extra []byte, c ContentCipher) []byte {
	row, _ := c.row()
	iv := make([]byte, aes.BlockSize)
	head := must(envelopeHead(row, iv, key, []*x509.Certificate{rsaPair().cert}))
	encrypted := bytes.Clone(blocks)
	if len(key) == row.keySize {
		cipher.NewCBCEncrypter(must(aes.NewCipher(key)), iv).CryptBlocks(encrypted, encrypted)
	}
	encrypted = append(encrypted, extra...)
	out := append(head, ber.AppendHeader(nil, ber.Header{ID: ber.IDOctets}, len(encrypted))...)
	return append(append(out, encrypted...), make([]byte, 2*endOfContents)...)
}

func TestBadPaddingAndBadKeysAreOneError(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	block := func(last ...byte) []byte { return append(make([]byte, 32-len(last)), last...) }
	pad := func(n int) []byte { return append(make([]byte, 32-n), bytes.Repeat([]byte{byte(n)}, n)...) }
	text := ""
	for name, der := range map[string][]byte{
		"padding 0":                 raw(key, block(0), nil, AES256CBC),
		"padding 17":                raw(key, pad(17), nil, AES256CBC),
		"padding 255":               raw(key, block(255), nil, AES256CBC),
		"padding not all the same":  raw(key, block(3, 2, 3), nil, AES256CBC),
		"no content at all":         raw(key, nil, nil, AES256CBC),
		"no whole number of blocks": raw(key, pad(16), []byte{1, 2, 3}, AES256CBC),
		"less than one block":       raw(key, nil, []byte{1, 2, 3}, AES256CBC),
		"a key of 24 bytes for 256": raw(key[:24], pad(16), nil, AES256CBC),
		"a key of 5 bytes":          raw(key[:5], pad(16), nil, AES256CBC),
		"a key of 32 bytes for 128": raw(key, pad(16), nil, AES128CBC),
	} {
		_, err := Decrypt(io.Discard, bytes.NewReader(der), []Key{{rsaPair().cert, rsaPair().key}})
		// A key of another length gives noise under a random key, whose padding is right once in 256 times.
		if err == nil && (name[0] == 'a') {
			continue
		}
		if !errors.Is(err, ErrDecrypt) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text == "" {
			text = err.Error()
		}
		if err.Error() != text {
			t.Errorf("%s: %q, others say %q", name, err, text)
		}
	}
	for n := 1; n <= 16; n++ {
		if _, err := Decrypt(io.Discard, bytes.NewReader(raw(key, pad(n), nil, AES256CBC)), []Key{{rsaPair().cert, rsaPair().key}}); err != nil {
			t.Errorf("padding %d: %v", n, err)
		}
	}
}

func TestUnknownRecipientsAreSkippedAndKeyIdentifiersKnown(t *testing.T) {
	t.Parallel()
	contentKey := bytes.Repeat([]byte{9}, 32)
	row, _ := AES256CBC.row()
	var infos cryptobyte.Builder
	infos.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1Int64(5) })
	infos.AddASN1(cbasn1.Tag(9).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes([]byte{0x1e, 0}) })
	infos.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(0) }) // a broken one
	infos.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(2)
		b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddBytes(rsaPair().cert.SubjectKeyId) })
		algorithm{oidRSA, derNull}.add(b)
		//lint:ignore SA1019 what is tested
		b.AddASN1OctetString(must(rsa.EncryptPKCS1v15(rand.Reader, rsaPair().cert.PublicKey.(*rsa.PublicKey), contentKey)))
	})
	iv := make([]byte, 16)
	content := append([]byte("0123456789abcde"), 1)
	cipher.NewCBCEncrypter(must(aes.NewCipher(contentKey)), iv).CryptBlocks(content, content)
	var b cryptobyte.Builder
	addContentInfo(&b, OIDEnvelopedData, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(2)
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(infos.BytesOrPanic()) })
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(OIDData)
			algorithm{row.oid, append([]byte{4, 16}, iv...)}.add(b)
			b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddBytes(content) })
		})
	})
	var got bytes.Buffer
	d, err := Decrypt(&got, bytes.NewReader(b.BytesOrPanic()), []Key{{ecPair().cert, ecPair().key}, {rsaPair().cert, rsaPair().key}})
	if err != nil || got.String() != "0123456789abcde" || d.Recipients != 4 {
		t.Fatalf("%v %q", err, got.String())
	}
	seen := must(Inspect(bytes.NewReader(b.BytesOrPanic()))).Recipients
	if len(seen) != 4 || seen[0].Kind != OtherKind || seen[3].Keys != 1 {
		t.Errorf("%+v", seen)
	}
	if _, err := Decrypt(io.Discard, bytes.NewReader(b.BytesOrPanic()), []Key{{ecPair().cert, ecPair().key}}); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("for another: %v", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	f.Add(sealed(signedContent, AES256CBC, rsaPair().cert, ecPair().cert))
	f.Add(sealed(nil, AES128CBC, ecPair().cert))
	f.Add(forge{pair: ecPair()}.der())
	keys := []Key{{rsaPair().cert, rsaPair().key}, {ecPair().cert, ecPair().key}}
	// Property: nothing panics, and no more comes out than went in.
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		_, _ = Decrypt(&out, bytes.NewReader(in), keys)
		if out.Len() > len(in) {
			t.Fatalf("%d bytes of content from %d", out.Len(), len(in))
		}
		_, _ = ReadSigned(bytes.NewReader(in), nil, io.Discard)
		_, _ = ReadSigned(bytes.NewReader(in), bytes.NewReader(signedContent), io.Discard)
		_, _ = Inspect(bytes.NewReader(in))
	})
}
