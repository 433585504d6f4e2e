package cms

import (
	"bytes"
	"crypto/mlkem"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"
)

// rfc9936 is the example of RFC 9936 Appendix C: Alice's message to Bob.
const rfc9936 = `
MIID4gYLKoZIhvcNAQkQARegggPRMIIDzQIBADGCA3ikggN0BgsqhkiG9w0BCRAN
AzCCA2MCAQCAFFmXiMN67UAO5AXRsqM2arF9gkpRMAsGCWCGSAFlAwQEAQSCAwA+
pA/GygkOLIr3bicnqzjgZS2VFZhv4YaCf+hOWW5CG4X9RZzHiZc3LJ3jHRkbOcHV
o+tt21aq3t52XMOQ/bvC+IyxdWgdQgG4HM38sk/vE68vWhq8+NivOE8CoBCm6Rnx
mHpemxwOLT8H9YqfpTnOhswUmRChaSwMpM4Ozk7u0uZpnLl2MyRS3koutcph97CB
Mww0eY73EqJOWcM86h8fnm1PvzdDo4RnQwARM29i2HB5K4Zr780dGzZb7RlSZz06
Wwwgs4a079HPY/03a9R8zEasTdjsZrBHxMlaz/HP0CikGbAC/aG2F8umHS6Rz+j/
+8uP/U1fatixWMIZ423FFAXcDAsjSXmsZY5yvd8bZ3O5ayrj5NB76GBIBAwBZ0Nv
qDnnUpsAzJq1Wi8l22PMn1V1lOaRwR5VPUo+vHYPXxnl/hRIOLTH0VkdqbXUZ0lP
2crFLMVQQGA5nb23IpjrmkwBewB4b9x9nXqletu4thw03h4oiyq3KBcdzhQ80WlT
+YTBrtVZ5WuqDOZY0yzOQvRAdQTNelea0O+bdxNeqjm2+To6LlmXgH8GNhyD9OZ/
jj+c9oMWARUU9dhaGBzq1xTNSUDk66wB1mUo2jL4nOoEKOjrytz4qhiMn2LoWxlX
ZVt/4rjXlzt6cia2bZO/eyMvPc9lPIS07PGpkg2xlJrXULVGpVUqIOVJCXGbjAwH
BW/LfldK0qMuyVAB3ehEgb530DntW/dCYuzzmB8bANM2apwuBhxH4kGgYcYklWDS
uERqSAw4woupidn2itxLuvKiC0fkkjEoxyNC1Zf9olneC4PCBW1rd+eZsxkySqUL
HWWcKlYCm3RTxfO6UkPZ+nSdkXxA2dEB5FO8ixDkKnwIkyPAJveD4QC5+m5wFEJN
pvo3kryVfughnQFrdz8o/tzJYqSFq6/+wCMoGXHimqaJg57P0mGekih80jDbJqJQ
fMUA6xx6UpO1/pF64pvxrTUBJPijEWNSFLQR259n07hb1xUBhTfqRbQfQbTGYFEw
DQYLKoZIhvcNAQkQAxwCARAwCwYJYIZIAWUDBAEFBBjAUOQ5L5wU3QrCIgID8xfX
AflPndknePUwOgYJKoZIhvcNAQcBMB4GCWCGSAFlAwQBBjARBAxcpXRouBvwO42n
GGwCARCADZTIaJqZ0sOOGS+muggEEFzxeGxXx0ArVPyTwwpKRTM=`

// The example has ML-KEM-512, which crypto/mlkem does not have. Its object identifier is changed to that of ML-KEM-768, and
// the shared secret comes out of the RFC: everything else is read as it stands there.
func TestTheExampleOfRFC9936Opens(t *testing.T) {
	t.Parallel()
	der := must(base64.StdEncoding.DecodeString(string(bytes.ReplaceAll([]byte(rfc9936), []byte("\n"), nil))))
	der = bytes.Replace(der, oidDER([]int{2, 16, 840, 1, 101, 3, 4, 4, 1}), oidDER(oidMLKEM768), 1)
	bob := *mlkemKey().Certificate
	bob.SubjectKeyId = must(hex.DecodeString("599788C37AED400EE405D1B2A3366AB17D824A51"))
	asked := 0
	key := decapsulated{func(ciphertext []byte) ([]byte, error) {
		asked++
		if len(ciphertext) != 768 || ciphertext[0] != 0x3e {
			t.Errorf("% x", ciphertext)
		}
		return hex.DecodeString("7DF12D412AE299A24FDE6D7C3BB8E3194C80AD3C733DCF2775E09FE8BEDB86D8")
	}}
	var got bytes.Buffer
	d, err := decrypt(&got, bytes.NewReader(der), []Key{{&bob, key}})
	if err != nil || got.String() != "Hello, world!" || d.Cipher != AES128GCM || asked != 1 {
		t.Errorf("%v %q %+v, asked %d times", err, got.String(), d, asked)
	}
}

