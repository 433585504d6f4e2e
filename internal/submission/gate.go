package submission

import (
	"context"
	"strings"
	"sync"
)

// maxConnections is one below the three that Exchange Online allows a mailbox (432 4.3.2 above it), so that a scanner or a
// script that sends from the same mailbox still gets in.
const maxConnections = 2

// gate holds back connections for a mailbox that has enough of them. It forgets a mailbox that nobody waits for.
type gate struct {
	limit int
	mu    sync.Mutex
	doors map[string]*door
}

type door struct {
	slots chan struct{}
	users int // waiting or inside
}

func newGate(limit int) *gate { return &gate{limit: limit, doors: map[string]*door{}} }

// enter waits for a place. The returned function gives it back.
func (g *gate) enter(ctx context.Context, mailbox string) (leave func(), err error) {
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
