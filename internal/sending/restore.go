package sending

import (
	"context"

	"aau.dk/sendsikker/internal/store"
)

// A database that was put back from a backup knows nothing of what was sent since. Every copy that waited then is looked for before anything
// else is done with it:
//
//	found in Sent Items  ─▶ sent
//	found nowhere        ─▶ sent now, as if it had just been accepted (restored); or unknown, where there is no copy to send (restoredGone)
//
// The schema wants a draft's id for what is being sent. These stand in its place; no id of Exchange's is a word.
const (
	restored     = "restored"
	restoredGone = "restored-gone"
)

// AfterRestore is the step of a copy that waited in a backup: to be looked for first. gone says that the copy itself is not in the spool: it
// had ended when the spool was read. With ask it is a person who decides, whatever would be found.
func AfterRestore(gone, ask bool) store.Change {
	switch {
	case ask:
		return unknownOutcome()
	case gone:
		return store.Change{To: store.Sending, DraftID: restoredGone}
	}
	return store.Change{To: store.Sending, DraftID: restored}
}

// draftOf is the id to look for, if there is one. Exchange answers to a word that is no id with an error, and not that there is none.
func draftOf(d store.Delivery) string {
	switch d.DraftID {
	case submitted, restored, restoredGone:
		return ""
	}
	return d.DraftID
}

// anew begins a restored copy again that was looked for as often as a send of ours, and had not gone out. It is an attempt of its own, which
// counts against the mailbox's limits; this one only asked.
func (s *Service) anew(ctx context.Context, d store.Delivery, m store.Message, place Place) error {
	if place == InDrafts {
		// Of an attempt before the backup or after it. Nothing would ever send it, and the next one makes its own.
		if _, err := s.Post.TidyDrafts(ctx, m.MailboxAddress, m.HeaderID, addresses(d), ""); err != nil {
			return err
		}
	}
	if err := s.step(ctx, &d, store.Change{To: store.Drafting}); err != nil {
		return err
	}
	return s.later(nil)
}
