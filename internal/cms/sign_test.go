package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"aau.dk/sendsikker/internal/cms/ber"
)

// kinds is every way to sign, with what a reader calls it.
func kinds() map[string]SignConfig {
	kind := func(p pair, digest crypto.Hash, pss bool) SignConfig {
		return SignConfig{Certificate: p.cert, Key: p.key, Digest: digest, PSS: pss, Time: time.Now()}
	}
	return map[string]SignConfig{
		"SHA-256, RSA PKCS #1 v1.5": kind(rsaPair(), crypto.SHA256, false),
		"SHA-384, RSA PKCS #1 v1.5": kind(rsaPair(), crypto.SHA384, false),
		"SHA-256, RSA-PSS":          kind(rsaPair(), crypto.SHA256, true),
		"SHA-384, RSA-PSS":          kind(rsaPair(), crypto.SHA384, true),
		"SHA-512, RSA-PSS":          kind(rsaPair(), crypto.SHA512, true),
		"SHA-256, ECDSA":            kind(ecPair(), crypto.SHA256, false),
		"SHA-384, ECDSA":            kind(ec384Pair(), crypto.SHA384, false),
		"SHA-512, ECDSA":            kind(ec521Pair(), crypto.SHA512, true), // PSS is for RSA keys only
		"Ed25519":                   kind(ed25519Pair(), crypto.SHA512, false),
	}
}

func detached(c SignConfig, content []byte) []byte {
	s := must(NewSignature(c))
	must(s.Write(content))
	return must(s.Finish())
}

func opaque(c SignConfig, content []byte) []byte {
	var out bytes.Buffer
	o := must(NewOpaque(&out, c))
	for len(content) > 0 { // in pieces that do not fit the parts
		n := min(len(content), 10_007)
		must(o.Write(content[:n]))
		content = content[n:]
	}
	if err := o.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestWhatIsSignedReadsBack(t *testing.T) {
	t.Parallel()
	for name, c := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 7} {
				content := bytes.Repeat([]byte{'x'}, size)
				var got bytes.Buffer
				for form, s := range map[string]*Signed{
					"detached": must(verify(bytes.NewReader(detached(c, content)), bytes.NewReader(content), nil)),
					"opaque":   must(verify(bytes.NewReader(opaque(c, content)), nil, &got)),
				} {
					if len(s.Signers) != 1 || s.Signers[0].Err != nil || s.Signers[0].Algorithms != name {
						t.Errorf("%s, %d octets: %+v", form, size, s.Signers)
					}
				}
				if !bytes.Equal(got.Bytes(), content) {
					t.Errorf("%d octets came back as %d", size, got.Len())
				}
			}
		})
	}
}

func TestWhatIsAlteredDoesNotVerify(t *testing.T) {
	t.Parallel()
	for name, c := range kinds() {
		der := opaque(c, signedContent)
		at := bytes.Index(der, signedContent)
		der[at] ^= 1
		s := must(verify(bytes.NewReader(der), nil, io.Discard))
		if !errors.Is(s.Signers[0].Err, ErrSignature) {
			t.Errorf("%s: %v", name, s.Signers[0].Err)
		}
	}
}

func TestWhatASignatureHolds(t *testing.T) {
	t.Parallel()
	opens := Capabilities{AES256CBC.Capability(), AES128CBC.Capability(), OAEPCapability()}
	for at, tag := range map[time.Time]byte{
		time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC): 0x17, // UTCTime
		time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC):      0x18, // GeneralizedTime
	} {
		der := detached(SignConfig{
			Certificate: ecPair().cert, Key: ecPair().key, Chain: []*x509.Certificate{ec384Pair().cert, ecPair().cert}, Digest: crypto.SHA256,
			Time: at, Opens: opens, EncryptTo: rsaPair().cert,
		}, signedContent)
		read := must(verify(bytes.NewReader(der), bytes.NewReader(signedContent), nil))
		signer := read.Signers[0]
		if signer.Err != nil || !signer.Time.Equal(at) || signer.Capabilities.String() != opens.String() || signer.EncryptTo == nil || !signer.EncryptTo.Equal(rsaPair().cert) {
			t.Fatalf("%v: %+v", at, signer)
		}
		if len(read.Certificates) != 2 {
			t.Errorf("%d certificates, want the signer's and the one to encrypt to, each once, and no root", len(read.Certificates))
		}
		d := must(Inspect(bytes.NewReader(der)))
		if d.Opaque || len(d.Signers) != 1 || len(d.Digests) != 1 {
			t.Errorf("%+v", d)
		}
		element := signedAttributes(der)
		set, ok := readAttributes(element)
		if !ok || len(set) != 6 {
			t.Fatalf("%d attributes, want 6", len(set))
		}
		if got := set[oidSigningTime.String()][0]; got != tag {
			t.Errorf("%v written with tag %#x", at, got)
		}
		if !slices.IsSortedFunc(members(element), bytes.Compare) {
			t.Error("the attributes are not sorted as DER wants")
		}
	}
}

