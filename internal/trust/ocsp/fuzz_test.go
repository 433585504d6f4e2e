package ocsp_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

// recorded is when the answers in testdata were made. They, their authorities and certificates are of the sandbox's two
// shapes and lie there because a fuzzer runs in several processes that must agree on the keys.
var recorded = time.Date(2026, time.November, 27, 2, 32, 0, 0, time.UTC)

// recording is a folder of testdata.
type recording struct {
	issuer, bo *x509.Certificate
	answers    map[string][]byte
}

func recordings(t testing.TB) []recording {
	var all []recording
	for _, folder := range []string{"testdata/danish", "testdata/foreign"} {
		r := recording{answers: map[string][]byte{}}
		r.issuer = must(x509.ParseCertificate(must(os.ReadFile(filepath.Join(folder, "issuing.cer")))))
		r.bo = must(x509.ParseCertificate(must(os.ReadFile(filepath.Join(folder, "bo.cer")))))
		for _, path := range must(filepath.Glob(filepath.Join(folder, "*.ocsp"))) {
			r.answers[filepath.Base(path)] = must(os.ReadFile(path))
		}
		if len(r.answers) == 0 {
			t.Fatal("no answers in ", folder)
		}
		all = append(all, r)
	}
	return all
}

func TestRecordedAnswersAreStillUnderstood(t *testing.T) {
	t.Parallel()
	for _, r := range recordings(t) {
		for name, der := range r.answers {
			want, bad := trust.StatusGood, strings.HasPrefix(name, "stranger") || strings.HasPrefix(name, "try-later")
			if strings.Contains(name, "revoked") || strings.Contains(name, "hold") {
				want = trust.StatusRevoked
			}
			got, err := ocsp.Parse(der, r.bo, r.issuer, nil, recorded)
			if (err != nil) != bad || !bad && got.Status != want {
				t.Errorf("%s: %q (%v)", name, got.Status, err)
			}
		}
	}
}

// FuzzParse: whatever the bytes, what is believed is word for word what the authority, or a delegate of its, signed.
func FuzzParse(f *testing.F) {
	all := recordings(f)
	for _, r := range all {
		for _, der := range r.answers {
			f.Add(der)
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		for _, r := range all {
			got, err := ocsp.Parse(der, r.bo, r.issuer, nil, recorded)
			if err != nil {
				if got != (ocsp.Answer{}) {
					t.Fatal("an answer and an error")
				}
				continue
			}
			if !wasSigned(r, signedPart(der)) {
				t.Fatalf("%q is believed, which nobody who may has signed", got.Status)
			}
		}
	})
}

func wasSigned(r recording, data []byte) bool {
	for name, der := range r.answers {
		if !strings.HasPrefix(name, "stranger") && data != nil && bytes.Equal(signedPart(der), data) {
			return true
		}
	}
	return false
}

