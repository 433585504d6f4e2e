package app

import (
	"context"

	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

type careArgs struct {
	atData
	Address string `arg:"" help:"The function mailbox."`
	Person  string `xor:"who" required:"" help:"Object id of a person." placeholder:"GUID"`
	Group   string `xor:"who" required:"" help:"Object id of an Entra group." placeholder:"GUID"`
}

func (c careArgs) who() (kind, subject string) {
	if c.Person != "" {
		return "person", c.Person
	}
	return "group", c.Group
}

type mailboxAppoint struct{ careArgs }

// Run gives the mailbox into their care.
func (c *mailboxAppoint) Run(ctx context.Context) error {
	kind, subject := c.who()
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Appoint(ctx, c.Address, kind, subject) })
}

type mailboxDismiss struct{ careArgs }

// Run takes it back.
func (c *mailboxDismiss) Run(ctx context.Context) error {
	kind, subject := c.who()
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Dismiss(ctx, c.Address, kind, subject) })
}
