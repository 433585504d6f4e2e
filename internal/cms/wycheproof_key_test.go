package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/keywrap"
)

// Any answer at all would be an oracle, so what can be seen is only the content key. It must stay random where the padding is
// wrong, and where it is right around a key of another length: another one each time.
func TestWycheproofsPKCS1Decryption(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"rsa_pkcs1_2048_test.json", "rsa_pkcs1_3072_test.json"} {
		eachVector(t, file, func(g vectorGroup, v vector) bool {
			key := must(x509.ParsePKCS8PrivateKey(g.PrivateKeyPKCS8)).(*rsa.PrivateKey)
			inModule := struct{ crypto.Decrypter }{key}
			for _, size := range []int{16, 24, 32} {
				if v.valid() && size == len(v.Msg) {
					continue
				}
				privates := []crypto.Decrypter{key}
				if size == 32 {
					privates = append(privates, inModule)
				}
				for _, private := range privates {
					if bytes.Equal(contentKeyOf(private, v.CT, size), contentKeyOf(private, v.CT, size)) {
						t.Errorf("%s %d (%s): the same %d octets twice", file, v.TcID, v.Comment, size)
					}
				}
			}
			if !v.valid() {
				return false
			}
			return bytes.Equal(contentKeyOf(key, v.CT, len(v.Msg)), v.Msg) && bytes.Equal(contentKeyOf(inModule, v.CT, len(v.Msg)), v.Msg)
		})
	}
}

// contentKeyOf is what a message would be decrypted with.
func contentKeyOf(private crypto.Decrypter, encrypted []byte, size int) []byte {
	contentKey := make([]byte, size)
	rand.Read(contentKey)
	unlockRSA(private, cryptobyte.String(encrypted), contentKey)
	return contentKey
}

func TestWycheproofsOAEPDecryption(t *testing.T) {
	t.Parallel()
	hashes := map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-512": crypto.SHA512}
	for _, file := range []string{"rsa_oaep_2048_sha1_mgf1sha1_test.json", "rsa_oaep_2048_sha256_mgf1sha1_test.json",
		"rsa_oaep_2048_sha256_mgf1sha256_test.json", "rsa_oaep_2048_sha512_mgf1sha1_test.json", "rsa_oaep_2048_sha512_mgf1sha512_test.json"} {
		eachVector(t, file, func(g vectorGroup, v vector) bool {
			options, ok := readOAEP(algorithm{oidOAEP, oaepWith(hashes[g.SHA], hashes[g.MGFSHA], v.Label)})
			if !ok {
				t.Fatalf("%s %d: the parameters could not be read", file, v.TcID)
			}
			key := must(x509.ParsePKCS8PrivateKey(g.PrivateKeyPKCS8)).(*rsa.PrivateKey)
			got, err := key.Decrypt(rand.Reader, v.CT, options)
			contentKey := make([]byte, len(v.Msg))
			return replaceKey(contentKey, got, err == nil) == 1 && bytes.Equal(contentKey, v.Msg)
		})
	}
}

// oaepWith writes every field of RSAES-OAEP-params, though some are defaults.
func oaepWith(hash, mgf crypto.Hash, label []byte) []byte {
	digest := func(h crypto.Hash) algorithm {
		row, _ := digestByHash(h)
		return algorithm{row.oid, derNull}
	}
	source := must(asn1.Marshal(append([]byte{}, label...)))
	var inner cryptobyte.Builder
	digest(mgf).add(&inner)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(0), digest(hash).add)
		b.AddASN1(explicit(1), algorithm{oidMGF1, inner.BytesOrPanic()}.add)
		b.AddASN1(explicit(2), algorithm{oidPSpecified, source}.add)
	})
	return b.BytesOrPanic()
}

// agrees wraps a content key under what the vector says is the shared secret, and lets our side find it out.
func agrees(public crypto.PublicKey, private *ecdh.PrivateKey, point, shared []byte) bool {
	scheme, err := agreementFor(public)
	if err != nil {
		return false
	}
	var info cryptobyte.Builder
	algorithm{oid: wrapOID[16]}.add(&info)
	contentKey := bytes.Repeat([]byte{7}, 16)
	kek := must(scheme.keyEncryptionKey(shared, info.BytesOrPanic(), nil, 16))
	entry := keyAgreement{originator: asn1.BitString{Bytes: point, BitLength: 8 * len(point)}}
	got, err := unlockECDH(public, private, entry, scheme, info.BytesOrPanic(), 16, must(keywrap.Wrap(kek, contentKey)))
	return err == nil && bytes.Equal(got, contentKey)
}

