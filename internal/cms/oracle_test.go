package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"maps"
	"slices"
	"testing"
)

// counting is how much of a message is read, and how much content comes out.
type counting struct {
	io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func (c *counting) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

// transported is an RSA entry for rsaPair around any octets that are to be the content key.
func transported(scheme algorithm, encrypted []byte) recipientInfo {
	c := rsaPair().cert
	return keyTransport{identifier{issuer: c.RawIssuer, serial: c.SerialNumber}, scheme, encrypted}.info()
}

func v15(key []byte) recipientInfo {
	//lint:ignore SA1019 what is tested
	return transported(algorithm{oidRSA, derNull}, must(rsa.EncryptPKCS1v15(rand.Reader, rsaPair().cert.PublicKey.(*rsa.PublicKey), key)))
}

func oaepOf(key []byte) recipientInfo {
	encrypted := must(rsa.EncryptOAEP(sha256.New(), rand.Reader, rsaPair().cert.PublicKey.(*rsa.PublicKey), key, nil))
	return transported(algorithm{oidOAEP, must(oaepParameters(crypto.SHA256))}, encrypted)
}

// agreedOn is an entry for key's certificate whose ephemeral public key, and what is made of it, are the attacker's.
func agreedOn(key Key, point, secret, contentKey []byte) recipientInfo {
	public := publicKey(key.Certificate)
	scheme := must(agreementFor(public))
	wrap := wrapIdentifier(wrapOID[32])
	kek := must(scheme.keyEncryptionKey(secret, wrap, nil, 32))
	return keyAgreement{
		curve: algorithm{oid: originatorOID(curveName(public))}, originator: asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
		algorithm: algorithm{scheme.std, wrap},
		keys:      []encryptedKey{{identifier{ski: key.Certificate.SubjectKeyId}, wrapped(kek, contentKey)}},
	}.info()
}

func honestly(key Key, contentKey []byte) recipientInfo {
	theirs := must(ecdhKey(publicKey(key.Certificate)))
	ours := must(theirs.Curve().GenerateKey(rand.Reader))
	return agreedOn(key, ours.PublicKey().Bytes(), must(ours.ECDH(theirs)), contentKey)
}

// Whatever goes wrong behind a private key, all that can be seen of it is the same: the error, how far the message was read,
// how often a key was asked, and how much content came out, which is noise.
func TestAllFailuresBehindAKeyLookTheSame(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	public := rsaPair().cert.PublicKey.(*rsa.PublicKey)
	modulus := make([]byte, public.Size())
	random := func(n int) []byte {
		b := make([]byte, n)
		rand.Read(b)
		return b
	}
	point := must(ecdh.P256().GenerateKey(rand.Reader)).PublicKey().Bytes()
	off := bytes.Clone(point)
	off[len(off)-1] ^= 1
	secret, ciphertext := must(encapsulationKey(mlkemKey().Certificate)).Encapsulate()
	kemOf := func(ciphertext, encrypted []byte) recipientInfo {
		return kem{
			to: identifier{ski: mlkemKey().Certificate.SubjectKeyId}, kem: algorithm{oid: oidMLKEM768}, kdf: algorithm{oid: kdfRows[0].oid},
			ciphertext: ciphertext, size: 32, wrap: wrapIdentifier(wrapOID[32]), encrypted: encrypted,
		}.info()
	}
	kek := must(kdfRows[0].keyEncryptionKey(secret, wrapIdentifier(wrapOID[32]), nil, 32))
	infos := map[string]recipientInfo{
		"v1.5: another key":                        v15(random(32)),
		"v1.5: a key of 31 octets":                 v15(key[:31]),
		"v1.5: a key of no octets":                 v15(nil),
		"v1.5: a key of 24 octets":                 v15(key[:24]),
		"v1.5: a block that is none":               transported(algorithm{oidRSA, derNull}, append([]byte{0}, random(public.Size()-1)...)),
		"v1.5: zero":                               transported(algorithm{oidRSA, derNull}, modulus),
		"v1.5: the modulus":                        transported(algorithm{oidRSA, derNull}, public.N.FillBytes(make([]byte, public.Size()))),
		"v1.5: too short":                          transported(algorithm{oidRSA, derNull}, random(20)),
		"v1.5: nothing":                            transported(algorithm{oidRSA, derNull}, nil),
		"v1.5: too long":                           transported(algorithm{oidRSA, derNull}, random(public.Size()+1)),
		"OAEP: another key":                        oaepOf(random(32)),
		"OAEP: a key of 16 octets":                 oaepOf(key[:16]),
		"OAEP: a block that is none":               transported(algorithm{oidOAEP, must(oaepParameters(crypto.SHA256))}, append([]byte{0}, random(public.Size()-1)...)),
		"OAEP: another digest":                     transported(algorithm{oidOAEP, must(oaepParameters(crypto.SHA1))}, must(rsa.EncryptOAEP(sha256.New(), rand.Reader, public, key, nil))),
		"OAEP: too short":                          transported(algorithm{oidOAEP, must(oaepParameters(crypto.SHA256))}, random(20)),
		"P-256: another key":                       honestly(p256Key(), random(32)),
		"P-256: a key of 16 octets":                honestly(p256Key(), key[:16]),
		"P-256: a key of 64 octets":                honestly(p256Key(), random(64)),
		"P-256: a point off the curve":             agreedOn(p256Key(), off, random(32), key),
		"P-256: the point at infinity":             agreedOn(p256Key(), []byte{0}, random(32), key),
		"P-256: no point":                          agreedOn(p256Key(), nil, random(32), key),
		"P-256: a compressed point":                agreedOn(p256Key(), append([]byte{2}, point[1:33]...), random(32), key),
		"P-256: a point of another curve":          agreedOn(p256Key(), must(ecdh.P384().GenerateKey(rand.Reader)).PublicKey().Bytes(), random(32), key),
		"X25519: another key":                      honestly(x25519Key(), random(32)),
		"X25519: a point that makes a secret of 0": agreedOn(x25519Key(), make([]byte, 32), make([]byte, 32), key),
		"X25519: another such":                     agreedOn(x25519Key(), append([]byte{1}, make([]byte, 31)...), make([]byte, 32), key),
		"X25519: a point of 31 octets":             agreedOn(x25519Key(), make([]byte, 31), make([]byte, 32), key),
		"ML-KEM: another key":                      kemOf(ciphertext, wrapped(kek, random(32))),
		"ML-KEM: a key of 16 octets":               kemOf(ciphertext, wrapped(kek, key[:16])),
		"ML-KEM: another ciphertext":               kemOf(random(mlkem.CiphertextSize768), wrapped(kek, key)),
		"ML-KEM: a ciphertext of another length":   kemOf(ciphertext[1:], wrapped(kek, key)),
		"ML-KEM: a wrapped key that is none":       kemOf(ciphertext, random(40)),
		"ML-KEM: a wrapped key that is cut":        kemOf(ciphertext, wrapped(kek, key)[:31]),
	}
	keys := []Key{rsaKey(), p256Key(), x25519Key(), mlkemKey()}
	for _, c := range []ContentCipher{AES256GCM, ChaCha20Poly1305} {
		for _, name := range slices.Sorted(maps.Keys(infos)) {
			der := envelopeOf(c, key, infos[name])
			in, out := &counting{Reader: bytes.NewReader(der)}, new(counting)
			_, err := decrypt(out, in, keys)
			if err == nil || err.Error() != ErrDecrypt.Error() || in.n != len(der) || out.n != len(signedContent) {
				t.Errorf("%v, %s: %v; %d of %d octets read, %d came out", c, name, err, in.n, len(der), out.n)
			}
		}
	}
	for name, info := range map[string]recipientInfo{"v1.5": v15(key), "OAEP": oaepOf(key), "P-256": honestly(p256Key(), key), "X25519": honestly(x25519Key(), key), "ML-KEM": kemOf(ciphertext, wrapped(kek, key))} {
		if _, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256GCM, key, info)), keys); err != nil {
			t.Errorf("%s, made as it should be: %v", name, err)
		}
	}
}

