package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

const (
	// reloadEvery: an authority that is decided about on one machine is used on the others within a minute.
	reloadEvery = time.Minute
	// prefetchEvery: authorities publish a new list when they revoke; an hour is what a sender may be behind them.
	prefetchEvery = time.Hour
	// prefetchTime ends one round, however slow the servers are.
	prefetchTime = 10 * time.Minute
)

// run keeps up with administrators and revocation lists until ctx ends. Every machine does it for itself: what it fills are
// caches.
func (o *finders) run(ctx context.Context, log *slog.Logger) {
	keepUp(ctx, func(ctx context.Context) {
		if err := o.shelf.Reload(ctx); err != nil {
			log.WarnContext(ctx, "the approved authorities could not be read", "err", err)
		}
	}, func(ctx context.Context) { o.prefetch(ctx, log) })
}

// keepUp does both, each in its own time: an authority that is no longer trusted does not wait for servers that are slow.
func keepUp(ctx context.Context, reload, prefetch func(ctx context.Context)) {
	var wait sync.WaitGroup
	wait.Go(func() { every(ctx, reloadEvery, reload) })
	wait.Go(func() {
		prefetch(ctx)
		every(ctx, prefetchEvery, prefetch)
	})
	wait.Wait()
}

// switchKeys has the mailboxes' planned keys sign when their time has come.
func (s *service) switchKeys(ctx context.Context) {
	admin := mailbox.Admin{Store: s.store, Keeper: s.keeper, Devices: s.devices, Judge: s.finders.judge, Now: s.now, Actor: audit.Actor{Kind: "system", ID: "clock"}}
	switched, err := admin.Tick(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "planned keys of mailboxes could not be put to use", "err", err)
	}
	if len(switched) > 0 {
		s.log.InfoContext(ctx, "mailboxes sign with their planned keys", "mailboxes", len(switched))
	}
}

func every(ctx context.Context, pause time.Duration, do func(ctx context.Context)) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do(ctx)
		}
	}
}

// prefetch fetches the revocation lists of all stored certificates and of the authorities, so that no sender waits for one.
func (o *finders) prefetch(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, prefetchTime)
	defer cancel()
	subjects, err := o.shelf.Subjects(ctx)
	if err != nil {
		log.WarnContext(ctx, "the stored certificates could not be read", "err", err)
	}
	for _, c := range o.authorities {
		subjects = append(subjects, trust.Subject{Certificate: c})
	}
	var pairs []crl.Pair
	for _, subject := range subjects {
		path := o.judge.Path(subject)
		for i := 1; i < len(path); i++ {
			pairs = append(pairs, crl.Pair{Certificate: path[i-1], Issuer: path[i]})
		}
	}
	failed := 0
	held := o.lists.Refresh(ctx, pairs)
	for _, list := range held {
		if list.Err != "" {
			failed++
		}
	}
	log.InfoContext(ctx, "revocation lists were refreshed", "lists", len(held), "failed", failed)
}
