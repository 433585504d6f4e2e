package app

import (
	"context"
	"errors"
	"io"

	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/submission"
)

// post is Graph, and SMTP submission for large copies where that is the way, as package sending wants them: adapters do not know
// the use case, and the use case does not know them.
type post struct {
	client *graph.Client
	large  *submission.Client // nil: Graph takes large copies, or nobody
}

func (p post) MaxMessage(enveloped bool) int64 {
	switch {
	case p.large != nil:
		return p.large.MaxMessage()
	case enveloped:
		return p.client.MaxMessage()
	}
	return graph.MaxMIME
}

// Submits: what Graph takes as MIME goes by Graph, which keeps the proof of it.
func (p post) Submits(size int64, _ bool) bool { return p.large != nil && size > graph.MaxMIME }

func (p post) Submit(ctx context.Context, mailbox string, to []string, mime io.Reader, size int64) error {
	if p.large == nil {
		return errors.New("nobody takes large mail")
	}
	return p.large.Submit(ctx, mailbox, to, mime, size)
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

func (p post) TidyDrafts(ctx context.Context, mailbox, messageID string, to []string, keep string) (int, error) {
	return p.client.TidyDrafts(ctx, mailbox, messageID, to, keep)
}

func (post) Traced(ctx context.Context) (traced context.Context, numbers func() []string) {
	ctx, trace := graph.WithTrace(ctx)
	return ctx, trace.RequestIDs
}

func (p post) PutNotice(ctx context.Context, mailbox string, n sending.Note) error {
	_, err := p.client.PutNotice(ctx, mailbox, graph.Note{
		Subject: n.Subject, HTML: n.HTML, From: n.From, At: n.At, InternetMessageID: n.MessageID, InReplyTo: n.InReplyTo,
	})
	return err
}
