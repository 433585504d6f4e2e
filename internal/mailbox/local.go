package mailbox

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
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
		return invalid("local_administrator_invalid", "subject", fault.Sentence{
			DA: "En lokal administrator er en person eller en gruppe ved dens objekt-id (et GUID).",
			EN: "A local administrator is a person or a group by their object id (a GUID).",
		})
	}
	m, err := a.find(ctx, address)
	if err != nil {
		return err
	}
	one := store.LocalAdministrator{MailboxID: m.ID, Kind: kind, Subject: id.String()}
	err = do(ctx, one, a.entry(action, m.Address, map[string]string{"kind": kind, "subject": one.Subject}))
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.NotFound, "no_such_local_administrator", fault.Sentence{
			DA: "Vedkommende er ikke lokal administrator for postkassen.", EN: "They are no local administrator of the mailbox.",
		}, err)
	}
	return unavailable(err)
}
