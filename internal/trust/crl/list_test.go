package crl_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

func TestWhatAListSaysAndWhenItIsNotBelieved(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	self := web.URL + "/list"
	subject, other := named(t, foreign(), self), named(t, foreign(), self)
	danishSubject := named(t, danish(), self)
	changed := func(der []byte, needle []byte) []byte {
		at := bytes.Index(der, needle)
		if at < 0 {
			t.Fatal("nothing to change")
		}
		der[at+len(needle)-1] ^= 1
		return der
	}
	last := func(der []byte) []byte { der[len(der)-4] ^= 1; return der }
	const good, revoked, unknown = trust.StatusGood, trust.StatusRevoked, trust.StatusUnknown

	cases := []struct {
		name      string
		authority *ca.Authority
		subject   *x509.Certificate
		list      []byte
		want      trust.Status
	}{
		{"an empty list", foreign(), subject, listOf(t, foreign(), nil), good},
		{"somebody else is on it", foreign(), subject, listOf(t, foreign(), nil, other), good},
		{"the certificate is on it", foreign(), subject, listOf(t, foreign(), nil, other, subject), revoked},
		{"a PSS-signed list, good", danish(), danishSubject, listOf(t, danish(), nil), good},
		{"a PSS-signed list, revoked", danish(), danishSubject, listOf(t, danish(), nil, danishSubject), revoked},
		{"it is on hold only", foreign(), subject, listOf(t, foreign(), func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].ReasonCode = 6 }, subject), revoked},
		{"the list is for users only", foreign(), subject, listOf(t, foreign(), with(point("", yes(1)))), good},
		{"the list is a shard, and this certificate's", foreign(), subject, listOf(t, foreign(), with(point(self))), good},
		{"it is on its shard", foreign(), subject, listOf(t, foreign(), with(point(self)), subject), revoked},

		{"the list ended a second ago", foreign(), subject, listOf(t, foreign(), func(l *x509.RevocationList) { l.NextUpdate = start }), unknown},
		{"the list ended long ago, and the certificate is on it", foreign(), subject, listOf(t, foreign(), func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = start.AddDate(0, -1, 0), start.Add(-time.Hour)
		}, subject), unknown},
		{"the list has no end", foreign(), subject, withoutEnd(t, listOf(t, foreign(), nil)), unknown},
		{"the list is from the future", foreign(), subject, listOf(t, foreign(), func(l *x509.RevocationList) { l.ThisUpdate = start.Add(6 * time.Minute) }), unknown},
		{"the authority's clock is a little ahead", foreign(), subject, listOf(t, foreign(), func(l *x509.RevocationList) { l.ThisUpdate = start.Add(4 * time.Minute) }), good},
		{"another authority of the same name signed it", foreign(), subject, listOf(t, stranger(), nil), unknown},
		{"an authority of another name signed it", foreign(), subject, listOf(t, danish(), nil), unknown},
		{"the signature is changed", foreign(), subject, last(listOf(t, foreign(), nil)), unknown},
		{"the PSS signature is changed", danish(), danishSubject, last(listOf(t, danish(), nil)), unknown},
		{"the serial number on it is changed", foreign(), subject, changed(listOf(t, foreign(), nil, subject), subject.SerialNumber.Bytes()), unknown},
		{"the list is cut off", foreign(), subject, listOf(t, foreign(), nil, subject)[:100], unknown},
		{"a web page", foreign(), subject, []byte("<html>Not found"), unknown},
		{"nothing", foreign(), subject, nil, unknown},
		{"a certificate", foreign(), subject, subject.Raw, unknown},
		{"a delta list", foreign(), subject, listOf(t, foreign(), with(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}})), unknown},
		{"a critical extension that nobody knows", foreign(), subject, listOf(t, foreign(), with(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})), unknown},
		{"an ordinary extension that nobody knows", foreign(), subject, listOf(t, foreign(), with(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}})), good},
		{"an entry that is another authority's", foreign(), subject, listOf(t, foreign(), func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}
		}, other), unknown},
		{"the list is for authorities only", foreign(), subject, listOf(t, foreign(), with(point("", yes(2)))), unknown},
		{"the list is for attribute certificates only", foreign(), subject, listOf(t, foreign(), with(point("", yes(5)))), unknown},
		{"the list is for some reasons only", foreign(), subject, listOf(t, foreign(), with(point("", asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 3, Bytes: []byte{5, 0x60}}))), unknown},
		{"the list is indirect", foreign(), subject, listOf(t, foreign(), with(point(self, yes(4)))), unknown},
		{"the list is another shard", foreign(), subject, listOf(t, foreign(), with(point(web.URL+"/another"))), unknown},
		{"the list says that it is not indirect", foreign(), subject, listOf(t, foreign(), with(point(self, no(4)))), good},
		{"the list has a limit that nobody knows", foreign(), subject, listOf(t, foreign(), with(point(self, yes(6)))), unknown},
		{"the list has something else for a limit", foreign(), subject, listOf(t, foreign(), with(point("", asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{1}}))), unknown},
		{"the list's own name is garbage", foreign(), subject, listOf(t, foreign(), with(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 5}})), unknown},
	}
	var serve []byte
	web.at("/list", func() []byte { return serve })
	for _, c := range cases {
		serve = c.list
		got := check(loopback(&clock{}), c.subject, c.authority)
		if got.Status != c.want {
			t.Errorf("%s: %q, want %q (%v)", c.name, got.Status, c.want, got.Cause)
		}
		if (got.Cause == nil) != (c.want != unknown) {
			t.Errorf("%s: the cause is %v", c.name, got.Cause)
		}
		if c.want != unknown && (got.Number != "7" || got.ThisUpdate.IsZero() || !got.NextUpdate.After(start)) {
			t.Errorf("%s: evidence %+v", c.name, got)
		}
		if got.RevokedAt.IsZero() == (c.want == revoked) {
			t.Errorf("%s: revoked at %v", c.name, got.RevokedAt)
		}
	}
	if web.hits.Load() != int64(len(cases)) {
		t.Errorf("%d lists fetched for %d cases", web.hits.Load(), len(cases))
	}
}

