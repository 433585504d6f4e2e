package cms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

func seal(content []byte, c EncryptConfig) []byte {
	row, _ := c.Cipher.row()
	var out bytes.Buffer
	e := must(newEncrypter(&out, c, row)) // not NewEncrypter: what we only read must come from somewhere
	for part := range slices.Chunk(content, 10_007) {
		must(e.Write(part))
	}
	if err := e.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func sealed(content []byte, c ContentCipher, to ...*x509.Certificate) []byte {
	return seal(content, EncryptConfig{Cipher: c, PostQuantum: true, Recipients: to})
}

func allCiphers() []ContentCipher {
	var all []ContentCipher
	for _, row := range cipherRows {
		all = append(all, row.cipher)
	}
	return all
}

func TestContentOfEveryLengthComesBackUnderEveryCipher(t *testing.T) {
	t.Parallel()
	for _, c := range allCiphers() {
		for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, chunk - 1, chunk, chunk + 1, 2*chunk - 16, 5 * chunk} {
			content := make([]byte, n)
			rand.Read(content)
			var got bytes.Buffer
			d, err := decrypt(&got, bytes.NewReader(sealed(content, c, rsaPair().cert, ecPair().cert)), []Key{p256Key()})
			if err != nil || !bytes.Equal(got.Bytes(), content) || d.Cipher != c || d.Recipients != 2 {
				t.Fatalf("%v, %d octets: %v %+v", c, n, err, d)
			}
		}
	}
}

func TestEveryKindOfRecipientOpensEveryCipher(t *testing.T) {
	t.Parallel()
	for name, way := range ways() {
		for _, c := range allCiphers() {
			der := seal(signedContent, EncryptConfig{Cipher: c, OAEP: way.oaep, PostQuantum: true, Recipients: []*x509.Certificate{p384Key().Certificate, way.key.Certificate, p521Key().Certificate}})
			var got bytes.Buffer
			d, err := decrypt(&got, bytes.NewReader(der), []Key{way.key})
			if err != nil || !bytes.Equal(got.Bytes(), signedContent) || d.Cipher != c || d.KeyScheme != way.scheme || d.Key != way.key.Certificate {
				t.Errorf("%s, %v: %v %+v", name, c, err, d)
			}
		}
	}
}

// A source may give as little at a time as it likes, and a reader ask for as little.
func TestContentComesBackInAnyPieces(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("sikker "), 3000)
	for _, c := range allCiphers() {
		m := must(ReadMessage(iotest.OneByteReader(bytes.NewReader(sealed(content, c, ecPair().cert)))))
		got, err := io.ReadAll(iotest.OneByteReader(must(m.Decrypt([]Key{p256Key()}))))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestContentOfAnySizeTakesTheSameMemory(t *testing.T) {
	piece := make([]byte, 10*chunk+3)
	for _, c := range allCiphers() {
		row, _ := c.row()
		e := must(newEncrypter(io.Discard, EncryptConfig{Cipher: c, Recipients: []*x509.Certificate{ecPair().cert}}, row))
		if n := testing.AllocsPerRun(20, func() { must(e.Write(piece)) }); n > 0 {
			t.Errorf("%v: %v allocations for each write", c, n)
		}
		m := must(ReadMessage(bytes.NewReader(sealed(make([]byte, 30*len(piece)), c, ecPair().cert))))
		d := must(m.Decrypt([]Key{p256Key()}))
		if n := testing.AllocsPerRun(20, func() { must(io.ReadFull(d, piece)) }); n > 0 {
			t.Errorf("%v: %v allocations for each read", c, n)
		}
	}
}

// raw makes an envelope around any plaintext blocks, padding and all, and any content key.
func raw(key, blocks, extra []byte, c ContentCipher) []byte {
	row, _ := c.row()
	iv := make([]byte, aes.BlockSize)
	head := must(EncryptConfig{Recipients: []*x509.Certificate{rsaPair().cert}}.head(row, iv, key))
	encrypted := bytes.Clone(blocks)
	if len(key) == row.keySize {
		cipher.NewCBCEncrypter(must(aes.NewCipher(key)), iv).CryptBlocks(encrypted, encrypted)
	}
	encrypted = append(encrypted, extra...)
	out := append(head, ber.AppendHeader(nil, ber.Header{ID: ber.IDOctets}, len(encrypted))...)
	return append(append(out, encrypted...), make([]byte, endInfo+endMessage)...)
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
		_, err := decrypt(io.Discard, bytes.NewReader(der), []Key{rsaKey()})
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
		if _, err := decrypt(io.Discard, bytes.NewReader(raw(key, pad(n), nil, AES256CBC)), []Key{rsaKey()}); err != nil {
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
	d, err := decrypt(&got, bytes.NewReader(b.BytesOrPanic()), []Key{p256Key(), rsaKey()})
	if err != nil || got.String() != "0123456789abcde" || d.Recipients != 4 {
		t.Fatalf("%v %q", err, got.String())
	}
	seen := must(Inspect(bytes.NewReader(b.BytesOrPanic()))).Recipients
	if len(seen) != 4 || seen[0].Kind != OtherKind || seen[3].Keys != 1 {
		t.Errorf("%+v", seen)
	}
	if _, err := decrypt(io.Discard, bytes.NewReader(b.BytesOrPanic()), []Key{p256Key()}); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("for another: %v", err)
	}
}

// Property: nothing panics, no more content comes out than went in, and the last word is one of the errors that are promised.
func FuzzDecrypt(f *testing.F) {
	for _, c := range allCiphers() {
		f.Add(sealed(signedContent, c, rsaPair().cert, ecPair().cert))
	}
	for _, way := range ways() {
		f.Add(seal(nil, EncryptConfig{Cipher: AES256GCM, OAEP: way.oaep, PostQuantum: true, Recipients: []*x509.Certificate{way.key.Certificate}}))
	}
	f.Add(authenticated{}.der())
	f.Add(authenticated{attributes: attributeOf(oidContentType, OIDData)}.der())
	f.Add(forge{pair: ecPair()}.der())
	keys := []Key{rsaKey(), p256Key(), p384Key(), p521Key(), x25519Key(), mlkemKey()}
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		if _, err := decrypt(&out, bytes.NewReader(in), keys); err != nil && !promised(err) {
			t.Fatalf("%v", err)
		}
		if out.Len() > len(in) {
			t.Fatalf("%d bytes of content from %d", out.Len(), len(in))
		}
		_, _ = verify(bytes.NewReader(in), nil, io.Discard)
		_, _ = verify(bytes.NewReader(in), bytes.NewReader(signedContent), io.Discard)
		_, _ = Inspect(bytes.NewReader(in))
	})
}

func promised(err error) bool {
	for _, e := range []error{ErrDecrypt, ErrMalformed, ErrNoRecipient, ErrUnsupported, ErrWrongType} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
