package gate

import (
	"context"
	"strings"
	"sync"
)

// Gate lets so many in at a time for one mailbox. It forgets a mailbox that nobody waits for, and is safe for concurrent use.
type Gate struct {
	limit int
	mu    sync.Mutex
	doors map[string]*door
}

type door struct {
	slots chan struct{}
	users int // waiting or inside
}

// New makes one for limit at a time.
func New(limit int) *Gate { return &Gate{limit: limit, doors: map[string]*door{}} }

// Enter waits for a place. The returned function gives it back. Exchange does not tell a mailbox in other letters from the same one,
// and neither does this.
func (g *Gate) Enter(ctx context.Context, mailbox string) (leave func(), err error) {
	key := strings.ToLower(mailbox)
	g.mu.Lock()
	d := g.doors[key]
	if d == nil {
		d = &door{slots: make(chan struct{}, g.limit)}
		g.doors[key] = d
	}
	d.users++
	g.mu.Unlock()
	forget := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if d.users--; d.users == 0 {
			delete(g.doors, key)
		}
	}
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}
