package shelf

import (
	"context"
	"crypto/x509"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// Store keeps the certificates.
type Store interface {
	PutPinned(ctx context.Context, c store.Certificate, e audit.Entry) error
	PutHarvested(ctx context.Context, c store.Certificate, keep int, e audit.Entry) error
	Certificates(ctx context.Context, source string, subjects []string) ([]store.Certificate, error)
	NewestSigned(ctx context.Context, subject string) (time.Time, error)
	ListCertificates(ctx context.Context, q store.CertificateQuery) ([]store.Certificate, error)
	CertificateByID(ctx context.Context, id string) (store.Certificate, error)
	DeleteCertificate(ctx context.Context, id string, e audit.Entry) error
	ApproveCertificate(ctx context.Context, id string, vouched bool, e audit.Entry) error
	SettleCertificate(ctx context.Context, id string, e audit.Entry) error
	SetCertificateCheck(ctx context.Context, id string, check store.CertificateCheck) error
	PutAuthority(ctx context.Context, a store.Authority, e audit.Entry) error
	DeleteAuthority(ctx context.Context, fingerprint string, e audit.Entry) error
	Authorities(ctx context.Context) ([]store.Authority, error)
}

// Judger judges, and takes the authorities that administrators decide on. *trust.Judge is one.
type Judger interface {
	Judge(ctx context.Context, subject trust.Subject) trust.Verdict
	Path(subject trust.Subject) []*x509.Certificate
	Use(profiles ...trust.Profile)
}

// Deps is what a Shelf needs.
type Deps struct {
	Store    Store
	Judge    Judger
	Profiles []trust.Profile // from the settings; those of administrators come beside them
	// MayTrust refuses authorities that no administrator may decide for: those of a test environment, in production. Nil refuses
	// none.
	MayTrust func(profile trust.Profile) error
	Now      func() time.Time
	Log      *slog.Logger
}

// Shelf is safe for concurrent use.
type Shelf struct {
	Deps
	mu      sync.Mutex
	trusted []string // fingerprints of the approved authorities that the judge uses; guarded by mu
	refused []string // of those that it does not; guarded by mu
}

// New makes a Shelf whose judge uses the settings' profiles until Reload has read the administrators'.
func New(d Deps) *Shelf { return &Shelf{Deps: d} }

// Actor is who changes something.
type Actor = audit.Actor

// subjectOf is the key that an address is kept under. Nobody tells Bo from bo, and what an administrator types in is not always
// what a sender does.
func subjectOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return strings.ToLower(address)
	}
	return strings.ToLower(address[:at]) + "@" + domainOf(address)
}

// domainOf is the part behind the last @, in its DNS form.
func domainOf(address string) string {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return strings.ToLower(domain)
}

// addressFor is an address to judge a stored certificate by. A whole domain has none of its own; its certificates are bound, so
// that any will do.
func addressFor(subject string) string {
	if strings.HasPrefix(subject, "@") {
		return "postmaster" + subject
	}
	return subject
}

func subject(row store.Certificate) (trust.Subject, error) {
	c, err := x509.ParseCertificate(row.DER)
	if err != nil {
		return trust.Subject{}, err
	}
	issuers, err := x509.ParseCertificates(row.Issuers)
	if err != nil {
		return trust.Subject{}, err
	}
	return trust.Subject{Certificate: c, Address: addressFor(row.Subject), Bound: row.Bound, Vouched: row.Vouched, Issuers: issuers}, nil
}

func joined(certificates []*x509.Certificate) []byte {
	var all []byte
	for _, c := range certificates {
		all = append(all, c.Raw...)
	}
	return all
}

// storageRetry is what a caller is told to wait when the database is away.
const storageRetry = 30 * time.Second

func unavailable(cause error) error {
	f := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{
		DA: "Vi kan ikke nå de gemte certifikater lige nu. Prøv igen om lidt; det skader ikke at gøre det samme to gange.",
		EN: "We cannot reach the stored certificates just now. Try again shortly; doing the same twice does no harm.",
	}, cause)
	f.RetryAfter = storageRetry
	return f
}
