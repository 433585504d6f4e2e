package smimea

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
)

// maxAsking questions are under way at a time. DNS takes one name a question, and a domain that does not answer keeps its
// place until the time is up: enough that a handful of such does not keep the others waiting, and far below the 512 or more
// questions that unbound works on at a time (num-queries-per-thread).
const maxAsking = 64

// Find asks for all addresses side by side. It takes at most Config.Timeout, and nine tenths of what ctx leaves: who waits until
// ctx ends leaves us behind with all that we have.
//
// The error is a *fault.Fault where a question was not answered; the certificates of the others come with it.
func (s *Source) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	ctx, cancel := s.patience(ctx)
	defer cancel()
	found := make(map[string][]certs.Candidate)
	ended := tally{failed: map[error]int{}}
	var mu sync.Mutex
	var wait sync.WaitGroup
	slots := make(chan struct{}, maxAsking)
	for _, address := range addresses {
		name, ok := owner(address)
		if !ok {
			continue // DNS has no such name, so that nothing can be there
		}
		ended.asked++
		wait.Go(func() {
			list, err := s.lookUp(ctx, slots, name)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				ended.failed[err]++
			}
			if len(list) > 0 {
				found[address] = list
			}
		})
	}
	wait.Wait()
	return found, ended.err()
}

// lookUp asks for one name when its turn comes. The error is one of failures. It runs in a goroutine of its own, where a panic
// over what a stranger has published would end the program.
func (s *Source) lookUp(ctx context.Context, slots chan struct{}, name string) (list []certs.Candidate, err error) {
	defer func() {
		if recover() != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "panic over an answer of DNS", slog.String("stack", string(debug.Stack())))
			list, err = nil, errMalformed
		}
	}()
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, errSilent
	}
	answer, err := s.ask(ctx, question(name, dns.TypeSMIMEA))
	if err != nil {
		return nil, err
	}
	list, unusable, err := s.read(answer, name)
	if unusable > 0 {
		s.log.DebugContext(ctx, "records in DNS hold no certificate that can be read", "count", unusable)
	}
	return list, err
}

// read is all that an answer says of the certificates at name.
func (s *Source) read(answer *dns.Msg, name string) (list []certs.Candidate, unusable int, err error) {
	secure, err := verdict(answer)
	if err != nil || !secure || answer.Rcode != dns.RcodeSuccess {
		return nil, 0, err
	}
	list, unusable = candidates(records(answer, name), s.config.TrustUsage3)
	now := s.now()
	for i := range list {
		list[i].Added = now
	}
	return list, unusable, nil
}

// patience is how long we take.
func (s *Source) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := s.config.Timeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(deadline)*9/10)
	}
	return context.WithTimeout(ctx, timeout)
}

// Check asks the resolver for the keys of a domain that is known to be signed. It is no proof that the resolver finds bad
// signatures; it is one that it looks at them, which most do not unless told to. The error is a *fault.Fault.
func (s *Source) Check(ctx context.Context) error {
	ctx, cancel := s.patience(ctx)
	defer cancel()
	query := question(s.config.signedName(), dns.TypeDNSKEY)
	// DO asks for AD as well (RFC 6840 section 5.8). A server that has never heard of AD may hand back the bits of the
	// question; one that sets it without being shown it knows what it says.
	query.AuthenticatedData = false
	answer, err := s.ask(ctx, query)
	var secure bool
	if err == nil {
		secure, err = verdict(answer)
	}
	if err != nil {
		return tally{asked: 1, failed: map[error]int{err: 1}}.err()
	}
	for _, record := range answer.Answer {
		if _, is := record.(*dns.DNSKEY); is && secure {
			return nil
		}
	}
	return fault.New(fault.Unavailable, "dns_unproven", sayUnproven, nil)
}
