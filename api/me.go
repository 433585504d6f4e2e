package api

import (
	"context"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/sending"
)

// GetMe tells who asks, what they may send as, and the limits that hold.
func (s *server) GetMe(ctx context.Context, _ contract.GetMeRequestObject) (contract.GetMeResponseObject, error) {
	caller := callerOf(ctx)
	usable, err := s.Mailboxes.Usable(ctx, caller)
	if err != nil {
		return nil, err
	}
	me := contract.GetMe200JSONResponse{
		Kind: contract.MeKind(caller.Kind), Id: caller.ID, Name: caller.Name, Mailboxes: []contract.Mailbox{},
		Limits: contract.Limits{
			Recipients: draft.MaxRecipients, Files: draft.MaxFiles, MessageBytes: sending.Content(s.MaxMessage, true),
		},
	}
	for _, m := range usable {
		me.Mailboxes = append(me.Mailboxes, contract.Mailbox{Address: m.Address, Name: m.Name, UndoSeconds: int(m.Undo.Seconds())})
	}
	return me, nil
}
