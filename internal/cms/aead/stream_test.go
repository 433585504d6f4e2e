package aead

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"math/rand/v2"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// suite is one cipher as we have it, and as a library has it for messages in one piece.
type suite struct {
	name      string
	keySize   int
	stream    func(d Direction, key, nonce, attributes []byte) (*Stream, error)
	atEnd     func(attributes []byte) []byte // what Tag and Verify are given
	reference func(key []byte) (cipher.AEAD, error)
}

func suites() []suite {
	gcm := func(name string, keySize int) suite {
		return suite{
			name: name, keySize: keySize,
			stream:    func(d Direction, key, nonce, _ []byte) (*Stream, error) { return NewAESGCM(d, key, nonce) },
			atEnd:     func(attributes []byte) []byte { return attributes },
			reference: referenceGCM(gcmNonceSize),
		}
	}
	return []suite{
		gcm("AES-128-GCM", 16), gcm("AES-192-GCM", 24), gcm("AES-256-GCM", 32),
		{
			name: "ChaCha20-Poly1305", keySize: 32,
			stream:    NewChaCha20Poly1305,
			atEnd:     func([]byte) []byte { return nil },
			reference: chacha20poly1305.New,
		},
	}
}

func referenceGCM(nonceSize int) func(key []byte) (cipher.AEAD, error) {
	return func(key []byte) (cipher.AEAD, error) {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return cipher.NewGCMWithNonceSize(block, nonceSize)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// random gives octets that are the same in every run.
func random(seed uint64, n int) []byte {
	out := make([]byte, n)
	must(rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)}).Read(out))
	return out
}

// inParts runs src through the Stream in place, in parts of the lengths that next gives.
func inParts(s *Stream, src []byte, next func(left int) int) ([]byte, error) {
	out := bytes.Clone(src)
	for at := 0; at < len(out); {
		n := next(len(out) - at)
		if err := s.Crypt(out[at:at+n], out[at:at+n]); err != nil {
			return nil, err
		}
		at += n
	}
	return out, nil
}

func whole(left int) int { return left }

func upTo(r *rand.Rand, most int) func(int) int {
	return func(left int) int { return min(left, 1+r.IntN(most)) }
}

// compare seals and opens with both, and fails where one octet differs.
func compare(t *testing.T, c suite, seed uint64, length, attributesLength int, next func(int) int) {
	t.Helper()
	key, nonce := random(seed, c.keySize), random(seed+1, 12)
	content, attributes := random(seed+2, length), random(seed+3, attributesLength)
	want := must(c.reference(key)).Seal(nil, nonce, content, attributes)

	seal := must(c.stream(Seal, key, nonce, attributes))
	ciphertext, err := inParts(seal, content, next)
	if err != nil || !bytes.Equal(ciphertext, want[:length]) {
		t.Fatalf("%s, %d octets: another ciphertext than the library's (%v)", c.name, length, err)
	}
	tag, err := seal.Tag(c.atEnd(attributes))
	if err != nil || !bytes.Equal(tag[:], want[length:]) {
		t.Fatalf("%s, %d octets, %d of attributes: tag % x (%v), want % x", c.name, length, attributesLength, tag, err, want[length:])
	}
	open := must(c.stream(Open, key, nonce, attributes))
	plaintext, err := inParts(open, ciphertext, next)
	if err != nil || !bytes.Equal(plaintext, content) {
		t.Fatalf("%s, %d octets: opened as something else (%v)", c.name, length, err)
	}
	if err := open.Verify(tag[:], c.atEnd(attributes)); err != nil {
		t.Fatalf("%s, %d octets, %d of attributes: %v", c.name, length, attributesLength, err)
	}
}

