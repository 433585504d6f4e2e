package shelf

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/net/idna"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// Pinning is what an administrator wants.
type Pinning struct {
	For   string // an address; or a domain, with or without "@" before it: everybody there
	File  []byte // .cer, .pem or .p7b: the recipient's certificate, and perhaps its issuers
	Vouch bool   // the administrator stands for this very certificate, whoever issued it
}

// Entry is a stored certificate as people are shown it.
type Entry struct {
	ID           string
	For          string // an address, or "@" and a domain
	Certificate  *x509.Certificate
	Source       string
	Pending      trust.Code // "" where it is in use
	Bound        bool
	Vouched      bool
	Capabilities []byte
	Stored       store.Certificate // times, and the last check
}

// Pin ties a certificate to an address or a domain. A certificate that cannot be used now is stored all the same, because it may
// be tomorrow's, and the verdict says so; but one that can never be used is refused.
func (s *Shelf) Pin(ctx context.Context, actor Actor, p Pinning) (Entry, trust.Verdict, error) {
	key, err := parseFor(p.For)
	if err != nil {
		return Entry{}, trust.Verdict{}, err
	}
	leaf, issuers, err := parseFile(p.File)
	if err != nil {
		return Entry{}, trust.Verdict{}, err
	}
	verdict := s.Judge.Judge(ctx, trust.Subject{Certificate: leaf, Address: addressFor(key), Bound: true, Vouched: p.Vouch, Issuers: issuers})
	if hopeless(verdict.Code) {
		f := fault.New(fault.Invalid, "certificate_unusable", verdict.Say, nil)
		f.Fields = []fault.Field{{Name: "certificate", Say: verdict.Say}}
		return Entry{}, verdict, f
	}
	row := store.Certificate{
		ID: uuid.Must(uuid.NewV7()).String(), Subject: key, Fingerprint: trust.Fingerprint(leaf), DER: leaf.Raw, Vouched: p.Vouch, Issuers: joined(issuers),
	}
	if err := s.Store.PutPinned(ctx, row, s.entry(actor, audit.CertificatePut, row, map[string]string{"vouched": fmt.Sprint(p.Vouch)})); err != nil {
		return Entry{}, verdict, unavailable(err)
	}
	stored, err := s.Store.ListCertificates(ctx, store.CertificateQuery{Subject: key, Limit: maxOfOne})
	if err != nil {
		return Entry{}, verdict, unavailable(err)
	}
	for _, one := range stored {
		if one.Fingerprint == row.Fingerprint {
			e, err := shown(one)
			return e, verdict, err
		}
	}
	return Entry{}, verdict, unavailable(store.ErrNotFound)
}

// maxOfOne certificates of one subject are looked through for the one just stored.
const maxOfOne = 1000

// hopeless: time and decisions do not mend it.
func hopeless(code trust.Code) bool {
	switch code {
	case trust.Malformed, trust.Unsupported, trust.UnsupportedKey, trust.WeakKey, trust.WrongUsage, trust.WeakSignature, trust.Expired, trust.Revoked, trust.Forged:
		return true
	default:
		return false
	}
}

// parseFor reads an address or a domain.
func parseFor(text string) (string, error) {
	text = strings.TrimSpace(text)
	if domain, whole := strings.CutPrefix(text, "@"); whole || !strings.Contains(text, "@") {
		key := "@" + domainOf(domain)
		if _, ok := addressKey("x@" + domain); ok && !strings.Contains(domain, "@") {
			return key, nil
		}
	} else if key, ok := addressKey(text); ok {
		return key, nil
	}
	f := fault.New(fault.Invalid, "certificate_for_invalid", fault.Sentence{
		DA: "Skriv, hvem certifikatet er til: en mailadresse som bo@partner.dk eller et domæne som partner.dk.",
		EN: "Say whom the certificate is for: a mail address such as bo@partner.dk, or a domain such as partner.dk.",
	}, nil)
	f.Fields = []fault.Field{{Name: "for", Say: f.Say}}
	return "", f
}

