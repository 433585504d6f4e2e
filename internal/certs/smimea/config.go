package smimea

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs"
)

// maxTimeout: nobody waits longer for the whole of a look-up, so a longer one is a slip, as minutes for seconds.
const maxTimeout = time.Minute

// What can be wrong with a Config.
var (
	errNotHere    = errors.New("the resolver must be the IP address and port of a validating resolver on this machine, such as 127.0.0.1:53 or [::1]:53")
	errForwarder  = errors.New("the resolver is a container's own one at 127.0.0.11, which passes on what others have checked or not; name one that checks signatures itself")
	errTimeout    = errors.New("the time for a look-up in DNS must be more than nothing and at most a minute")
	errSignedName = errors.New("the name to test the resolver with must be a domain that is signed, or empty for the root of DNS")
)

// Config is what an administrator decides.
type Config struct {
	// Resolver is host:port of a validating resolver on this machine, as an address: what a name stands for, a file decides.
	// Better port 53 than one above 1023: while the resolver is down, any program here may listen at those and say what it
	// likes. In a container this machine is the container, or the pod that it shares its network with.
	Resolver string
	// Timeout is for all that one Find or Check does. What has been answered by then is given, and the rest is silent; so it
	// should be shorter than the deadline of who asks.
	Timeout time.Duration
	// TrustUsage3: where a domain stands for a certificate itself (usage 3, DANE-EE: RFC 6698 section 2.1.1, by RFC 8162
	// section 2), its word is taken in the place of an authority's. Otherwise such a certificate needs a path as any other.
	TrustUsage3 bool
	// SignedName is the domain that Check tests the resolver with: one that has DNSKEY records of its own. "" is the root.
	SignedName string
}

// Check says what is wrong with the settings, in words for an administrator.
func (c Config) Check() error {
	var faults []error
	if resolver, err := netip.ParseAddrPort(c.Resolver); err != nil || !here(resolver) {
		faults = append(faults, errNotHere)
	} else if resolver.Addr().Unmap() == netip.AddrFrom4([4]byte{127, 0, 0, 11}) {
		// QUIRK: Docker Engine (libnetwork/resolver.go, read 2026-11): the resolver inside a container is a forwarder. It is
		// reached by loopback and so looks like one of ours, but the AD bit in its answers is whatever came over the network.
		faults = append(faults, errForwarder)
	}
	if c.Timeout <= 0 || c.Timeout > maxTimeout {
		faults = append(faults, errTimeout)
	}
	if _, ok := dns.IsDomainName(c.signedName()); !ok {
		faults = append(faults, errSignedName)
	}
	return errors.Join(faults...)
}

// here is whether nobody but a program on this machine can answer at the address. A zone would name another way to it.
func here(resolver netip.AddrPort) bool {
	return resolver.Addr().Unmap().IsLoopback() && resolver.Addr().Zone() == "" && resolver.Port() != 0
}

func (c Config) signedName() string {
	return dns.CanonicalName(c.SignedName)
}

// Deps is what a Source needs.
type Deps struct {
	Now func() time.Time
	Log *slog.Logger // nil: not logged
}

// Source is a certs.Source. It is safe for concurrent use.
type Source struct {
	config Config
	now    func() time.Time
	log    *slog.Logger
}

// New makes a Source, or says what is wrong with the settings. It asks nobody; see Check of Source.
func New(c Config, deps Deps) (*Source, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	return &Source{config: c, now: deps.Now, log: deps.Log}, nil
}

// Name is certs.SourceSMIMEA.
func (s *Source) Name() string { return certs.SourceSMIMEA }