// signedAttributes is the [0] of a message's first signer.
func signedAttributes(der []byte) cryptobyte.String {
	r := ber.NewReader(bytes.NewReader(der))
	must(contentInfo(r))
	info, ok := readSignerInfo(must(readSigned(r, io.Discard)).signers[0])
	if !ok {
		panic("signer unreadable")
	}
	return info.attributes
}

func TestWhatCannotSignIsRefusedBeforeAByteIsWritten(t *testing.T) {
	t.Parallel()
	good := SignConfig{Certificate: rsaPair().cert, Key: rsaPair().key, Digest: crypto.SHA256, Time: time.Now()}
	p224 := selfSigned(must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)), 1010)
	for name, spoil := range map[string]func(*SignConfig){
		"SHA-1":                       func(c *SignConfig) { c.Digest = crypto.SHA1 },
		"no digest":                   func(c *SignConfig) { c.Digest = 0 },
		"Ed25519 with SHA-256":        func(c *SignConfig) { c.Certificate, c.Key = ed25519Pair().cert, ed25519Pair().key },
		"a key of another":            func(c *SignConfig) { c.Key = ecPair().key },
		"no key":                      func(c *SignConfig) { c.Key = nil },
		"no certificate":              func(c *SignConfig) { c.Certificate = nil },
		"a curve below P-256":         func(c *SignConfig) { c.Certificate, c.Key = p224.cert, p224.key },
		"a certificate for PSS alone": func(c *SignConfig) { c.Certificate = pssOnlyPair().cert },
	} {
		c := good
		spoil(&c)
		var out bytes.Buffer
		if _, err := NewOpaque(&out, c); err == nil || out.Len() > 0 {
			t.Errorf("%s: opaque, %d octets, %v", name, out.Len(), err)
		}
		if _, err := NewSignature(c); err == nil {
			t.Errorf("%s: detached", name)
		}
	}
	c := good
	c.Opens = Capabilities{{}}
	s := must(NewSignature(c))
	if _, err := s.Finish(); err == nil {
		t.Error("a capability that is none was written")
	}
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
	for name, c := range kinds() {
		c.Key = broken{c.Key}
		if _, err := must(NewSignature(c)).Finish(); err == nil || !strings.Contains(err.Error(), "does not verify") {
			t.Errorf("%s, detached: %v", name, err)
		}
		if err := must(NewOpaque(io.Discard, c)).Close(); err == nil || !strings.Contains(err.Error(), "does not verify") {
			t.Errorf("%s, opaque: %v", name, err)
		}
	}
}

// strict signs as a module does that takes nothing but what the interface promises.
type strict struct {
	t *testing.T
	crypto.Signer
}

func (s strict) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if hash := o.HashFunc(); hash != 0 && len(digest) != hash.Size() {
		s.t.Errorf("%d octets to sign as %v", len(digest), hash)
	}
	if pss, ok := o.(*rsa.PSSOptions); ok && pss.SaltLength != pss.Hash.Size() {
		s.t.Errorf("a salt of %d", pss.SaltLength)
	}
	return s.Signer.Sign(r, digest, o)
}

func TestAnySignerSigns(t *testing.T) {
	t.Parallel()
	for name, c := range kinds() {
		c.Key = strict{t, c.Key}
		s := must(verify(bytes.NewReader(opaque(c, signedContent)), nil, io.Discard))
		if s.Signers[0].Err != nil {
			t.Errorf("%s: %v", name, s.Signers[0].Err)
		}
	}
}

func TestPSSParametersAreWhatRFC4055Says(t *testing.T) {
	t.Parallel()
	row, _ := digestByHash(crypto.SHA256)
	// rSASSA-PSS-SHA256 with its salt, RFC 4055 §3.1 and §2.1, by the standard library's encoder.
	type mgf struct {
		OID    asn1.ObjectIdentifier
		Digest pkixAlgorithm
	}
	want := must(asn1.Marshal(struct {
		Digest pkixAlgorithm `asn1:"explicit,tag:0"`
		MGF    mgf           `asn1:"explicit,tag:1"`
		Salt   int           `asn1:"explicit,tag:2"`
	}{pkixAlgorithm{row.oid, asn1.NullRawValue}, mgf{oidMGF1, pkixAlgorithm{row.oid, asn1.NullRawValue}}, 32}))
	if got := must(pssParameters(row)); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

type pkixAlgorithm struct {
	OID        asn1.ObjectIdentifier
	Parameters asn1.RawValue
}
