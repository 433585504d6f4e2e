package certs

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"

	"aau.dk/sendsikker/internal/trust"
)

// What a stranger has put into a directory, into DNS or into a mail is read in goroutines of ours, where a panic would end the
// program for everybody, and write its value, which may quote an address, to where it is logged.

var errPanicked = errors.New("what it has could not be read")

// consult asks one source.
func (f *Finder) consult(ctx context.Context, source Source, addresses []string) (found map[string][]Candidate, err error) {
	defer func() {
		if recover() != nil {
			f.panicked(ctx, source.Name())
			found, err = nil, errPanicked
		}
	}()
	return source.Find(ctx, addresses)
}

// judged is the candidate and what the judge says of it. One that the judge chokes on is bad.
func (f *Finder) judged(ctx context.Context, address string, candidate Candidate) (judged Judged) {
	defer func() {
		if recover() != nil {
			f.panicked(ctx, candidate.Source)
			now := f.now()
			judged.Verdict = trust.Verdict{Code: trust.Malformed, Say: trust.Malformed.Say(now), Evidence: trust.Evidence{CheckedAt: now}}
		}
	}()
	judged.Candidate = candidate
	judged.Verdict = f.judge.Judge(ctx, candidate.subject(address))
	return judged
}

// panicked logs where it happened, and not the panic's value.
func (f *Finder) panicked(ctx context.Context, source string) {
	f.log.LogAttrs(ctx, slog.LevelError, "panic over a certificate", slog.String("source", source), slog.String("stack", string(debug.Stack())))
}
