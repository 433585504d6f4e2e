package sending

import (
	"cmp"
	"context"
	"errors"
	"net/mail"

	"aau.dk/sendsikker/internal/notice"
	"aau.dk/sendsikker/internal/store"
)

// Notify puts the receipt or the report in the function mailbox. It may be run again: the note carries a Message-ID of its
// own, and the same one twice makes one note.
func (s *Service) Notify(ctx context.Context, messageID string) error {
	row, err := s.Store.Message(ctx, messageID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && row.NoticeKind != "") {
		return nil
	}
	if err != nil {
		return unavailable(err)
	}
	m, err := s.view(ctx, row)
	if err != nil {
		return err
	}
	if m.Outcome() == InProgress {
		return nil // it comes again with the last delivery
	}
	if m.Outcome() == AllSent && !row.Receipts {
		return nil // the mailbox wants to hear of what went wrong alone
	}
	return s.put(ctx, row, m, "", func(ctx context.Context, kind string) error { return s.Store.SetNotice(ctx, messageID, kind) })
}

// put writes the receipt or the report. which tells one that was asked for from the others of its message; done records it.
func (s *Service) put(ctx context.Context, row store.Message, m Message, which string, done func(ctx context.Context, kind string) error) error {
	n := noticeOf(m)
	n.Language = cmp.Or(row.NoticeLanguage, n.Language)
	subject, html, err := notice.Render(n)
	if err != nil {
		return err
	}
	// It takes one of the mailbox's places, like everything else that is done there; and while one machine writes it, no other does.
	return s.attempt(ctx, row.Deliveries[0], true, func(ctx context.Context) error {
		err := s.Post.PutNotice(ctx, m.Mailbox, Note{
			Subject: subject, HTML: html, From: mail.Address{Address: m.Mailbox}, At: s.Now(),
			MessageID: "<notice-" + m.ID + which + "@" + domainOf(m.Mailbox) + ">", InReplyTo: m.HeaderID,
		})
		if err != nil {
			return err
		}
		if err := done(ctx, noticeKind(m)); err != nil {
			return unavailable(err)
		}
		return nil
	})
}

func noticeKind(m Message) string {
	if m.Outcome() == AllSent {
		return string(store.Receipt)
	}
	return string(store.Report)
}

func noticeOf(m Message) notice.Notice {
	n := notice.Notice{
		Subject: m.Subject, MessageID: m.HeaderID, Mailbox: m.Mailbox, PressedBy: m.PressedBy, AcceptedAt: m.AcceptedAt, Language: m.Language,
	}
	for _, r := range m.Recipients {
		line := notice.Recipient{
			Name: r.Recipient.Name, Address: r.Recipient.Address, Route: string(r.Route), State: string(r.State), At: r.At, Say: r.Say,
		}
		if c := r.Certificate; c != nil {
			line.Certificates = []notice.Certificate{{Subject: c.Subject, Issuer: c.Issuer, NotAfter: c.ValidTo, SHA256: c.SHA256}}
		}
		n.Recipients = append(n.Recipients, line)
	}
	return n
}
