package app

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
)

const (
	// queueWarn is longer than any look after an unclear send takes (five minutes), and than a mailbox at its limit of mails a minute waits.
	queueWarn = 15 * time.Minute
	// queueFail: Graph, the credential or the workers have been away for all of it.
	queueFail = 2 * time.Hour
)

// storage looks at what we keep, and then at what is kept there.
func (e *examination) storage(ctx context.Context) {
	const area = "database"
	is, wanted, err := store.Schema(ctx, e.wiring.Database)
	switch {
	case errors.Is(err, store.ErrNotFound):
		e.report.Fail(area, "Start the service once, or run 'sendsikker migrate', as the service's user; or correct data.", "There is none yet.")
		return
	case err != nil:
		e.report.Fail(area, "See whether the server runs, lets this machine in, and the user and password are right; for SQLite, whether the file is the service's own.", "It does not answer as ours does.")
		return
	case is < wanted:
		e.report.Fail(area, "Run 'sendsikker migrate', or restart the service with this version.", "Its schema is version %d, and this program wants %d.", is, wanted)
		return
	case is > wanted:
		e.report.Fail(area, "Use the program that made it, or a newer one.", "Its schema is version %d, newer than the %d that this program knows.", is, wanted)
		return
	}
	s, k, err := openVault(ctx, e.wiring.Database, e.wiring.MasterKey, e.wiring.Now)
	if err != nil {
		e.report.Fail("master key", "Put the right one back, with mode 0600 and the service as its owner; in Key Vault, give the service wrap, unwrap, encrypt and decrypt, and name the version.", "%v.", err)
		return
	}
	defer func() { _ = errors.Join(s.Close(), k.Close()) }()
	e.database(ctx, s, is)
	e.keeper(ctx, s, k)
	e.spool(ctx, s, k)
	e.queue(ctx, s)
	e.audit(ctx, s)
	e.chain(ctx, s, k)
	e.mailboxes(ctx, s, k)
}

func (e *examination) database(ctx context.Context, s *store.Store, version int64) {
	const area = "database"
	if err := s.Ready(ctx); err != nil {
		e.report.Fail(area, "See whether the disk is full, or the server has become a read-only one.", "It cannot be written.")
		return
	}
	faults, err := s.Check(ctx)
	if err != nil {
		e.report.Fail(area, "Run 'sendsikker db check', and restore a backup if it says the same.", "It could not be looked through: it is damaged, or was closed.")
		return
	}
	for _, f := range faults {
		e.report.Fail(area, "Keep a copy of it as it is. Restore a backup (docs/operations.md), or ask who made the change by hand.", "It is not whole: %s.", f)
	}
	if len(faults) == 0 {
		e.report.OK(area, "Reachable, writable, whole, schema version %d.", version)
	}
}

func (e *examination) keeper(ctx context.Context, s *store.Store, k *keeper.Keeper) {
	const area = "master key"
	_, wrapped, err := k.NewKey(ctx)
	if err == nil {
		_, err = k.Unwrap(ctx, wrapped)
	}
	if err != nil {
		e.report.Fail(area, "In Key Vault give the service's identity the permissions wrap, unwrap, encrypt and decrypt on the key, and see whether the version is enabled.", "It does not open what it has wrapped itself.")
		return
	}
	used, err := s.KeyVersions(ctx)
	if err != nil {
		e.report.Fail(area, "Mend the database.", "Which versions are in use could not be read.")
		return
	}
	versions := k.Versions()
	idle := slices.DeleteFunc(slices.Clone(versions[1:]), func(v string) bool { return slices.Contains(used, v) })
	switch {
	case len(idle) > 0:
		e.report.Warn(area, "When the rotation is over: sendsikker key forget VERSION; in Key Vault, leave it out of key-older.", "Nothing is wrapped by %s any more.", strings.Join(idle, ", "))
	case slices.ContainsFunc(used, func(v string) bool { return v != versions[0] }):
		e.report.Warn(area, "The running service wraps everything anew within a quarter of an hour. If it does not, read its log.", "Some things are still wrapped by an earlier version.")
	default:
		e.report.OK(area, "It wraps and opens; version %s.", versions[0])
	}
	if e.shared() && !strings.Contains(e.wiring.MasterKey, "://") {
		e.report.Warn(area, "See that every machine has the same master.key, also after a rotation; or use key-vault.", "It is a file of this machine, and the database is shared.")
	}
}

// shared: several machines may use this database.
func (e *examination) shared() bool { return strings.Contains(e.wiring.Database, "://") }

