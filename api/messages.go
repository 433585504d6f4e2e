package api

import (
	"context"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// pageSize is the contract's default.
const pageSize = 25

// ListMessages lists the caller's own messages, newest first.
func (s *server) ListMessages(ctx context.Context, r contract.ListMessagesRequestObject) (contract.ListMessagesResponseObject, error) {
	q := store.MessageQuery{Limit: pageSize}
	if r.Params.Limit != nil {
		q.Limit = *r.Params.Limit
	}
	if r.Params.Before != nil {
		q.Before = r.Params.Before.String()
	}
	if r.Params.State != nil {
		q.State = string(*r.Params.State)
	}
	if r.Params.Since != nil {
		q.Since = *r.Params.Since
	}
	if r.Params.Until != nil {
		q.Until = *r.Params.Until
	}
	q.Mailbox, q.Recipient = given(r.Params.Mailbox), given(r.Params.Recipient)
	list, err := s.Sending.Messages(ctx, callerOf(ctx), q)
	if err != nil {
		return nil, err
	}
	answer := contract.ListMessages200JSONResponse{Messages: []contract.Message{}}
	for _, m := range list {
		answer.Messages = append(answer.Messages, shown(m))
	}
	if len(list) == q.Limit {
		answer.Next = &answer.Messages[q.Limit-1].Id
	}
	return answer, nil
}

func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// CancelMessage takes one of the caller's messages back.
func (s *server) CancelMessage(ctx context.Context, r contract.CancelMessageRequestObject) (contract.CancelMessageResponseObject, error) {
	return contract.CancelMessage204Response{}, s.Sending.Cancel(ctx, callerOf(ctx), r.Id.String())
}

// GetMessage tells what became of one of the caller's messages.
func (s *server) GetMessage(ctx context.Context, r contract.GetMessageRequestObject) (contract.GetMessageResponseObject, error) {
	m, err := s.Sending.Message(ctx, callerOf(ctx), r.Id.String())
	if err != nil {
		return nil, err
	}
	return contract.GetMessage200JSONResponse(shown(m)), nil
}

func shown(m sending.Message) contract.Message {
	out := contract.Message{
		Id: uuid.MustParse(m.ID), Mailbox: m.Mailbox, MessageId: m.HeaderID, Subject: m.Subject, AcceptedAt: m.AcceptedAt,
		State: contract.MessageState(m.Outcome()), Recipients: []contract.MessageRecipient{}, HeldUntil: when(m.HeldUntil),
	}
	for _, r := range m.Recipients {
		line := contract.MessageRecipient{
			Copy: uuid.MustParse(r.Copy), Address: r.Recipient.Address, Name: optional(r.Recipient.Name), Field: contract.MessageRecipientField(r.Field),
			Route: contract.Route(r.Route), State: contract.DeliveryState(r.State), At: &r.At, Certificate: certificate(r.Certificate),
		}
		if r.Code != "" {
			sentence := say(r.Say)
			line.Code, line.Say = &r.Code, &sentence
		}
		out.Recipients = append(out.Recipients, line)
	}
	if m.NoticeKind != "" {
		out.Notice = &contract.Notice{Kind: contract.NoticeKind(m.NoticeKind), At: m.NoticeAt}
	}
	return out
}
