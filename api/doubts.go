package api

import (
	"context"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// ListDoubts lists copies of which nobody knows whether they went out, for administrators.
func (s *server) ListDoubts(ctx context.Context, _ contract.ListDoubtsRequestObject) (contract.ListDoubtsResponseObject, error) {
	if _, err := administrator(ctx); err != nil {
		return nil, err
	}
	list, err := s.Sending.Doubts(ctx)
	if err != nil {
		return nil, err
	}
	answer := contract.ListDoubts200JSONResponse{Doubts: []contract.Doubt{}}
	for _, d := range list {
		answer.Doubts = append(answer.Doubts, doubt(d))
	}
	return answer, nil
}

// ResolveDoubt decides about one.
func (s *server) ResolveDoubt(ctx context.Context, r contract.ResolveDoubtRequestObject) (contract.ResolveDoubtResponseObject, error) {
	if _, err := administrator(ctx); err != nil {
		return nil, err
	}
	return contract.ResolveDoubt204Response{}, s.Sending.Resolve(ctx, callerOf(ctx), r.Copy.String(), r.Body.Decision == contract.Arrived)
}

func doubt(d sending.Doubt) contract.Doubt {
	out := contract.Doubt{
		Copy: uuid.MustParse(d.Delivery.ID), Message: uuid.MustParse(d.Delivery.MessageID), Mailbox: d.Mailbox, MessageId: d.HeaderID,
		Recipients: addressesOf(d.Delivery), Since: d.Delivery.ChangedAt, Looks: d.Delivery.Looks, Events: []contract.Event{},
	}
	for _, e := range d.Events {
		out.Events = append(out.Events, event(e, out.Recipients))
	}
	return out
}

func addressesOf(d store.Delivery) []string {
	list := make([]string, len(d.Recipients))
	for i, r := range d.Recipients {
		list[i] = r.Address
	}
	return list
}

func event(e store.Event, recipients []string) contract.Event {
	return contract.Event{
		At: e.At, What: contract.EventWhat(e.What), Code: optional(e.Code), Recipients: append([]string{}, recipients...),
		RequestIds: append([]string{}, e.RequestIDs...),
	}
}
