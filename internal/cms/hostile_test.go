package cms

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

func TestContentThatIsLeftOutIsMalformedAndNothingElse(t *testing.T) {
	t.Parallel()
	var signed, enveloped cryptobyte.Builder
	addContentInfo(&signed, OIDSignedData, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SET, func(*cryptobyte.Builder) {})
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(OIDData)
			b.AddASN1(tagContext0.Constructed(), func(*cryptobyte.Builder) {})
		})
		b.AddASN1(cbasn1.SET, func(*cryptobyte.Builder) {})
	})
	if _, err := verify(bytes.NewReader(signed.BytesOrPanic()), nil, io.Discard); !errors.Is(err, ErrMalformed) {
		t.Errorf("signed: %v", err)
	}
	addContentInfo(&enveloped, OIDEnvelopedData, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			must(0, addKeyTransport(b, rsaPair().cert, rsaPair().cert.PublicKey.(*rsa.PublicKey), false, make([]byte, 32)))
		})
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(OIDData)
			algorithm{cipherRows[2].oid, append([]byte{ber.IDOctets, 16}, make([]byte, 16)...)}.add(b)
		})
	})
	_, err := decrypt(io.Discard, bytes.NewReader(enveloped.BytesOrPanic()), []Key{rsaKey()})
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("enveloped: %v", err)
	}
}

// A chain through such a certificate could keep crypto/x509 busy for minutes.
func TestACertificateWithAMonstrousKeyIsUnreadable(t *testing.T) {
	t.Parallel()
	monster := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), maxStrangersBits, 1), E: 65537}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: ecPair().cert.Subject, NotAfter: time.Now().Add(time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, template, ecPair().cert, monster, ecPair().key))
	chain := []*x509.Certificate{{Raw: der, RawIssuer: []byte{1}}}
	honest := must(NewSignature(SignConfig{Certificate: ecPair().cert, Key: ecPair().key, Chain: chain, Digest: digestRows[0].hash, Time: time.Now()}))
	must(honest.Write(signedContent))
	s := must(verify(bytes.NewReader(must(honest.Finish())), bytes.NewReader(signedContent), io.Discard))
	if len(s.Certificates) != 1 || s.Unreadable != 1 || s.Signers[0].Err != nil {
		t.Errorf("%d certificates, %d unreadable, signer %v", len(s.Certificates), s.Unreadable, s.Signers[0].Err)
	}
}

// Asking an EC key for its ECDH form costs a multiplication on the curve, and one entry may name it very often.
func TestAnEntryThatNamesUsAHundredThousandTimesCostsNoKeyOperations(t *testing.T) {
	t.Parallel()
	ours := selfSigned(must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)), 1003)
	one := cryptobyte.NewBuilder(nil)
	one.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(ours.cert.SubjectKeyId) })
		b.AddASN1OctetString(nil)
	})
	var entry cryptobyte.Builder
	entry.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				algorithm{oid: oidECPublicKey}.add(b)
				b.AddASN1BitString([]byte{4})
			})
		})
		algorithm{oid: asn1.ObjectIdentifier{1, 2, 3}}.add(b)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Repeat(one.BytesOrPanic(), 60_000)) })
	})
	asked := 0
	_, err := findRecipient([]recipientInfo{{KeyAgreement, entry.BytesOrPanic()}}, []Key{{ours.cert, asking{ours.key, &asked}}})
	if !errors.Is(err, ErrUnsupported) || asked != 0 {
		t.Errorf("%v, the key was asked %d times", err, asked)
	}
}

func TestTenThousandRecipientsAreReadAndOneMoreIsNot(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	strangers := make([]recipientInfo, maxRecipients)
	for i := range strangers {
		strangers[i] = keyTransport{identifier{issuer: rsaPair().cert.RawIssuer, serial: big.NewInt(int64(1e6 + i))}, algorithm{oidRSA, derNull}, make([]byte, 256)}.info()
	}
	last := append(strangers[:maxRecipients-1:maxRecipients-1], v15(key))
	d, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256CBC, key, last...)), []Key{p256Key(), rsaKey()})
	if err != nil || d.Recipients != maxRecipients {
		t.Errorf("%v %+v", err, d)
	}
	if _, err := decrypt(io.Discard, bytes.NewReader(envelopeOf(AES256CBC, key, append(strangers, v15(key))...)), []Key{rsaKey()}); !errors.Is(err, ErrMalformed) {
		t.Errorf("one more: %v", err)
	}
}

func TestACipherThatWeDoNotReadIsNamed(t *testing.T) {
	t.Parallel()
	for name, oid := range map[string]asn1.ObjectIdentifier{
		"RC2-CBC":     {1, 2, 840, 113549, 3, 2},
		"DES-CBC":     {1, 3, 14, 3, 2, 7},
		"AES-256-CCM": {2, 16, 840, 1, 101, 3, 4, 1, 47},
		"1.2.3.4.5":   {1, 2, 3, 4, 5},
	} {
		der := envelopeNamed(oid, AES256CBC, make([]byte, 32), v15(make([]byte, 32)))
		d, err := decrypt(io.Discard, bytes.NewReader(der), []Key{rsaKey()})
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), name) || d == nil || d.Recipients != 1 {
			t.Errorf("%s: %v %+v", name, err, d)
		}
	}
}
