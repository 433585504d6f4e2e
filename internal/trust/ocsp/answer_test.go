package ocsp_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

var nonce = bytes.Repeat([]byte{7}, 32)

func parse(der []byte, certificate *x509.Certificate, authority *ca.Authority) (ocsp.Answer, error) {
	return ocsp.Parse(der, certificate, authority.Issuing().Certificate, nonce, start)
}

func TestAnswersThatAreBelieved(t *testing.T) {
	t.Parallel()
	dk, de := danishBo().Certificate, foreignBo().Certificate
	first := func(shape func(*single)) func(*written) {
		return func(w *written) { shape(&w.singles[0]) }
	}
	with := func(algorithm x509.SignatureAlgorithm) func(*written) {
		return func(w *written) { w.algorithm = algorithm }
	}
	plain := delegate(t, foreign(), ca.Request{}, nil)
	cases := []struct {
		name string
		der  []byte
		of   *ca.Authority
		want ocsp.Answer // Status, OnHold, Nonced and Unchecked are looked at
	}{
		{"by the issuer, named by its name", about(de, foreign(), nil), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by the issuer, named by its key", about(de, foreign(), func(w *written) { w.byKey = true }), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"RSA-PSS with SHA-256", about(dk, danish(), with(x509.SHA256WithRSAPSS)), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"RSA-PSS with SHA-384", about(dk, danish(), with(x509.SHA384WithRSAPSS)), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"RSA-PSS with SHA-512", about(dk, danish(), with(x509.SHA512WithRSAPSS)), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"RSA PKCS #1 v1.5 with SHA-256", about(dk, danish(), with(x509.SHA256WithRSA)), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"RSA PKCS #1 v1.5 with SHA-384", about(dk, danish(), with(x509.SHA384WithRSA)), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"RSA PKCS #1 v1.5 with SHA-512", about(dk, danish(), with(x509.SHA512WithRSA)), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"ECDSA with SHA-384", about(de, foreign(), with(x509.ECDSAWithSHA384)), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"ECDSA with SHA-512", about(de, foreign(), with(x509.ECDSAWithSHA512)), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a delegate on Ed25519", about(de, foreign(), delegated(delegate(t, foreign(), ca.Request{PrivateKey: edKey()}, nil))), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a delegate on P-521", about(de, foreign(), delegated(delegate(t, foreign(), ca.Request{Key: ca.P521}, nil))), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a Danish delegate, whose certificate is PSS-signed too", about(dk, danish(), func(w *written) {
			delegated(delegate(t, danish(), ca.Request{PrivateKey: rsaKey()}, nil))(w)
			w.algorithm = x509.SHA256WithRSAPSS
		}), danish(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a delegate that is named by its key", about(de, foreign(), func(w *written) { delegated(plain)(w); w.byKey = true }), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a delegate without any key usage", about(de, foreign(), delegated(delegate(t, foreign(), ca.Request{}, func(c *x509.Certificate) { c.KeyUsage = 0 }))), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a delegate that comes last of a chain", about(de, foreign(), func(w *written) {
			w.by, w.along = plain, []*x509.Certificate{foreign().Root(), foreign().Issuing().Certificate, plain.Certificate}
		}), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"by a delegate that could have been revoked", about(de, foreign(), delegated(delegate(t, foreign(), ca.Request{}, func(c *x509.Certificate) { c.ExtraExtensions = nil }))), foreign(), ocsp.Answer{Status: trust.StatusGood, Unchecked: true}},
		{"found by SHA-256", about(de, foreign(), first(func(s *single) { s.hash = oidSHA256 })), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"among others", about(de, foreign(), func(w *written) {
			other := w.singles[0]
			other.serial, other.status = big.NewInt(4711), unknown
			odd := w.singles[0]
			odd.hash = oidOdd
			w.singles = []single{other, odd, w.singles[0]}
		}), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"with our nonce", about(de, foreign(), func(w *written) { w.extensions = []pkix.Extension{nonceOf(nonce)} }), foreign(), ocsp.Answer{Status: trust.StatusGood, Nonced: true}},
		{"with extensions that may be passed over", about(de, foreign(), func(w *written) {
			w.extensions = []pkix.Extension{{Id: oidOdd, Value: []byte{1}}, {Id: oidOdd, Value: nil}}
			w.singles[0].extensions = w.extensions
		}), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"the last second of its time", about(de, foreign(), first(func(s *single) { s.next = start.Add(time.Second) })), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"a clock four minutes ahead", about(de, foreign(), func(w *written) {
			w.produced = start.Add(4 * time.Minute)
			w.singles[0].this = w.produced
		}), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"no end, and twenty-three hours old", about(de, foreign(), first(func(s *single) { s.this, s.next = start.Add(-23*time.Hour), time.Time{} })), foreign(), ocsp.Answer{Status: trust.StatusGood}},
		{"revoked", about(de, foreign(), first(func(s *single) { s.status = revoked(start.Add(-2*time.Hour), 1) })), foreign(), ocsp.Answer{Status: trust.StatusRevoked}},
		{"revoked for no reason given", about(de, foreign(), first(func(s *single) { s.status = revoked(start.Add(-2*time.Hour), -1) })), foreign(), ocsp.Answer{Status: trust.StatusRevoked}},
		{"revoked for a reason that nobody knows", about(de, foreign(), first(func(s *single) { s.status = revoked(start.Add(-2*time.Hour), 99) })), foreign(), ocsp.Answer{Status: trust.StatusRevoked}},
		{"on hold", about(de, foreign(), first(func(s *single) { s.status = revoked(start.Add(-2*time.Hour), 6) })), foreign(), ocsp.Answer{Status: trust.StatusRevoked, OnHold: true}},
		{"not known to the responder", about(de, foreign(), first(func(s *single) { s.status = unknown })), foreign(), ocsp.Answer{Status: trust.StatusUnknown}},
	}
	for _, c := range cases {
		subject := de
		if c.of == danish() {
			subject = dk
		}
		got, err := parse(c.der, subject, c.of)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Status != c.want.Status || got.OnHold != c.want.OnHold || got.Nonced != c.want.Nonced || got.Unchecked != c.want.Unchecked {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got.Responder == nil || got.Until.Before(start) || (got.Status == trust.StatusRevoked) != got.RevokedAt.Equal(start.Add(-2*time.Hour)) {
			t.Errorf("%s: by %v, until %v, revoked at %v", c.name, got.Responder != nil, got.Until, got.RevokedAt)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	bo := foreignBo().Certificate
	by := func(identity *ca.Identity) []byte { return about(bo, foreign(), delegated(identity)) }
	shaped := func(shape func(*x509.Certificate)) []byte { return by(delegate(t, foreign(), ca.Request{}, shape)) }
	first := func(shape func(*single)) []byte {
		return about(bo, foreign(), func(w *written) { shape(&w.singles[0]) })
	}
	status := func(number int) []byte { return about(bo, foreign(), func(w *written) { w.status = number }) }
	plain := about(bo, foreign(), nil)
	responder := delegate(t, foreign(), ca.Request{}, nil)
	critical := []pkix.Extension{{Id: oidOdd, Critical: true, Value: []byte{5, 0}}}
	below := belowAuthority(t)
	renamed := certifiedBy(t, nil, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }, foreign().Issuing().Key)

	cases := []struct {
		name string
		der  []byte
		want string
	}{
		{"nothing", nil, "well formed"},
		{"a web page", []byte("<html>"), "well formed"},
		{"a byte after the end", append(bytes.Clone(plain), 0), "well formed"},
		{"malformedRequest", status(1), "malformedRequest"},
		{"internalError", status(2), "internalError"},
		{"tryLater", status(3), "tryLater"},
		{"sigRequired", status(5), "sigRequired"},
		{"unauthorized", status(6), "unauthorized"},
		{"a status that nobody knows", status(99), "does not answer"},
		{"success and nothing more", []byte{0x30, 3, 0x0a, 1, 0}, "well formed"},
		{"another kind of answer", about(bo, foreign(), func(w *written) { w.kind = oidOdd }), "another kind"},
		{"a version to come", about(bo, foreign(), func(w *written) { w.version = 1 }), "well formed"},
		{"something after the signed part's last field", about(bo, foreign(), func(w *written) { w.after = asn1.NullBytes }), "well formed"},

		{"signed with SHA-1", about(bo, foreign(), func(w *written) { w.algorithm = x509.ECDSAWithSHA1 }), "too weak"},
		{"an algorithm with parameters that it has not", about(bo, foreign(), func(w *written) {
			w.called = must(asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, Parameters: asn1.NullRawValue}))
		}), "too weak"},
		{"an algorithm with something after its parameters", about(bo, foreign(), func(w *written) {
			w.called = []byte{0x30, 7, 6, 1, 0x2a, 5, 0, 5, 0}
		}), "well formed"},
		{"signed by an authority of the same name", about(bo, foreign(), func(w *written) { w.by = stranger().Issuing() }), "signature"},
		{"signed by an authority of the same name, and ours comes along", about(bo, foreign(), func(w *written) {
			w.by, w.along = stranger().Issuing(), []*x509.Certificate{foreign().Issuing().Certificate}
		}), "signature"},
		{"signed by another and named by the issuer's key", about(bo, foreign(), func(w *written) {
			w.by, w.named, w.byKey = stranger().Issuing(), foreign().Issuing().Certificate, true
		}), "signature"},
		{"signed by the issuer in another's name", about(bo, foreign(), func(w *written) { w.named = foreign().Root() }), "neither the issuer"},
		{"signed by the certificate asked about", by(foreignBo()), "not for signing"},

		{"a delegate that signs in another's name", about(bo, foreign(), func(w *written) { delegated(responder)(w); w.named = foreign().Root() }), "neither the issuer"},
		{"a delegate that did not come along", about(bo, foreign(), func(w *written) { w.by = responder }), "neither the issuer"},
		{"a delegate's certificate, and another's signature", about(bo, foreign(), func(w *written) {
			w.by, w.named, w.along = stranger().Issuing(), responder.Certificate, []*x509.Certificate{responder.Certificate}
		}), "signature"},
		{"a delegate of an authority of the same name", by(delegate(t, stranger(), ca.Request{}, nil)), "not by the issuer"},
		{"a delegate of another authority", by(delegate(t, danish(), ca.Request{PrivateKey: rsaKey()}, nil)), "not by the issuer"},
		{"a delegate of an authority below the issuer", by(below), "not by the issuer"},
		{"a delegate of an authority of another name and the issuer's key", by(certifiedBy(t, renamed, nil, foreignBo().Key)), "not by the issuer"},
		{"a delegate that certified itself", by(certifiedBy(t, nil, nil, foreignBo().Key)), "not by the issuer"},
		{"a delegate without purpose", shaped(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), "not for signing"},
		{"a delegate for any purpose", shaped(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), "not for signing"},
		{"a mail user", shaped(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), "not for signing"},
		{"a delegate whose key may not sign", shaped(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), "not for signing"},
		{"a delegate that is an authority too", shaped(func(c *x509.Certificate) { c.IsCA = true }), "not for signing"},
		{"a delegate with a critical extension", shaped(func(c *x509.Certificate) { c.ExtraExtensions = critical }), "critical"},
		{"an expired delegate", by(delegate(t, foreign(), ca.Request{NotAfter: start.Add(-time.Second)}, nil)), "not valid now"},
		{"a delegate of tomorrow", by(delegate(t, foreign(), ca.Request{NotBefore: start.Add(time.Second)}, nil)), "not valid now"},
		{"more certificates than anybody needs", about(bo, foreign(), func(w *written) {
			for range 9 {
				w.along = append(w.along, foreign().Root())
			}
		}), "well formed"},

		{"another nonce", about(bo, foreign(), func(w *written) { w.extensions = []pkix.Extension{nonceOf(bytes.Repeat([]byte{8}, 32))} }), "nonce"},
		{"half of our nonce", about(bo, foreign(), func(w *written) { w.extensions = []pkix.Extension{nonceOf(nonce[:16])} }), "nonce"},
		{"an empty nonce", about(bo, foreign(), func(w *written) { w.extensions = []pkix.Extension{{Id: oidNonce}} }), "nonce"},
		{"two nonces", about(bo, foreign(), func(w *written) { w.extensions = []pkix.Extension{nonceOf(nonce), nonceOf(nonce)} }), "well formed"},
		{"a critical extension of the answer", about(bo, foreign(), func(w *written) { w.extensions = critical }), "critical"},
		{"a critical extension of the part about the certificate", first(func(s *single) { s.extensions = critical }), "critical"},
		{"more extensions than there are", about(bo, foreign(), func(w *written) {
			for range 17 {
				w.extensions = append(w.extensions, pkix.Extension{Id: oidOdd})
			}
		}), "well formed"},

		{"about nobody", about(bo, foreign(), func(w *written) { w.singles = nil }), "not about this"},
		{"about another serial number", first(func(s *single) { s.serial = new(big.Int).Add(s.serial, big.NewInt(1)) }), "not about this"},
		{"about the negative of the serial number", first(func(s *single) { s.serial = new(big.Int).Neg(s.serial) }), "not about this"},
		{"about an issuer of another name and the same key", first(func(s *single) { s.issuer = renamed.Certificate }), "not about this"},
		{"about an issuer of the same name and another key", first(func(s *single) { s.issuer = stranger().Issuing().Certificate }), "not about this"},
		{"found by a hash that nobody knows", first(func(s *single) { s.hash = oidOdd }), "not about this"},
		{"twice about the certificate", about(bo, foreign(), func(w *written) { w.singles = append(w.singles, w.singles[0]) }), "twice"},
		{"more parts than anybody asked for", about(bo, foreign(), func(w *written) {
			w.singles[0].serial = big.NewInt(1)
			for range 64 {
				w.singles = append(w.singles, w.singles[0])
			}
		}), "well formed"},
		{"a status that is none", first(func(s *single) { s.status = []byte{0x83, 0} }), "well formed"},
		{"good with something inside", first(func(s *single) { s.status = []byte{0x80, 2, 5, 0} }), "well formed"},

		{"from the future", first(func(s *single) { s.this = start.Add(6 * time.Minute) }), "future"},
		{"signed in the future", about(bo, foreign(), func(w *written) { w.produced = start.Add(6 * time.Minute) }), "future"},
		{"out of date this second", first(func(s *single) { s.next = start }), "out of date"},
		{"out of date since last year", first(func(s *single) { s.this, s.next = start.AddDate(-1, 0, 0), start.AddDate(-1, 0, 1) }), "out of date"},
		{"no end, and a day old", first(func(s *single) { s.this, s.next = start.Add(-24*time.Hour), time.Time{} }), "out of date"},
		{"revoked, and out of date", first(func(s *single) { s.status, s.next = revoked(start, 1), start }), "out of date"},
	}
	for _, c := range cases {
		got, err := parse(c.der, bo, foreign())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want something about %q", c.name, err, c.want)
		}
		if err != nil && got != (ocsp.Answer{}) {
			t.Errorf("%s: an answer and an error", c.name)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAnAnswerForOneAuthorityIsNoneForAnother(t *testing.T) {
	t.Parallel()
	bo := foreignBo().Certificate
	der := about(bo, foreign(), nil)
	if _, err := parse(der, bo, danish()); err == nil {
		t.Error("an issuer of another name is taken")
	}
	if _, err := parse(der, bo, stranger()); err == nil {
		t.Error("an issuer of the same name and another key is taken")
	}
	renamed := certifiedBy(t, nil, func(c *x509.Certificate) { c.IsCA = true }, foreign().Issuing().Key)
	der = about(bo, foreign(), func(w *written) { w.by, w.singles[0].issuer = renamed, renamed.Certificate })
	if _, err := ocsp.Parse(der, bo, renamed.Certificate, nonce, start); err == nil {
		t.Error("an issuer of another name and the same key is taken")
	}
}

func TestWithoutANonceOfOursNoneIsLookedAt(t *testing.T) {
	t.Parallel()
	bo := foreignBo().Certificate
	der := about(bo, foreign(), func(w *written) { w.extensions = []pkix.Extension{nonceOf(nonce)} })
	got, err := ocsp.Parse(der, bo, foreign().Issuing().Certificate, nil, start)
	if err != nil || got.Status != trust.StatusGood || got.Nonced {
		t.Errorf("%+v, %v", got, err)
	}
}

// Every byte of these answers matters: there is nothing in them that could be changed without anybody noticing.
func TestAForgedAnswerIsRefused(t *testing.T) {
	t.Parallel()
	responder := delegate(t, danish(), ca.Request{PrivateKey: rsaKey()}, nil)
	for name, c := range map[string]struct {
		of  *ca.Authority
		bo  *x509.Certificate
		der []byte
	}{
		"ECDSA by the issuer":    {foreign(), foreignBo().Certificate, about(foreignBo().Certificate, foreign(), nil)},
		"RSA-PSS by a delegate":  {danish(), danishBo().Certificate, about(danishBo().Certificate, danish(), func(w *written) { delegated(responder)(w); w.algorithm = x509.SHA256WithRSAPSS })},
		"revoked, by the issuer": {foreign(), foreignBo().Certificate, about(foreignBo().Certificate, foreign(), func(w *written) { w.singles[0].status = revoked(start, 6) })},
	} {
		if _, err := parse(c.der, c.bo, c.of); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range c.der {
			for _, mask := range []byte{0x01, 0x80, 0xff} {
				forged := bytes.Clone(c.der)
				forged[i] ^= mask
				if got, err := parse(forged, c.bo, c.of); err == nil {
					t.Errorf("%s: byte %d is changed by %#x, and it is taken as %q", name, i, mask, got.Status)
				}
			}
			if _, err := parse(c.der[:i], c.bo, c.of); err == nil {
				t.Errorf("%s: cut after %d bytes, and still read", name, i)
			}
		}
	}
}

// belowAuthority is a responder that an authority below the issuer has certified.
func belowAuthority(t testing.TB) *ca.Identity {
	t.Helper()
	middle := delegate(t, foreign(), ca.Request{}, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	})
	return certifiedBy(t, middle, nil, foreignBo().Key)
}

// certifiedBy makes a responder for key under whoever is given; nil is itself.
func certifiedBy(t testing.TB, issuer *ca.Identity, shape func(*x509.Certificate), key crypto.Signer) *ca.Identity {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Responder"}, BasicConstraintsValid: true,
		NotBefore: start.Add(-time.Hour), NotAfter: start.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{noCheck()},
	}
	if shape != nil {
		shape(template)
	}
	if issuer == nil {
		issuer = &ca.Identity{Certificate: template, Key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &ca.Identity{Certificate: must(x509.ParseCertificate(der)), Key: key}
}
