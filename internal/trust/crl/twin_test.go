package crl_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"sync/atomic"
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

// Otherwise whoever stands on the way could play a list from before the revocation to the twin, who holds none.
func TestAListIsHeldForTheAuthorityAndNotForOneOfItsCertificates(t *testing.T) {
	t.Parallel()
	web, issuing := newServer(t), foreign().Issuing().Certificate
	var list atomic.Pointer[[]byte]
	subject := named(t, foreign(), web.at("/list", func() []byte { return *list.Load() }))
	old := listOf(t, foreign(), nil)
	stolen := listOf(t, foreign(), func(l *x509.RevocationList) { l.Number, l.ThisUpdate = big.NewInt(8), start }, subject)
	list.Store(&stolen)
	source := loopback(&clock{})
	if got := check(source, subject, foreign()); got.Status != trust.StatusRevoked {
		t.Fatalf("at first: %q (%v)", got.Status, got.Cause)
	}
	list.Store(&old)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if got := source.Check(ctx, subject, twin(t, issuing, foreign().Root())); got.Status != trust.StatusRevoked {
		t.Errorf("under the authority's other certificate: %q", got.Status)
	}
	if held := source.Lists(); len(held) != 1 {
		t.Errorf("%d lists are held", len(held))
	}
}

// A certificate of the same authority that may not sign lists does not stand in the way of the one that may.
func TestTheAuthoritysRightToSignListsIsThatOfTheCertificateAtHand(t *testing.T) {
	t.Parallel()
	web, issuing := newServer(t), foreign().Issuing().Certificate
	good := listOf(t, foreign(), nil)
	subject := named(t, foreign(), web.at("/list", func() []byte { return good }))
	mute := *issuing
	mute.KeyUsage = x509.KeyUsageCertSign
	source := loopback(&clock{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if got := source.Check(ctx, subject, &mute); got.Status != trust.StatusUnknown {
		t.Errorf("without the right: %q", got.Status)
	}
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
		t.Errorf("with it: %q (%v)", got.Status, got.Cause)
	}
}
