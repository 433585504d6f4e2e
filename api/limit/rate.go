package limit

import (
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Rate is how much is let through: so many at once, and then so many a minute.
type Rate struct{ PerMinute, Burst int } // PerMinute 0 is no limit

// buckets counts by key. The least recently seen is forgotten, and begins anew when it comes again: who fills all the places with
// addresses of their own has made others' counts generous, and not the memory larger.
type buckets[K comparable] struct {
	rate Rate

	mu sync.Mutex
	of *simplelru.LRU[K, *rate.Limiter]
}

func newBuckets[K comparable](r Rate, places int) (*buckets[K], error) {
	of, err := simplelru.NewLRU[K, *rate.Limiter](places, nil)
	if err != nil {
		return nil, fmt.Errorf("places to count in: %w", err)
	}
	return &buckets[K]{rate: r, of: of}, nil
}

// take counts one. wait is how long until there is room again; 0 is that there was.
func (b *buckets[K]) take(key K, now time.Time) (wait time.Duration) { return b.several(key, 1, now) }

// several counts so many at once, all or none: never more than what may come at once, or they could never come.
func (b *buckets[K]) several(key K, n int, now time.Time) (wait time.Duration) {
	if b.rate.PerMinute == 0 || n < 1 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	one, found := b.of.Get(key)
	if !found {
		one = rate.NewLimiter(rate.Limit(b.rate.PerMinute)/60, max(b.rate.Burst, 1))
		b.of.Add(key, one)
	}
	place := one.ReserveN(now, min(n, one.Burst()))
	if wait = place.DelayFrom(now); wait > 0 {
		place.CancelAt(now) // who is refused has not used it up: whoever asks all the time still gets their share
	}
	return wait
}
