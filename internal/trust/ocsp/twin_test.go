package ocsp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

// twin is the same certificate with other bytes. Whoever has one can make it: beside every ECDSA signature (r, s) there is
// (r, n-s), as good as it.
func twin(t testing.TB, certificate, issuer *x509.Certificate) *x509.Certificate {
	t.Helper()
	key, isECDSA := issuer.PublicKey.(*ecdsa.PublicKey)
	if !isECDSA {
		t.Fatal("no ECDSA signature")
	}
	var whole struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}
	must(asn1.Unmarshal(certificate.Raw, &whole))
	var signature struct{ R, S *big.Int }
	must(asn1.Unmarshal(whole.Signature.Bytes, &signature))
	signature.S.Sub(key.Params().N, signature.S)
	der := must(asn1.Marshal(signature))
	whole.Signature = asn1.BitString{Bytes: der, BitLength: 8 * len(der)}
	other := must(x509.ParseCertificate(must(asn1.Marshal(whole))))
	if err := other.CheckSignatureFrom(issuer); err != nil || other.Equal(certificate) {
		t.Fatalf("no twin: %v", err)
	}
	return other
}

// Otherwise whoever stands on the way could play an answer from before the revocation to the twin.
func TestWhatIsKnownOfACertificateIsKnownOfItsTwin(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.say(good, 7*24*time.Hour)
	old := s.says.Load()
	s.time.forward(time.Minute)
	s.say(revoked(s.time.now(), 1), time.Hour)
	s.want("revoked", trust.StatusRevoked, 1)
	s.says.Store(old)
	issuing := foreign().Issuing().Certificate
	cases := map[string]struct{ certificate, issuer *x509.Certificate }{
		"of the certificate": {twin(t, s.subject, issuing), issuing},
		"of its authority":   {s.subject, twin(t, issuing, foreign().Root())},
	}
	for name, c := range cases {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if got := s.source.Check(ctx, c.certificate, c.issuer); got.Status != trust.StatusRevoked {
			t.Errorf("the twin %s: %q", name, got.Status)
		}
		cancel()
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
