package sending

import (
	"context"
	"log/slog"
	"slices"

	"aau.dk/sendsikker/internal/fault"
)

// countRefusal counts a mail that was stopped, and why, for whoever answers for the service. Whose it was is not kept: the sender
// was told, and a record of attempts would be one of people's mistakes.
func (s *Service) countRefusal(ctx context.Context, cause error) {
	f := fault.From(cause)
	if f.Kind != fault.Refused && f.Kind != fault.Forbidden {
		return
	}
	var codes []string
	for _, r := range f.Recipients {
		codes = append(codes, r.Code)
	}
	slices.Sort(codes) // two that count at the same time wait for each other's rows in one order
	if err := s.Store.CountRefusals(context.WithoutCancel(ctx), s.Now(), f.Code, codes); err != nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "a refusal could not be counted", slog.Any("err", err))
	}
}
