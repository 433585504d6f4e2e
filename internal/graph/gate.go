package graph

import (
	"context"
	"strings"
	"sync"
)

// maxConcurrent is one below the four concurrent requests that Graph allows an application in a mailbox
// (throttling-limits; "over its MailboxConcurrency limit"), so that an administrator's script still gets in.
const maxConcurrent = 3

// gate holds back requests for a mailbox that has maxConcurrent running. It forgets a mailbox that nobody waits for.
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
