package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func allCapabilities() Capabilities {
	list := Capabilities{OAEPCapability(), MLKEM768Capability()}
	for _, c := range []ContentCipher{AES256GCM, AES128GCM, ChaCha20Poly1305, AES256CBC, AES192CBC, AES128CBC} {
		list = append(list, c.Capability())
	}
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, wrap := range []int{16, 24, 32} {
			list = append(list, ECDHCapability(hash, wrap), X25519Capability(hash, wrap))
		}
	}
	return list
}

func TestACapabilityIsWrittenAsItsRFCSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		is    Capability
		der   string // base64
		words string
	}{
		"RFC 4055 OAEP":    {OAEPCapability(), "MDwGCSqGSIb3DQEBBzAvoA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQA=", "RSA-OAEP with SHA-256"},
		"RFC 8418 X25519":  {X25519Capability(crypto.SHA384, 32), "MBoGCyqGSIb3DQEJEAMUMAsGCWCGSAFlAwQBLQ==", "X25519 with HKDF and SHA-384, AES-256 key wrap"},
		"RFC 5753 ECDH":    {ECDHCapability(crypto.SHA384, 32), "MBUGBiuBBAELAjALBglghkgBZQMEAS0=", "ECDH with X9.63 and SHA-384, AES-256 key wrap"},
		"RFC 9936 ML-KEM":  {MLKEM768Capability(), "MAsGCWCGSAFlAwQEAg==", "ML-KEM-768"},
		"RFC 8551 AES-GCM": {AES256GCM.Capability(), "MAsGCWCGSAFlAwQBLg==", "AES-256-GCM"},
		"RFC 8103 ChaCha":  {ChaCha20Poly1305.Capability(), "MA0GCyqGSIb3DQEJEAMS", "ChaCha20-Poly1305"},
	} {
		var b cryptobyte.Builder
		c.is.algorithm.add(&b)
		if got := base64.StdEncoding.EncodeToString(b.BytesOrPanic()); got != c.der || c.is.String() != c.words {
			t.Errorf("%s: %s, %q", name, got, c.is)
		}
	}
}

func TestCapabilitiesAnswerWhatTheyHold(t *testing.T) {
	t.Parallel()
	// OAEP with SHA-1, which is what stands for no parameters at all (RFC 4055 §4.1).
	oldOAEP := Capability{algorithm{oidOAEP, []byte{0x30, 0}}}
	null := Capability{algorithm{AES128CBC.Capability().algorithm.oid, derNull}}
	for name, c := range map[string]struct {
		list                         Capabilities
		oaep, agreement, x25519, kem bool
		first                        ContentCipher
	}{
		"nothing":                 {first: 0},
		"everything":              {allCapabilities(), true, true, true, true, AES256GCM},
		"OAEP with SHA-1":         {list: Capabilities{oldOAEP, null}, first: AES128CBC},
		"ECDH":                    {list: Capabilities{ECDHCapability(crypto.SHA256, 16)}, agreement: true},
		"X25519":                  {list: Capabilities{X25519Capability(crypto.SHA256, 16)}, x25519: true},
		"the cipher liked better": {list: Capabilities{{algorithm{oid: asn1.ObjectIdentifier{1, 2, 3}}}, AES192CBC.Capability(), AES128CBC.Capability()}, first: AES128CBC},
		"the zero capability":     {list: Capabilities{{}}},
	} {
		first, found := c.list.First(AES128CBC, AES256GCM)
		if c.list.OAEP() != c.oaep || c.list.KeyAgreement() != c.agreement || c.list.X25519() != c.x25519 || c.list.MLKEM768() != c.kem ||
			first != c.first || found != (c.first != 0) || (found && !c.list.Has(first)) || c.list.Has(0) {
			t.Errorf("%s: %v", name, c.list)
		}
	}
	if c := ECDHCapability(crypto.SHA256, 17); c.algorithm.oid != nil {
		t.Errorf("a key wrap with 17 octets: %v", c)
	}
	if c := X25519Capability(crypto.SHA1, 16); c.algorithm.oid != nil {
		t.Errorf("HKDF with SHA-1: %v", c)
	}
}

