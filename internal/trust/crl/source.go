package crl

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl/archive"
	"aau.dk/sendsikker/internal/trust/crl/point"
	"aau.dk/sendsikker/internal/trust/fetch"
)

const (
	// maxAddresses of one certificate are tried: a second is a mirror.
	maxAddresses = 3
	// maxDeltas of one complete list are asked for. More than one address of them has not been seen.
	maxDeltas = 2
	// deltaPatience is how long an answer that is there waits to be sharpened by a delta list: two round trips to a slow
	// server. What comes later serves the next one.
	deltaPatience = 2 * time.Second
)

var (
	errNoHTTP  = errors.New("the certificate names no list that can be fetched over HTTP")
	errNone    = errors.New("no current list is to be had")
	errOlder   = errors.New("the list is older than the one held")
	errSwapped = errors.New("the list is about something else than the one held")
)

// Deps is what a Source needs.
type Deps struct {
	Now    func() time.Time
	Client *fetch.Client // nil: one that reaches public addresses only
	// Issuers gives the authorities of ours that have this subject (DER). An indirect list is believed only if one of them
	// signed it; see signers. Nil: indirect lists are not used.
	Issuers func(rawSubject []byte) []*x509.Certificate
	Folder  string       // where lists survive a restart; "" is nowhere
	Log     *slog.Logger // nil: not logged
}

// Source is a trust.RevocationSource. It is safe for concurrent use.
type Source struct {
	now      func() time.Time
	client   *fetch.Client
	issuers  func(rawSubject []byte) []*x509.Certificate
	archive  *archive.Archive // nil where there is none
	log      *slog.Logger
	fetching chan struct{}
	parsing  chan struct{}

	mu    sync.Mutex
	lists map[place]*entry
}

// New makes a Source that holds nothing yet.
func New(deps Deps) *Source {
	source := &Source{
		now: deps.Now, client: deps.Client, issuers: deps.Issuers, log: deps.Log,
		fetching: make(chan struct{}, maxFetching), parsing: make(chan struct{}, maxParsing), lists: map[place]*entry{},
	}
	if deps.Folder != "" {
		source.archive = archive.New(deps.Folder)
	}
	if source.client == nil {
		source.client = fetch.New(fetch.Options{})
	}
	if source.log == nil {
		source.log = slog.New(slog.DiscardHandler)
	}
	return source
}

// Check asks the lists that certificate names, one after another until what they say is enough.
func (s *Source) Check(ctx context.Context, certificate, issuer *x509.Certificate) trust.Revocation {
	return s.check(ctx, certificate, issuer, s.signers(ctx))
}

// signers asks about a signer of indirect lists by plain lists alone, so it never asks twice.
func (s *Source) signers(ctx context.Context) signers {
	return signers{known: s.issuers, now: s.now(), status: func(certificate, issuer *x509.Certificate) trust.Status {
		return s.check(ctx, certificate, issuer, signers{now: s.now()}).Status
	}}
}

func (s *Source) check(ctx context.Context, certificate, issuer *x509.Certificate, signers signers) trust.Revocation {
	subject, err := subjectOf(certificate)
	if err != nil {
		return trust.Revocation{Status: trust.StatusUnknown, Cause: err}
	}
	if subject.unpublished {
		return trust.Revocation{Status: trust.StatusUnpublished}
	}
	count := tally{subject: subject, now: s.now()}
	cause := errNoHTTP
	for _, ask := range asks(subject.points, issuer, signers, &cause) {
		list, err := s.list(ctx, ask)
		if err != nil {
			cause = err // of the newest: a list that has gone out of date may come with it
		}
		if list == nil {
			continue
		}
		if err := count.add(list, s.deltas(ctx, ask.signer, list, certificate), ask.address); err != nil {
			cause = err
		} else {
			s.fits(ask, list)
		}
		if count.settled() {
			break
		}
	}
	return count.answer(cause)
}

// asks are the lists to ask for, in the certificate's order. cause is why there are none, or fewer.
func asks(points []point.Point, issuer *x509.Certificate, signers signers, cause *error) []ask {
	var found []ask
	tried := 0
	for _, at := range points {
		addresses := overHTTP(at.Names.Addresses)
		if len(addresses) == 0 || tried >= maxAddresses {
			continue
		}
		who, err := signers.of(at, issuer)
		if err != nil {
			*cause = err
			continue
		}
		for _, address := range addresses[:min(len(addresses), maxAddresses-tried)] {
			tried++
			for _, signer := range who {
				found = append(found, ask{address: address, signer: signer})
			}
		}
	}
	return found
}

// overHTTP leaves out ldap:, which stands in certificates made for a Windows domain.
func overHTTP(addresses []string) []string {
	var found []string
	for _, address := range addresses {
		if strings.HasPrefix(strings.ToLower(address), "http") {
			found = append(found, address)
		}
	}
	return found
}
