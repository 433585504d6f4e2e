package ca

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// Options are what the wiring decides about an authority.
type Options struct {
	BaseURL string           // where Handler will be mounted, such as http://127.0.0.1:4711/ca/dk; written into certificates
	Now     func() time.Time // nil is time.Now
	Fast    bool             // RSA-2048 where the model has RSA-3072: four times faster to make, and nothing else differs
	Name    string           // replaces "Sandkassen"/"Playground" in the CA names, for a second authority of the same shape

	// DirectOCSP has the issuing CA sign its OCSP answers itself. Without, a responder of its own does, as most authorities have.
	DirectOCSP bool
}

// Authority is a root and an issuing CA with their keys. It is safe for concurrent use.
type Authority struct {
	options Options
	model   model
	root    *Identity
	issuing *Identity

	mu        sync.Mutex
	issued    map[string]bool // serial numbers of all leaves, in decimal
	revoked   []x509.RevocationListEntry
	number    *big.Int // of the newest CRL: RFC 5280 section 5.2.3 wants it to grow
	crl       *x509.RevocationList
	rootCRL   *x509.RevocationList
	responder *Identity // of OCSP answers; nil until the first, and with Options.DirectOCSP
}

// model is how the two authorities differ.
type model struct {
	caKey     KeyKind
	leafKey   KeyKind
	signature x509.SignatureAlgorithm
	rootName  pkix.Name
	caName    pkix.Name
	ocspName  pkix.Name
	leafYears int
	leafSpec  func(request Request, template *x509.Certificate)
}

const (
	rootYears    = 25 // as the OCES3 root, 2021–2046
	issuingYears = 10 // as the OCES3 issuing CA, 2021–2031
	// backdate lets a certificate be used at once by a peer whose clock is a little behind.
	backdate = time.Hour
)

// NewDanish makes an authority shaped like Den Danske Stat's OCES3 one, as read from its real certificates: everything
// RSASSA-PSS signed under a plain rsaEncryption key, leaves without extended key usage and without e-mail address.
func NewDanish(options Options) (*Authority, error) {
	name := options.nameOr("Sandkassen")
	return newAuthority(options, model{
		caKey: RSA3072, leafKey: RSA3072, signature: x509.SHA256WithRSAPSS, leafYears: 3, leafSpec: danishLeaf,
		rootName: caName(name+" OCES rod-CA", name, "DK"),
		caName:   caName(name+" OCES udstedende-CA 1", name, "DK"),
		ocspName: caName(name+" OCES OCSP 1", name, "DK"),
	})
}

// NewForeign makes an authority as most S/MIME providers abroad have it: ECDSA, emailProtection, the address in the SAN.
func NewForeign(options Options) (*Authority, error) {
	name := options.nameOr("Playground Trust")
	return newAuthority(options, model{
		caKey: P256, leafKey: P256, signature: x509.ECDSAWithSHA256, leafYears: 2, leafSpec: foreignLeaf,
		rootName: caName(name+" Root CA", name, "DE"),
		caName:   caName(name+" S/MIME CA 1", name, "DE"),
		ocspName: caName(name+" OCSP 1", name, "DE"),
	})
}

func newAuthority(options Options, model model) (*Authority, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	options.BaseURL = strings.TrimSuffix(options.BaseURL, "/")
	a := &Authority{options: options, model: model, issued: map[string]bool{}, number: big.NewInt(0)}

	keys, err := a.generateAll([]KeyKind{model.caKey, model.caKey})
	if err != nil {
		return nil, err
	}
	a.root, err = a.certifyCA(model.rootName, keys[0], nil, rootYears)
	if err != nil {
		return nil, fmt.Errorf("making the root: %w", err)
	}
	a.issuing, err = a.certifyCA(model.caName, keys[1], a.root, issuingYears)
	if err != nil {
		return nil, fmt.Errorf("making the issuing CA: %w", err)
	}
	return a, nil
}

// certifyCA makes a self-signed root when issuer is nil, otherwise an issuing CA under it.
func (a *Authority) certifyCA(name pkix.Name, key crypto.Signer, issuer *Identity, years int) (*Identity, error) {
	now := a.options.Now().Add(-backdate)
	template := &x509.Certificate{
		Subject: name, NotBefore: now, NotAfter: now.AddDate(years, 0, 0),
		BasicConstraintsValid: true, IsCA: true,
		KeyUsage:           x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm: a.model.signature,
	}
	parent, parentKey := template, key
	if issuer != nil {
		template.MaxPathLenZero = true
		template.CRLDistributionPoints = a.urls("/root.crl")
		template.IssuingCertificateURL = a.urls("/root.cer")
		parent, parentKey = issuer.Certificate, issuer.Key
	}
	certificate, err := sign(template, parent, key, parentKey)
	if err != nil {
		return nil, err
	}
	return &Identity{Certificate: certificate, Key: key}, nil
}

// Root is the self-signed certificate to trust.
func (a *Authority) Root() *x509.Certificate { return a.root.Certificate }

// Issuing is the CA that signs leaves, with its key: tests sign forged and odd CRLs with it.
func (a *Authority) Issuing() *Identity { return a.issuing }

// Intermediates are the certificates between Root and a leaf.
func (a *Authority) Intermediates() []*x509.Certificate {
	return []*x509.Certificate{a.issuing.Certificate}
}

// RootPool holds Root alone.
func (a *Authority) RootPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root.Certificate)
	return pool
}

func (a *Authority) urls(path string) []string {
	if a.options.BaseURL == "" {
		return nil
	}
	return []string{a.options.BaseURL + path}
}

func (o Options) nameOr(name string) string {
	if o.Name != "" {
		return o.Name
	}
	return name
}

// caName keeps the order CN, O, C of the OCES CA names: pkix.Name's own fields would come out as C, O, CN.
func caName(common, organisation, country string) pkix.Name {
	return pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: oidCommonName, Value: common},
		{Type: oidOrganisation, Value: organisation},
		{Type: oidCountry, Value: country},
	}}
}

var (
	oidCommonName     = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSerialNumber   = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry        = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidOrganisation   = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrganisationID = asn1.ObjectIdentifier{2, 5, 4, 97}                // ETSI EN 319 412-1 section 5.1.4
	oidEmailAddress   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1} // PKCS #9, IA5String
	errNoKey          = errors.New("a PKCS #8 key could not be written")
)
