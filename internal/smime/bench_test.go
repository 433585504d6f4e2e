package smime_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime"
)

func mimeOf(size int) []byte {
	line := strings.Repeat("QUJD", 19) + "\r\n"
	return []byte("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(line, size/len(line)+1))
}

var sizes = []struct {
	name string
	n    int
}{{"10KB", 10 << 10}, {"1MB", 1 << 20}, {"26MB", 26 << 20}}

// BenchmarkSeal beside BenchmarkPrimitives is the price of everything that is not cryptography.
func BenchmarkSeal(b *testing.B) {
	from := mailLeaf("bench@partner.example", rsaKey(2048), plainRSA())
	for _, s := range sizes {
		for _, copies := range []int{1, 3} {
			b.Run(fmt.Sprintf("%s/%d", s.name, copies), func(b *testing.B) {
				mail := mimeOf(s.n)
				b.SetBytes(int64(len(mail)))
				b.ReportAllocs()
				for b.Loop() {
					var envelopes []smime.Envelope
					for range copies {
						envelopes = append(envelopes, smime.Envelope{Recipients: []*x509.Certificate{alice().cert}, To: io.Discard})
					}
					w := must(smime.Seal(smime.Compat(), from.signer(), now(), envelopes...))
					for at := 0; at < len(mail); at += 32 << 10 {
						must(w.Write(mail[at:min(len(mail), at+32<<10)]))
					}
					if err := w.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkPrimitives is SHA-256, AES-256-CBC, base64 in one line, and one RSA-2048 operation of each kind.
func BenchmarkPrimitives(b *testing.B) {
	from := mailLeaf("bench@partner.example", rsaKey(2048), plainRSA())
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			mail := mimeOf(s.n)
			b.SetBytes(int64(len(mail)))
			block := must(aes.NewCipher(make([]byte, 32)))
			const piece = 16 << 10
			plain, text := make([]byte, piece), make([]byte, base64.StdEncoding.EncodedLen(piece))
			for b.Loop() {
				h := sha256.New()
				mode := cipher.NewCBCEncrypter(block, make([]byte, 16))
				for at := 0; at < len(mail); at += piece {
					n := copy(plain, mail[at:]) &^ 15
					h.Write(plain[:n])
					mode.CryptBlocks(plain[:n], plain[:n])
					base64.StdEncoding.Encode(text, plain[:n])
				}
				sum := h.Sum(nil)
				must(from.key.Sign(rand.Reader, sum, crypto.SHA256))
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	from := mailLeaf("bench@partner.example", rsaKey(2048), plainRSA())
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			mail := seal(b, from, string(mimeOf(s.n)), []identity{alice()})[0]
			b.SetBytes(int64(s.n))
			b.ReportAllocs()
			for b.Loop() {
				must(smime.Open(bytes.NewReader(mail), []smime.Key{alice().opens()}, options()))
			}
		})
	}
}
