package mailbox

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"strings"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// The kinds of key that are made here.
const (
	RSA3072 = "rsa-3072"
	P256    = "p-256"
)

const (
	rsaBits = 3072 // 128-bit strength (NIST SP 800-57), and what OCES3 asks for
	// maxRequests wait for one mailbox at a time: nobody orders more, and each is a key in the database.
	maxRequests = 5
	// maxNamePart is RFC 5280's upper bound of a common name and of an organisation's (appendix A.1: 64).
	maxNamePart = 64
)

// Request is a certificate to be ordered.
type Request struct {
	Address      string
	Name         string // common name: the unit
	Organisation string
	Kind         string // RSA3072 or P256, of a key that is made here
	Reference    string // to a key that is in a device already; "" makes one here
}

// Request makes a key that never leaves, or takes one that stays in its device, and gives the PKCS #10 (in PEM) that an authority
// wants in order to certify it, signed by that key.
func (a Admin) Request(ctx context.Context, r Request) ([]byte, error) {
	address, err := addressOf(r.Address)
	if err != nil {
		return nil, err
	}
	name, organisation := strings.TrimSpace(r.Name), strings.TrimSpace(r.Organisation)
	for field, text := range map[string]string{"name": name, "organisation": organisation} {
		if text == "" && field == "name" || utf8.RuneCountInString(text) > maxNamePart || !utf8.ValidString(text) {
			return nil, invalid("request_name_invalid", field, fault.Sentence{DA: "Skriv et navn på højst 64 tegn.", EN: "Type a name of at most 64 characters."})
		}
	}
	rows, err := a.Store.MailboxKeys(ctx, address)
	if err != nil {
		return nil, unavailable(err)
	}
	waiting := 0
	for _, k := range rows {
		if k.State == store.KeyRequested {
			waiting++
		}
	}
	if waiting >= maxRequests {
		return nil, fault.New(fault.Conflict, "too_many_requests", fault.Sentence{
			DA: "Der venter allerede fem anmodninger om certifikat for postkassen. Fjern dem, der ikke blev til noget.",
			EN: "Five requests for a certificate are waiting for this mailbox already. Remove those that came to nothing.",
		}, nil)
	}
	k := store.MailboxKey{ID: newID(), Address: address, State: store.KeyRequested}
	key, err := a.keyToRequest(ctx, r, &k)
	if err != nil {
		return nil, err
	}
	subject := pkix.Name{CommonName: name, Country: []string{"DK"}}
	if organisation != "" {
		subject.Organization = []string{organisation}
	}
	k.Request, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, EmailAddresses: []string{address}}, key)
	if err != nil {
		return nil, fmt.Errorf("writing a certificate request: %w", err)
	}
	detail := map[string]string{"kind": r.Kind, "name": name, "organisation": organisation}
	if k.Reference != "" {
		delete(detail, "kind")
		detail["device"] = k.Reference
	}
	err = a.Store.AddMailboxKey(ctx, k, a.entry(audit.KeyRequested, address, detail))
	return RequestPEM(k.Request), unavailable(err)
}

// keyToRequest gives the key, and fills in how it rests. One in a device is tried out before anybody orders a certificate for it.
func (a Admin) keyToRequest(ctx context.Context, r Request, k *store.MailboxKey) (crypto.Signer, error) {
	if r.Reference != "" {
		reference, key, err := a.refer(ctx, r.Reference)
		if err != nil {
			return nil, err
		}
		found, err := prove(key)
		if err != nil {
			return nil, err
		}
		if found != nil {
			return nil, refusal([]Finding{*found}, nil)
		}
		k.Reference = reference
		return key, a.placeholder(ctx, k)
	}
	key, err := generate(r.Kind)
	if err != nil {
		return nil, err
	}
	sealed, wrapped, err := a.seal(ctx, key)
	k.Key, k.WrappedKey, k.KeyVersion = sealed, wrapped.Bytes, wrapped.Version
	return key, err
}

// RequestPEM is a certificate request as authorities take it.
func RequestPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func generate(kind string) (crypto.Signer, error) {
	switch kind {
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return nil, invalid("request_kind_invalid", "kind", fault.Sentence{DA: "Vælg RSA-3072 eller P-256.", EN: "Choose RSA-3072 or P-256."})
}

// requestFits is whether the certificate was issued for the request's key.
func requestFits(request []byte, c *x509.Certificate) bool {
	r, err := x509.ParseCertificateRequest(request)
	return err == nil && bytes.Equal(r.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo)
}
