package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

// issued is a certificate for a key that cannot sign for itself.
func issued(public crypto.PublicKey, serial int64) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "Prøve"}, SubjectKeyId: []byte{1, 2, byte(serial >> 8), byte(serial)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, ecPair().cert, public, ecPair().key))))
}

// reissued is c with another SubjectPublicKeyInfo and signed again: crypto/x509 writes only those that it knows.
func reissued(c *x509.Certificate, oid asn1.ObjectIdentifier, parameters, public []byte) *x509.Certificate {
	var spki cryptobyte.Builder
	spki.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		algorithm{oid, parameters}.add(b)
		b.AddASN1BitString(public)
	})
	tbs := cryptobyte.String(c.RawTBSCertificate)
	var fields cryptobyte.String
	if !tbs.ReadASN1(&fields, cbasn1.SEQUENCE) {
		panic("no certificate")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(bytes.Replace(fields, c.RawSubjectPublicKeyInfo, spki.BytesOrPanic(), 1))
	})
	signed := b.BytesOrPanic()
	sum := sha256.Sum256(signed)
	signature := must(ecPair().key.Sign(rand.Reader, sum[:], crypto.SHA256))
	var whole cryptobyte.Builder
	whole.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(signed)
		algorithm{oid: digestRows[0].ecdsa}.add(b)
		b.AddASN1BitString(signature)
	})
	return must(x509.ParseCertificate(whole.BytesOrPanic()))
}

var (
	p384Key   = sync.OnceValue(func() Key { return agreeing(elliptic.P384(), 2001) })
	p521Key   = sync.OnceValue(func() Key { return agreeing(elliptic.P521(), 2002) })
	x25519Key = sync.OnceValue(func() Key {
		k := must(ecdh.X25519().GenerateKey(rand.Reader))
		return Key{reissued(issued(ecPair().cert.PublicKey, 2003), oidX25519, nil, k.PublicKey().Bytes()), k}
	})
	mlkemKey = sync.OnceValue(func() Key {
		k := must(mlkem.GenerateKey768())
		return Key{reissued(issued(ecPair().cert.PublicKey, 2004), oidMLKEM768, nil, k.EncapsulationKey().Bytes()), k}
	})
)

func agreeing(curve elliptic.Curve, serial int64) Key {
	k := must(ecdsa.GenerateKey(curve, rand.Reader))
	return Key{issued(k.Public(), serial), k}
}

func rsaKey() Key  { return Key{rsaPair().cert, rsaPair().key} }
func p256Key() Key { return Key{ecPair().cert, ecPair().key} }

// module is a key that can only be asked, as in a hardware module.
type module struct{ crypto.Decrypter }

// counter is a module that counts.
type counter struct {
	crypto.Decrypter
	asked *int
}

func (c counter) Decrypt(r io.Reader, msg []byte, o crypto.DecrypterOpts) ([]byte, error) {
	*c.asked++
	return c.Decrypter.Decrypt(r, msg, o)
}

// agreed hides everything of an EC key but ECDH.
type agreed struct{ k *ecdh.PrivateKey }

func (a agreed) ECDH(p *ecdh.PublicKey) ([]byte, error) { return a.k.ECDH(p) }

// decapsulated hides everything of an ML-KEM key but Decapsulate.
type decapsulated struct{ do func([]byte) ([]byte, error) }

func (d decapsulated) Decapsulate(ciphertext []byte) ([]byte, error) { return d.do(ciphertext) }