// addressKey is what an address is kept under; false for what no mail can be sent to, so that it would be kept and never found,
// and for an address with letters that cannot be seen: it would look like another one to whoever decides about it.
func addressKey(address string) (string, bool) {
	read, err := mail.ParseAddress(address)
	if err != nil || read.Address != address || len(address) > maxAddress || strings.ContainsFunc(address, invisible) {
		return "", false
	}
	// RFC 5321 section 2.3.5: a fully-qualified name has a dot in it; and the last label is no number, as RFC 3696 section 2 has it.
	domain, err := idna.Lookup.ToASCII(address[strings.LastIndexByte(address, '@')+1:])
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if err != nil || last == domain || strings.Trim(last, "0123456789") == "" {
		return "", false
	}
	return subjectOf(address), true
}

func invisible(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }

// maxAddress: RFC 5321 section 4.5.3.1.3, a path of 256 with its angle brackets.
const maxAddress = 254

// parseFile finds the one recipient's certificate among what the file holds, and its issuers among the authorities.
func parseFile(file []byte) (leaf *x509.Certificate, issuers []*x509.Certificate, err error) {
	leaves, issuers, err := split(file)
	switch {
	case err != nil:
		return nil, nil, badFile(err)
	case len(leaves) > 1:
		return nil, nil, badFile(errSeveral)
	case len(leaves) == 0:
		return nil, nil, badFile(errOnlyAuthorities)
	}
	return leaves[0], authorities(leaves[0], issuers), nil
}

func split(file []byte) (leaves, issuers []*x509.Certificate, err error) {
	all, err := bundle.Read(file)
	for _, c := range all {
		if c.IsCA {
			issuers = append(issuers, c)
		} else {
			leaves = append(leaves, c)
		}
	}
	return leaves, issuers, err
}

var (
	errSeveral         = errors.New("several recipients' certificates")
	errOnlyAuthorities = errors.New("authorities only")
)

func badFile(cause error) error {
	say := fault.Sentence{
		DA: "Filen indeholder intet certifikat, vi kan læse. Brug en fil af typen .cer, .pem eller .p7b.",
		EN: "The file holds no certificate that we can read. Use a file of type .cer, .pem or .p7b.",
	}
	switch {
	case errors.Is(cause, errSeveral):
		say = fault.Sentence{
			DA: "Filen indeholder flere modtageres certifikater. Læg et ind ad gangen.",
			EN: "The file holds the certificates of several recipients. Add one at a time.",
		}
	case errors.Is(cause, errOnlyAuthorities):
		say = fault.Sentence{
			DA: "Filen indeholder kun udstedere og ingen modtagers certifikat. En udsteder godkendes for sig.",
			EN: "The file holds issuers only and no recipient's certificate. An issuer is approved by itself.",
		}
	case errors.Is(cause, bundle.ErrTooLarge):
		say = fault.Sentence{
			DA: "Filen er større, end vi tager imod. Læg modtagerens certifikat ind alene.",
			EN: "The file is larger than we take. Add the recipient's certificate alone.",
		}
	}
	f := fault.New(fault.Invalid, "certificate_file_unreadable", say, cause)
	f.Fields = []fault.Field{{Name: "certificate", Say: say}}
	return f
}

func (s *Shelf) entry(actor Actor, action audit.Action, row store.Certificate, more map[string]string) audit.Entry {
	detail := map[string]string{"for": row.Subject, "certificate": row.Fingerprint}
	for name, value := range more {
		detail[name] = value
	}
	return audit.Entry{At: s.Now(), Actor: actor, Action: action, Detail: detail}
}

func shown(row store.Certificate) (Entry, error) {
	c, err := x509.ParseCertificate(row.DER)
	if err != nil {
		return Entry{}, fmt.Errorf("reading a stored certificate: %w", err)
	}
	return Entry{
		ID: row.ID, For: row.Subject, Certificate: c, Source: row.Source, Pending: trust.Code(row.Pending), Bound: row.Bound, Vouched: row.Vouched,
		Capabilities: row.Capabilities, Stored: row,
	}, nil
}
