package limit

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// The header fields in which proxies say for whom they ask. One of them is believed, as configured: a proxy that writes the one passes
// the other on as the client wrote it.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded" // RFC 7239
)

// maxHops of a request are looked at: more proxies than anybody has behind one another.
const maxHops = 16

// proxies knows whom to believe. chi's ClientIPFromXFF is the same walk, but reads neither RFC 7239 nor the port that Azure's
// Application Gateway writes behind an address.
type proxies struct {
	networks []netip.Prefix
	header   string
}

// client is the address of the one who asks: the peer, or, as long as that is a proxy of ours, the one for whom it says it asks. What
// stands further left, anybody may have written. Where a proxy's word cannot be read, the proxy is the client: strict, and seen at once.
func (p proxies) client(r *http.Request) netip.Addr {
	at := peer(r)
	if !p.ours(at) {
		return at
	}
	hops := 0
	for _, line := range slices.Backward(r.Header.Values(p.header)) {
		for line != "" && hops < maxHops {
			hop := line
			if i := strings.LastIndexByte(line, ','); i >= 0 {
				line, hop = line[:i], line[i+1:]
			} else {
				line = ""
			}
			hops++
			addr, is := p.node(hop)
			if !is {
				return at
			}
			if at = addr; !p.ours(at) {
				return at
			}
		}
	}
	return at
}

func (p proxies) ours(a netip.Addr) bool {
	return slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// node is one hop's address.
func (p proxies) node(hop string) (netip.Addr, bool) {
	if p.header != Forwarded {
		return address(hop)
	}
	for pair := range strings.SplitSeq(hop, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			return address(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return netip.Addr{}, false
}

// address reads it with or without a port. IPv4 in IPv6's clothes is IPv4, and a zone is only the writer's own name of a cable: either
// would be a second name for one client, or a way past the list of proxies.
func address(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	both, err := netip.ParseAddrPort(text)
	addr := both.Addr()
	if err != nil {
		addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	}
	return addr.Unmap().WithZone(""), err == nil
}

// peer is the other end of the connection; the zero address is one that cannot be read.
func peer(r *http.Request) netip.Addr {
	addr, _ := address(r.RemoteAddr)
	return addr
}

// network is what is counted as one: an IPv4 address, or the /64 that one IPv6 network has (RFC 4291 section 2.5.4), within which anybody
// may take a new address for every request.
func network(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // what cannot be read is one client
	}
	return prefix
}

// Address makes RemoteAddr the one who asks, for everybody behind it.
func (l *Limiter) Address(next http.Handler) http.Handler {
	if len(l.proxies.networks) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at := l.proxies.client(r); at.IsValid() {
			r.RemoteAddr = net.JoinHostPort(at.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}
