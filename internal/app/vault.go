package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// openVault opens the database and the master key that belongs to it. A key is made only for a database in which nothing is
// wrapped yet: one that was made because the right one is missing would open nothing, and hide that it is missing.
func openVault(ctx context.Context, database, masterKey string, now func() time.Time) (_ *store.Store, _ *keeper.Keeper, err error) {
	s, err := store.Open(ctx, database, now)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	versions, err := s.KeyVersions(ctx)
	if err != nil {
		return nil, nil, err
	}
	if len(versions) == 0 {
		k, err := keeper.Open(keeper.Source{Where: masterKey, Make: true})
		return s, k, err
	}
	k, err := keeper.Open(keeper.Source{Where: masterKey})
	if err != nil {
		return nil, nil, fmt.Errorf("opening the master key (put the right one back: without it nothing in the database can be opened): %w", err)
	}
	for _, v := range versions {
		if !k.Holds(v) {
			return nil, nil, errors.Join(fmt.Errorf("the database was encrypted under master key %q, and %s is another: put the right one back", v, masterKey), k.Close())
		}
	}
	return s, k, nil
}
