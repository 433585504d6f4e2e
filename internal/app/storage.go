package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

type migrateCommand struct{ config.Storage }

// Run brings the schema up to date.
func (c *migrateCommand) Run(ctx context.Context, console console) error {
	s, err := store.Open(ctx, c.Database(), time.Now)
	if err != nil {
		return err
	}
	fmt.Fprintln(console.out, "The database is up to date.")
	return s.Close()
}

type dbCommand struct {
	Check    dbCheck    `cmd:"" help:"Look whether the database is whole, and whether what is in it fits together."`
	Restored dbRestored `cmd:"" help:"Say that the database was put back by its own tools (pg_restore): what waits is looked for before it is sent."`
}

type dbCheck struct{ atData }

// Run looks.
func (c *dbCheck) Run(ctx context.Context, console console) error {
	s, k, err := c.open(ctx) // which finds out whether the master key is the right one
	if err != nil {
		return err
	}
	faults, err := s.Check(ctx)
	for _, f := range faults {
		fmt.Fprintln(console.out, "✗", f)
	}
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("%d faults", len(faults))
	}
	if err == nil {
		fmt.Fprintln(console.out, "✓ The database is whole, and the master key opens what is in it.")
	}
	return errors.Join(err, s.Close(), k.Close())
}

type keyCommand struct {
	List   keyList   `cmd:"" help:"List the versions that are held, the current one first."`
	Rotate keyRotate `cmd:"" help:"Make a new current key in the key file. Everything is wrapped anew within a quarter of an hour, without a stop."`
	Forget keyForget `cmd:"" help:"Remove an earlier key from the key file, when nothing is wrapped by it any more."`
}

type keyList struct{ atData }

// Run lists.
func (c *keyList) Run(ctx context.Context, console console) error {
	s, k, err := c.open(ctx)
	if err != nil {
		return err
	}
	used, err := s.KeyVersions(ctx)
	for i, version := range k.Versions() {
		state, use := "earlier", "nothing is wrapped by it"
		if i == 0 {
			state = "current"
		}
		if slices.Contains(used, version) {
			use = "in use"
		}
		fmt.Fprintf(console.out, "%s  %s  %s\n", version, state, use)
	}
	return errors.Join(err, s.Close(), k.Close())
}

type keyRotate struct{ config.Storage }

// Run rotates.
func (c *keyRotate) Run(console console) error {
	if c.KeyVault != "" {
		return errors.New("the master key is in Key Vault: make a new version there, give it as key-vault, and the one before as key-older")
	}
	version, err := keeper.Rotate(c.MasterKey())
	if err != nil {
		return err
	}
	fmt.Fprintf(console.out, "The current key is %s. Back the file up.\nThe running service uses it within a minute and wraps everything anew. When 'sendsikker key list' says that nothing\nis wrapped by the earlier key: sendsikker key forget VERSION\n", version)
	return nil
}

type keyForget struct {
	atData
	Version string `arg:"" help:"As key list shows it."`
}

// Run forgets.
func (c *keyForget) Run(ctx context.Context) error {
	if c.KeyVault != "" {
		return errors.New("the master key is in Key Vault: leave the version out of key-older, and disable it there")
	}
	s, k, err := c.open(ctx)
	if err != nil {
		return err
	}
	used, err := s.KeyVersions(ctx)
	if err := errors.Join(err, s.Close(), k.Close()); err != nil {
		return err
	}
	if slices.Contains(used, c.Version) {
		return errors.New("something is still wrapped by that key: wait until the service has wrapped everything anew")
	}
	return keeper.Forget(c.MasterKey(), c.Version)
}
