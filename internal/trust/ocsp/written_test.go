package ocsp_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/sandbox/ca"
)

var (
	oidNonce   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	oidNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidSHA1    = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidOdd     = asn1.ObjectIdentifier{1, 2, 3, 4}
)

func noCheck() pkix.Extension { return pkix.Extension{Id: oidNoCheck, Value: asn1.NullBytes} }

func nonceOf(nonce []byte) pkix.Extension {
	return pkix.Extension{Id: oidNonce, Value: must(asn1.Marshal(nonce))}
}

// written is an answer that a test writes itself, for what no responder would say.
type written struct {
	status     int // of the response; beside 0 there is nothing more
	kind       asn1.ObjectIdentifier
	version    int64
	by         *ca.Identity // signs, and is named
	named      *x509.Certificate
	byKey      bool
	algorithm  x509.SignatureAlgorithm // 0 is what suits the key
	called     []byte                  // the AlgorithmIdentifier to name instead, DER
	produced   time.Time
	singles    []single
	extensions []pkix.Extension
	along      []*x509.Certificate
	after      []byte // the last thing in the signed part
}

type single struct {
	hash       asn1.ObjectIdentifier
	issuer     *x509.Certificate
	serial     *big.Int
	status     []byte // DER of CertStatus
	this, next time.Time
	extensions []pkix.Extension
}

var (
	good    = []byte{0x80, 0}
	unknown = []byte{0x82, 0}
)

// revoked is RevokedInfo; a reason below 0 is left out.
func revoked(since time.Time, reason int64) []byte {
	var b cryptobyte.Builder
	b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
		b.AddASN1GeneralizedTime(since)
		if reason >= 0 {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(reason) })
		}
	})
	return b.BytesOrPanic()
}

// about is an ordinary answer of an authority about a certificate of its own, as shape changes it.
func about(certificate *x509.Certificate, authority *ca.Authority, shape func(*written)) []byte {
	w := written{
		by: authority.Issuing(), produced: start.Add(-time.Minute),
		singles: []single{{issuer: authority.Issuing().Certificate, serial: certificate.SerialNumber, status: good,
			this: start.Add(-time.Hour), next: start.Add(23 * time.Hour)}},
	}
	if shape != nil {
		shape(&w)
	}
	return w.der()
}

// delegated has a responder sign and come along.
func delegated(by *ca.Identity) func(*written) {
	return func(w *written) { w.by, w.along = by, []*x509.Certificate{by.Certificate} }
}

func (w written) der() []byte { return w.around(w.data()) }

// around is OCSPResponse around data, which the responder signs.
func (w written) around(data []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(int64(w.status))
		if w.status != 0 {
			return
		}
		if w.kind == nil {
			w.kind = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
		}
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(w.kind)
				b.AddASN1OctetString(w.signed(data))
			})
		})
	})
	return b.BytesOrPanic()
}

// signed is BasicOCSPResponse around data.
func (w written) signed(data []byte) []byte {
	// The algorithm is written by crypto/x509, in the request for a certificate that nobody will make.
	request := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{SignatureAlgorithm: w.algorithm}, w.by.Key))
	var outer struct{ Info, Algorithm, Signature asn1.RawValue }
	must(asn1.Unmarshal(request, &outer))
	algorithm := must(x509.ParseCertificateRequest(request)).SignatureAlgorithm
	if w.called == nil {
		w.called = outer.Algorithm.FullBytes
	}
	signature := must(crypto.SignMessage(w.by.Key, rand.Reader, data, howToSign(algorithm)))

	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(data)
		b.AddBytes(w.called)
		b.AddASN1BitString(signature)
		if len(w.along) > 0 {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, certificate := range w.along {
						b.AddBytes(certificate.Raw)
					}
				})
			})
		}
	})
	return b.BytesOrPanic()
}

func howToSign(algorithm x509.SignatureAlgorithm) crypto.SignerOpts {
	switch algorithm {
	case x509.SHA256WithRSAPSS:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	case x509.SHA384WithRSAPSS:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA384}
	case x509.SHA512WithRSAPSS:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA512}
	case x509.SHA256WithRSA, x509.ECDSAWithSHA256:
		return crypto.SHA256
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512:
		return crypto.SHA512
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		return crypto.SHA1
	case x509.PureEd25519:
		return crypto.Hash(0)
	}
	panic("no such signature: " + algorithm.String())
}

// data is ResponseData.
func (w written) data() []byte {
	named := w.by.Certificate
	if w.named != nil {
		named = w.named
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if w.version != 0 {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Int64(w.version) })
		}
		if w.byKey {
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(hashed(crypto.SHA1, keyBits(named))) })
		} else {
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(named.RawSubject) })
		}
		b.AddASN1GeneralizedTime(w.produced)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, s := range w.singles {
				s.write(b)
			}
		})
		writeExtensions(b, w.extensions)
		b.AddBytes(w.after)
	})
	return b.BytesOrPanic()
}

func (s single) write(b *cryptobyte.Builder) {
	hash := crypto.SHA1
	if s.hash.Equal(oidSHA256) {
		hash = crypto.SHA256
	}
	if s.hash == nil {
		s.hash = oidSHA1
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(s.hash) })
			b.AddASN1OctetString(hashed(hash, s.issuer.RawSubject))
			b.AddASN1OctetString(hashed(hash, keyBits(s.issuer)))
			b.AddASN1BigInt(s.serial)
		})
		b.AddBytes(s.status)
		b.AddASN1GeneralizedTime(s.this)
		if !s.next.IsZero() {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(s.next) })
		}
		writeExtensions(b, s.extensions)
	})
}

func writeExtensions(b *cryptobyte.Builder, extensions []pkix.Extension) {
	if len(extensions) == 0 {
		return
	}
	b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(must(asn1.Marshal(extensions))) })
}

func keyBits(certificate *x509.Certificate) []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	must(asn1.Unmarshal(certificate.RawSubjectPublicKeyInfo, &info))
	return info.Key.Bytes
}

func hashed(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

func explicit(number uint8) cbasn1.Tag { return cbasn1.Tag(number).Constructed().ContextSpecific() }
