package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aau.dk/sendsikker/internal/backup"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

type backupCommand struct {
	config.Storage
	Out       string `env:"-" required:"" help:"The file to write. It must not be there." type:"path" placeholder:"FILE"`
	WithKey   bool   `env:"-" help:"Put the master key in, too, encrypted for --recipient. Who has the file and that recipient's identity reads everything."`
	Recipient string `env:"-" help:"Whom the master key is encrypted for: an age public key, as age-keygen prints it." placeholder:"age1…"`
}

// Help is shown by --help.
func (backupCommand) Help() string {
	return "The service may run, and take and send mail, meanwhile. The file holds the database and the copies that wait, encrypted at rest as they are; " +
		"the master key is not in it unless you say so: keep that apart. What it holds is of the moment when it was begun.\n\n" +
		"It is for the data folder alone. With PostgreSQL or a spool in an object store, use their own backups (docs/operations.md)."
}

// inFolder refuses what does not lie in the data folder.
func inFolder(c config.Storage) error {
	if c.DatabaseURL.Set() || c.SpoolURL != "" {
		return errors.New("this is for a database and a spool in the data folder. PostgreSQL and object stores have backups of their own: docs/operations.md says how they fit together")
	}
	return nil
}

// Run backs up.
func (c *backupCommand) Run(ctx context.Context, console console) (err error) {
	if err := inFolder(c.Storage); err != nil {
		return err
	}
	if c.WithKey != (c.Recipient != "") {
		return errors.New("--with-key and --recipient belong together")
	}
	if c.WithKey && c.KeyVault != "" {
		return errors.New("the master key is in Key Vault, and stays there: leave --with-key out")
	}
	if _, err := os.Stat(c.Database()); err != nil {
		return fmt.Errorf("there is no database to back up: %w", err)
	}
	partial := c.Out + ".partial"
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(partial) }()
	summary, err := c.write(ctx, file)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	// A link gives the name only where nothing has it yet.
	if err := os.Link(partial, c.Out); err != nil {
		return err
	}
	fmt.Fprintf(console.out, "Written to %s: the database and %d copies that wait.\n", c.Out, summary.copies)
	if !c.WithKey {
		fmt.Fprintln(console.out, "The master key is not in it: without it, nothing in the backup can be opened. Keep it apart from the backup.")
	}
	if len(summary.faults) == 0 {
		return nil
	}
	for _, f := range summary.faults {
		fmt.Fprintln(console.out, "✗", f)
	}
	return errors.New("the backup is written, but the database in it is not whole")
}

type backedUp struct {
	copies int
	faults []string
}

func (c *backupCommand) write(ctx context.Context, file io.Writer) (s backedUp, err error) {
	// Beside the data: on the same disk, and as closed to others.
	folder, err := os.MkdirTemp(c.Data, ".backup-*")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	snapshot := filepath.Join(folder, backup.Database)
	needed, err := c.snapshot(ctx, snapshot, &s)
	if err != nil {
		return s, err
	}
	w, err := backup.NewWriter(file, backup.Head{Made: time.Now(), Version: version()})
	if err != nil {
		return s, err
	}
	if err := addFile(w, backup.Database, snapshot); err != nil {
		return s, err
	}
	for _, name := range needed {
		err := addFile(w, backup.SpoolFolder+name, filepath.Join(c.Spool(), name))
		if errors.Is(err, fs.ErrNotExist) {
			w.Gone(name) // it has been sent since
			continue
		}
		if err != nil {
			return s, err
		}
		s.copies++
	}
	if c.WithKey {
		sealed, err := keeper.Seal(c.MasterKey(), c.Recipient)
		if err != nil {
			return s, err
		}
		if err := w.Add(backup.Key, int64(len(sealed)), bytes.NewReader(sealed)); err != nil {
			return s, err
		}
	}
	return s, w.Close()
}

// snapshot copies the database, and reads in the copy what is needed and whether it is whole.
func (c *backupCommand) snapshot(ctx context.Context, to string, s *backedUp) (needed []string, err error) {
	live, err := store.Open(ctx, c.Database(), time.Now)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(live.Snapshot(ctx, to), live.Close()); err != nil {
		return nil, err
	}
	still, err := store.Open(ctx, to, time.Now)
	if err != nil {
		return nil, err
	}
	needed, err = still.NeededCopies(ctx)
	if err == nil {
		s.faults, err = still.Check(ctx)
	}
	return needed, errors.Join(err, still.Close()) // closed, the file is whole in itself
}

func addFile(w *backup.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return w.Add(name, info.Size(), f)
}
