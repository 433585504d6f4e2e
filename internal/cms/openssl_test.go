package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// shell is a folder in which openssl works.
type shell struct {
	*testing.T
	folder string
}

func openssl(t *testing.T) shell {
	t.Helper()
	peer.Need(t, "openssl", "openssl")
	return shell{t, t.TempDir()}
}

func (s shell) file(name string, content []byte) string {
	s.Helper()
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

func (s shell) pair(name string, k Key) (cert, key string) {
	s.Helper()
	private := k.Private
	der := must(x509.MarshalPKCS8PrivateKey(private))
	return s.file(name+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate.Raw})),
		s.file(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func (s shell) run(args ...string) ([]byte, error) {
	s.Helper()
	c := exec.CommandContext(s.Context(), "openssl", args...)
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("openssl %s: %w\n%s", args[0], err, complaint.String())
	}
	return out.Bytes(), nil
}

func opensslKeys() map[string]Key {
	return map[string]Key{"RSA": rsaKey(), "P-256": p256Key(), "P-384": p384Key(), "P-521": p521Key()}
}

func TestOpenSSLReadsWhatWeEncrypt(t *testing.T) {
	t.Parallel()
	s := openssl(t)
	content := bytes.Repeat([]byte("sikker post\r\n"), 4000) // three chunks and a bit
	in := filepath.Join(s.folder, "in.der")
	tried := 0
	for name, k := range opensslKeys() {
		cert, key := s.pair(name, k)
		for _, oaep := range []bool{false, true} {
			for _, c := range []ContentCipher{AES128CBC, AES192CBC, AES256CBC, AES128GCM, AES256GCM} {
				for _, content := range [][]byte{nil, content} {
					if oaep && name != "RSA" {
						continue
					}
					der := seal(content, EncryptConfig{Cipher: c, OAEP: oaep, PostQuantum: true, Recipients: []*x509.Certificate{mlkemKey().Certificate, k.Certificate, x25519Key().Certificate}})
					s.file("in.der", der)
					tried++
					got, err := s.run("cms", "-decrypt", "-binary", "-inform", "DER", "-in", in, "-recip", cert, "-inkey", key)
					if err != nil || !bytes.Equal(got, content) {
						t.Errorf("%s, OAEP %v, %v, %d octets: %v", name, oaep, c, len(content), err)
					}
				}
			}
		}
	}
	if tried != 50 {
		t.Errorf("%d combinations tried", tried)
	}
}

