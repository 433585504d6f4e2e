package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
)

func TestEveryKindHasANameAndANextStep(t *testing.T) {
	t.Parallel()
	want := map[fault.Kind]fault.Next{
		fault.Internal: fault.Again, fault.Invalid: fault.Never, fault.Unauthenticated: fault.Never,
		fault.Forbidden: fault.Never, fault.NotFound: fault.Never, fault.Conflict: fault.Never,
		fault.TooLarge: fault.Never, fault.Unsupported: fault.Never, fault.Refused: fault.Never,
		fault.Throttled: fault.AgainAfter, fault.Unavailable: fault.Again, fault.Rejected: fault.Never,
		fault.Unclear: fault.LookFirst,
	}
	if len(fault.Kinds()) != len(want) {
		t.Fatalf("%d kinds, but this table has %d: decide what a worker does with the new one", len(fault.Kinds()), len(want))
	}
	for _, kind := range fault.Kinds() {
		if kind.String() == "" || strings.HasPrefix(kind.String(), "Kind(") {
			t.Errorf("kind %d has no name", kind)
		}
		next, listed := want[kind]
		if !listed || kind.Next() != next {
			t.Errorf("%s: next step is %v, want %v (listed: %v)", kind, kind.Next(), next, listed)
		}
	}
}

func TestAnErrorThatIsNoFaultIsInternalAndSaysNothing(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /var/lib/keys: permission denied")
	got := fault.From(fmt.Errorf("wrapped: %w", secret))
	if got.Kind != fault.Internal || got.Code != "internal" {
		t.Fatalf("got %v %q, want internal", got.Kind, got.Code)
	}
	if strings.Contains(got.Say.DA+got.Say.EN, "keys") {
		t.Error("the public sentence holds the cause")
	}
	if !errors.Is(got, secret) {
		t.Error("the cause is lost to the log")
	}
}

func TestAFaultIsFoundThroughWrapping(t *testing.T) {
	t.Parallel()
	inner := fault.New(fault.Throttled, "busy", fault.Sentence{DA: "Vent", EN: "Wait"}, nil)
	if got := fault.KindOf(fmt.Errorf("sending: %w", inner)); got != fault.Throttled {
		t.Fatalf("got %s, want throttled", got)
	}
}
