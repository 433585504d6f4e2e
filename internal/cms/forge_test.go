package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func selfSigned(key crypto.Signer, serial int64) pair {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "Prøve"}, Issuer: pkix.Name{CommonName: "Prøve"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), SubjectKeyId: []byte{1, 2, 3, byte(serial)},
	}
	return pair{must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)))), key}
}

func ecKey(c elliptic.Curve) crypto.Signer { return must(ecdsa.GenerateKey(c, rand.Reader)) }

var (
	rsaPair     = sync.OnceValue(func() pair { return selfSigned(must(rsa.GenerateKey(rand.Reader, 2048)), 1001) })
	ecPair      = sync.OnceValue(func() pair { return selfSigned(ecKey(elliptic.P256()), 1002) })
	ec384Pair   = sync.OnceValue(func() pair { return selfSigned(ecKey(elliptic.P384()), 1004) })
	ec521Pair   = sync.OnceValue(func() pair { return selfSigned(ecKey(elliptic.P521()), 1005) })
	ed25519Pair = sync.OnceValue(func() pair {
		return selfSigned(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)), 1006)
	})
)

var signedContent = []byte("Content-Type: text/plain\r\n\r\nhej\r\n")

// forge signs anything in any way: what an honest Signature refuses to write.
type forge struct {
	pair
	digest  crypto.Hash // SHA-256 where zero
	named   asn1.ObjectIdentifier
	scheme  *algorithm // PKCS #1 v1.5 or ECDSA where nil
	opts    crypto.SignerOpts
	change  func(map[string][]byte)        // DER of each attribute's values, by name
	arrange func(members [][]byte)         // of the signed attributes, which are in order before
	signs   func(written []byte) []byte    // what the signature is over, where not over what is written
	bare    bool                           // no signed attributes
	certs   []*x509.Certificate            // the signer's where nil
	ski     bool                           // the signer named by key identifier
	behind  func(b *cryptobyte.Builder)    // what stands behind the signature value
	inside  cryptobyte.BuilderContinuation // EncapsulatedContentInfo, behind its type
}

func oidDER(o asn1.ObjectIdentifier) []byte {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(o)
	return b.BytesOrPanic()
}

func octets(v []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1OctetString(v)
	return b.BytesOrPanic()
}

func (f forge) der() []byte {
	if f.digest == 0 {
		f.digest = crypto.SHA256
	}
	row, _ := digestByHash(f.digest)
	if f.named == nil {
		f.named = row.oid
	}
	if f.scheme == nil {
		f.scheme = &algorithm{oid: row.ecdsa}
		if _, isRSA := f.key.(*rsa.PrivateKey); isRSA {
			f.scheme = &algorithm{oidRSA, derNull}
		}
	}
	if f.opts == nil {
		f.opts = f.digest
	}
	if f.certs == nil {
		f.certs = []*x509.Certificate{f.cert}
	}
	attributes := f.attributes()
	message := attributes
	if f.bare {
		message = signedContent
	}
	if f.signs != nil {
		message = f.signs(slices.Clone(message))
	}
	value := must(crypto.SignMessage(f.key, rand.Reader, message, f.opts))
	return f.signedData(attributes, value)
}

func (f forge) attributes() []byte {
	sum := f.digest.New()
	sum.Write(signedContent)
	values := map[string][]byte{oidContentType.String(): oidDER(OIDData), oidMessageDigest.String(): octets(sum.Sum(nil))}
	if f.change != nil {
		f.change(values)
	}
	var members [][]byte
	for name, value := range values {
		members = append(members, rawAttribute(name, value))
	}
	slices.SortFunc(members, bytes.Compare)
	if f.arrange != nil {
		f.arrange(members)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(members, nil)) })
	return b.BytesOrPanic()
}

// rawAttribute names an attribute by its identifier; what stands behind a blank only keeps two of a name apart.
func rawAttribute(name string, values []byte) []byte {
	var oid asn1.ObjectIdentifier
	name, _, _ = strings.Cut(name, " ")
	for n := range strings.SplitSeq(name, ".") {
		oid = append(oid, must(strconv.Atoi(n)))
	}
	var b cryptobyte.Builder
	attribute(oid, func(b *cryptobyte.Builder) { b.AddBytes(values) })(&b)
	return b.BytesOrPanic()
}

func (f forge) signedData(attributes, value []byte) []byte {
	digest := algorithm{oid: f.named}
	var b cryptobyte.Builder
	addContentInfo(&b, OIDSignedData, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SET, digest.add)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(OIDData)
			if f.inside != nil {
				f.inside(b)
			}
		})
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			for _, c := range f.certs {
				b.AddBytes(c.Raw)
			}
		})
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				if f.ski {
					b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddBytes(f.cert.SubjectKeyId) })
				} else {
					addIssuerAndSerial(b, cbasn1.SEQUENCE, f.cert)
				}
				digest.add(b)
				if !f.bare {
					b.AddBytes(append([]byte{0xa0}, attributes[1:]...))
				}
				f.scheme.add(b)
				b.AddASN1OctetString(value)
				if f.behind != nil {
					f.behind(b)
				}
			})
		})
	})
	return b.BytesOrPanic()
}

// contentInside is the content as it stands in an opaque message.
func contentInside(b *cryptobyte.Builder) {
	b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(signedContent) })
}