// ways is every kind of recipient, and every way to hold its key.
func ways() map[string]struct {
	key    Key
	oaep   bool
	scheme string
} {
	ec := ecPair().key.(*ecdsa.PrivateKey)
	rsaCert, ecCert := rsaPair().cert, ecPair().cert
	type way = struct {
		key    Key
		oaep   bool
		scheme string
	}
	return map[string]way{
		"RSA":                  {rsaKey(), false, "RSA PKCS #1 v1.5"},
		"RSA, a module":        {Key{rsaCert, module{rsaPair().key.(*rsa.PrivateKey)}}, false, "RSA PKCS #1 v1.5"},
		"RSA-OAEP":             {rsaKey(), true, "RSA-OAEP"},
		"RSA-OAEP, a module":   {Key{rsaCert, module{rsaPair().key.(*rsa.PrivateKey)}}, true, "RSA-OAEP"},
		"P-256":                {p256Key(), false, "ECDH P-256"},
		"P-256, an ECDH key":   {Key{ecCert, must(ec.ECDH())}, false, "ECDH P-256"},
		"P-256, a module":      {Key{ecCert, agreed{must(ec.ECDH())}}, false, "ECDH P-256"},
		"P-384":                {p384Key(), false, "ECDH P-384"},
		"P-521":                {p521Key(), false, "ECDH P-521"},
		"X25519":               {x25519Key(), false, "ECDH X25519"},
		"X25519, a module":     {Key{x25519Key().Certificate, agreed{x25519Key().Private.(*ecdh.PrivateKey)}}, false, "ECDH X25519"},
		"ML-KEM-768":           {mlkemKey(), false, "ML-KEM-768"},
		"ML-KEM-768, a module": {Key{mlkemKey().Certificate, decapsulated{mlkemKey().Private.(*mlkem.DecapsulationKey768).Decapsulate}}, false, "ML-KEM-768"},
	}
}

func TestWhoCannotBeEncryptedForIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	rsaPublic := func(oid asn1.ObjectIdentifier) *x509.Certificate {
		return reissued(issued(rsaPair().cert.PublicKey, 3000), oid, nil, x509.MarshalPKCS1PublicKey(rsaPair().cert.PublicKey.(*rsa.PublicKey)))
	}
	ed, _, _ := ed25519.GenerateKey(rand.Reader)
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	notOnCurve := *p384Key().Certificate
	notOnCurve.PublicKey = &ecdsa.PublicKey{Curve: elliptic.P384(), X: big.NewInt(1), Y: big.NewInt(1)} //nolint:staticcheck // no honest way makes a bad point
	badKEM := bytes.Repeat([]byte{0xff}, mlkem.EncapsulationKeySize768)                                 // coefficients above the modulus, FIPS 203 §7.2
	for name, c := range map[string]EncryptConfig{
		"nobody":                              {Cipher: AES256CBC},
		"no cipher":                           {Recipients: []*x509.Certificate{rsaPair().cert}},
		"an unknown cipher":                   {Cipher: 99, Recipients: []*x509.Certificate{rsaPair().cert}},
		"3DES":                                {Cipher: DESEDE3CBC, Recipients: []*x509.Certificate{rsaPair().cert}},
		"AES-192-GCM":                         {Cipher: AES192GCM, Recipients: []*x509.Certificate{rsaPair().cert}},
		"no certificate":                      {Cipher: AES256CBC, Recipients: []*x509.Certificate{rsaPair().cert, nil}},
		"RSA with 1024 bits":                  {Cipher: AES256CBC, Recipients: []*x509.Certificate{rsaPair().cert, issued(small.Public(), 3001)}},
		"RSA for RSASSA-PSS alone":            {Cipher: AES256CBC, Recipients: []*x509.Certificate{rsaPublic(oidPSS)}},
		"RSA for RSAES-OAEP alone":            {Cipher: AES256CBC, OAEP: true, Recipients: []*x509.Certificate{rsaPublic(oidOAEP)}},
		"P-224":                               {Cipher: AES256CBC, Recipients: []*x509.Certificate{agreeing(elliptic.P224(), 3002).Certificate}},
		"a point that is not on its curve":    {Cipher: AES256CBC, Recipients: []*x509.Certificate{&notOnCurve}},
		"Ed25519":                             {Cipher: AES256CBC, PostQuantum: true, Recipients: []*x509.Certificate{issued(ed, 3003)}},
		"ML-KEM-768, not asked for":           {Cipher: AES256GCM, Recipients: []*x509.Certificate{mlkemKey().Certificate}},
		"ML-KEM-768 with an impossible key":   {Cipher: AES256GCM, PostQuantum: true, Recipients: []*x509.Certificate{reissued(mlkemKey().Certificate, oidMLKEM768, nil, badKEM)}},
		"ML-KEM-768 with a key that is cut":   {Cipher: AES256GCM, PostQuantum: true, Recipients: []*x509.Certificate{reissued(mlkemKey().Certificate, oidMLKEM768, nil, badKEM[1:])}},
		"ML-KEM-1024, which nobody asked for": {Cipher: AES256GCM, PostQuantum: true, Recipients: []*x509.Certificate{reissued(mlkemKey().Certificate, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 3}, nil, make([]byte, 1568))}},
	} {
		var out bytes.Buffer
		if _, err := NewEncrypter(&out, c); err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, %d octets written", name, err, out.Len())
		}
		if len(c.Recipients) == 1 && c.Cipher == AES256CBC {
			if err := c.CheckRecipient(c.Recipients[0]); !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s, asked before: %v", name, err)
			}
		}
	}
	if err := CheckRecipient(mlkemKey().Certificate); !errors.Is(err, ErrUnsupported) {
		t.Errorf("ML-KEM-768 for everybody: %v", err)
	}
	for name, way := range ways() {
		if err := (EncryptConfig{PostQuantum: true}).CheckRecipient(way.key.Certificate); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVersionAndTypeFollowTheRecipientsAndTheCipher(t *testing.T) {
	t.Parallel()
	rsaCert, ecCert, kemCert := rsaPair().cert, ecPair().cert, mlkemKey().Certificate
	for name, c := range map[string]struct {
		cipher      ContentCipher
		to          []*x509.Certificate
		contentType asn1.ObjectIdentifier
		version     int
	}{
		"RSA alone":                   {AES256CBC, []*x509.Certificate{rsaCert}, OIDEnvelopedData, 0},
		"RSA and EC":                  {AES256CBC, []*x509.Certificate{rsaCert, ecCert}, OIDEnvelopedData, 2},
		"X25519 first":                {AES128CBC, []*x509.Certificate{x25519Key().Certificate, rsaCert}, OIDEnvelopedData, 2},
		"ML-KEM among others":         {AES256CBC, []*x509.Certificate{ecCert, kemCert, rsaCert}, OIDEnvelopedData, 3},
		"a cipher that authenticates": {AES256GCM, []*x509.Certificate{rsaCert, ecCert, kemCert}, OIDAuthEnvelopedData, 0},
		"the other one":               {ChaCha20Poly1305, []*x509.Certificate{rsaCert}, OIDAuthEnvelopedData, 0},
	} {
		der := seal(nil, EncryptConfig{Cipher: c.cipher, PostQuantum: true, Recipients: c.to})
		r := ber.NewReader(bytes.NewReader(der))
		contentType := must(contentInfo(r))
		e := must(readEnvelope(r))
		if !contentType.Equal(c.contentType) || e.version != c.version || len(e.recipients) != len(c.to) {
			t.Errorf("%s: %v, version %d, %d entries", name, contentType, e.version, len(e.recipients))
		}
	}
}

func TestEachRecipientIsNamedInOrderAndInspected(t *testing.T) {
	t.Parallel()
	to := []*x509.Certificate{rsaPair().cert, x25519Key().Certificate, mlkemKey().Certificate, p521Key().Certificate}
	d := must(Inspect(bytes.NewReader(seal(signedContent, EncryptConfig{Cipher: AES128GCM, OAEP: true, PostQuantum: true, Recipients: to}))))
	row, _ := AES128GCM.row()
	if !d.ContentType.Equal(OIDAuthEnvelopedData) || !d.Cipher.Equal(row.oid) || len(d.Recipients) != len(to) {
		t.Fatalf("%+v", d)
	}
	var kinds []RecipientKind
	for i, r := range d.Recipients {
		kinds = append(kinds, r.Kind)
		if r.Keys != 1 || r.Algorithm == nil || (r.Kind != KeyTransport && r.Wrap == nil) {
			t.Errorf("entry %d: %+v", i, r)
		}
	}
	if !slices.Equal(kinds, []RecipientKind{KeyTransport, KeyAgreement, OtherKind, KeyAgreement}) {
		t.Errorf("%v", kinds)
	}
	// The wrap is as strong as the content key, but ML-KEM-768 has AES-256 whatever that is.
	if !d.Recipients[1].Wrap.Equal(wrapOID[16]) || !d.Recipients[2].Wrap.Equal(wrapOID[32]) || !d.Recipients[3].Wrap.Equal(wrapOID[16]) {
		t.Errorf("%+v", d.Recipients)
	}
}

// asking counts how often an EC key is used.
type asking struct {
	key   crypto.PrivateKey
	asked *int
}

func (a asking) ECDH(p *ecdh.PublicKey) ([]byte, error) {
	*a.asked++
	private, _ := agreerOf(a.key)
	return private.ECDH(p)
}
