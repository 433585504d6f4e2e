package mailbox

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// Grant lets a person, group or application send as the mailbox.
func (a Admin) Grant(ctx context.Context, address string, g store.Grant) error {
	return a.change(ctx, address, g, audit.GrantPut, a.Store.PutGrant)
}

// Revoke takes it back.
func (a Admin) Revoke(ctx context.Context, address string, g store.Grant) error {
	return a.change(ctx, address, g, audit.GrantDeleted, a.Store.DeleteGrant)
}

func (a Admin) change(ctx context.Context, address string, g store.Grant, action audit.Action,
	do func(context.Context, string, store.Grant, audit.Entry) error,
) error {
	id, err := uuid.Parse(g.Subject)
	if err != nil || g.Kind != "person" && g.Kind != "group" && g.Kind != "application" {
		return invalid("grant_invalid", "subject", fault.Sentence{
			DA: "En adgang gives til en person eller gruppe ved dens objekt-id eller til et program ved dets klient-id (et GUID).",
			EN: "A right is given to a person or group by their object id, or to an application by its client id (a GUID).",
		})
	}
	g.Subject = id.String()
	m, err := a.find(ctx, address)
	if err != nil {
		return err
	}
	err = do(ctx, m.ID, g, a.entry(action, m.Address, g))
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.NotFound, "no_such_grant", fault.Sentence{
			DA: "Den adgang er der ikke.", EN: "There is no such right.",
		}, err)
	}
	return unavailable(err)
}
