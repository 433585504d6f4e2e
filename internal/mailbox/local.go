package mailbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

// Appoint gives a mailbox into the care of a person or an Entra group: local administrators.
func (a Admin) Appoint(ctx context.Context, address, kind, subject string) error {
	return a.care(ctx, address, kind, subject, audit.LocalAdministratorPut, a.Store.PutLocalAdministrator)
}

// Dismiss takes it back.
func (a Admin) Dismiss(ctx context.Context, address, kind, subject string) error {
	return a.care(ctx, address, kind, subject, audit.LocalAdministratorDeleted, a.Store.DeleteLocalAdministrator)
}

func (a Admin) care(ctx context.Context, address, kind, subject string, action audit.Action,
	do func(context.Context, store.LocalAdministrator, audit.Entry) error,
) error {
	id, err := uuid.Parse(subject)
	if err != nil || kind != "person" && kind != "group" {
		return errors.New("a local administrator is a person or a group, named by an object id: a UUID")
	}
	m, err := a.Store.MailboxByAddress(ctx, Canonical(address))
	if err != nil {
		return fmt.Errorf("finding the mailbox: %w", err)
	}
	one := store.LocalAdministrator{MailboxID: m.ID, Kind: kind, Subject: id.String()}
	return do(ctx, one, entry(a.Now(), a.Actor, action, m.Address, map[string]string{"kind": kind, "subject": one.Subject}))
}