// withoutEnd takes nextUpdate out and signs again: crypto/x509 makes no such list.
func withoutEnd(t *testing.T, der []byte) []byte {
	t.Helper()
	var outer struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	var parts []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(outer.TBS.FullBytes, &parts); err != nil {
		t.Fatal(err)
	}
	parts = append(parts[:4], parts[5:]...) // version, algorithm, issuer, thisUpdate; then what follows nextUpdate
	tbs := must(asn1.Marshal(parts))
	digest := sha256.Sum256(tbs)
	signature := must(foreign().Issuing().Key.Sign(rand.Reader, digest[:], crypto.SHA256))
	outer.TBS = asn1.RawValue{FullBytes: tbs}
	outer.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	return must(asn1.Marshal(outer))
}

// BenchmarkRevoked must not grow with the list: 20,000 entries here.
func BenchmarkRevoked(b *testing.B) {
	subject := named(b, foreign(), "http://crl.example/list")
	list := must(crl.Parse(longList(b, 20_000, subject), foreign().Issuing().Certificate, start))
	b.ReportAllocs()
	for b.Loop() {
		if _, revoked, err := list.Revoked(subject); !revoked || err != nil {
			b.Fatal("it is on the list")
		}
	}
}

// BenchmarkParse is of a list near the limit of what is fetched.
func BenchmarkParse(b *testing.B) {
	der := longList(b, 500_000, named(b, foreign(), "http://crl.example/list"))
	b.SetBytes(int64(len(der)))
	b.ReportAllocs()
	for b.Loop() {
		must(crl.Parse(der, foreign().Issuing().Certificate, start))
	}
}

func longList(b *testing.B, entries int64, revoked *x509.Certificate) []byte {
	return listOf(b, foreign(), func(l *x509.RevocationList) {
		for i := range entries {
			serial := new(big.Int).SetBytes([]byte("sixteen bytes of"))
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries,
				x509.RevocationListEntry{SerialNumber: serial.Add(serial, big.NewInt(i)), RevocationTime: start})
		}
	}, revoked)
}
