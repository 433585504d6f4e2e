package partners

import (
	"hash/maphash"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/httprate"
)

const (
	// perMinute requests are answered to one client: a person who fetches every file of a few mailboxes, or a small office
	// behind one address, does not notice.
	perMinute = 60
	window    = time.Minute
	// cells of the counter. Strangers who meet in one share its minute, which a few hundred at a time hardly do; 65,536
	// are 512 KB for both minutes, whoever comes.
	cells = 1 << 16
)

// limited counts requests by client. busy answers those that are too many; Retry-After is set before it.
func limited(busy http.HandlerFunc) func(http.Handler) http.Handler {
	return httprate.LimitBy(perMinute, window, client,
		httprate.WithLimitCounter(newCounter()),
		httprate.WithLimitHandler(busy),
		// The X-RateLimit fields would be kept by shared caches and shown to others.
		httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}),
	)
}

// client is who asks: an IPv4 address, or the /64 that one IPv6 network has (RFC 4291 section 2.5.4), within which anybody
// may take a new address for every request. What cannot be read is one client.
func client(r *http.Request) (string, error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr // an address alone, as middlewares that know a proxy write it
	}
	return httprate.CanonicalizeIP(host), nil
}

// counter is a httprate.LimitCounter of a fixed size. The library's own holds every client of two minutes in maps that
// never shrink, and a stranger with a /32 has four billion of them. Collisions make it stricter, never more generous, and
// the seed keeps anybody from choosing with whom to collide.
type counter struct {
	seed maphash.Seed

	mu       sync.Mutex
	length   time.Duration
	latest   time.Time // start of the window that now counts
	now      [cells]uint32
	previous [cells]uint32
}

func newCounter() *counter { return &counter{seed: maphash.MakeSeed()} }

// Config is called once by the library.
func (c *counter) Config(_ int, length time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.length = length
}

// Increment counts one request.
func (c *counter) Increment(key string, current time.Time) error {
	return c.IncrementBy(key, current, 1)
}

// IncrementBy counts several.
func (c *counter) IncrementBy(key string, current time.Time, amount int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(current)
	c.now[c.cell(key)] += uint32(amount)
	return nil
}

// Get gives the counts of this window and of the one before.
func (c *counter) Get(key string, current, _ time.Time) (now, before int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(current)
	cell := c.cell(key)
	return int(c.now[cell]), int(c.previous[cell]), nil
}

// turn begins a new window. It wants the lock held.
func (c *counter) turn(current time.Time) {
	switch {
	case c.latest.Equal(current):
		return
	case c.latest.Add(c.length).Equal(current):
		c.previous = c.now
	default:
		clear(c.previous[:])
	}
	clear(c.now[:])
	c.latest = current
}

func (c *counter) cell(key string) uint64 { return maphash.String(c.seed, key) % cells }
