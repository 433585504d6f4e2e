package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
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

var (
	rsaPair = sync.OnceValue(func() pair { return selfSigned(must(rsa.GenerateKey(rand.Reader, 2048)), 1001) })
	ecPair  = sync.OnceValue(func() pair { return selfSigned(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), 1002) })
)

var signedContent = []byte("Content-Type: text/plain\r\n\r\nhej\r\n")

// forge signs anything in any way: what an honest Signature refuses to write.
type forge struct {
	pair
	digest crypto.Hash // SHA-256 where zero
	scheme *algorithm
	sign   crypto.SignerOpts
	change func(map[string][]byte) // DER of each attribute's value, by name
	twice  string                  // the attribute to write twice
	bare   bool                    // no signed attributes
	noCert bool
}

func (f forge) der() []byte {
	if f.digest == 0 {
		f.digest = crypto.SHA256
	}
	row, _ := digestByHash(f.digest)
	s := &Signature{c: SignConfig{Certificate: f.cert, Key: f.key, Digest: f.digest, Time: time.Now()}, digest: row, hash: f.digest.New()}
	if _, isRSA := f.key.(*rsa.PrivateKey); isRSA {
		s.scheme = algorithm{oidRSA, derNull}
	} else {
		s.scheme = algorithm{oid: row.ecdsa}
	}
	if f.scheme != nil {
		s.scheme = *f.scheme
	}
	s.Write(signedContent)
	oid := func(o asn1.ObjectIdentifier) []byte {
		var b cryptobyte.Builder
		b.AddASN1ObjectIdentifier(o)
		return b.BytesOrPanic()
	}
	octets := func(v []byte) []byte { return append([]byte{4, byte(len(v))}, v...) }
	values := map[string][]byte{oidContentType.String(): oid(OIDData), oidMessageDigest.String(): octets(s.hash.Sum(nil))}
	if f.change != nil {
		f.change(values)
	}
	var ders [][]byte
	for _, o := range []asn1.ObjectIdentifier{oidContentType, oidMessageDigest, oidSigningCertificateV2} {
		value, ok := values[o.String()]
		if !ok {
			continue
		}
		var b cryptobyte.Builder
		attribute(o, func(b *cryptobyte.Builder) { b.AddBytes(value) })(&b)
		ders = append(ders, b.BytesOrPanic())
		if f.twice == o.String() {
			ders = append(ders, b.BytesOrPanic())
		}
	}
	slices.SortFunc(ders, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(ders, nil)) })
	attributes := b.BytesOrPanic()
	sum := f.digest.New()
	if f.bare {
		sum.Write(signedContent)
	} else {
		sum.Write(attributes)
	}
	var opts crypto.SignerOpts = f.digest
	if f.sign != nil {
		opts = f.sign
	}
	value := must(f.key.Sign(rand.Reader, sum.Sum(nil), opts))
	der := must(s.signedData(attributes, value))
	if f.bare {
		der = remove(der, append([]byte{0xa0}, attributes[1:]...))
	}
	if f.noCert {
		der = remove(der, f.cert.Raw)
	}
	return der
}

// remove takes a stretch out of a message by making every length around it indefinite.
func remove(der, stretch []byte) []byte {
	at := bytes.Index(der, stretch)
	if at < 0 {
		panic("not there")
	}
	return rewrite(der, at, len(stretch))
}

func rewrite(der []byte, at, n int) []byte {
	r := ber.NewReader(bytes.NewReader(der))
	h := must(r.Next())
	start := int(r.Offset())
	if !h.Constructed() || at < start || at+n > start+int(h.Length) {
		panic("not inside")
	}
	out := append([]byte{h.ID}, 0x80)
	body := der[start : start+int(h.Length)]
	for off := 0; off < len(body); {
		rr := ber.NewReader(bytes.NewReader(body[off:]))
		hh := must(rr.Next())
		size := int(rr.Offset() + hh.Length)
		from := start + off
		switch {
		case from == at && size == n:
		case at >= from && at+n <= from+size:
			out = append(out, rewrite(der[from:from+size], at-from, n)...)
		default:
			out = append(out, body[off:off+size]...)
		}
		off += size
	}
	return append(out, 0, 0)
}

func pssParameters(d digestRow, salt int) []byte {
	var b cryptobyte.Builder
	tag := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag(0), algorithm{oid: d.oid}.add)
		b.AddASN1(tag(1), func(b *cryptobyte.Builder) {
			var inner cryptobyte.Builder
			algorithm{oid: d.oid}.add(&inner)
			algorithm{oidMGF1, inner.BytesOrPanic()}.add(b)
		})
		b.AddASN1(tag(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(salt)) })
	})
	return b.BytesOrPanic()
}

