package crl

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

var errNotGiven = errors.New("none of the lists given is about this certificate")

// Files is a trust.RevocationSource over lists that somebody has at hand. It uses no network. It is safe for concurrent use.
type Files struct {
	ders    [][]byte
	now     func() time.Time
	issuers []*x509.Certificate
}

// FromFiles makes a source of DER lists, complete and delta. Each answers for the certificates whose issuer signed it and
// which its scope covers, a certificate that names no list among them; none is StatusUnknown. issuers are where signers of
// indirect lists are looked for.
func FromFiles(ders [][]byte, now func() time.Time, issuers ...*x509.Certificate) *Files {
	return &Files{ders: ders, now: now, issuers: issuers}
}

// Check reads all lists, whichever order they were given in: of two versions of one, the newer counts.
func (f *Files) Check(_ context.Context, certificate, issuer *x509.Certificate) trust.Revocation {
	now := f.now()
	return f.check(certificate, issuer, signers{
		known: f.named, now: now, status: func(certificate, issuer *x509.Certificate) trust.Status {
			return f.check(certificate, issuer, signers{now: now}).Status
		},
	})
}

func (f *Files) check(certificate, issuer *x509.Certificate, signers signers) trust.Revocation {
	subject, err := subjectOf(certificate)
	if err != nil {
		return trust.Revocation{Status: trust.StatusUnknown, Cause: err}
	}
	var who []*x509.Certificate
	cause := errNotGiven
	for _, at := range subject.points {
		some, err := signers.of(at, issuer)
		if err != nil {
			cause = err
		}
		for _, one := range some {
			if !slices.ContainsFunc(who, one.Equal) {
				who = append(who, one)
			}
		}
	}
	count := tally{subject: subject, now: signers.now}
	for _, signer := range who {
		complete, deltas, err := f.signedBy(signer, signers.now)
		if err != nil {
			cause = err
		}
		for _, list := range complete {
			if err := count.add(list, deltas, ""); err != nil {
				cause = err
			} else if !list.current(count.now) {
				cause = errStale
			}
		}
	}
	return count.answer(cause)
}

// signedBy gives the lists of one signer, without those of which a newer one is there too; the delta lists the oldest first.
// The error is of a list that this signer signed and that is beyond us: what it says is not known.
func (f *Files) signedBy(signer *x509.Certificate, now time.Time) (complete, deltas []*List, problem error) {
	for _, der := range f.ders {
		list, err := read(der, signer, now, false)
		if errors.Is(err, errDelta) {
			if list, err = read(der, signer, now, true); err == nil {
				deltas = append(deltas, list)
			}
		} else if err == nil {
			complete = append(complete, list)
		}
		if err != nil && !errors.Is(err, errUnsigned) {
			problem = err
		}
	}
	complete = newest(complete)
	slices.SortFunc(deltas, func(a, b *List) int { return a.number.Cmp(b.number) })
	return complete, deltas, problem
}

func newest(lists []*List) []*List {
	var kept []*List
	for _, list := range lists {
		if !slices.ContainsFunc(lists, func(other *List) bool {
			return bytes.Equal(other.scopeDER, list.scopeDER) && other.newerThan(list)
		}) {
			kept = append(kept, list)
		}
	}
	return kept
}

func (f *Files) named(rawSubject []byte) []*x509.Certificate {
	var found []*x509.Certificate
	for _, issuer := range f.issuers {
		if bytes.Equal(issuer.RawSubject, rawSubject) {
			found = append(found, issuer)
		}
	}
	return found
}