// A module may not look, as crypto/ecdh does.
func TestAModuleThatAgreesOnZeroOpensNothing(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	zero := Key{x25519Key().Certificate, sameSecret{make([]byte, 32)}}
	der := envelopeOf(AES256GCM, key, agreedOn(x25519Key(), make([]byte, 32), make([]byte, 32), key))
	if _, err := decrypt(io.Discard, bytes.NewReader(der), []Key{zero}); !errors.Is(err, ErrDecrypt) {
		t.Errorf("%v", err)
	}
}

type sameSecret struct{ secret []byte }

func (s sameSecret) ECDH(*ecdh.PublicKey) ([]byte, error) { return s.secret, nil }

// CVE-2026-42768: a reader that goes on to the next entry tells, by going on, that the one before it failed.
func TestOneEntryIsTriedAndNoOther(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	wrong := bytes.Repeat([]byte{8}, 32)
	for name, infos := range map[string][]recipientInfo{
		"two of v1.5":     {v15(wrong), v15(key)},
		"OAEP, then v1.5": {oaepOf(wrong), v15(key)},
		"v1.5, then OAEP": {v15(wrong[:5]), oaepOf(key)},
		"ten of them":     slices.Concat(slices.Repeat([]recipientInfo{v15(wrong)}, 9), []recipientInfo{v15(key)}),
	} {
		asked := 0
		ours := Key{rsaPair().cert, counter{rsaPair().key.(*rsa.PrivateKey), &asked}}
		_, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256GCM, key, infos...)), []Key{ours, ours})
		if !errors.Is(err, ErrDecrypt) || asked != 1 {
			t.Errorf("%s: %v, the key was asked %d times", name, err, asked)
		}
	}
}

