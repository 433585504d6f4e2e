package aead

import "testing"

func BenchmarkGCM(b *testing.B) { besideTheLibrary(b, suites()[2]) }

func BenchmarkChaCha20Poly1305(b *testing.B) { besideTheLibrary(b, suites()[3]) }

// besideTheLibrary shows what streaming costs: the library has the message in memory, and the Stream gets the 16 KiB parts
// that an AuthEnvelopedData is written in.
func besideTheLibrary(b *testing.B, c suite) {
	const part = 16 << 10
	key, nonce := random(1, c.keySize), random(2, 12)
	for _, size := range []struct {
		name   string
		octets int
	}{{"10KiB", 10 << 10}, {"1MiB", 1 << 20}} {
		message := random(3, size.octets+TagSize)
		stream := func(d Direction) func(b *testing.B) {
			return func(b *testing.B) {
				b.SetBytes(int64(size.octets))
				for b.Loop() {
					s := must(c.stream(d, key, nonce, nil))
					for rest := message[:size.octets]; len(rest) > 0; {
						in := rest[:min(len(rest), part)]
						must(0, s.Crypt(in, in))
						rest = rest[len(in):]
					}
					must(s.Tag(nil))
				}
			}
		}
		b.Run("stream/seal/"+size.name, stream(Seal))
		b.Run("stream/open/"+size.name, stream(Open))
		b.Run("library/seal/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.octets))
			for b.Loop() {
				must(c.reference(key)).Seal(message[:0], nonce, message[:size.octets], nil)
			}
		})
	}
}