// pointOf is the point in a SubjectPublicKeyInfo. A message of ours has no parameters beside it that could contradict the
// curve of our key, so a vector that is about such parameters has none for us.
func pointOf(spki []byte, curve asn1.ObjectIdentifier) ([]byte, bool) {
	var key struct {
		Algorithm struct{ OID, Curve asn1.ObjectIdentifier }
		Point     asn1.BitString
	}
	rest, err := asn1.Unmarshal(spki, &key)
	ok := err == nil && len(rest) == 0 && key.Algorithm.OID.Equal(oidECPublicKey) && key.Algorithm.Curve.Equal(curve)
	return key.Point.RightAlign(), ok
}

func TestWycheproofsECDH(t *testing.T) {
	t.Parallel()
	for file, curve := range map[string]struct {
		ecdh.Curve
		oid  asn1.ObjectIdentifier
		size int
	}{
		"ecdh_secp256r1_test.json": {ecdh.P256(), asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, 32},
		"ecdh_secp384r1_test.json": {ecdh.P384(), asn1.ObjectIdentifier{1, 3, 132, 0, 34}, 48},
		"ecdh_secp521r1_test.json": {ecdh.P521(), asn1.ObjectIdentifier{1, 3, 132, 0, 35}, 66},
	} {
		about, zeros := 0, 0
		eachVector(t, file, func(_ vectorGroup, v vector) bool {
			point, ok := pointOf(v.Public, curve.oid)
			if !ok {
				return false
			}
			about++
			scalar := make([]byte, max(curve.size, len(v.Private)))
			copy(scalar[len(scalar)-len(v.Private):], v.Private)
			private, err := curve.NewPrivateKey(scalar[len(scalar)-curve.size:])
			if err != nil {
				t.Fatalf("%s %d: %v", file, v.TcID, err)
			}
			public := must(x509.ParsePKIXPublicKey(must(x509.MarshalPKIXPublicKey(private.PublicKey()))))
			got := agrees(public, private, point, v.Shared)
			if v.valid() && !got && bytes.Equal(v.Shared, make([]byte, len(v.Shared))) {
				// Refused on every curve, though only RFC 8418 §2 asks for it, for X25519: it costs nothing, for no honest
				// sender's key ever gives it.
				zeros++
				return true
			}
			return got
		})
		if about < 300 || zeros > 1 {
			t.Errorf("%s: %d have a point that a message can hold, and %d secrets are zero", file, about, zeros)
		}
	}
}

// A secret of zeros is refused (RFC 8418 §2), which Wycheproof leaves open; everything else that it leaves open is taken:
// twisted and non-canonical points, which RFC 7748 §5 wants taken.
func TestWycheproofsX25519(t *testing.T) {
	t.Parallel()
	zero := make([]byte, 32)
	eachVector(t, "x25519_test.json", func(_ vectorGroup, v vector) bool {
		private := must(ecdh.X25519().NewPrivateKey(v.Private))
		got := agrees(private.PublicKey(), private, v.Public, v.Shared)
		if want := !bytes.Equal(v.Shared, zero); got != want {
			t.Errorf("%d (%s, %v): %v", v.TcID, v.Comment, v.Flags, got)
		}
		return got
	})
}

func TestWycheproofsSignatures(t *testing.T) {
	t.Parallel()
	sha256, _ := digestByHash(crypto.SHA256)
	sha512, _ := digestByHash(crypto.SHA512)
	for file, how := range map[string]struct {
		algorithm
		digestRow
	}{
		"ecdsa_secp256r1_sha256_test.json":      {algorithm{oid: sha256.ecdsa}, sha256},
		"ed25519_test.json":                     {algorithm{oid: oidEd25519}, sha512},
		"rsa_pss_2048_sha256_mgf1_32_test.json": {algorithm{oidPSS, must(pssParameters(sha256))}, sha256},
	} {
		eachVector(t, file, func(g vectorGroup, v vector) bool {
			return verifies(must(x509.ParsePKIXPublicKey(g.PublicKeyDER)), how.algorithm, how.digestRow, v.Msg, v.Sig)
		})
	}
}