func TestCapabilitiesOfStrangersAreBounded(t *testing.T) {
	t.Parallel()
	sequence := func(parts ...[]byte) []byte {
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(slices.Concat(parts...)) })
		return b.BytesOrPanic()
	}
	unknown := sequence(oidDER(asn1.ObjectIdentifier{1, 2, 3}))
	large := sequence(oidDER(asn1.ObjectIdentifier{1, 2, 3}), octets(make([]byte, maxCapability)))
	for name, c := range map[string]struct {
		der  []byte
		want int // entries; malformed where negative
	}{
		"none":                               {sequence(), 0},
		"one that nobody knows":              {sequence(unknown), 1},
		"the same again":                     {sequence(unknown, unknown), 2},
		"64":                                 {sequence(bytes.Repeat(unknown, 64)), 64},
		"a hundred thousand":                 {sequence(bytes.Repeat(unknown, 100_000)), 64},
		"one that is too large":              {sequence(large, unknown), 1},
		"many that are too large":            {sequence(bytes.Repeat(large, 3_000)), 0},
		"an object identifier of a megabyte": {sequence(sequence(append([]byte{6, 0x83, 0x0f, 0x42, 0x40}, bytes.Repeat([]byte{1}, 1_000_000)...))), 0},
		"an entry without an algorithm":      {sequence(sequence()), -1},
		"an entry that is none":              {sequence(derNull), -1},
		"an entry that is cut":               {sequence([]byte{0x30, 5, 6}), -1},
		"something behind":                   {append(sequence(unknown), 0), -1},
		"not a list":                         {unknown[2:], -1},
		"nothing":                            {nil, -1},
	} {
		list, err := ParseCapabilities(c.der)
		if c.want < 0 {
			if !errors.Is(err, ErrMalformed) || list != nil {
				t.Errorf("%s: %d entries, %v", name, len(list), err)
			}
			continue
		}
		if err != nil || len(list) != c.want {
			t.Errorf("%s: %d entries, want %d; %v", name, len(list), c.want, err)
		}
	}
	old := Capability{algorithm{oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 2}}}
	if got := append(must(ParseCapabilities(sequence(unknown))), old).String(); got != "1.2.3; RC2-CBC" {
		t.Errorf("an unknown algorithm and one that is not read are called %q", got)
	}
}

func TestWhatASignerAsksForIsBelievedOnlyWithTheSignature(t *testing.T) {
	t.Parallel()
	capabilities := must(allCapabilities().DER())
	preference := func(m map[string][]byte) {
		m[oidCapabilities.String()] = capabilities
		m[oidEncrypKeyPref.String()] = preferByIssuer(ecPair().cert)
	}
	both := []*x509.Certificate{rsaPair().cert, ecPair().cert}
	for name, c := range map[string]struct {
		f         forge
		want      int // capabilities
		encryptTo *x509.Certificate
	}{
		"a good signature":               {forge{change: preference, certs: both}, 26, ecPair().cert},
		"a signature that does not fit":  {forge{change: preference, certs: both, signs: digested}, 0, nil},
		"a weak signature":               {forge{change: preference, certs: both, digest: crypto.SHA1}, 0, nil},
		"a certificate that is not sent": {forge{change: preference}, 26, nil},
		"two certificates of that name":  {forge{change: preferBy(byIdentifier(2, rsaPair().cert)), certs: []*x509.Certificate{rsaPair().cert, sameIdentifier(rsaPair()).cert}}, 0, nil},
		"named by key identifier":        {forge{change: preferBy(byIdentifier(2, ecPair().cert)), certs: both}, 0, ecPair().cert},
		"named as a recipient":           {forge{change: preferBy(byRecipient(ecPair().cert)), certs: both}, 0, ecPair().cert},
		"named in a way unheard of":      {forge{change: preferBy(byIdentifier(3, ecPair().cert)), certs: both}, 0, nil},
		"named by nothing":               {forge{change: preferBy([]byte{0x82, 0}), certs: both}, 0, nil},
		"no value":                       {forge{change: preferBy(nil), certs: both}, 0, nil},
		"two values": {forge{change: func(m map[string][]byte) {
			preference(m)
			m[oidCapabilities.String()] = bytes.Repeat(capabilities, 2)
			m[oidEncrypKeyPref.String()] = bytes.Repeat(preferByIssuer(ecPair().cert), 2)
		}, certs: both}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.f.pair = rsaPair()
			signer := must(verify(bytes.NewReader(c.f.der()), bytes.NewReader(signedContent), io.Discard)).Signers[0]
			if len(signer.Capabilities) != c.want || !bytes.Equal(rawOf(signer.EncryptTo), rawOf(c.encryptTo)) {
				t.Errorf("%d capabilities, want %d; encrypt to %v; %v", len(signer.Capabilities), c.want, signer.EncryptTo, signer.Err)
			}
		})
	}
}

func rawOf(c *x509.Certificate) []byte {
	if c == nil {
		return nil
	}
	return c.Raw
}

func preferBy(value []byte) func(map[string][]byte) {
	return func(m map[string][]byte) { m[oidEncrypKeyPref.String()] = value }
}

func preferByIssuer(c *x509.Certificate) []byte {
	var b cryptobyte.Builder
	addIssuerAndSerial(&b, explicit(0), c)
	return b.BytesOrPanic()
}

func byIdentifier(tag uint8, c *x509.Certificate) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(c.SubjectKeyId) })
	return b.BytesOrPanic()
}

func byRecipient(c *x509.Certificate) []byte {
	var b cryptobyte.Builder
	b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddASN1OctetString(c.SubjectKeyId) })
	return b.BytesOrPanic()
}