func TestAnEntryThatWeCannotUseIsPassedOver(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	usable := v15(key)
	for name, info := range map[string]recipientInfo{
		"RSA with an unknown scheme":     transported(algorithm{oid: asn1.ObjectIdentifier{1, 2, 3}}, nil),
		"OAEP with an unknown digest":    transported(algorithm{oidOAEP, []byte{0x30, 2, 0xa0, 0}}, nil),
		"OAEP without parameters":        transported(algorithm{oid: oidOAEP}, nil),
		"RSA with parameters":            transported(algorithm{oidRSA, []byte{4, 0}}, nil),
		"key agreement for a key of RSA": agreedForRSA(),
		"a KEM for a key of RSA":         kem{to: identifier{ski: rsaPair().cert.SubjectKeyId}, kem: algorithm{oid: oidMLKEM768}, kdf: algorithm{oid: kdfRows[0].oid}, size: 32, wrap: wrapIdentifier(wrapOID[32])}.info(),
	} {
		if _, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256GCM, key, info, usable)), []Key{rsaKey()}); err != nil {
			t.Errorf("%s, then one that we can use: %v", name, err)
		}
		if _, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256GCM, key, info)), []Key{rsaKey()}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s alone: %v", name, err)
		}
	}
	for name, ours := range map[string]Key{
		"a private key of another kind": {rsaPair().cert, ecPair().key},
		"no private key":                {rsaPair().cert, nil},
	} {
		if _, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256GCM, key, usable)), []Key{ours}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256GCM, key, usable)), []Key{ours, rsaKey()}); err != nil {
			t.Errorf("%s, and then the right one: %v", name, err)
		}
	}
}

func agreedForRSA() recipientInfo {
	scheme := agreementRows[0]
	return keyAgreement{
		curve: algorithm{oid: oidECPublicKey}, originator: asn1.BitString{Bytes: []byte{4}, BitLength: 8},
		algorithm: algorithm{scheme.std, wrapIdentifier(wrapOID[32])}, keys: []encryptedKey{{to: identifier{ski: rsaPair().cert.SubjectKeyId}}},
	}.info()
}

// Every octet of an AEAD message is altered, in its lowest and in its highest bit. In the encrypted content, its nonce and its
// MAC nothing but ErrDecrypt or ErrMalformed follows; before them the message may also turn into one that is for nobody here.
func TestNoOctetOfAnAuthenticatedMessageCanBeAltered(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]struct {
		key  Key
		oaep bool
	}{"RSA": {rsaKey(), false}, "RSA-OAEP": {rsaKey(), true}, "P-256": {p256Key(), false}, "X25519": {x25519Key(), false}, "ML-KEM": {mlkemKey(), false}} {
		for _, c := range []ContentCipher{AES256GCM, ChaCha20Poly1305} {
			if _, isRSA := way.key.Private.(*rsa.PrivateKey); isRSA && c != AES256GCM {
				continue // a thousand operations of RSA are enough
			}
			der := seal(signedContent, EncryptConfig{Cipher: c, OAEP: way.oaep, PostQuantum: true, Recipients: []*x509.Certificate{way.key.Certificate}})
			row, _ := c.row()
			behindCipher := bytes.LastIndex(der, oidDER(row.oid)) + len(oidDER(row.oid))
			for i := range der {
				for _, bit := range []byte{0x01, 0x80} {
					altered := bytes.Clone(der)
					altered[i] ^= bit
					_, err := decrypt(io.Discard, bytes.NewReader(altered), []Key{way.key})
					strict := errors.Is(err, ErrDecrypt) || errors.Is(err, ErrMalformed)
					if !strict && (err == nil || !promised(err) || i >= behindCipher) && !blind(way.key, altered, der, i) {
						t.Errorf("%s, %v, octet %d of %d (%#02x) altered: %v", name, c, i, len(der), der[i], err)
					}
				}
			}
		}
	}
}

// blind is the one bit that nobody looks at: RFC 7748 §5 has the highest bit of an X25519 key masked away.
func blind(key Key, altered, der []byte, i int) bool {
	_, isX25519 := key.Private.(*ecdh.PrivateKey)
	start := bytes.Index(der, append(wrapIdentifier(oidX25519), 3, 33, 0)) + len(wrapIdentifier(oidX25519)) + 3
	return isX25519 && i == start+31 && altered[i]^der[i] == 0x80
}
