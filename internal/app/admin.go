package app

import (
	"context"
	"errors"
	"os/user"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// atData is a command that works on the database, beside a running service or without one.
type atData struct{ config.Storage }

func (a atData) open(ctx context.Context) (*store.Store, *keeper.Keeper, error) {
	return openVault(ctx, a.Database(), a.MasterKey(), time.Now)
}

func (a atData) with(ctx context.Context, do func(*store.Store, mailbox.Admin) error) error {
	s, k, err := a.open(ctx)
	if err != nil {
		return err
	}
	d, err := devicesFrom(a.Storage).open()
	if err == nil {
		err = errors.Join(inOurWords(do(s, mailbox.Admin{Store: s, Keeper: k, Devices: d, Now: time.Now, Actor: operator()})), d.close())
	}
	return errors.Join(err, s.Close(), k.Close())
}

// operator is who runs the command, as this machine knows them.
func operator() audit.Actor {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return audit.Actor{Kind: "operator", ID: name}
}

type grantCommand struct {
	Add    grantAdd    `cmd:"" help:"Let a person, an Entra group or an application send as a function mailbox."`
	Remove grantRemove `cmd:"" help:"Take that right away."`
	Who    grantWho    `cmd:"" help:"Say who can send as a function mailbox, and why, as the directory has it."`
}

type grantArgs struct {
	atData
	Address     string `arg:"" help:"The function mailbox."`
	Person      string `xor:"who" required:"" help:"Object id of a person." placeholder:"GUID"`
	Group       string `xor:"who" required:"" help:"Object id of an Entra group." placeholder:"GUID"`
	Application string `xor:"who" required:"" help:"Client id of an application." placeholder:"GUID"`
}

func (g grantArgs) grant() store.Grant {
	switch {
	case g.Person != "":
		return store.Grant{Kind: "person", Subject: g.Person}
	case g.Group != "":
		return store.Grant{Kind: "group", Subject: g.Group}
	}
	return store.Grant{Kind: "application", Subject: g.Application}
}

type grantAdd struct{ grantArgs }

// Run gives the right.
func (c *grantAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Grant(ctx, c.Address, c.grant()) })
}

type grantRemove struct{ grantArgs }

// Run takes the right away.
func (c *grantRemove) Run(ctx context.Context) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Revoke(ctx, c.Address, c.grant()) })
}
