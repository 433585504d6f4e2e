package smime_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/smime"
)

// identity is a certificate with its key and what stands above it.
type identity struct {
	key   crypto.Signer
	cert  *x509.Certificate
	chain []*x509.Certificate // issuer, root
}

func (i identity) signer() smime.Signer {
	return smime.Signer{Certificate: i.cert, Chain: i.chain, Key: i.key}
}
func (i identity) opens() smime.Key        { return smime.Key{Certificate: i.cert, Private: i.key} }
func (i identity) root() *x509.Certificate { return i.chain[len(i.chain)-1] }

func (i identity) keyPEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func certPEM(certs ...*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

// The moment at which everything in the tests happens: real, because openssl, gpgsm and NSS look at the clock.
var now = sync.OnceValue(func() time.Time { return time.Now().Truncate(time.Second) })

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func rsaKey(bits int) crypto.Signer        { return must(rsa.GenerateKey(rand.Reader, bits)) }
func ecKey(c elliptic.Curve) crypto.Signer { return must(ecdsa.GenerateKey(c, rand.Reader)) }

func issue(key crypto.Signer, t *x509.Certificate, above identity) identity {
	t.SerialNumber = new(big.Int).SetBytes(append([]byte{0x41}, must(randomBytes(15))...))
	id := sha256.Sum256(must(x509.MarshalPKIXPublicKey(key.Public())))
	t.SubjectKeyId = id[:20]
	t.NotBefore, t.NotAfter = now().Add(-time.Hour), now().AddDate(1, 0, 0)
	parent, signer := above.cert, above.key
	if parent == nil {
		parent, signer = t, key
	}
	der := must(x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer))
	i := identity{key: key, cert: must(x509.ParseCertificate(der))}
	if above.cert != nil {
		i.chain = append([]*x509.Certificate{above.cert}, above.chain...)
	}
	return i
}

func randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}

func authority(name string, key crypto.Signer, algorithm x509.SignatureAlgorithm, above identity) identity {
	return issue(key, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SignatureAlgorithm: algorithm,
	}, above)
}

// oces is shaped like the Danish CA: RSASSA-PSS signatures, and leaves with neither extended key usage nor address.
var oces = sync.OnceValue(func() identity {
	root := authority("Prøve-OCES rod", rsaKey(2048), x509.SHA512WithRSAPSS, identity{})
	return authority("Prøve-OCES udsteder", rsaKey(2048), x509.SHA512WithRSAPSS, root)
})

// foreign is a P-256 CA whose leaves say what they are for.
var foreign = sync.OnceValue(func() identity { return authority("Partner Root", ecKey(elliptic.P256()), 0, identity{}) })

// plainRSA is a CA that every peer can verify.
var plainRSA = sync.OnceValue(func() identity { return authority("RSA Root", rsaKey(2048), x509.SHA256WithRSA, identity{}) })

func ocesLeaf(name string, bits int) identity {
	return issue(rsaKey(bits), &x509.Certificate{
		Subject:            pkix.Name{CommonName: name, Organization: []string{"Prøveuniversitet Ærø"}, Country: []string{"DK"}},
		KeyUsage:           x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageContentCommitment,
		SignatureAlgorithm: x509.SHA256WithRSAPSS,
	}, oces())
}

func mailLeaf(address string, key crypto.Signer, above identity) identity {
	usage := x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
	if _, ok := key.(*rsa.PrivateKey); ok {
		usage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	}
	return issue(key, &x509.Certificate{
		Subject: pkix.Name{CommonName: address}, EmailAddresses: []string{address},
		KeyUsage: usage, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}, above)
}

// The people of the tests.
var (
	mailbox = sync.OnceValue(func() identity { return ocesLeaf("Sikkermail ITS", 3072) })
	alice   = sync.OnceValue(func() identity { return mailLeaf("alice@partner.example", rsaKey(2048), plainRSA()) })
	bo      = sync.OnceValue(func() identity { return mailLeaf("bo@partner.example", ecKey(elliptic.P256()), foreign()) })
	carla   = sync.OnceValue(func() identity { return mailLeaf("carla@partner.example", ecKey(elliptic.P384()), foreign()) })
	dorte   = sync.OnceValue(func() identity { return mailLeaf("dorte@partner.example", ecKey(elliptic.P521()), foreign()) })
)

func roots() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, i := range []identity{mailbox(), alice(), bo()} {
		pool.AddCert(i.root())
	}
	return pool
}

func options() smime.OpenOptions { return smime.OpenOptions{Roots: roots(), Now: now()} }

// mailHead is what the caller of Seal writes before.
const mailHead = "From: sikkermail@its.example\r\nTo: bo@partner.example\r\nSubject: Sikker mail\r\nMIME-Version: 1.0\r\n"

const entityText = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
	"Kære modtager\r\n\r\nRød grød med fløde på Ærø og Åland.\r\n"

// seal gives the whole mail for each group of recipients.
func seal(t testing.TB, from identity, entity string, groups ...[]identity) [][]byte {
	t.Helper()
	var envelopes []smime.Envelope
	var mails []*bytes.Buffer
	for _, group := range groups {
		mail := bytes.NewBufferString(mailHead)
		e := smime.Envelope{To: mail}
		for _, r := range group {
			e.Recipients = append(e.Recipients, r.cert)
		}
		envelopes, mails = append(envelopes, e), append(mails, mail)
	}
	w, err := smime.Seal(smime.Compat(), from.signer(), now(), envelopes...)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if _, err := io.WriteString(w, entity); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	out := make([][]byte, len(mails))
	for i, m := range mails {
		out[i] = m.Bytes()
	}
	return out
}

// opened is what was inside, read whole.
type opened struct {
	*smime.Opened
	Entity []byte // nil where the content was not given out
}

func open(mail []byte, keys ...identity) (*opened, error) {
	return openWith(options(), mail, keys...)
}

func openWith(o smime.OpenOptions, mail []byte, keys ...identity) (*opened, error) {
	var list []smime.Key
	for _, k := range keys {
		list = append(list, k.opens())
	}
	got, err := smime.Open(bytes.NewReader(mail), list, o)
	if got == nil {
		return nil, err
	}
	content, none := got.Bytes()
	if (none == nil) != (err == nil) {
		panic("content, and an error")
	}
	return &opened{got, content}, err
}
