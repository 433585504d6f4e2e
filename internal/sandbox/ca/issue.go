package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Request is what a certificate should say. Only CommonName is needed.
type Request struct {
	CommonName   string
	Organisation string
	Address      string // rfc822Name in the SAN; "" leaves the SAN out
	SubjectEmail string // emailAddress in the subject, the old way that RFC 8550 section 3 still has receivers read

	Key        KeyKind
	PrivateKey crypto.Signer // an existing key, for a renewal; Key is then not looked at
	NotBefore  time.Time     // zero is an hour ago
	NotAfter   time.Time     // zero is the authority's usual lifetime

	OCSP     bool // names the OCSP responder, beside the revocation list
	OnlyOCSP bool // names the responder and no list

	// Shape changes the template last, just before it is signed: other key usage, other signature, no CRL address.
	Shape func(template *x509.Certificate)
}

// Identity is a certificate with its key.
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Chain       []*x509.Certificate // the issuers above Certificate, nearest first, without the root
}

// Issue makes a key, where the request brings none, and a certificate for it.
func (a *Authority) Issue(request Request) (*Identity, error) {
	identities, err := a.IssueAll([]Request{request})
	if err != nil {
		return nil, err
	}
	return identities[0], nil
}

// IssueAll is Issue for many, with the keys made in parallel: making RSA keys is what takes the time.
func (a *Authority) IssueAll(requests []Request) ([]*Identity, error) {
	kinds := make([]KeyKind, 0, len(requests))
	for _, request := range requests {
		if request.PrivateKey != nil {
			continue
		}
		if request.Key == Default {
			request.Key = a.model.leafKey
		}
		kinds = append(kinds, request.Key)
	}
	keys, err := a.generateAll(kinds)
	if err != nil {
		return nil, err
	}
	identities := make([]*Identity, len(requests))
	for i, request := range requests {
		if request.PrivateKey == nil {
			request.PrivateKey, keys = keys[0], keys[1:]
		}
		identities[i], err = a.certify(request)
		if err != nil {
			return nil, fmt.Errorf("issuing certificate %d: %w", i, err)
		}
	}
	return identities, nil
}

func (a *Authority) certify(request Request) (*Identity, error) {
	now := a.options.Now().Add(-backdate)
	template := &x509.Certificate{
		NotBefore: request.NotBefore, NotAfter: request.NotAfter,
		BasicConstraintsValid: true,
		SignatureAlgorithm:    a.model.signature,
		CRLDistributionPoints: a.urls("/issuing.crl"),
		IssuingCertificateURL: a.urls("/issuing.cer"),
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = now
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = now.AddDate(a.model.leafYears, 0, 0)
	}
	if request.Address != "" {
		template.EmailAddresses = []string{request.Address}
	}
	if request.OCSP || request.OnlyOCSP {
		template.OCSPServer = a.urls(ocspPath)
	}
	if request.OnlyOCSP {
		template.CRLDistributionPoints = nil
	}
	a.model.leafSpec(request, template)
	if request.SubjectEmail != "" {
		template.Subject.ExtraNames = append(template.Subject.ExtraNames, pkix.AttributeTypeAndValue{
			Type: oidEmailAddress, Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(request.SubjectEmail)},
		})
	}
	if request.Shape != nil {
		request.Shape(template)
	}
	certificate, err := sign(template, a.issuing.Certificate, request.PrivateKey, a.issuing.Key)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issued[certificate.SerialNumber.String()] = true
	return &Identity{Certificate: certificate, Key: request.PrivateKey, Chain: a.Intermediates()}, nil
}

// danishLeaf follows a production OCES3 system certificate of 2026, its subject in the same order.
func danishLeaf(request Request, template *x509.Certificate) {
	digest := sha256.Sum256([]byte(request.Organisation + "\x00" + request.CommonName))
	uuid := fmt.Sprintf("%x-%x-4%03x-%x-%x", digest[0:4], digest[4:6], binary.BigEndian.Uint16(digest[6:8])&0xfff,
		binary.BigEndian.Uint16(digest[8:10])&0x3fff|0x8000, digest[10:16])
	// One organisation keeps one number. 99 is a range without real CVR numbers, so nobody is impersonated.
	owner := sha256.Sum256([]byte(request.Organisation))
	cvr := 99_000_000 + binary.BigEndian.Uint32(owner[:4])%1_000_000

	template.Subject = pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: oidCommonName, Value: request.CommonName},
		{Type: oidSerialNumber, Value: "UI:DK-O:G:" + uuid},
		{Type: oidOrganisation, Value: request.Organisation},
		{Type: oidOrganisationID, Value: fmt.Sprintf("NTRDK-%08d", cvr)},
		{Type: oidCountry, Value: "DK"},
	}}
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	if !isRSA(request.PrivateKey) {
		template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
	}
	template.Policies = []x509.OID{
		mustOID(0, 4, 0, 2042, 1, 1),              // ETSI EN 319 411-1, NCP
		mustOID(1, 2, 208, 169, 1, 1, 1, 3, 7, 1), // OCES3 organisation and system certificates
	}
}

func foreignLeaf(request Request, template *x509.Certificate) {
	template.Subject = pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: oidCommonName, Value: request.CommonName}}}
	if request.Organisation != "" {
		template.Subject.ExtraNames = append(template.Subject.ExtraNames,
			pkix.AttributeTypeAndValue{Type: oidOrganisation, Value: request.Organisation})
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
	if isRSA(request.PrivateKey) {
		template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	}
}

// PEM is the private key as PKCS #8, then the certificate, then its issuers.
func (i *Identity) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(i.Key)
	if err != nil {
		return nil, errors.Join(errNoKey, err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), i.CertificatePEM()...), nil
}

// CertificatePEM is the certificate, then its issuers.
func (i *Identity) CertificatePEM() []byte {
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate.Raw})
	for _, issuer := range i.Chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.Raw})...)
	}
	return out
}

func sign(template, parent *x509.Certificate, key, parentKey crypto.Signer) (*x509.Certificate, error) {
	if template.SubjectKeyId == nil && !template.IsCA { // crypto/x509 fills it in for authorities only
		spki, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return nil, err
		}
		digest := sha256.Sum256(spki) // RFC 7093 section 2 method 4: any way of hashing will do; 160 bits as in the old one
		template.SubjectKeyId = digest[:20]
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func (a *Authority) generateAll(kinds []KeyKind) ([]crypto.Signer, error) {
	keys, faults := make([]crypto.Signer, len(kinds)), make([]error, len(kinds))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, kind := range kinds {
		if kind == RSA3072 && a.options.Fast {
			kind = RSA2048
		}
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			keys[i], faults[i] = generate(kind)
		})
	}
	wait.Wait()
	return keys, errors.Join(faults...)
}

func isRSA(key crypto.Signer) bool {
	_, ok := key.Public().(*rsa.PublicKey)
	return ok
}

// mustOID is for the constants above only: x509.OIDFromInts fails for arcs that no OID has.
func mustOID(arcs ...uint64) x509.OID {
	oid, err := x509.OIDFromInts(arcs)
	if err != nil {
		panic(err)
	}
	return oid
}
