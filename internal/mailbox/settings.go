package mailbox

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// Settings is what an administrator decides of a mailbox beside its key.
type Settings struct {
	Name string
	store.MailboxSettings
}

const (
	// maxName is as long as Exchange lets a display name be.
	maxName = 256
	// maxLimit is above all that Exchange lets a mailbox send (30 a minute, 10,000 recipients a day).
	maxLimit = 1_000_000
)

// Settings gives them.
func (a Admin) Settings(ctx context.Context, address string) (Settings, error) {
	m, err := a.find(ctx, address)
	return Settings{m.Name, m.MailboxSettings}, err
}

// Set changes them, with all that is wrong at once.
func (a Admin) Set(ctx context.Context, address string, s Settings) error {
	m, err := a.find(ctx, address)
	if err != nil {
		return err
	}
	s.Name = strings.TrimSpace(s.Name)
	var fields []fault.Field
	bad := func(is bool, name string, say fault.Sentence) {
		if is {
			fields = append(fields, fault.Field{Name: name, Say: say})
		}
	}
	bad(s.Name == "" || utf8.RuneCountInString(s.Name) > maxName || strings.ContainsAny(s.Name, "\r\n"), "name", fault.Sentence{
		DA: "Skriv det navn, som modtagerne skal se.", EN: "Type the name that recipients are to see.",
	})
	bad(checkUndo(s.Undo) != nil, "undo", sayUndo())
	bad(s.Language != "" && s.Language != "da" && s.Language != "en", "language", fault.Sentence{DA: "Vælg dansk, engelsk eller afsenderens sprog.", EN: "Choose Danish, English or the sender's language."})
	limit := fault.Sentence{DA: "Skriv et helt tal; 0 betyder den fælles grænse.", EN: "Type a whole number; 0 means the common limit."}
	bad(s.PerMinute < 0 || s.PerMinute > maxLimit, "per_minute", limit)
	bad(s.Recipients < 0 || s.Recipients > maxLimit, "recipients", limit)
	if len(fields) > 0 {
		f := fault.New(fault.Invalid, "mailbox_settings_invalid", fields[0].Say, nil)
		f.Fields = fields
		return f
	}
	before := Settings{m.Name, m.MailboxSettings}
	if before == s {
		return nil
	}
	err = a.Store.SetMailbox(ctx, m.ID, s.Name, s.MailboxSettings, a.entry(audit.MailboxSet, m.Address, audit.Change{Before: before.shown(), After: s.shown()}))
	if errors.Is(err, store.ErrNotFound) {
		return noSuchMailbox()
	}
	return unavailable(err)
}

// shown is as the audit has it.
func (s Settings) shown() map[string]any {
	return map[string]any{
		"name": s.Name, "undo_seconds": int(s.Undo / time.Second), "enabled": !s.Disabled, "receipts": !s.NoReceipts,
		"language": s.Language, "per_minute": s.PerMinute, "recipients_per_day": s.Recipients,
	}
}

func sayUndo() fault.Sentence {
	return fault.Sentence{
		DA: "Fortrydelsestiden skal være hele sekunder, højst fem minutter.", EN: "The time to take a mail back must be whole seconds, at most five minutes.",
	}
}

func checkUndo(undo time.Duration) error {
	if undo < 0 || undo > MaxUndo || undo%time.Second != 0 {
		return invalid("mailbox_undo_invalid", "undo", sayUndo())
	}
	return nil
}
