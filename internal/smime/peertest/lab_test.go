package peertest

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// party is somebody with a key and a certificate for it, both also as PEM files for those who want to be told a path.
type party struct {
	name, address     string
	key               crypto.PrivateKey
	certificate       *x509.Certificate
	keyPEM, certPEM   []byte
	keyFile, certFile string
}

// world is the people, the root that they all trust, and a folder for everything that programs want to find in files.
type world struct {
	folder   string
	root     *x509.Certificate
	rootFile string
	people   map[string]*party
}

func (w *world) party(name string) *party {
	p, known := w.people[name]
	if !known {
		panic("nobody is called " + name)
	}
	return p
}

// now is real, because the programs look at the clock.
var now = sync.OnceValue(func() time.Time { return time.Now().Truncate(time.Second) })

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// lab is made once. Its path is short, because gpg-agent's socket must fit into 108 bytes.
var lab = sync.OnceValue(func() *world {
	w := &world{folder: must(os.MkdirTemp("/tmp", "lab")), people: make(map[string]*party)}
	ca := must(rsa.GenerateKey(rand.Reader, 2048))
	root := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Lab Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	w.root = certify(root, root, ca.Public(), ca)
	w.rootFile = w.put("root.pem", pemOf("CERTIFICATE", w.root.Raw))
	const signs, wraps, agrees = x509.KeyUsageDigitalSignature, x509.KeyUsageKeyEncipherment, x509.KeyUsageKeyAgreement
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	must(ed, err)
	for _, p := range []struct {
		name    string
		private crypto.PrivateKey
		usage   x509.KeyUsage
	}{
		{"rsa", must(rsa.GenerateKey(rand.Reader, 2048)), signs | wraps},
		{"rsa3072", must(rsa.GenerateKey(rand.Reader, 3072)), signs | wraps},
		{"p256", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), signs | agrees},
		{"p384", must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), signs | agrees},
		{"p521", must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)), signs | agrees},
		{"x25519", must(ecdh.X25519().GenerateKey(rand.Reader)), agrees},
		{"ed25519", ed, signs},
	} {
		w.admit(p.name, p.private, p.usage, ca)
	}
	return w
})

func (w *world) admit(name string, private crypto.PrivateKey, usage x509.KeyUsage, ca crypto.Signer) {
	p := &party{name: name, address: name + "@lab.example", key: private}
	public := private.(interface{ Public() crypto.PublicKey }).Public()
	p.certificate = certify(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, EmailAddresses: []string{p.address},
		KeyUsage: usage, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}, w.root, public, ca)
	p.keyPEM = pemOf("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(private)))
	p.certPEM = pemOf("CERTIFICATE", p.certificate.Raw)
	p.keyFile, p.certFile = w.put(name+".key", p.keyPEM), w.put(name+".crt", p.certPEM)
	w.people[name] = p
}

// certify gives key identifiers to everybody, for they are one of the two ways to be named (RFC 5652 §5.3, §6.2.1).
func certify(t, parent *x509.Certificate, public crypto.PublicKey, ca crypto.Signer) *x509.Certificate {
	serial := make([]byte, 15)
	must(rand.Read(serial))
	t.SerialNumber = new(big.Int).SetBytes(append([]byte{0x41}, serial...))
	id := sha256.Sum256(must(x509.MarshalPKIXPublicKey(public)))
	t.SubjectKeyId = id[:20]
	t.NotBefore, t.NotAfter = now().Add(-time.Hour), now().AddDate(1, 0, 0)
	if x, is := public.(*ecdh.PublicKey); is {
		return certifyX25519(t, parent, x, ca)
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, parent, public, ca))))
}

// certifyX25519: crypto/x509 reads such certificates and makes none, so the one for an Ed25519 key of the same octets gets
// the other object identifier (RFC 8410 §3), and a new signature.
func certifyX25519(t, parent *x509.Certificate, public *ecdh.PublicKey, ca crypto.Signer) *x509.Certificate {
	c := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, parent, ed25519.PublicKey(public.Bytes()), ca))))
	ed, x := []byte{6, 3, 0x2b, 0x65, 0x70}, []byte{6, 3, 0x2b, 0x65, 0x6e}
	tbs := bytes.Replace(c.RawTBSCertificate, ed, x, 1)
	sum := sha256.Sum256(tbs)
	signature := must(ca.Sign(rand.Reader, sum[:], crypto.SHA256))
	der := bytes.Replace(c.Raw, c.RawTBSCertificate, tbs, 1)
	return must(x509.ParseCertificate(bytes.Replace(der, c.Signature, signature, 1)))
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (w *world) put(name string, data []byte) string {
	path := filepath.Join(w.folder, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		panic(err)
	}
	return path
}

func TestMain(m *testing.M) {
	code := m.Run()
	stopAll()
	_ = os.RemoveAll(lab().folder)
	os.Exit(code)
}
