package trust_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

// A stranger chose the certificates that came along. With a key of 262144 bits in each, judging one took a minute.
func TestIssuersThatCameAlongCannotHoldUpTheJudge(t *testing.T) {
	t.Parallel()
	const bits = 1 << 18
	w := made()
	stranger := newBranch(t, nil, nil, nil)
	var monsters issuers
	for range 8 {
		template := *stranger.certificate
		key := &rsa.PublicKey{N: odd(bits), E: 1<<31 - 1}
		der := must(x509.CreateCertificate(rand.Reader, &template, stranger.certificate, key, stranger.key))
		monsters = append(monsters, must(x509.ParseCertificate(der)))
	}
	leaf := withSignatureOf(t, stranger.leaf(t, w.p256, nil), bits)

	began := time.Now()
	brought := oddCase{certificate: leaf, subject: func(s *trust.Subject) { s.Issuers = monsters }}.judge(w)
	fetched := oddCase{certificate: leaf, fetched: monsters}.judge(w)
	if brought.Code != trust.UnknownIssuer || fetched.Code != trust.UnknownIssuer {
		t.Errorf("brought along: %s; fetched: %s", brought.Code, fetched.Code)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

// issuers is a trust.IssuerSource that has the same answer for everybody.
type issuers []*x509.Certificate

func (i issuers) Issuers(context.Context, *x509.Certificate) []*x509.Certificate { return i }

// withSignatureOf is certificate with an RSA signature of so many bits that nobody has made.
func withSignatureOf(t testing.TB, certificate *x509.Certificate, bits int) *x509.Certificate {
	t.Helper()
	rsaSigned := algorithm(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, asn1.NullRawValue)
	return resigned(t, certificate, func(tbs []byte) []byte {
		return bytes.Replace(tbs, algorithm(oidECDSAWithSHA256, asn1.RawValue{}), rsaSigned, 1)
	}, rsaSigned, bytes.Repeat([]byte{0x55}, bits/8))
}

var oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}

func algorithm(id asn1.ObjectIdentifier, parameters asn1.RawValue) []byte {
	return must(asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: id, Parameters: parameters}))
}

// resigned is certificate with what is signed changed, and with this algorithm and signature below it.
func resigned(t testing.TB, certificate *x509.Certificate, change func(tbs []byte) []byte, algorithm, signature []byte) *x509.Certificate {
	t.Helper()
	var tbs asn1.RawValue
	must(asn1.Unmarshal(certificate.RawTBSCertificate, &tbs))
	tbs.FullBytes, tbs.Bytes = nil, change(tbs.Bytes)
	der := must(asn1.Marshal(struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}{tbs, asn1.RawValue{FullBytes: algorithm}, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}}))
	return must(x509.ParseCertificate(der))
}