// signedPart finds ResponseData in another way than the package does; nil where there is none.
func signedPart(der []byte) []byte {
	var outer struct {
		Status asn1.Enumerated
		Bytes  struct {
			Kind   asn1.ObjectIdentifier
			Answer []byte
		} `asn1:"explicit,tag:0"`
	}
	var inner struct {
		Data, Algorithm asn1.RawValue
		Signature       asn1.BitString
		Along           asn1.RawValue `asn1:"optional,explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil
	}
	if _, err := asn1.Unmarshal(outer.Bytes.Answer, &inner); err != nil {
		return nil
	}
	return inner.Data.FullBytes
}

// constant is an authority that is the same in every process: Ed25519 keys and signatures hang on nothing but their seed.
var constant = sync.OnceValue(func() *ca.Identity {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Constant"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: recorded.AddDate(-1, 0, 0), NotAfter: recorded.AddDate(1, 0, 0),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &ca.Identity{Certificate: must(x509.ParseCertificate(der)), Key: key}
})

// FuzzSigned: whatever the bytes that the authority itself signs, nothing panics, and "good" is said only of a certificate
// whose CertID is there.
func FuzzSigned(f *testing.F) {
	issuer := constant()
	bo := &x509.Certificate{SerialNumber: big.NewInt(0x1234567890), RawIssuer: issuer.Certificate.RawSubject}
	base := written{by: issuer, produced: recorded, singles: []single{{
		issuer: issuer.Certificate, serial: bo.SerialNumber, status: good, this: recorded, next: recorded.Add(time.Hour),
	}}}
	for _, shape := range []func(*written){
		func(*written) {},
		func(w *written) { w.byKey = true },
		func(w *written) { w.singles[0].status = revoked(recorded, 6) },
		func(w *written) { w.singles[0].hash, w.singles[0].next = oidSHA256, time.Time{} },
		func(w *written) { w.extensions = []pkix.Extension{nonceOf(nonce), {Id: oidOdd, Critical: true}} },
		func(w *written) { w.singles = append(w.singles, w.singles[0]); w.singles[0].serial = big.NewInt(-1) },
	} {
		one := base
		one.singles = append([]single{}, base.singles...)
		shape(&one)
		f.Add(one.data())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		der := written{by: issuer}.around(data)
		got, err := ocsp.Parse(der, bo, issuer.Certificate, nonce, recorded)
		if err != nil || got.Status != trust.StatusGood {
			return
		}
		if !got.Until.After(recorded) || got.ThisUpdate.After(recorded.Add(5*time.Minute)) {
			t.Fatal("good at another time than now")
		}
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			if bytes.Contains(data, certIDAfterHash(hash, bo, issuer.Certificate)) {
				return
			}
		}
		t.Fatal("good, and the certificate is not named")
	})
}

// certIDAfterHash is what follows the AlgorithmIdentifier in a CertID.
func certIDAfterHash(hash crypto.Hash, certificate, issuer *x509.Certificate) []byte {
	var b cryptobyte.Builder
	b.AddASN1OctetString(hashed(hash, issuer.RawSubject))
	b.AddASN1OctetString(hashed(hash, keyBits(issuer)))
	b.AddASN1BigInt(certificate.SerialNumber)
	return b.BytesOrPanic()
}

// FuzzAlgorithm: of all the ways to name an algorithm, a right RSA-PSS signature with SHA-256 is verified under the eight
// that mean just that.
func FuzzAlgorithm(f *testing.F) {
	right := map[string]bool{}
	for i := range 8 {
		name := pssNamed(oidSHA256, i&1 > 0, i&2 > 0, i&4 > 0)
		right[string(name)] = true
		f.Add(name)
		f.Add(append(bytes.Clone(name[:len(name)-1]), 2)) // another trailer, or another salt
	}
	f.Add(pssNamed(oidSHA1, true, true, false))
	f.Add(must(asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}})))
	f.Add(must(asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue})))
	f.Fuzz(func(t *testing.T, name []byte) {
		der := about(danishBo().Certificate, danish(), func(w *written) { w.algorithm, w.called = x509.SHA256WithRSAPSS, name })
		if _, err := parse(der, danishBo().Certificate, danish()); (err == nil) != right[string(name)] {
			t.Fatalf("% x: %v", name, err)
		}
	})
}

// pssNamed is id-RSASSA-PSS with its parameters, in the ways that RFC 4055 allows to write them.
func pssNamed(hash asn1.ObjectIdentifier, hashNull, maskNull, trailer bool) []byte {
	named := func(b *cryptobyte.Builder, null bool) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(hash)
			if null {
				b.AddASN1NULL()
			}
		})
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10})
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { named(b, hashNull) })
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8})
					named(b, maskNull)
				})
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(32) })
			if trailer {
				b.AddASN1(explicit(3), func(b *cryptobyte.Builder) { b.AddASN1Int64(1) })
			}
		})
	})
	return b.BytesOrPanic()
}
