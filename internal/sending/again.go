package sending

import (
	"context"
	"errors"
	"strconv"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// underWayPause is how long a report that was asked for waits when a copy has been set to be sent again meanwhile.
const underWayPause = time.Minute

// MayNotify is whether the receipt or report can be asked for again: the message has ended, and the first one lies in the mailbox, or
// none comes by itself because the mailbox wants to hear of what went wrong alone.
func (i Inspection) MayNotify() bool {
	switch i.Outcome() {
	case InProgress, TakenBack:
		return false
	case AllSent:
		return i.NoticeKind != "" || !i.Receipts
	case SomeFailed, SomeUnsure:
	}
	return i.NoticeKind != ""
}

// AskNotice has the receipt or report put into the function mailbox again, with what is known by now. before is the NoticeAt that
// whoever asks has seen: of two clicks the second has seen an old one, and is told so.
func (s *Service) AskNotice(ctx context.Context, c mailbox.Caller, messageID string, before time.Time) error {
	row, err := s.Store.Message(ctx, messageID)
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.NotFound, "message_not_found", fault.Sentence{
			DA: "Der er ingen besked med det nummer længere.", EN: "There is no message with that number any more.",
		}, nil)
	}
	if err != nil {
		return uninspected(err)
	}
	m, err := seen(row, "", "")
	if err != nil {
		return err
	}
	if !(Inspection{Message: m, Receipts: row.Receipts}).MayNotify() {
		return fault.New(fault.Conflict, "notice_not_due", fault.Sentence{
			DA: "Beskeden er ikke afsluttet, eller dens første rapport er på vej. Hent siden igen om lidt. Intet er bestilt.",
			EN: "The message has not ended, or its first report is on its way. Fetch the page again shortly. Nothing was asked for.",
		}, nil)
	}
	err = s.Store.AskNotice(ctx, messageID, noticeKind(m), before, audit.Entry{
		At: s.Now(), Actor: audit.Actor{Kind: string(c.Kind), ID: c.ID}, Action: audit.NoticeAsked, Mailbox: row.MailboxAddress, MessageID: messageID,
	})
	if errors.Is(err, store.ErrMoved) {
		return fault.New(fault.Conflict, "notice_asked", fault.Sentence{
			DA: "Den er allerede bestilt, og bliver lagt i postkassen én gang.", EN: "It has been asked for already, and is put into the mailbox once.",
		}, nil)
	}
	if err != nil {
		return uninspected(err)
	}
	return nil
}

// NotifyAgain puts a receipt or report that was asked for in the function mailbox. It may be run again, as Notify may.
func (s *Service) NotifyAgain(ctx context.Context, messageID string, asked time.Time) error {
	row, err := s.Store.Message(ctx, messageID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return unavailable(err)
	}
	m, err := s.view(ctx, row)
	if err != nil {
		return err
	}
	switch m.Outcome() {
	case TakenBack:
		return nil
	case InProgress:
		f := fault.New(fault.Throttled, "message_under_way", fault.Sentence{
			DA: "Beskeden er på vej igen. Rapporten venter på, hvad der bliver af den.", EN: "The message is on its way again. The report waits for what becomes of it.",
		}, nil)
		f.RetryAfter = underWayPause
		return f
	case AllSent, SomeFailed, SomeUnsure:
	}
	return s.put(ctx, row, m, "-"+strconv.FormatInt(asked.UnixMilli(), 10), func(ctx context.Context, kind string) error {
		return s.Store.NoticePut(ctx, messageID, kind, asked)
	})
}
