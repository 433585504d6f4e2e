package cms

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// A message that was signed by one of our keys, and whose signature still verifies after anything has been done to it, has
// the content that was signed and says the same in its signed attributes. Whatever cannot be read is ErrMalformed or
// ErrWrongType, never a panic.
func FuzzSigned(f *testing.F) {
	c := kinds()["Ed25519"]
	c.Opens, c.EncryptTo = allCapabilities(), ecPair().cert
	f.Add(detached(c, signedContent))
	f.Add(opaque(c, signedContent))
	f.Add(opaque(kinds()["SHA-256, RSA-PSS"], nil))
	f.Add(forge{pair: ecPair(), inside: contentInside, ski: true}.der())
	f.Fuzz(unchanged)
}

func unchanged(t *testing.T, der []byte) {
	var content bytes.Buffer
	s, err := verify(bytes.NewReader(der), nil, &content)
	if errors.Is(err, ErrMalformed) { // perhaps only because its content is elsewhere
		content.Reset()
		content.Write(signedContent)
		s, err = verify(bytes.NewReader(der), bytes.NewReader(signedContent), io.Discard)
	}
	if err != nil {
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrWrongType) {
			t.Fatalf("%v", err)
		}
		return
	}
	for _, signer := range s.Signers {
		if signer.Err != nil {
			continue
		}
		if !bytes.Equal(content.Bytes(), signedContent) && content.Len() > 0 {
			t.Fatalf("%q is not what was signed", content.Bytes())
		}
		if wants := signer.Capabilities.String(); wants != "" && wants != allCapabilities().String() {
			t.Fatalf("%s is not what was signed", wants)
		}
	}
}

func TestNoFlippedBitMakesASignatureGoodForSomethingElse(t *testing.T) {
	t.Parallel()
	c := kinds()["SHA-256, ECDSA"]
	c.Opens, c.EncryptTo = allCapabilities(), ecPair().cert
	for name, der := range map[string][]byte{"detached": detached(c, signedContent), "opaque": opaque(c, signedContent)} {
		attributes := bytes.Index(der, signedAttributes(der))
		if attributes < 0 {
			t.Fatal("no attributes")
		}
		for at := range der {
			der[at] ^= 1 << (at % 8)
			unchanged(t, der)
			if at >= attributes { // here nothing may be altered: attributes, algorithm, signature
				s, err := verifyEither(der)
				if err == nil && len(s.Signers) == 1 && s.Signers[0].Err == nil {
					t.Errorf("%s: octet %d of %d", name, at, len(der))
				}
			}
			der[at] ^= 1 << (at % 8)
		}
	}
}

func verifyEither(der []byte) (*Signed, error) {
	if s, err := verify(bytes.NewReader(der), nil, io.Discard); err == nil {
		return s, nil
	}
	return verify(bytes.NewReader(der), bytes.NewReader(signedContent), io.Discard)
}
