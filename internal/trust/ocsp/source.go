package ocsp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/fetch"
)

const (
	// maxBytes of an answer are read. One with a certificate and an RSA-4096 signature has some 3 KB; a chain makes it 10.
	maxBytes = 64 << 10
	// maxAddresses of one certificate are asked: a second is a mirror.
	maxAddresses = 3
	// maxAsking questions are on their way at a time, so that a slow responder ties up eight connections and not a thousand.
	maxAsking = 8
	// askTime is for one question to all its addresses, waiting for a place included: two slow servers (fetch gives each 15
	// seconds). Callers have their own deadline; what comes later is there for the next one.
	askTime = 30 * time.Second

	contentType = "application/ocsp-request" // RFC 6960 appendix A.1
)

var (
	errNoHTTP    = errors.New("the certificate names no responder that can be asked over HTTP")
	errNone      = errors.New("no current answer is to be had")
	errUnknown   = errors.New("the responder does not know the certificate")
	errNoNonce   = errors.New("the answer was made before we asked, and answers to us alone are wanted")
	errResponder = errors.New("the responder's own certificate is not known to be good")
	errNested    = errors.New("the certificate of a responder is not asked about online")
	errBusy      = errors.New("too many questions are under way")
)

// Deps is what a Source needs.
type Deps struct {
	Now    func() time.Time
	Client *fetch.Client
	// Revocation is asked about the certificate of a delegated responder that could have been revoked. Anything but "good"
	// refuses the answer; where it is nil, so is every such responder. It may be a source that ends up asking this one:
	// for a responder's certificate that says "unknown" at once, and does not turn in a circle.
	Revocation trust.RevocationSource
	// RequireNonce refuses answers that were made in advance. Nobody on the way can then play an old one again, but the many
	// responders that sign in advance (RFC 5019) are then no use.
	RequireNonce bool
}

// Source is a trust.RevocationSource. It is safe for concurrent use.
type Source struct {
	deps   Deps
	asking chan struct{}

	mu   sync.Mutex
	held map[question]*entry
}

// question is what a responder is asked: a serial number of an issuer, by the issuer's name and key (RFC 6960 section 4.1.1). It
// is not their certificates: of one that ECDSA signed anybody can make another with other bytes, of which nothing would be known.
type question [sha256.Size]byte

func questionAbout(certificate, issuer *x509.Certificate) question {
	return sha256.Sum256(slices.Concat(issuer.RawSubject, issuer.RawSubjectPublicKeyInfo, certificate.SerialNumber.Bytes()))
}

// New makes a Source that holds nothing yet.
func New(deps Deps) *Source {
	return &Source{deps: deps, asking: make(chan struct{}, maxAsking), held: map[question]*entry{}}
}

// nested marks a context in which a responder's own certificate is asked about.
type nested struct{}

// Check gives the held answer, else the one that the certificate's responders give, shared by all who wait.
func (s *Source) Check(ctx context.Context, certificate, issuer *x509.Certificate) trust.Revocation {
	if len(certificate.OCSPServer) == 0 {
		return trust.Revocation{Status: trust.StatusUnpublished}
	}
	if ctx.Value(nested{}) != nil {
		return trust.Revocation{Status: trust.StatusUnknown, Cause: errNested}
	}
	addresses := overHTTP(certificate.OCSPServer)
	if len(addresses) == 0 {
		return trust.Revocation{Status: trust.StatusUnknown, Cause: errNoHTTP}
	}
	now := s.deps.Now()
	s.mu.Lock()
	held := s.entryOf(questionAbout(certificate, issuer), issuer, now)
	if held == nil {
		s.mu.Unlock()
		return trust.Revocation{Status: trust.StatusUnknown, Cause: errBusy}
	}
	if held.isDue(now) {
		held.running = make(chan struct{})
		// It outlives this caller's deadline on purpose: the next caller profits.
		go s.refresh(context.WithoutCancel(ctx), held, certificate, issuer, addresses)
	}
	said, running := held.say(now), held.running
	s.mu.Unlock()

	if said.Status != trust.StatusUnknown || running == nil { // known, or a failure rests
		return said
	}
	select {
	case <-ctx.Done():
		said.Cause = ctx.Err()
		return said
	case <-running:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return held.say(s.deps.Now())
}

// Revoked is whether the certificate is held to be revoked for ever. Nobody is asked.
func (s *Source) Revoked(certificate, issuer *x509.Certificate) (trust.Revocation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.held[questionAbout(certificate, issuer)]
	if held == nil || !held.answer.isFinal() {
		return trust.Revocation{}, false
	}
	now := s.deps.Now()
	held.used = now
	return held.say(now), true
}

// overHTTP leaves ldap: and the like out; such addresses are in certificates made for a Windows domain.
func overHTTP(addresses []string) []string {
	var kept []string
	for _, address := range addresses {
		lower := strings.ToLower(address)
		if len(kept) < maxAddresses && (strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")) {
			kept = append(kept, address)
		}
	}
	return kept
}

// refresh asks, and ends the run whatever comes of it.
func (s *Source) refresh(ctx context.Context, held *entry, certificate, issuer *x509.Certificate, addresses []string) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	answer, err := s.ask(ctx, certificate, issuer, addresses)
	now := s.deps.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	held.take(answer, err, now)
	close(held.running)
	held.running = nil
}

// ask tries the addresses until one knows the certificate.
func (s *Source) ask(ctx context.Context, certificate, issuer *x509.Certificate, addresses []string) (Answer, error) {
	select {
	case <-ctx.Done():
		return Answer{}, errBusy
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	}
	var unknown *Answer
	var cause error
	for _, address := range addresses {
		answer, err := s.askAt(ctx, address, certificate, issuer)
		switch {
		case err != nil:
			cause = err
		case answer.Status == trust.StatusUnknown:
			unknown = &answer // a mirror may know a certificate that is minutes old
		default:
			return answer, nil
		}
	}
	if unknown != nil {
		return *unknown, nil
	}
	return Answer{}, cause
}

func (s *Source) askAt(ctx context.Context, address string, certificate, issuer *x509.Certificate) (Answer, error) {
	nonce := make([]byte, nonceBytes)
	_, _ = rand.Read(nonce) // never fails: crypto/rand ends the program instead
	request, err := newRequest(certificate, issuer, nonce)
	if err != nil {
		return Answer{}, err
	}
	der, err := s.deps.Client.Post(ctx, address, contentType, request, maxBytes)
	if err != nil {
		return Answer{}, err
	}
	answer, err := Parse(der, certificate, issuer, nonce, s.deps.Now())
	if err != nil {
		return Answer{}, err
	}
	if s.deps.RequireNonce && !answer.Nonced {
		return Answer{}, errNoNonce
	}
	if answer.Unchecked && (s.deps.Revocation == nil ||
		s.deps.Revocation.Check(context.WithValue(ctx, nested{}, true), answer.Responder, issuer).Status != trust.StatusGood) {
		return Answer{}, errResponder
	}
	return answer, nil
}
