package ca_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"

	"aau.dk/sendsikker/internal/sandbox/ca"
)

type pkixExtension = pkix.Extension

var (
	oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

	// asked is an authority whose answers cost little, and a request about the one certificate that it has issued.
	asked = sync.OnceValues(func() (*ca.Authority, []byte) {
		authority := must(ca.NewForeign(ca.Options{DirectOCSP: true}))
		leaf := must(authority.Issue(ca.Request{CommonName: "Bo"}))
		return authority, must(ocsp.CreateRequest(leaf.Certificate, leaf.Chain[0], nil))
	})
)

// withExtensions puts requestExtensions into a request that has none.
func withExtensions(request []byte, extensions ...pkix.Extension) []byte {
	s := cryptobyte.String(request)
	var outer, tbs cryptobyte.String
	if !s.ReadASN1(&outer, der.SEQUENCE) || !outer.ReadASN1(&tbs, der.SEQUENCE) {
		panic("no request")
	}
	list := must(asn1.Marshal(extensions))
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(tbs)
			b.AddASN1(der.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(list) })
		})
	})
	return b.BytesOrPanic()
}

func nonce(value []byte) pkix.Extension {
	return pkix.Extension{Id: oidNonce, Value: must(asn1.Marshal(value))}
}

func TestANonceIsGivenBackAsItCame(t *testing.T) {
	t.Parallel()
	authority, request := asked()
	issuer := authority.Issuing().Certificate
	other := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}
	cases := map[string]struct {
		request []byte
		echo    []byte // nil: no nonce in the answer
		refused bool
	}{
		"none":                       {request: request},
		"32 octets":                  {request: withExtensions(request, nonce(bytes.Repeat([]byte{7}, 32))), echo: bytes.Repeat([]byte{7}, 32)},
		"one octet":                  {request: withExtensions(request, nonce([]byte{7})), echo: []byte{7}},
		"128 octets":                 {request: withExtensions(request, nonce(bytes.Repeat([]byte{7}, 128))), echo: bytes.Repeat([]byte{7}, 128)},
		"after something else":       {request: withExtensions(request, other, nonce([]byte{8})), echo: []byte{8}},
		"something else alone":       {request: withExtensions(request, other)},
		"no octets":                  {request: withExtensions(request, nonce(nil)), refused: true},
		"129 octets":                 {request: withExtensions(request, nonce(bytes.Repeat([]byte{7}, 129))), refused: true},
		"two":                        {request: withExtensions(request, nonce([]byte{7}), nonce([]byte{8})), refused: true},
		"something else than octets": {request: withExtensions(request, pkix.Extension{Id: oidNonce, Value: []byte{5, 0}}), refused: true},
	}
	for name, c := range cases {
		answer := authority.OCSP(c.request)
		_, err := ocsp.ParseResponse(answer, issuer)
		if fault, is := errors.AsType[ocsp.ResponseError](err); c.refused != (is && fault.Status == ocsp.Malformed) || (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
		if c.echo == nil {
			if bytes.Contains(answer, must(asn1.Marshal(oidNonce))) {
				t.Errorf("%s: the answer has a nonce", name)
			}
		} else if !bytes.Contains(answer, must(asn1.Marshal(nonce(c.echo)))) {
			t.Errorf("%s: the nonce did not come back", name)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// FuzzOCSP: whatever the request, the answer is one that an OCSP client can read; if it says anything about a certificate, the
// authority signed it, the certificate was named in the request, and only the one that was issued is good.
func FuzzOCSP(f *testing.F) {
	// The serial number is another in each process of the fuzzer, so the seeds lead to "unknown" mostly: the shape matters here.
	authority, request := asked()
	issuer := authority.Issuing().Certificate
	own := must(ocsp.ParseRequest(request)).SerialNumber
	f.Add(request)
	f.Add(withExtensions(request, nonce([]byte{1, 2, 3})))
	f.Add(withExtensions(request, nonce(nil)))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, request []byte) {
		got, err := ocsp.ParseResponse(authority.OCSP(request), issuer)
		if fault, is := errors.AsType[ocsp.ResponseError](err); is {
			if fault.Status != ocsp.Malformed {
				t.Fatalf("refused with %v", fault)
			}
			return
		}
		if err != nil {
			// Several certificates are asked about, or under a hash that the reader does not know. Then it reads no further.
			if _, is := errors.AsType[ocsp.ParseError](err); !is || strings.Contains(err.Error(), "signature") {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Contains(request, must(asn1.Marshal(got.SerialNumber))) {
			t.Fatal("an answer that nobody asked for")
		}
		if got.Status == ocsp.Revoked || (got.Status == ocsp.Good) && got.SerialNumber.Cmp(own) != 0 {
			t.Fatalf("status %d of a certificate that was never issued", got.Status)
		}
	})
}
