package directory

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxIdle is how long a connection may wait for its next use: firewalls forget a silent connection after a few minutes, and
// then a request on it is answered by nobody at all.
const maxIdle = time.Minute

// pool keeps connections from one search to the next: TCP, TLS and log-in are four round trips, a search is one.
type pool struct {
	connect func(context.Context) (*connection, error)
	now     func() time.Time
	slots   chan struct{} // one for every connection that may be in use

	mu     sync.Mutex
	idle   []waiting // the one used last at the end
	closed bool
}

type waiting struct {
	*connection
	since time.Time
}

func newPool(size int, now func() time.Time, connect func(context.Context) (*connection, error)) *pool {
	return &pool{connect: connect, now: now, slots: make(chan struct{}, size)}
}

// use runs operation on a connection. One that died while it waited is found out by the first use: then operation, which
// must only read and begin anew each time, runs once more on a fresh one, and the others that waited are not tried.
func (p *pool) use(ctx context.Context, operation func(context.Context, *connection) error) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return trouble(CodeSilent, errBusy)
	}
	c, closed := p.take()
	if closed {
		return trouble(CodeSilent, errClosed)
	}
	if c != nil {
		err := p.run(ctx, c, operation)
		if !errors.Is(err, errLost) {
			return err
		}
		p.clear()
	}
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	return p.run(ctx, c, operation)
}

func (p *pool) run(ctx context.Context, c *connection, operation func(context.Context, *connection) error) error {
	err := operation(ctx, c)
	if err == nil {
		p.give(c)
	} else {
		c.drop() // whatever the server was saying, the next one shall not hear the rest of it
	}
	return err
}

// take gives the connection that was used last, or nil.
func (p *pool) take() (c *connection, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		last := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if last.sound() && p.now().Sub(last.since) < maxIdle {
			return last.connection, p.closed
		}
		last.drop()
	}
	return nil, p.closed
}

func (p *pool) give(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !c.sound() {
		c.drop()
		return
	}
	p.idle = append(p.idle, waiting{connection: c, since: p.now()})
}

func (p *pool) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.drop()
	}
	p.idle = nil
}

// close ends what waits, and what is given back from now on.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.clear()
}
