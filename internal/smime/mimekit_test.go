package smime_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
)

// bundleIn is a signer with whatever authorities stand in the same file, the first certificate being its own.
func bundleIn(t *testing.T, name string) smime.Signer {
	t.Helper()
	var s smime.Signer
	for rest := testdata(t, name); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case block.Type == "PRIVATE KEY":
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil { // not of DSA
				s.Key = key.(crypto.Signer)
			}
		case s.Certificate == nil:
			s.Certificate = must(x509.ParseCertificate(block.Bytes))
		default:
			s.Chain = append(s.Chain, must(x509.ParseCertificate(block.Bytes)))
		}
	}
	if s.Certificate == nil {
		t.Fatalf("%s holds no certificate", name)
	}
	return s
}

func TestTheCertificatesOfMimeKit(t *testing.T) {
	t.Parallel()
	all := bundleIn(t, "mimekit/rsa.pem").Chain
	root, openSSLs := all[len(all)-1], certificateIn(t, "mimekit/smroot.pem")
	if !bytes.Equal(root.RawIssuer, root.RawSubject) {
		t.Fatalf("%s is no root", root.Subject)
	}
	in2020 := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, file string
		when       time.Time
		path       bool
		addresses  int
	}{
		{"RSA of 4096 bits under two intermediates", "rsa", in2026(), true, 1},
		{"DNS names and no address", "dnsnames", in2026(), true, 0},
		{"its authorities were not sent along", "nochain", in2026(), false, 1},
		{"revoked, which is not looked at here", "revoked", in2026(), true, 1},
		{"under a revoked authority, which is not looked at here", "revokedsubca", in2026(), true, 1},
		{"received after it expired", "rsa", time.Date(2034, 12, 17, 0, 0, 0, 0, time.UTC), false, 1},
		{"received before it was issued", "rsa", in2020, false, 1},
		{"certified with SHA-1, though valid then", "smrsa1", in2020, false, 0},
		{"under another root of the same name", "smec3", in2020, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			signer := bundleIn(t, "mimekit/"+c.file+".pem")
			key := smime.Key{Certificate: signer.Certificate, Private: signer.Key}
			mail := sealedBy(t, smime.Compat(), signer, entityText, signer.Certificate)
			o, err := smime.Open(bytes.NewReader(mail), []smime.Key{key}, smime.OpenOptions{Roots: pool(root, openSSLs), Now: c.when})
			if err != nil {
				t.Fatal(err)
			}
			s := o.Layers[1].Signatures[0]
			if string(must(o.Bytes())) != entityText || !s.Good || s.Weak {
				t.Errorf("%+v", s)
			}
			if s.PathVerified != c.path || len(s.Addresses) != c.addresses {
				t.Errorf("path %v, want %v; addresses %v", s.PathVerified, c.path, s.Addresses)
			}
		})
	}
}

// MimeKit's ec certificate spells its curve out, which RFC 5480 §2.1.1 forbids: who names a curve by its numbers can name
// another one (CVE-2020-0601). crypto/x509 does not read it, so that it is nobody's certificate for us.
func TestACertificateThatSpellsItsCurveOutIsNotRead(t *testing.T) {
	t.Parallel()
	if c, err := x509.ParseCertificate(pemBlock(t, "mimekit/ec.pem", "CERTIFICATE")); err == nil {
		t.Errorf("%s was read", c.Subject)
	}
}

func TestACertificateForDSAIsNeitherSignedWithNorEncryptedTo(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"mimekit/dsa.pem", "mimekit/smdsa1.pem"} {
		c := bundleIn(t, file).Certificate
		if c.PublicKeyAlgorithm != x509.DSA {
			t.Fatalf("%s is for %v", file, c.PublicKeyAlgorithm)
		}
		if err := smime.CheckRecipient(c); err == nil || fault.From(err).Code != "certificate_key_unsupported" {
			t.Errorf("%s: %v", file, err)
		}
		rsa := bundleIn(t, "mimekit/rsa.pem")
		_, err := smime.Seal(smime.Compat(), smime.Signer{Certificate: c, Key: rsa.Key}, in2026(),
			smime.Envelope{Recipients: []*x509.Certificate{rsa.Certificate}, To: new(bytes.Buffer)})
		if err == nil || fault.From(err).Code != "signing_failed" {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// An AS2 gateway signed application/octet-stream whose content ends in a bare LF, with SHA-1, and put the signature behind it
// in binary. The signature fits, and proves nothing.
func TestAMailWithMixedLineEndingsIsOpenedAndItsSHA1NotBelieved(t *testing.T) {
	t.Parallel()
	mail := testdata(t, "mimekit/octet-stream-with-mixed-line-endings.dat")
	o, err := smime.Open(bytes.NewReader(mail), nil, smime.OpenOptions{Now: in2026()})
	if err != nil {
		t.Fatal(err)
	}
	s := o.Layers[0].Signatures[0]
	if o.Layers[0].Kind != smime.ClearSigned || s.Good || !s.Weak || s.PathVerified || s.Algorithms != "SHA-1, RSA PKCS #1 v1.5" {
		t.Errorf("%+v", s)
	}
	const content = "Content-Type: application/octet-stream\r\n\r\nThis is a test from OT GXS. Please ignore.\n"
	if got := string(must(o.Bytes())); got != content {
		t.Errorf("content %q", got)
	}
	for i := range content {
		altered := bytes.Clone(mail)
		at := bytes.Index(mail, []byte(content)) + i
		altered[at] ^= 1
		if o, err := smime.Open(bytes.NewReader(altered), nil, smime.OpenOptions{Now: in2026()}); err == nil {
			if _, err := o.Bytes(); err == nil && len(o.Layers) > 0 && o.Layers[0].Signatures[0].Weak {
				t.Errorf("octet %d altered, and the signature fits", i)
			}
		}
	}
}
