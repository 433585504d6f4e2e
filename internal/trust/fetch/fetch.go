package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	// wholeTime is for the whole of one exchange, redirects and body included. Nobody waits so long: callers have their own
	// deadline, and what was fetched is there for the next one.
	wholeTime = 15 * time.Second
	// maxRedirects: http to https, and to another host. More is a loop.
	maxRedirects = 3
)

// What a caller may want to tell apart.
var (
	ErrTooLarge = errors.New("the answer is larger than allowed")
	ErrInside   = errors.New("the address is not a public one")
	ErrPort     = errors.New("only ports 80 and 443 are asked")
	ErrStatus   = errors.New("the server answered with an error")

	errScheme    = errors.New("only http and https addresses are asked")
	errRedirects = errors.New("too many redirects")
)

// Options are what the wiring decides.
type Options struct {
	AllowLoopback bool // for a pretend authority on this machine; never in production wiring
}

// Client asks servers whose addresses a certificate names. It is safe for concurrent use.
type Client struct{ http *http.Client }

// New makes a client that can reach public addresses only. There is no proxy, which would connect in our place.
func New(o Options) *Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return guard(address, o.AllowLoopback)
	}}
	return &Client{&http.Client{
		Timeout: wholeTime,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           4,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // hashes and numbers do not shrink, and unpacking would undo the size limit
		},
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errRedirects
			}
			return allowed(request.URL)
		},
	}}
}

// Get fetches at most limit bytes, which nobody has looked at yet. More is ErrTooLarge.
func (c *Client) Get(ctx context.Context, address string, limit int64) ([]byte, error) {
	return c.do(ctx, http.MethodGet, address, "", nil, limit)
}

// Post sends body and gives the answer, of at most limit bytes.
func (c *Client) Post(ctx context.Context, address, contentType string, body []byte, limit int64) ([]byte, error) {
	return c.do(ctx, http.MethodPost, address, contentType, body, limit)
}

func (c *Client) do(ctx context.Context, method, address, contentType string, body []byte, limit int64) ([]byte, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, errScheme
	}
	if err := allowed(parsed); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, errScheme
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", withoutAddress(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %d", ErrStatus, response.StatusCode)
	}
	if response.ContentLength > limit {
		return nil, ErrTooLarge
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(answer)) > limit {
		return nil, ErrTooLarge
	}
	return answer, nil
}

// withoutAddress is for errors of net/http, which begin with it. It is the authority's, but some authorities give every
// certificate one of its own, and errors go to the log.
func withoutAddress(err error) error {
	if with, ok := errors.AsType[*url.Error](err); ok {
		return with.Err
	}
	return err
}

// allowed leaves ldap: and file: out, and names with a password in them.
func allowed(address *url.URL) error {
	if (address.Scheme != "http" && address.Scheme != "https") || address.User != nil || address.Host == "" {
		return errScheme
	}
	return nil
}

// guard is called with the address that is about to be connected to, after name resolution: a name that points inside,
// or first outside and then inside, is refused here.
func guard(address string, allowLoopback bool) error {
	host, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrInside
	}
	if allowLoopback && host.Addr().Unmap().IsLoopback() {
		return nil
	}
	if !public(host.Addr()) {
		return ErrInside
	}
	// Authorities publish where browsers look. Who may name any port can have us knock on all of somebody's.
	if host.Port() != 80 && host.Port() != 443 {
		return ErrPort
	}
	return nil
}

// public is whether ip can be somebody else's server on the internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		bytes := ip.As16()
		return public(netip.AddrFrom4([4]byte(bytes[12:])))
	}
	if ip.Is6() && !globalIPv6.Contains(ip) {
		return false // loopback, link-local, ULA (cloud metadata among them), multicast, site-local, unspecified
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, block := range reserved {
		if block.Contains(ip) {
			return false
		}
	}
	return true
}

var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")     // all that IANA has given out
	nat64      = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: an IPv4 address is inside, and that one is judged

	// reserved are the blocks of the IANA special-purpose registries that net/netip counts as global unicast.
	reserved = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),        // RFC 791: this network
		netip.MustParsePrefix("100.64.0.0/10"),    // RFC 6598: carrier-grade NAT
		netip.MustParsePrefix("168.63.129.16/32"), // Azure's host: metadata and health, though the block is public
		netip.MustParsePrefix("192.0.0.0/24"),     // RFC 6890; Oracle's metadata among them
		netip.MustParsePrefix("192.0.2.0/24"),     // RFC 5737: documentation
		netip.MustParsePrefix("192.88.99.0/24"),   // RFC 7526: 6to4 relays, gone
		netip.MustParsePrefix("198.18.0.0/15"),    // RFC 2544: benchmarks
		netip.MustParsePrefix("198.51.100.0/24"),  // RFC 5737
		netip.MustParsePrefix("203.0.113.0/24"),   // RFC 5737
		netip.MustParsePrefix("240.0.0.0/4"),      // RFC 1112: reserved, and broadcast
		netip.MustParsePrefix("2001::/23"),        // RFC 2928: protocol assignments, Teredo among them
		netip.MustParsePrefix("2001:db8::/32"),    // RFC 3849: documentation
		netip.MustParsePrefix("2002::/16"),        // RFC 3056: 6to4, an IPv4 address is inside
		netip.MustParsePrefix("3fff::/20"),        // RFC 9637: documentation
	}
)