func (e *examination) spool(ctx context.Context, s *store.Store, k *keeper.Keeper) {
	const area, fix = "spool", "See whether the disk is full, the folder is the service's own, or the store's credentials allow reading, writing, listing and deleting."
	box, err := spool.Open(ctx, e.wiring.Spool)
	if err != nil {
		e.report.Fail(area, "Correct spool-url.", "It cannot be opened: %v.", err)
		return
	}
	defer func() { _ = box.Close() }()
	if what := roundTrip(ctx, box, k); what != "" {
		e.report.Fail(area, fix, "%s", what)
		return
	}
	there := map[string]bool{}
	for object, err := range box.List(ctx, e.wiring.Now().Add(24*time.Hour)) { // by the store's clock, which may be ahead
		if err != nil {
			e.report.Fail(area, fix, "It cannot be listed.")
			return
		}
		there[object.Name] = true
	}
	needed, err := s.NeededCopies(ctx)
	if err != nil {
		e.report.Fail(area, "Mend the database.", "Which copies wait could not be read.")
		return
	}
	missing := 0
	for _, name := range needed {
		if !there[name] && e.stillNeeded(ctx, s, name) {
			missing++
		}
	}
	if missing > 0 {
		e.report.Fail(area, "All machines must have the same spool: give spool-url a place that all share. If this is the only one, what is missing was lost: restore it.", "%d of %d copies that the database waits for are not here.", missing, len(needed))
		return
	}
	if e.shared() && !strings.Contains(e.wiring.Spool, "://") {
		e.report.Warn(area, "Give spool-url an object store, or be sure that this folder is on a disk that all machines share.", "It is a folder, and the database is shared.")
		return
	}
	e.report.OK(area, "Written, read and deleted; all %d copies that wait are here.", len(needed))
}

// stillNeeded asks again: a copy may have been sent while the spool was listed.
func (e *examination) stillNeeded(ctx context.Context, s *store.Store, name string) bool {
	needed, err := s.Needed(ctx, []string{name})
	return err != nil || needed[name]
}

// roundTrip says what did not work; "" is nothing.
func roundTrip(ctx context.Context, box *spool.Spool, k *keeper.Keeper) string {
	const sample = "sendsikker doctor"
	key, _, err := k.NewKey(ctx)
	if err != nil {
		return "There is no key to try it with."
	}
	name := "doctor-" + uuid.NewString()
	w, err := box.Create(ctx, name, key)
	if err == nil {
		_, err = io.WriteString(w, sample)
		if err != nil {
			w.Abort()
		} else {
			err = w.Close()
		}
	}
	if err != nil {
		return "It cannot be written."
	}
	r, err := box.Open(ctx, name, key)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(r)
		_ = r.Close()
	}
	gone := box.Delete(ctx, name)
	switch {
	case err != nil || string(text) != sample:
		return "What was written cannot be read back."
	case gone != nil:
		return "What was written cannot be deleted."
	}
	return ""
}

func (e *examination) queue(ctx context.Context, s *store.Store) {
	const area = "queue"
	b, err := s.Backlog(ctx)
	if err != nil {
		e.report.Fail(area, "Mend the database.", "It could not be read.")
		return
	}
	waits := time.Duration(0)
	if b.Waiting > 0 {
		waits = e.wiring.Now().Sub(b.Oldest)
	}
	const fix = "See whether the service runs, and what its log says of Graph; sendsikker_queue_oldest_seconds shows the trend."
	switch {
	case waits > queueFail:
		e.report.Fail(area, fix, "%d copies wait, the oldest for %s.", b.Waiting, howLong(waits))
	case waits > queueWarn:
		e.report.Warn(area, fix, "%d copies wait, the oldest for %s.", b.Waiting, howLong(waits))
	default:
		e.report.OK(area, "%d copies wait.", b.Waiting)
	}
	if b.Unknown > 0 {
		e.report.Warn(area, "Ask the recipients, and decide: GET /v1/doubts.", "Of %d copies nobody knows whether they went out.", b.Unknown)
	}
}

func (e *examination) audit(ctx context.Context, s *store.Store) {
	const area = "audit log"
	entries, newest, sealed, err := s.AuditLog(ctx)
	switch {
	case err != nil:
		e.report.Fail(area, "Mend the database.", "It could not be read.")
	case !sealed:
		e.report.Fail(area, "Somebody took the trigger audit_is_never_altered away. Find out who and why; a migration on an empty database shows what it must be.", "Its entries can be altered.")
	case newest.After(e.wiring.Now().Add(time.Minute)):
		e.report.Warn(area, "Compare the clocks of all machines.", "Its newest entry is from the future.")
	default:
		e.report.OK(area, "%d entries, and the database alters none.", entries)
	}
}