// kemEntry is a KEMRecipientInfo of our own, taken apart.
func kemEntry(t *testing.T) (entry recipientInfo, contentKey []byte) {
	t.Helper()
	contentKey = bytes.Repeat([]byte{5}, 32)
	var b builder
	if _, err := (EncryptConfig{PostQuantum: true}).addRecipient(&b, mlkemKey().Certificate, contentKey); err != nil {
		t.Fatal(err)
	}
	return recipientInfo{OtherKind, b.BytesOrPanic()}, contentKey
}

func TestAKEMEntryThatIsOddOpensNothing(t *testing.T) {
	t.Parallel()
	whole, contentKey := kemEntry(t)
	read, ok := whole.kem()
	if !ok {
		t.Fatal("our own entry cannot be read")
	}
	try := func(change func(*kem)) (int, []byte, error) {
		k := read
		k.ciphertext, k.encrypted = bytes.Clone(k.ciphertext), bytes.Clone(k.encrypted)
		change(&k)
		found, err := findRecipient([]recipientInfo{k.info()}, []Key{mlkemKey()})
		if err != nil {
			return 0, nil, err
		}
		got := make([]byte, len(contentKey))
		good, err := found.unlock(got)
		return good, got, err
	}
	if good, got, err := try(func(*kem) {}); err != nil || good != 1 || !bytes.Equal(got, contentKey) {
		t.Fatalf("untouched: %d %v", good, err)
	}
	for name, change := range map[string]func(*kem){
		"the ciphertext altered":          func(k *kem) { k.ciphertext[100] ^= 1 },
		"the ciphertext cut":              func(k *kem) { k.ciphertext = k.ciphertext[:mlkem.CiphertextSize768-1] },
		"the ciphertext longer":           func(k *kem) { k.ciphertext = append(k.ciphertext, 0) },
		"no ciphertext":                   func(k *kem) { k.ciphertext = nil },
		"the wrapped key altered":         func(k *kem) { k.encrypted[0] ^= 1 },
		"a ukm that the sender had not":   func(k *kem) { k.ukm = []byte{1} },
		"an empty ukm, which is not none": func(k *kem) { k.ukm = []byte{} },
		"another KDF":                     func(k *kem) { k.kdf.oid = kdfRows[1].oid },
	} {
		if good, _, err := try(change); err != nil || good != 0 {
			t.Errorf("%s: %d %v", name, good, err)
		}
	}
	for name, change := range map[string]func(*kem){
		"another KEM":                       func(k *kem) { k.kem.oid = []int{2, 16, 840, 1, 101, 3, 4, 4, 3} },
		"an unknown KDF":                    func(k *kem) { k.kdf.oid = []int{1, 2, 3} },
		"a key size that is not the wrap's": func(k *kem) { k.size = 16 },
		"a key size of 65535":               func(k *kem) { k.size = 65535 },
		"a key size below nothing":          func(k *kem) { k.size = -1 },
		"a wrap that is none":               func(k *kem) { k.wrap = wrapIdentifier([]int{1, 2, 3}) },
	} {
		if _, _, err := try(change); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryKDFOfKEMIsRead(t *testing.T) {
	t.Parallel()
	for _, row := range kdfRows {
		for size := range wrapOID {
			contentKey := bytes.Repeat([]byte{byte(size)}, 24)
			key := must(encapsulationKey(mlkemKey().Certificate))
			secret, ciphertext := key.Encapsulate()
			wrap := wrapIdentifier(wrapOID[size])
			ukm := []byte("between us")
			k := kem{
				to: identifier{ski: mlkemKey().Certificate.SubjectKeyId}, kem: algorithm{oid: oidMLKEM768}, kdf: algorithm{oid: row.oid},
				ciphertext: ciphertext, size: size, ukm: ukm, wrap: wrap,
				encrypted: wrapped(must(row.keyEncryptionKey(secret, wrap, ukm, size)), contentKey),
			}
			found, err := findRecipient([]recipientInfo{k.info()}, []Key{mlkemKey()})
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 24)
			if good, err := found.unlock(got); err != nil || good != 1 || !bytes.Equal(got, contentKey) {
				t.Errorf("%v, wrap of %d", row.hash, size)
			}
		}
	}
}
