package app

import (
	"context"
	"io"

	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sending"
)

// post is Graph as package sending wants it: adapters do not know the use case, and the use case does not know them.
type post struct{ client *graph.Client }

func (p post) MaxMessage(sealed bool) int64 {
	if sealed {
		return p.client.MaxMessage()
	}
	return graph.MaxMIME
}

func (p post) CreateDraft(ctx context.Context, mailbox string, mime io.Reader, size int64) (string, error) {
	return p.client.CreateDraft(ctx, mailbox, mime, size)
}

func (p post) Send(ctx context.Context, mailbox, id string) error {
	return p.client.Send(ctx, mailbox, id)
}

func (p post) Find(ctx context.Context, mailbox, id, messageID string, to []string) (sending.Place, error) {
	place, err := p.client.Find(ctx, mailbox, id, messageID, to)
	switch place {
	case graph.PlaceDraft:
		return sending.InDrafts, err
	case graph.PlaceSent:
		return sending.InSent, err
	case graph.PlaceNowhere:
	}
	return sending.Nowhere, err
}

func (p post) PutNotice(ctx context.Context, mailbox string, n sending.Note) error {
	_, err := p.client.PutNotice(ctx, mailbox, graph.Note{
		Subject: n.Subject, HTML: n.HTML, From: n.From, At: n.At, InternetMessageID: n.MessageID, InReplyTo: n.InReplyTo,
	})
	return err
}
