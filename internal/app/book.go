package app

import (
	"context"

	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// book is Graph's directory as an administrator searches it: two packages that do not know each other.
type book struct{ client *graph.Client }

func (b book) Search(ctx context.Context, kind, text string) ([]mailbox.Named, error) {
	list, err := b.client.Search(ctx, graph.EntryKind(kind), text)
	return named(list), err
}

func (b book) Members(ctx context.Context, group string, limit int) ([]mailbox.Named, bool, error) {
	list, more, err := b.client.Members(ctx, group, limit)
	return named(list), more, err
}

func (b book) Named(ctx context.Context, grants []store.Grant) ([]mailbox.Named, error) {
	var ids, applications []string
	for _, g := range grants {
		if g.Kind == string(graph.Application) {
			applications = append(applications, g.Subject)
		} else {
			ids = append(ids, g.Subject)
		}
	}
	list, err := b.client.Named(ctx, ids, applications)
	return named(list), err
}

func named(list []graph.Entry) []mailbox.Named {
	out := make([]mailbox.Named, len(list))
	for i, e := range list {
		out[i] = mailbox.Named{Kind: string(e.Kind), ID: e.ID, Name: e.Name, Address: e.Address}
	}
	return out
}
