package limit

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

const (
	// badWindow is the time in which the allowance of bad sign-ins grows back: what people behind one address mistype, and tokens that
	// run out, are spread over it.
	badWindow = 5 * time.Minute
	// firstLock doubles with each, to longestLock: somebody who has only mistaken is back after a break, and who guesses gets through a few
	// hundred guesses a day where 2^256 would be needed.
	firstLock   = time.Minute
	longestLock = 15 * time.Minute
	// calm after a lock makes the next one a first one again.
	calm = time.Hour
)

// offender is an address that bad sign-ins have come from.
type offender struct {
	allowance *rate.Limiter
	until     time.Time // locked
	times     int
}

// locks knows the offenders. They are not those who merely ask much: to have a lock forgotten one needs bad sign-ins from as many networks
// as there are places.
type locks struct {
	allowed int // 0: nobody is locked out

	mu sync.Mutex
	of *simplelru.LRU[netip.Prefix, *offender]
}

func newLocks(allowed, places int) (*locks, error) {
	of, err := simplelru.NewLRU[netip.Prefix, *offender](places, nil)
	if err != nil {
		return nil, fmt.Errorf("places for locks: %w", err)
	}
	return &locks{allowed: allowed, of: of}, nil
}

func (l *locks) fresh() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(l.allowed)/badWindow.Seconds()), l.allowed)
}

// bad counts a bad sign-in. More than 0 is that it was one too many, and how long the lock is. One that is on is not made longer: an
// impatient client, or one that somebody else behind the address has locked out with themselves, is not punished for trying.
func (l *locks) bad(from netip.Prefix, now time.Time) time.Duration {
	if l.allowed == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o, known := l.of.Get(from)
	if !known {
		o = &offender{allowance: l.fresh()}
		l.of.Add(from, o)
	}
	if now.Before(o.until) || o.allowance.AllowN(now, 1) {
		return 0
	}
	if now.Sub(o.until) > calm {
		o.times = 0
	}
	long := longestLock
	if o.times < 4 { // 1, 2, 4, 8 minutes
		long = min(firstLock<<o.times, longestLock)
	}
	o.times++
	o.until, o.allowance = now.Add(long), l.fresh()
	return long
}

// left is how long an address is still locked out.
func (l *locks) left(from netip.Prefix, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, known := l.of.Peek(from)
	if !known {
		return 0
	}
	return max(o.until.Sub(now), 0)
}

// locked is how many are.
func (l *locks) locked(now time.Time) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.of.Values() {
		if now.Before(o.until) {
			n++
		}
	}
	return n
}
