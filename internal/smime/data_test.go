package smime_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/smime"
)

// 2026 is within the validity of everything in testdata that has not expired on purpose.
func in2026() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	return must(os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name))))
}

func pemBlock(t *testing.T, name, kind string) []byte {
	t.Helper()
	for rest := testdata(t, name); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			t.Fatalf("%s holds no %s", name, kind)
		} else if block.Type == kind {
			return block.Bytes
		}
	}
}

func certificateIn(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	return must(x509.ParseCertificate(pemBlock(t, name, "CERTIFICATE")))
}

func keyIn(t *testing.T, name string) crypto.PrivateKey {
	t.Helper()
	return must(x509.ParsePKCS8PrivateKey(pemBlock(t, name, "PRIVATE KEY")))
}

// person of RFC 9216 has a key to sign with and another to decrypt with.
type person struct {
	name   string
	signer smime.Signer
	opens  smime.Key
}

func people(t *testing.T) []person {
	t.Helper()
	var all []person
	for _, p := range []struct{ section, name string }{{"4", "alice"}, {"5", "bob"}, {"7", "carlos"}, {"8", "dana"}} {
		file := func(n, title string) string {
			return "rfc9216/" + p.section + "." + n + "_" + p.name + "s-" + title
		}
		all = append(all, person{
			name: p.name,
			signer: smime.Signer{
				Certificate: certificateIn(t, file("1", "signature-verification-end-entity-certificate.crt")),
				Key:         keyIn(t, file("2", "signing-private-key-material.key")).(crypto.Signer),
			},
			opens: smime.Key{
				Certificate: certificateIn(t, file("3", "encryption-end-entity-certificate.crt")),
				Private:     keyIn(t, file("4", "decryption-private-key-material.key")),
			},
		})
	}
	return all
}

func pool(certificates ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certificates {
		p.AddCert(c)
	}
	return p
}

// authorities of RFC 9216 vouch for each other, so that everybody can be reached from either root.
func authorities(t *testing.T) (rsaRoot, edRoot, rsaCrossed, edCrossed *x509.Certificate) {
	t.Helper()
	return certificateIn(t, "rfc9216/3.1_rsa-certification-authority-root-certificate.crt"),
		certificateIn(t, "rfc9216/6.1_ed25519-certification-authority-root-certificate.crt"),
		certificateIn(t, "rfc9216/3.3_rsa-certification-authority-cross-signed-certificate.crt"),
		certificateIn(t, "rfc9216/6.3_ed25519-certification-authority-cross-signed-certificate.crt")
}

func TestTheKeysOfRFC9216BelongToTheirCertificates(t *testing.T) {
	t.Parallel()
	for _, file := range []struct{ key, certificate string }{
		{"3.2_rsa-certification-authority-secret-key.key", "3.1_rsa-certification-authority-root-certificate.crt"},
		{"6.2_ed25519-certification-authority-secret-key.key", "6.1_ed25519-certification-authority-root-certificate.crt"},
	} {
		key := keyIn(t, "rfc9216/"+file.key).(crypto.Signer)
		if !isFor(certificateIn(t, "rfc9216/"+file.certificate), key.Public()) {
			t.Errorf("%s is not the key of %s", file.key, file.certificate)
		}
	}
	for _, p := range people(t) {
		public := p.opens.Private.(interface{ Public() crypto.PublicKey }).Public()
		if !isFor(p.signer.Certificate, p.signer.Key.Public()) {
			t.Errorf("%s's signing key is another one", p.name)
		}
		if !isFor(p.opens.Certificate, public) {
			t.Errorf("%s's decryption key is another one", p.name)
		}
		_, isX25519 := public.(*ecdh.PublicKey)
		if want := p.name == "carlos" || p.name == "dana"; isX25519 != want {
			t.Errorf("%s: a key of %T", p.name, public)
		}
	}
}

// isFor compares the keys as they are encoded: crypto/x509 leaves X25519 keys in a certificate unparsed.
func isFor(c *x509.Certificate, public crypto.PublicKey) bool {
	return bytes.Equal(c.RawSubjectPublicKeyInfo, must(x509.MarshalPKIXPublicKey(public)))
}

// Each of the four signs for each of the four, by both profiles, and the path is followed from either root: straight or
// over the other's cross certificate.
func TestThePeopleOfRFC9216WriteToEachOther(t *testing.T) {
	t.Parallel()
	rsaRoot, edRoot, rsaCrossed, edCrossed := authorities(t)
	roots := map[string]*x509.Certificate{"the RSA root": rsaRoot, "the Ed25519 root": edRoot}
	tried := 0
	for _, from := range people(t) {
		for _, to := range people(t) {
			for _, profile := range []smime.Profile{smime.Compat(), smime.Modern()} {
				mail := sealedBy(t, profile, from.signer, entityText, to.opens.Certificate)
				for name, root := range roots {
					tried++
					o, err := smime.Open(bytes.NewReader(mail), []smime.Key{to.opens}, smime.OpenOptions{
						Roots: pool(root), Intermediates: pool(rsaCrossed, edCrossed), Now: in2026()})
					if err != nil {
						t.Fatalf("%s to %s, %s: %v", from.name, to.name, profile.Name, err)
					}
					if got := string(must(o.Bytes())); got != entityText {
						t.Errorf("%s to %s, %s: %q", from.name, to.name, profile.Name, got)
					}
					s := o.Layers[1].Signatures[0]
					if !s.Good || !s.PathVerified || len(s.Addresses) == 0 || s.Addresses[0] != from.name+"@smime.example" {
						t.Errorf("%s to %s, %s, from %s: %+v", from.name, to.name, profile.Name, name, s)
					}
				}
			}
		}
	}
	if tried != 4*4*2*2 {
		t.Errorf("%d tried", tried)
	}
}

// Without the cross certificate the other root vouches for nobody.
func TestARootOfRFC9216VouchesForItsOwnAlone(t *testing.T) {
	t.Parallel()
	rsaRoot, edRoot, _, _ := authorities(t)
	to := people(t)[0].opens
	for _, from := range people(t) {
		own, other := rsaRoot, edRoot
		if from.name == "carlos" || from.name == "dana" {
			own, other = other, own
		}
		mail := sealedBy(t, smime.Compat(), from.signer, entityText, to.Certificate)
		for root, want := range map[*x509.Certificate]bool{own: true, other: false} {
			o := must(smime.Open(bytes.NewReader(mail), []smime.Key{to}, smime.OpenOptions{Roots: pool(root), Now: in2026()}))
			if s := o.Layers[1].Signatures[0]; !s.Good || s.PathVerified != want {
				t.Errorf("%s under %s: %+v", from.name, root.Subject.CommonName, s)
			}
		}
	}
}

func sealedBy(t *testing.T, profile smime.Profile, by smime.Signer, entity string, to *x509.Certificate) []byte {
	t.Helper()
	mail := bytes.NewBufferString(strings.Replace(mailHead, "sikkermail@its.example", "alice@smime.example", 1))
	w := must(smime.Seal(profile, by, in2026(), smime.Envelope{Recipients: []*x509.Certificate{to}, To: mail}))
	must(io.WriteString(w, entity))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return mail.Bytes()
}
