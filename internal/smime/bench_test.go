package smime_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"aau.dk/sendsikker/internal/smime"
)

const benchHead = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"

var benchLine = strings.Repeat("QUJD", 19) + "\r\n"

func mimeOf(size int) []byte {
	return []byte(benchHead + strings.Repeat(benchLine, size/len(benchLine)+1))
}

type benchSize struct {
	name string
	n    int
}

var sizes = []benchSize{{"10KB", 10 << 10}, {"1MB", 1 << 20}, {"26MB", 26 << 20}}

// sender has the kind of key that the comparisons are about.
var sender = sync.OnceValue(func() identity { return mailLeaf("bench@partner.example", rsaKey(2048), plainRSA()) })

func sealOnce(mail []byte, copies int) {
	var envelopes []smime.Envelope
	for range copies {
		envelopes = append(envelopes, smime.Envelope{Recipients: []*x509.Certificate{alice().cert}, To: io.Discard})
	}
	w := must(smime.Seal(smime.Compat(), sender().signer(), now(), envelopes...))
	for at := 0; at < len(mail); at += 32 << 10 {
		must(w.Write(mail[at:min(len(mail), at+32<<10)]))
	}
	must(0, w.Close())
}

func openOnce(sealed []byte) {
	must(smime.Open(bytes.NewReader(sealed), []smime.Key{alice().opens()}, options()))
}

const benchPiece = 16 << 10

// sealPrimitives is SHA-256, AES-256-CBC, base64 in one line, and one RSA-2048 operation of each kind.
func sealPrimitives(mail []byte) {
	block := must(aes.NewCipher(make([]byte, 32)))
	plain, text := make([]byte, benchPiece), make([]byte, base64.StdEncoding.EncodedLen(benchPiece))
	h := sha256.New()
	mode := cipher.NewCBCEncrypter(block, make([]byte, 16))
	for at := 0; at < len(mail); at += benchPiece {
		n := copy(plain, mail[at:]) &^ 15
		h.Write(plain[:n])
		mode.CryptBlocks(plain[:n], plain[:n])
		base64.StdEncoding.Encode(text, plain[:n])
	}
	must(rsa.EncryptOAEP(sha256.New(), rand.Reader, alice().cert.PublicKey.(*rsa.PublicKey), make([]byte, 32), nil))
	must(sender().key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256))
}

// keyWork is what the two private keys have made before anybody opens anything.
var keyWork = sync.OnceValue(func() (made struct{ wrapped, sum, signature []byte }) {
	made.wrapped = must(rsa.EncryptOAEP(sha256.New(), rand.Reader, alice().cert.PublicKey.(*rsa.PublicKey), make([]byte, 32), nil))
	made.sum = make([]byte, sha256.Size)
	made.signature = must(sender().key.Sign(rand.Reader, made.sum, crypto.SHA256))
	return made
})

// openPrimitives is the same backwards: text is the content in base64, in one line.
func openPrimitives(text []byte) {
	block := must(aes.NewCipher(must(rsa.DecryptOAEP(sha256.New(), nil, alice().key.(*rsa.PrivateKey), keyWork().wrapped, nil))))
	plain := make([]byte, benchPiece)
	h := sha256.New()
	mode := cipher.NewCBCDecrypter(block, make([]byte, 16))
	for at := 0; at < len(text); at += benchPiece {
		n := must(base64.StdEncoding.Decode(plain, text[at:min(len(text), at+benchPiece)])) &^ 15
		mode.CryptBlocks(plain[:n], plain[:n])
		h.Write(plain[:n])
	}
	h.Sum(nil)
	must(0, rsa.VerifyPKCS1v15(sender().cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, keyWork().sum, keyWork().signature))
}

// BenchmarkSeal beside BenchmarkPrimitives is the price of everything that is not cryptography.
func BenchmarkSeal(b *testing.B) {
	for _, s := range sizes {
		for _, copies := range []int{1, 3} {
			b.Run(fmt.Sprintf("%s/%d", s.name, copies), func(b *testing.B) {
				mail := mimeOf(s.n)
				b.SetBytes(int64(len(mail)))
				b.ReportAllocs()
				for b.Loop() {
					sealOnce(mail, copies)
				}
			})
		}
	}
}

func BenchmarkPrimitives(b *testing.B) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			mail := mimeOf(s.n)
			b.SetBytes(int64(len(mail)))
			for b.Loop() {
				sealPrimitives(mail)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			mail := seal(b, sender(), string(mimeOf(s.n)), []identity{alice()})[0]
			b.SetBytes(int64(s.n))
			b.ReportAllocs()
			for b.Loop() {
				openOnce(mail)
			}
		})
	}
}