func TestASignatureIsWorthWhatItIs(t *testing.T) {
	t.Parallel()
	sha256Row, _ := digestByHash(crypto.SHA256)
	sha384Row, _ := digestByHash(crypto.SHA384)
	sha1Row, _ := digestByHash(crypto.SHA1)
	set := func(o asn1.ObjectIdentifier, v []byte) func(map[string][]byte) {
		return func(m map[string][]byte) { m[o.String()] = v }
	}
	var otherCert cryptobyte.Builder
	addCertificateID(&otherCert, ecPair().cert)
	for name, c := range map[string]struct {
		f    forge
		want error
	}{
		"RSA":                              {forge{pair: rsaPair()}, nil},
		"RSA, named with its digest":       {forge{pair: rsaPair(), scheme: &algorithm{sha256Row.rsa, derNull}}, nil},
		"RSA SHA-512":                      {forge{pair: rsaPair(), digest: crypto.SHA512}, nil},
		"RSA-PSS":                          {forge{pair: rsaPair(), scheme: &algorithm{oidPSS, pssParameters(sha256Row, 32)}, sign: &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}}, nil},
		"RSA-PSS, another salt than said":  {forge{pair: rsaPair(), scheme: &algorithm{oidPSS, pssParameters(sha256Row, 20)}, sign: &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}}, ErrSignature},
		"RSA-PSS with another digest":      {forge{pair: rsaPair(), scheme: &algorithm{oidPSS, pssParameters(sha384Row, 32)}, sign: &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}}, ErrSignature},
		"RSA-PSS without parameters":       {forge{pair: rsaPair(), scheme: &algorithm{oid: oidPSS}, sign: &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}}, ErrSignature},
		"ECDSA":                            {forge{pair: ecPair()}, nil},
		"SHA-1 is weak, not good":          {forge{pair: rsaPair(), digest: crypto.SHA1}, ErrWeak},
		"ECDSA over SHA-1":                 {forge{pair: ecPair(), digest: crypto.SHA1}, ErrWeak},
		"an algorithm with another digest": {forge{pair: rsaPair(), scheme: &algorithm{sha1Row.rsa, derNull}}, ErrUnsupported},
		"an algorithm that we do not know": {forge{pair: rsaPair(), scheme: &algorithm{oid: asn1.ObjectIdentifier{1, 3, 101, 112}}}, ErrUnsupported},
		"ECDSA said, RSA key":              {forge{pair: rsaPair(), scheme: &algorithm{oid: sha256Row.ecdsa}}, ErrSignature},
		"no signed attributes":             {forge{pair: rsaPair(), bare: true}, ErrSignature},
		"the message digest twice":         {forge{pair: rsaPair(), twice: oidMessageDigest.String()}, ErrSignature},
		"the content type twice":           {forge{pair: rsaPair(), twice: oidContentType.String()}, ErrSignature},
		"no message digest":                {forge{pair: rsaPair(), change: func(m map[string][]byte) { delete(m, oidMessageDigest.String()) }}, ErrSignature},
		"no content type":                  {forge{pair: rsaPair(), change: func(m map[string][]byte) { delete(m, oidContentType.String()) }}, ErrSignature},
		"another content type":             {forge{pair: rsaPair(), change: set(oidContentType, []byte{6, 1, 42})}, ErrSignature},
		"another message digest":           {forge{pair: rsaPair(), change: set(oidMessageDigest, append([]byte{4, 32}, make([]byte, 32)...))}, ErrSignature},
		"two values of the message digest": {forge{pair: rsaPair(), change: func(m map[string][]byte) { k := oidMessageDigest.String(); m[k] = append(m[k], m[k]...) }}, ErrSignature},
		"bound to another certificate":     {forge{pair: rsaPair(), change: set(oidSigningCertificateV2, otherCert.BytesOrPanic())}, ErrSignature},
		"the certificate is missing":       {forge{pair: rsaPair(), noCert: true}, ErrNoCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := ReadSigned(bytes.NewReader(c.f.der()), bytes.NewReader(signedContent), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Signers) != 1 || !errors.Is(s.Signers[0].Err, c.want) {
				t.Fatalf("%+v, want %v", s.Signers, c.want)
			}
		})
	}
}

