package sending

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"aau.dk/sendsikker/internal/keeper"
)

const (
	// orphanAge is how old a copy in the spool must be before it is thought to be nobody's: an upload that is still being
	// received is written before the database knows of it.
	orphanAge = 24 * time.Hour
	// draftAge is how long ago a delivery must have ended before drafts of it are deleted: transport may still be reading what
	// lies there as a draft.
	draftAge = time.Hour
	// draftWindow is how far back from there one round looks: a few rounds' worth, for those that a machine was away for.
	draftWindow = 24 * time.Hour
	// batch is how much is asked of the database at a time.
	batch = 200
)

// Tidy does what nobody waits for. It is done by one machine, every quarter of an hour; each part by itself, so that one that
// fails keeps no other from its work.
func (s *Service) Tidy(ctx context.Context) error {
	return errors.Join(s.tidySpool(ctx), s.tidyDrafts(ctx), s.erase(ctx), s.rewrap(ctx))
}

// tidySpool removes copies that belong to no delivery any more.
func (s *Service) tidySpool(ctx context.Context) error {
	var names []string
	removed := 0
	flush := func() error {
		needed, err := s.Store.Needed(ctx, names)
		if err != nil {
			return err
		}
		for _, name := range names {
			if needed[name] {
				continue
			}
			if err := s.Spool.Delete(ctx, name); err != nil {
				return fmt.Errorf("removing an orphan: %w", err)
			}
			removed++
		}
		names = names[:0]
		return nil
	}
	for object, err := range s.Spool.List(ctx, s.Now().Add(-orphanAge)) {
		if err != nil {
			return fmt.Errorf("listing the spool: %w", err)
		}
		if names = append(names, object.Name); len(names) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	s.told(ctx, "copies that nobody needs were removed from the spool", removed)
	return nil
}

// tidyDrafts deletes drafts that attempts which were cut off have left in the function mailboxes.
func (s *Service) tidyDrafts(ctx context.Context) error {
	until := s.Now().Add(-draftAge)
	list, err := s.Store.LeftDrafts(ctx, until.Add(-draftWindow), until)
	if err != nil {
		return err
	}
	var faults error
	removed := 0
	for _, a := range list {
		keep := a.DraftID
		if a.State == "rejected" {
			keep = "" // it was never sent
		}
		n, err := s.Post.TidyDrafts(ctx, a.Mailbox, a.HeaderID, a.Recipients, keep)
		removed += n
		if faults = errors.Join(faults, err); err != nil && ctx.Err() != nil {
			break
		}
	}
	s.told(ctx, "left-over drafts were deleted", removed)
	return faults
}

// erase forgets messages whose time is over. What the audit says of them stays.
func (s *Service) erase(ctx context.Context) error {
	if s.Keep <= 0 {
		return nil
	}
	erased := 0
	for {
		n, err := s.Store.EraseMessages(ctx, s.Now().Add(-s.Keep), batch)
		erased += n
		if err != nil || n < batch {
			s.told(ctx, "messages were erased after their time", erased)
			return err
		}
	}
}

// rewrap brings every key under the current version of the master key, so that the one before it can be destroyed.
func (s *Service) rewrap(ctx context.Context) error {
	current := s.Keeper.Versions()[0]
	wrapped, after := 0, ""
	for {
		list, err := s.Store.WrappedBefore(ctx, current, after, batch)
		if err != nil {
			return err
		}
		for _, w := range list {
			after = w.ID
			anew, changed, err := s.Keeper.Rewrap(ctx, keeper.Wrapped{Version: w.Version, Bytes: w.Bytes})
			if err != nil {
				// One that cannot be opened keeps no other from being wrapped anew. Its version stays in use, and is not to be destroyed.
				s.Log.LogAttrs(ctx, slog.LevelError, "a key cannot be wrapped anew", slog.String("of", w.Table), slog.String("id", w.ID),
					slog.String("version", w.Version), slog.Any("err", err))
				continue
			}
			if !changed {
				return nil // the master key has changed once more meanwhile; the next round begins with that
			}
			if err := s.Store.Rewrap(ctx, w, anew.Bytes, anew.Version); err != nil {
				return err
			}
			wrapped++
		}
		if len(list) < batch {
			s.told(ctx, "keys were wrapped anew", wrapped)
			return nil
		}
	}
}

func (s *Service) told(ctx context.Context, what string, count int) {
	if count > 0 {
		s.Log.LogAttrs(ctx, slog.LevelInfo, what, slog.Int("count", count))
	}
}