func TestWeReadWhatOpenSSLEncrypts(t *testing.T) {
	t.Parallel()
	s := openssl(t)
	content := bytes.Repeat([]byte("sikker post\r\n"), 4000)
	in := s.file("in.txt", content)
	certs := map[string]string{}
	for name, k := range opensslKeys() {
		certs[name], _ = s.pair(name, k)
	}
	ciphers := map[string]ContentCipher{
		"-aes128": AES128CBC, "-aes192": AES192CBC, "-aes256": AES256CBC, "-des3": DESEDE3CBC,
		"-aes-128-gcm": AES128GCM, "-aes-192-gcm": AES192GCM, "-aes-256-gcm": AES256GCM,
	}
	for _, c := range []struct {
		key     string
		options string
	}{
		{"RSA", ""},
		{"RSA", "-keyid"},
		{"RSA", "-stream"},
		{"RSA", "-keyopt rsa_padding_mode:oaep"},
		{"RSA", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"},
		{"RSA", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha512 -keyopt rsa_mgf1_md:sha1"},
		{"RSA", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha224 -keyopt rsa_mgf1_md:sha384 -keyopt rsa_oaep_label:616175"},
		{"P-256", ""},
		{"P-256", "-stream -keyid"},
		{"P-256", "-keyopt ecdh_kdf_md:sha256"},
		{"P-384", "-keyopt ecdh_kdf_md:sha384"},
		{"P-521", "-keyopt ecdh_kdf_md:sha512 -keyopt ecdh_cofactor_mode:1"},
	} {
		for flag, cipher := range ciphers {
			args := append([]string{"cms", "-encrypt", "-binary", "-outform", "DER", "-in", in, flag, "-recip", certs[c.key]}, strings.Fields(c.options)...)
			der, err := s.run(args...)
			if err != nil {
				t.Error(err)
				continue
			}
			var got bytes.Buffer
			d, err := decrypt(&got, bytes.NewReader(der), []Key{opensslKeys()[c.key]})
			if cipher == DESEDE3CBC && c.key != "RSA" {
				// It wraps the key with 3DES as well (RFC 3217), which we do not have.
				if !errors.Is(err, ErrUnsupported) {
					t.Errorf("%s %s: %v", c.key, flag, err)
				}
				continue
			}
			if err != nil || !bytes.Equal(got.Bytes(), content) || d.Cipher != cipher {
				t.Errorf("%s %s %s: %v %+v", c.key, flag, c.options, err, d)
			}
		}
	}
}

// openssl 3.0 knows no X25519 in CMS, but every step of RFC 8418 §2.2 by itself: agree, derive, unwrap.
func TestOpenSSLOpensOurX25519StepByStep(t *testing.T) {
	t.Parallel()
	s := openssl(t)
	contentKey := bytes.Repeat([]byte{3}, 32)
	var b builder
	must(EncryptConfig{}.addRecipient(&b, x25519Key().Certificate, contentKey))
	entry, ok := recipientInfo{KeyAgreement, b.BytesOrPanic()}.keyAgreement()
	if !ok {
		t.Fatal("our own entry cannot be read")
	}
	_, key := s.pair("x25519", x25519Key())
	ephemeral := must(ecdh.X25519().NewPublicKey(entry.originator.Bytes))
	theirs := s.file("ephemeral.pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(ephemeral))}))
	secret, err := s.run("pkeyutl", "-derive", "-inkey", key, "-peerkey", theirs)
	if err != nil {
		t.Fatal(err)
	}
	// ECC-CMS-SharedInfo, RFC 5753 §7.2, by hand: id-aes256-wrap without parameters, and 256 bits.
	const info = "3015" + "300b060960864801650304012d" + "a206040400000100"
	kek := filepath.Join(s.folder, "kek")
	if _, err := s.run("kdf", "-binary", "-out", kek, "-keylen", "32", "-kdfopt", "digest:SHA256", "-kdfopt", "hexkey:"+hex.EncodeToString(secret), "-kdfopt", "hexinfo:"+info, "HKDF"); err != nil {
		t.Fatal(err)
	}
	wrapped := s.file("wrapped", entry.keys[0].encrypted)
	got, err := s.run("enc", "-d", "-id-aes256-wrap", "-K", hex.EncodeToString(must(os.ReadFile(kek))), "-iv", "A6A6A6A6A6A6A6A6", "-in", wrapped)
	if err != nil || !bytes.Equal(got, contentKey) {
		t.Errorf("%v % x", err, got)
	}
}

func TestX25519IsReadWithEveryKDFOfRFC8418(t *testing.T) {
	t.Parallel()
	contentKey := bytes.Repeat([]byte{3}, 16)
	theirs := must(ecdhKey(publicKey(x25519Key().Certificate)))
	for _, scheme := range agreementRows {
		for _, ukm := range [][]byte{nil, {}, []byte("between us")} {
			ours := must(ecdh.X25519().GenerateKey(nil))
			wrap := wrapIdentifier(wrapOID[16])
			kek := must(scheme.keyEncryptionKey(must(ours.ECDH(theirs)), wrap, ukm, 16))
			entry := keyAgreement{
				curve: algorithm{oid: oidX25519}, ukm: ukm, algorithm: algorithm{scheme.std, wrap},
				keys: []encryptedKey{{identifier{ski: x25519Key().Certificate.SubjectKeyId}, wrapped(kek, contentKey)}},
			}
			entry.originator.Bytes = ours.PublicKey().Bytes()
			found, err := findRecipient([]recipientInfo{entry.info()}, []Key{x25519Key()})
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 16)
			if good, err := found.unlock(got); err != nil || good != 1 || !bytes.Equal(got, contentKey) {
				t.Errorf("%v, HKDF %v, ukm %q", scheme.hash, scheme.hkdf, ukm)
			}
		}
	}
}

// RFC 8418 §2.2: the ukm is the salt, and stands in the info as well. Against an own HKDF, so that a slip in the one does not
// hide in the other.
func TestTheUKMIsSaltAndInfoOfHKDF(t *testing.T) {
	t.Parallel()
	secret, ukm := bytes.Repeat([]byte{1}, 32), []byte("between us")
	info := must(hex.DecodeString("3023" + "300b060960864801650304012d" + "a00c040a" + hex.EncodeToString(ukm) + "a206040400000100"))
	mac := func(key, data []byte) []byte {
		block := make([]byte, 64)
		copy(block, key)
		xor := func(c byte) []byte {
			out := bytes.Clone(block)
			for i := range out {
				out[i] ^= c
			}
			return out
		}
		sum := func(parts ...[]byte) []byte {
			h := crypto.SHA256.New()
			h.Write(bytes.Join(parts, nil))
			return h.Sum(nil)
		}
		return sum(xor(0x5c), sum(xor(0x36), data))
	}
	want := mac(mac(ukm, secret), append(info, 1))
	scheme := must(agreementFor(must(ecdhKey(publicKey(x25519Key().Certificate)))))
	if got := must(scheme.keyEncryptionKey(secret, wrapIdentifier(wrapOID[32]), ukm, 32)); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}