func TestWhatASignatureHolds(t *testing.T) {
	t.Parallel()
	root := rsaPair().cert
	for at, tag := range map[time.Time]byte{
		time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC): 0x17, // UTCTime
		time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC):      0x18, // GeneralizedTime
	} {
		s := must(NewSignature(SignConfig{
			Certificate: ecPair().cert, Key: ecPair().key, Chain: []*x509.Certificate{root, ecPair().cert}, Digest: crypto.SHA256,
			Time: at, Opens: []ContentCipher{AES256CBC, AES128CBC}, EncryptTo: ecPair().cert,
		}))
		must(s.Write(signedContent))
		der := must(s.Finish())
		read, err := ReadSigned(bytes.NewReader(der), bytes.NewReader(signedContent), io.Discard)
		if err != nil || read.Signers[0].Err != nil || !read.Signers[0].Time.Equal(at) {
			t.Fatalf("%v: %v %+v", at, err, read)
		}
		if len(read.Certificates) != 1 {
			t.Errorf("%d certificates, want the signer's once and no root", len(read.Certificates))
		}
		d := must(Inspect(bytes.NewReader(der)))
		if d.Opaque || d.Signers != 1 || len(d.Digests) != 1 {
			t.Errorf("%+v", d)
		}
		r := ber.NewReader(bytes.NewReader(der))
		must(contentInfo(r))
		parsed := must(readSigned(r, bytes.NewReader(signedContent), io.Discard))
		info, ok := readSignerInfo(parsed.signers[0])
		if !ok {
			t.Fatal("signer unreadable")
		}
		set, ok := readAttributes(info.attributes)
		if !ok || len(set) != 6 {
			t.Fatalf("%d attributes, want 6", len(set))
		}
		if got := set[oidSigningTime.String()][0]; got != tag {
			t.Errorf("%v written with tag %#x", at, got)
		}
		if !isSortedSet(t, info.attributes) {
			t.Error("the attributes are not sorted as DER wants")
		}
		if !bytes.Contains(set[oidCapabilities.String()], must(asn1.Marshal(cipherRows[2].oid))) {
			t.Error("AES-256-CBC is not among the capabilities")
		}
	}
}

func isSortedSet(t *testing.T, element cryptobyte.String) bool {
	t.Helper()
	var all cryptobyte.String
	if !element.ReadASN1(&all, tagContext0.Constructed()) {
		t.Fatal("no set")
	}
	var members [][]byte
	for !all.Empty() {
		var m cryptobyte.String
		if !all.ReadAnyASN1Element(&m, new(cbasn1.Tag)) {
			t.Fatal("no member")
		}
		members = append(members, m)
	}
	return slices.IsSortedFunc(members, bytes.Compare)
}

// broken signs wrongly, as a faulty module does.
type broken struct{ crypto.Signer }

func (b broken) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	v, err := b.Signer.Sign(r, digest, o)
	if err == nil {
		v[len(v)-1] ^= 1
	}
	return v, err
}

func TestAKeyThatSignsWronglyIsNoticed(t *testing.T) {
	t.Parallel()
	for _, p := range []pair{rsaPair(), ecPair()} {
		s := must(NewSignature(SignConfig{Certificate: p.cert, Key: broken{p.key}, Digest: crypto.SHA256, Time: time.Now()}))
		must(s.Write(signedContent))
		if _, err := s.Finish(); err == nil || !strings.Contains(err.Error(), "does not verify") {
			t.Errorf("got %v", err)
		}
	}
}

func TestContentInsideAndOutsideIsRefused(t *testing.T) {
	t.Parallel()
	// encapContentInfo of the detached message, and the same with a content.
	var without, with cryptobyte.Builder
	without.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(OIDData) })
	with.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(OIDData)
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(signedContent) })
	})
	// Every length around becomes indefinite where the stretch is taken out, so another can be put in its place.
	marker := without.BytesOrPanic()
	der := forge{pair: ecPair()}.der()
	tail := remove(der, marker)
	sha256Row, _ := digestByHash(crypto.SHA256)
	var algorithms cryptobyte.Builder
	algorithms.AddASN1(cbasn1.SET, algorithm{oid: sha256Row.oid}.add)
	put := bytes.Index(tail, algorithms.BytesOrPanic()) + len(algorithms.BytesOrPanic())
	opaque := slices.Concat(tail[:put], with.BytesOrPanic(), tail[put:])
	var content bytes.Buffer
	s, err := ReadSigned(bytes.NewReader(opaque), nil, &content)
	if err != nil || s.Signers[0].Err != nil || !bytes.Equal(content.Bytes(), signedContent) {
		t.Fatalf("opaque: %v", err)
	}
	if _, err := ReadSigned(bytes.NewReader(opaque), bytes.NewReader(signedContent), io.Discard); !errors.Is(err, ErrMalformed) {
		t.Errorf("inside and outside: %v", err)
	}
	if _, err := ReadSigned(bytes.NewReader(der), nil, io.Discard); !errors.Is(err, ErrMalformed) {
		t.Errorf("nowhere: %v", err)
	}
}
