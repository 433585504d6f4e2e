package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/backup"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
)

type restoreCommand struct {
	config.Storage
	From         string `env:"-" required:"" help:"The file that 'sendsikker backup' wrote." type:"existingfile" placeholder:"FILE"`
	KeyIdentity  string `env:"-" help:"File with the age identity that the master key in the backup was encrypted for." type:"existingfile" placeholder:"FILE"`
	Undelivered  string `env:"-" default:"look" enum:"look,ask" help:"What waited in the backup: look for it in the function mailboxes and send what is not there; or ask, so that an administrator decides about each." placeholder:"HOW"`
	MaxGigabytes int64  `env:"-" default:"100" help:"Largest backup that is read." placeholder:"N"`
}

// Help is shown by --help.
func (restoreCommand) Help() string {
	return "Stop the old service first, and be sure that it stays stopped. The data folder must hold no database and no spool; the master key may lie there already. " +
		"Nothing is put in place before everything has been checked.\n\n" +
		"What was sent since the backup waits in it still. So every copy that waits is looked for in its function mailbox by its Message-ID before anything is sent. " +
		"What somebody has deleted there since, and what its sender took back after the backup, is not to be found, and is sent: with a backup that is older than some hours, use --undelivered ask."
}

// Run restores.
func (c *restoreCommand) Run(ctx context.Context, console console) (err error) {
	if err := inFolder(c.Storage); err != nil {
		return err
	}
	if err := c.vacant(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(c.Data, ".restore-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file, err := os.Open(c.From)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	content, err := backup.Extract(file, folder, c.MaxGigabytes*1_000_000_000)
	if err != nil {
		return err
	}
	waiting, err := c.prepare(ctx, folder, content)
	if err != nil {
		return err
	}
	hasKey, err := c.key(ctx, folder)
	if err != nil {
		return err
	}
	if err := c.place(folder); err != nil {
		return err
	}
	fmt.Fprintf(console.out, "Restored as of %s. %d copies wait, %s.\n", content.Made.Format(time.RFC3339), waiting,
		map[string]string{"look": "and are looked for before they are sent", "ask": "each for an administrator's decision (GET /v1/doubts)"}[c.Undelivered])
	if !hasKey && c.KeyVault == "" {
		fmt.Fprintf(console.out, "The master key is missing: put it at %s (mode 0600) before you start the service.\n", c.MasterKey())
	}
	fmt.Fprintln(console.out, "Then: sendsikker db check, sendsikker doctor, sendsikker serve")
	return nil
}

// vacant refuses to write over anything.
func (c *restoreCommand) vacant() error {
	list, err := os.ReadDir(c.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range list {
		name := entry.Name()
		if strings.HasPrefix(name, backup.Database) || name == "spool" {
			return fmt.Errorf("%s is there already: a backup is restored into a folder without a database and a spool. Move it away", filepath.Join(c.Data, name))
		}
	}
	return nil
}

// prepare proves the database and has every copy that waits looked for.
func (c *restoreCommand) prepare(ctx context.Context, folder string, content backup.Extracted) (waiting int, err error) {
	s, err := store.Open(ctx, filepath.Join(folder, backup.Database), time.Now)
	if err != nil {
		return 0, fmt.Errorf("the backup's database: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	faults, err := s.Check(ctx)
	if err != nil {
		return 0, err
	}
	if len(faults) > 0 {
		return 0, fmt.Errorf("the database in the backup is not whole, and nothing is put in place: %s", strings.Join(faults, "; "))
	}
	needed, err := s.NeededCopies(ctx)
	if err != nil {
		return 0, err
	}
	there, gone := map[string]bool{}, map[string]bool{}
	for _, item := range content.Items {
		there[item.Name] = true
	}
	for _, name := range content.Gone {
		gone[name] = true
	}
	for _, name := range needed {
		if !there[backup.SpoolFolder+name] && !gone[name] {
			return 0, fmt.Errorf("the backup holds no copy %s, which waits in its database", name)
		}
	}
	list, err := s.Undelivered(ctx)
	if err != nil {
		return 0, err
	}
	err = s.Restored(ctx, list, func(d store.Delivery) store.Change {
		return sending.AfterRestore(gone[d.SpoolName], c.Undelivered == "ask")
	}, audit.Entry{
		At: time.Now(), Actor: operator(), Action: audit.BackupRestored,
		Detail: map[string]any{"made": content.Made, "waiting": len(list), "undelivered": c.Undelivered},
	})
	return len(list), err
}

type dbRestored struct {
	config.Storage
	Undelivered string `env:"-" default:"look" enum:"look,ask" help:"What waits: look for it in the function mailboxes and send what is not there; or ask, so that an administrator decides about each." placeholder:"HOW"`
}

// Help is shown by --help.
func (dbRestored) Help() string {
	return "Run it once after the database was put back and before any machine of the service is started. 'sendsikker restore' does it by itself."
}

// Run has every copy that waits looked for.
func (c *dbRestored) Run(ctx context.Context, console console) (err error) {
	s, err := store.Open(ctx, c.Database(), time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	box, err := spool.Open(ctx, c.Spool())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	there := map[string]bool{}
	for object, err := range box.List(ctx, time.Now().Add(24*time.Hour)) { // by the store's clock, which may be ahead
		if err != nil {
			return err
		}
		there[object.Name] = true
	}
	list, err := s.Undelivered(ctx)
	if err != nil {
		return err
	}
	err = s.Restored(ctx, list, func(d store.Delivery) store.Change {
		return sending.AfterRestore(!there[d.SpoolName], c.Undelivered == "ask")
	}, audit.Entry{
		At: time.Now(), Actor: operator(), Action: audit.BackupRestored, Detail: map[string]any{"waiting": len(list), "undelivered": c.Undelivered},
	})
	if err == nil {
		fmt.Fprintf(console.out, "%d copies wait, and are not sent before they have been looked for or decided about.\n", len(list))
	}
	return err
}

// key brings the master key along, if it is there to be brought, and proves that it is the right one.
func (c *restoreCommand) key(ctx context.Context, folder string) (has bool, err error) {
	if c.KeyVault != "" {
		return false, nil
	}
	if c.KeyIdentity != "" {
		sealed, err := os.ReadFile(filepath.Join(folder, backup.Key))
		if errors.Is(err, fs.ErrNotExist) {
			return false, errors.New("--key-identity is given, and the backup holds no master key")
		}
		if err != nil {
			return false, err
		}
		if err := keeper.Unseal(sealed, c.KeyIdentity, c.MasterKey()); err != nil {
			return false, err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, os.Remove(c.MasterKey())) // it was not there before
			}
		}()
	}
	if _, err := os.Stat(c.MasterKey()); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	s, k, err := openVault(ctx, filepath.Join(folder, backup.Database), c.MasterKey(), time.Now)
	if err != nil {
		return false, err
	}
	return true, errors.Join(s.Close(), k.Close())
}

// place gives everything its name; the database last, for it is what is looked for.
func (c *restoreCommand) place(folder string) error {
	spool := filepath.Join(folder, "spool")
	if err := os.MkdirAll(spool, 0o700); err != nil {
		return err
	}
	if err := os.Rename(spool, c.Spool()); err != nil {
		return err
	}
	sealed := filepath.Join(folder, backup.Key)
	if _, err := os.Stat(sealed); err == nil {
		if err := os.Rename(sealed, filepath.Join(c.Data, backup.Key)); err != nil {
			return err
		}
	}
	if err := os.Rename(filepath.Join(folder, backup.Database), c.Database()); err != nil {
		return err
	}
	f, err := os.Open(c.Data)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
