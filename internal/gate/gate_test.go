package gate

import (
	"context"
	"errors"
	"testing"
)

func TestAMailboxWaitsForItselfAloneAndIsForgotten(t *testing.T) {
	t.Parallel()
	g := New(1)
	leave, err := g.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := g.Enter(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Enter(ctx, "A"); !errors.Is(err, context.Canceled) {
		t.Errorf("two are inside: %v", err)
	}
	leave()
	again, err := g.Enter(t.Context(), "A")
	if err != nil {
		t.Fatal(err)
	}
	again()
	other()
	if len(g.doors) != 0 {
		t.Errorf("%d doors remembered", len(g.doors))
	}
}
