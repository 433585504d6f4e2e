package app

import (
	"bytes"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// with is c with another SubjectPublicKeyInfo: crypto/x509 writes only those that it knows. Its signature is of no use, and
// nobody asks for that of a recipient.
func with(t *testing.T, c *x509.Certificate, spki []byte) []byte {
	t.Helper()
	whole, tbs := cryptobyte.String(c.Raw), cryptobyte.String(c.RawTBSCertificate)
	var outer, skipped, fields cryptobyte.String
	if !whole.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1Element(&skipped, cbasn1.SEQUENCE) || !tbs.ReadASN1(&fields, cbasn1.SEQUENCE) {
		t.Fatal("no certificate")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(bytes.Replace(fields, c.RawSubjectPublicKeyInfo, spki, 1))
		})
		b.AddBytes(outer)
	})
	return b.BytesOrPanic()
}

// labelled is one key's algorithm and octets, as in SubjectPublicKeyInfo and in PKCS #8.
func labelled(b *cryptobyte.Builder, oid asn1.ObjectIdentifier) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
}

func built(do func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, do)
	return b.BytesOrPanic()
}

func TestKeysThatOnlyDecryptOpenWhatIsSealedForThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var template *x509.Certificate
	for block, rest := pem.Decode(get(t, d.key(foreignKey))); block != nil && template == nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			template, _ = x509.ParseCertificate(block.Bytes)
		}
	}
	if template == nil {
		t.Fatal("no certificate to begin with")
	}
	oid := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 2}
	lattice, err := mlkem.GenerateKey768()
	if err != nil {
		t.Fatal(err)
	}
	latticePublic := built(func(b *cryptobyte.Builder) {
		labelled(b, oid)
		b.AddASN1BitString(lattice.EncapsulationKey().Bytes())
	})
	latticePrivate := func(octets func(*cryptobyte.Builder)) []byte {
		return built(func(b *cryptobyte.Builder) {
			b.AddASN1Int64(0)
			labelled(b, oid)
			b.AddASN1(cbasn1.OCTET_STRING, octets)
		})
	}
	curve, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curvePublic, err := x509.MarshalPKIXPublicKey(curve.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	curvePrivate, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ public, private []byte }{
		"X25519": {curvePublic, curvePrivate},
		"ML-KEM-768, a seed": {latticePublic, latticePrivate(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(lattice.Bytes()) })
		})},
		"ML-KEM-768, a seed and what it expands to": {latticePublic, latticePrivate(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(lattice.Bytes())
				b.AddASN1OctetString(make([]byte, 2400))
			})
		})},
	} {
		folder := t.TempDir()
		certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: with(t, template, c.public)})
		to := put(t, folder, "to.pem", certificate)
		key := put(t, folder, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: c.private}))
		sealed := sendsikker(testMail, "smime", "seal", "--post-quantum", "--sign", d.key(foreignKey), "--to", to)
		if sealed.status != 0 {
			t.Errorf("%s: %+v", name, sealed)
			continue
		}
		if got := sendsikker(sealed.out, "smime", "open", "--key", key+","+to); got.status != 0 || got.out != testEntity {
			t.Errorf("%s: %+v", name, got)
		}
		if got := sendsikker(testMail, "smime", "seal", "--sign", key+","+to, "--to", d.key(danishKey)); got.status != 1 || got.out != "" {
			t.Errorf("%s: signs: %+v", name, got)
		}
	}
}

func TestAKeyInAPasswordProtectedFileOpens(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	d := newDesk(t)
	mail := d.sealed(t)
	both := d.path("both.p12")
	run(t, nil, "openssl", "pkcs12", "-export", "-in", d.key(danishKey), "-passout", "pass:hest", "-out", both)
	password := put(t, d.folder, "password", []byte("hest\n"))
	for name, c := range map[string]struct{ key, password string }{
		"PKCS #12 of today":  {both, password},
		"PKCS #12 of before": {oldPKCS12(t, d.folder, danishKey, d.folder), put(t, d.folder, "none", nil)},
	} {
		if got := sendsikker(mail, "smime", "open", "--key", c.key, "--password-file", c.password); got.status != 0 || got.out != testEntity {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
