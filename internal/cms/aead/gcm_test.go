package aead

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

func unhex(s string) element { return elementOf(must(hex.DecodeString(s))) }

// The first multiplication of test case 2 in the paper of McGrew and Viega that NIST SP 800-38D came from.
func TestAProductIsTheOneOfTheStandard(t *testing.T) {
	t.Parallel()
	h, block := unhex("66e94bd4ef8a2c3b884cfa59ca342b2e"), unhex("0388dace60b6a392f328c2b971b2fe78")
	if got, want := block.times(h), unhex("5e2ec746917062882c85b0685353deb7"); got != want {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestElementsObeyTheLawsOfAField(t *testing.T) {
	t.Parallel()
	one := element{high: 1 << 63}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b, c := element{r.Uint64(), r.Uint64()}, element{r.Uint64(), r.Uint64()}, element{r.Uint64(), r.Uint64()}
		n, m := uint64(r.IntN(5000)), uint64(r.IntN(5000))
		for law, holds := range map[string]bool{
			"one changes nothing":               a.times(one) == a,
			"nothing times anything is nothing": a.times(element{}) == element{},
			"the order does not matter":         a.times(b) == b.times(a),
			"nor how they are grouped":          a.times(b).times(c) == a.times(b.times(c)),
			"products go into sums":             a.times(b.plus(c)) == a.times(b).plus(a.times(c)),
			"powers add":                        a.power(n).times(a.power(m)) == a.power(n+m),
			"what is multiplied divides again":  a.times(b).times(inverse(b)) == a,
			"octets come back":                  elementOf(octets(a)) == a,
		} {
			if !holds {
				t.Fatalf("not so: %s, of %x, %x, %x", law, a, b, c)
			}
		}
	}
}

func octets(e element) []byte {
	o := e.octets()
	return o[:]
}

// inverse is e to the power of 2¹²⁸-2.
func inverse(e element) element {
	product := element{high: 1 << 63}
	for range 127 {
		e = e.times(e)
		product = product.times(e)
	}
	return product
}

func TestNoncesOfAnyLengthOpen(t *testing.T) {
	t.Parallel()
	for size := 1; size <= 100; size++ {
		key, nonce, content, attributes := random(1, 16), random(uint64(size), size), random(2, 500), random(3, 40)
		sealed := must(referenceGCM(size)(key)).Seal(nil, nonce, content, attributes)
		open := must(NewAESGCM(Open, key, nonce))
		got := must(inParts(open, sealed[:500], func(left int) int { return min(left, 77) }))
		if err := open.Verify(sealed[500:], attributes); err != nil || !bytes.Equal(got, content) {
			t.Errorf("a nonce of %d octets: %v", size, err)
		}
	}
}

// A nonce of 12 octets can never bring the counter so far, but another one can, and a sender need not even know.
func TestTheCounterWrapsInItsLast32BitsAlone(t *testing.T) {
	t.Parallel()
	key := random(1, 32)
	hash := must(NewAESGCM(Open, key, []byte{1})).mac.(*gcmMAC).ghash
	for _, beforeWrap := range []uint32{0, 1, 2, 7, 8, 9, 100, piece/16 - 1, piece / 16, 4000} {
		// J₀ = N·H² ⊕ L·H is solved for N, a nonce of one block.
		first := element{high: 0x0123456789abcdef, low: 0xffffffff_00000000 | uint64(^beforeWrap)}
		length := element{0, 128}
		nonce := octets(first.plus(length.times(hash.h)).times(inverse(hash.h.times(hash.h))))
		if got := hash.counterBlock(nonce); got != first {
			t.Fatalf("counter block %x, want %x", got, first)
		}
		content := random(5, 5000*aes.BlockSize+3)
		sealed := must(referenceGCM(16)(key)).Seal(nil, nonce, content, nil)
		for _, part := range []int{len(content), 1000, 16, 5} {
			open := must(NewAESGCM(Open, key, nonce))
			got := must(inParts(open, sealed[:len(content)], func(left int) int { return min(left, part) }))
			if err := open.Verify(sealed[len(content):], nil); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d blocks before the wrap, in parts of %d: %v", beforeWrap, part, err)
			}
		}
	}
}
