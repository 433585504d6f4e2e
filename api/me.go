package api

import (
	"context"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/draft"
)

// contentShare is how much of a sealed copy an attachment's own bytes are: base64 in 76-column lines takes 78 bytes for 57,
// once inside the encryption and once around it.
const contentShare = (57.0 / 78.0) * (57.0 / 78.0)

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
			Recipients: draft.MaxRecipients, Files: draft.MaxFiles, MessageBytes: int64(float64(s.MaxMessage) * contentShare),
		},
	}
	for _, m := range usable {
		me.Mailboxes = append(me.Mailboxes, contract.Mailbox{Address: m.Address, Name: m.Name})
	}
	return me, nil
}