func TestAStreamSealsAndOpensAsTheLibraryDoesInOnePiece(t *testing.T) {
	t.Parallel()
	for _, c := range suites() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 5))
			for length := range 201 {
				compare(t, c, uint64(length), length, 0, whole)
				compare(t, c, uint64(length), length, length%37, upTo(r, 40))
			}
			for _, length := range []int{piece - 1, piece, piece + 1, stretch - 1, stretch, stretch + 1, stretch + 16, 2 * stretch, 3*stretch + 5} {
				for _, attributesLength := range []int{0, 1, 16, 100, stretch + 3} {
					compare(t, c, uint64(length), length, attributesLength, whole)
					compare(t, c, uint64(length), length, attributesLength, upTo(r, 5000))
				}
			}
		})
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range suites() {
		key := random(1, c.keySize)
		message := [][]byte{random(2, 12), random(3, 50), random(4, 20)} // nonce, ciphertext, attributes
		opened := func(tag []byte) error {
			open := must(c.stream(Open, key, message[0], message[2]))
			must(inParts(open, message[1], whole))
			return open.Verify(tag, c.atEnd(message[2]))
		}
		open := must(c.stream(Open, key, message[0], message[2]))
		must(inParts(open, message[1], whole))
		tag := must(open.Tag(c.atEnd(message[2])))
		if err := opened(tag[:]); err != nil {
			t.Fatalf("%s: untouched, and %v", c.name, err)
		}
		message = append(message, tag[:])
		flipped := 0
		for i, field := range message {
			for bit := range 8 * len(field) {
				field[bit/8] ^= 1 << (bit % 8)
				if err := opened(message[3]); !errors.Is(err, ErrTag) {
					t.Errorf("%s: bit %d of field %d flipped, and %v", c.name, bit, i, err)
				}
				field[bit/8] ^= 1 << (bit % 8)
				flipped++
			}
		}
		if flipped != 8*(12+50+20+16) {
			t.Errorf("%s: %d bits flipped", c.name, flipped)
		}
	}
}

func TestContentMovedIntoTheAttributesIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range suites() {
		key, nonce, all := random(1, c.keySize), random(2, 12), random(3, 64)
		open := func(cut int) *Stream {
			s := must(c.stream(Open, key, nonce, all[:cut]))
			must(inParts(s, all[cut:], whole))
			return s
		}
		tag := must(open(32).Tag(c.atEnd(all[:32])))
		for _, cut := range []int{0, 16, 31, 33, 48, 64} {
			if err := open(cut).Verify(tag[:], c.atEnd(all[:cut])); !errors.Is(err, ErrTag) {
				t.Errorf("%s: cut at %d, and %v", c.name, cut, err)
			}
		}
	}
}

func TestATagMayBeCutAsFarAsItsStandardAllows(t *testing.T) {
	t.Parallel()
	for _, c := range suites() {
		shortest := 12
		if c.name == "ChaCha20-Poly1305" {
			shortest = 16
		}
		sealed := func() *Stream {
			s := must(c.stream(Seal, random(1, c.keySize), random(2, 12), nil))
			must(inParts(s, random(3, 100), whole))
			return s
		}
		tag := must(sealed().Tag(nil))
		for n := range 18 {
			err := sealed().Verify(append(tag[:], 0)[:n], nil)
			if allowed := n >= shortest && n <= 16; allowed != (err == nil) || !allowed && !errors.Is(err, ErrTag) {
				t.Errorf("%s: a tag of %d octets: %v", c.name, n, err)
			}
		}
	}
}

func TestContentSealedAgainProvesAttributesThatCameTooLate(t *testing.T) {
	t.Parallel()
	key, nonce, content, attributes := random(1, 32), random(2, 12), random(3, 1000), random(4, 30)
	sealed := must(chacha20poly1305.New(key)).Seal(nil, nonce, content, attributes)
	open := must(NewChaCha20Poly1305(Open, key, nonce, nil))
	held := must(inParts(open, sealed[:1000], whole))
	if err := open.Verify(sealed[1000:], attributes); !errors.Is(err, ErrAttributes) {
		t.Errorf("attributes behind the content: %v", err)
	}
	again := must(NewChaCha20Poly1305(Seal, key, nonce, attributes))
	must(inParts(again, held, whole))
	if err := again.Verify(sealed[1000:], nil); err != nil {
		t.Errorf("sealed again: %v", err)
	}
}

func TestAStreamThatHasEndedDoesNothingMore(t *testing.T) {
	t.Parallel()
	for _, c := range suites() {
		s := must(c.stream(Seal, random(1, c.keySize), random(2, 12), nil))
		must(s.Tag(nil))
		dst := make([]byte, 1)
		if err := s.Crypt(dst, []byte{0}); err == nil || dst[0] != 0 {
			t.Errorf("%s: went on (%v)", c.name, err)
		}
		if tag, err := s.Tag(nil); err == nil || tag != [TagSize]byte{} {
			t.Errorf("%s: a second tag (%v)", c.name, err)
		}
		if s.Verify(make([]byte, TagSize), nil) == nil {
			t.Errorf("%s: verified after its end", c.name)
		}
	}
}

func TestContentBeyondTheCiphersLimitIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range suites() {
		for _, d := range []Direction{Seal, Open} {
			s := must(c.stream(d, random(1, c.keySize), random(2, 12), nil))
			if c.name == "ChaCha20-Poly1305" && s.left != 1<<38-64 || c.name != "ChaCha20-Poly1305" && s.left != 1<<36-32 {
				t.Errorf("%s: a limit of %d octets", c.name, s.left)
			}
			s.left = 10
			if err := s.Crypt(make([]byte, 10), make([]byte, 10)); err != nil {
				t.Errorf("%s: the last ten octets: %v", c.name, err)
			}
			dst := []byte{7}
			if err := s.Crypt(dst, []byte{0}); !errors.Is(err, ErrTooLong) || dst[0] != 7 {
				t.Errorf("%s: one octet more: %v, % x", c.name, err, dst)
			}
			if err := s.Verify(make([]byte, TagSize), nil); !errors.Is(err, ErrTooLong) {
				t.Errorf("%s: verified: %v", c.name, err)
			}
		}
	}
}

func TestKeysAndNoncesOfWrongLengthAreRefused(t *testing.T) {
	t.Parallel()
	for name, construct := range map[string]func() (*Stream, error){
		"GCM, no key":                    func() (*Stream, error) { return NewAESGCM(Seal, nil, random(1, 12)) },
		"GCM, a key of 20 octets":        func() (*Stream, error) { return NewAESGCM(Open, random(1, 20), random(1, 12)) },
		"GCM, no nonce to open with":     func() (*Stream, error) { return NewAESGCM(Open, random(1, 16), nil) },
		"GCM, no nonce to seal with":     func() (*Stream, error) { return NewAESGCM(Seal, random(1, 16), nil) },
		"GCM, a nonce of 16 to seal":     func() (*Stream, error) { return NewAESGCM(Seal, random(1, 16), random(1, 16)) },
		"ChaCha20, a key of 16 octets":   func() (*Stream, error) { return NewChaCha20Poly1305(Seal, random(1, 16), random(1, 12), nil) },
		"ChaCha20, no nonce":             func() (*Stream, error) { return NewChaCha20Poly1305(Open, random(1, 32), nil, nil) },
		"ChaCha20, the nonce of XChaCha": func() (*Stream, error) { return NewChaCha20Poly1305(Open, random(1, 32), random(1, 24), nil) },
	} {
		if s, err := construct(); err == nil || s != nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestALongMessageTakesNoMoreMemoryThanAShortOne(t *testing.T) {
	for _, c := range suites() {
		for _, d := range []Direction{Seal, Open} {
			s := must(c.stream(d, random(1, c.keySize), random(2, 12), nil))
			part := make([]byte, 16<<10)
			if n := testing.AllocsPerRun(200, func() { must(0, s.Crypt(part, part)) }); n != 0 {
				t.Errorf("%s: %v allocations for every 16 KiB", c.name, n)
			}
		}
	}
}

func FuzzSplitting(f *testing.F) {
	f.Add([]byte("content"), []byte("attributes"), []byte{1, 2, 3}, uint32(0))
	f.Add([]byte{}, []byte{}, []byte{}, uint32(stretch))
	f.Add(bytes.Repeat([]byte{7}, 100), []byte{0}, []byte{255, 0, 16, 15}, uint32(2*stretch-1))
	// Property: however a message is cut, and wherever in a stretch the cuts fall, ciphertext and tag are those that the
	// library makes of it in one piece, and it opens again.
	f.Fuzz(func(t *testing.T, content, attributes, cuts []byte, before uint32) {
		content = append(make([]byte, before%(3*stretch)), content...)
		for _, c := range suites() {
			key, nonce, turn := random(1, c.keySize), random(2, 12), 0
			next := func(left int) int {
				turn++
				if len(cuts) == 0 {
					return left
				}
				return min(left, 1+59*int(cuts[turn%len(cuts)]))
			}
			want := must(c.reference(key)).Seal(nil, nonce, content, attributes)
			seal := must(c.stream(Seal, key, nonce, attributes))
			got := must(inParts(seal, content, next))
			tag := must(seal.Tag(c.atEnd(attributes)))
			if got = append(got, tag[:]...); !bytes.Equal(got, want) {
				t.Fatalf("%s: cut into %d, sealed differently", c.name, turn)
			}
			open := must(c.stream(Open, key, nonce, attributes))
			back := must(inParts(open, want[:len(content)], next))
			if err := open.Verify(want[len(content):], c.atEnd(attributes)); err != nil || !bytes.Equal(back, content) {
				t.Fatalf("%s: cut into %d, not opened: %v", c.name, turn, err)
			}
		}
	})
}
