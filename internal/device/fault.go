package device

import (
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
)

// The codes of what devices answer.
const (
	CodeAway    = "key_device_away"
	CodeRefused = "key_device_refused"
	CodeCannot  = "key_device_cannot"
)

// retry is what a caller is told to wait where the device does not say.
const retry = 30 * time.Second

// Away says that the device does not answer just now, and waiting helps. after is what it asked to wait; 0 is unknown.
func Away(after time.Duration, what string, args ...any) error {
	f := fault.New(fault.Unavailable, CodeAway, fault.Sentence{
		DA: "Den enhed, som postkassens nøgle ligger i, svarer ikke lige nu. Intet er sendt eller åbnet. Prøv igen om lidt.",
		EN: "The device that the mailbox's key is in does not answer just now. Nothing was sent or opened. Try again shortly.",
	}, notAsked(what, args))
	f.RetryAfter = max(after, 0)
	if f.RetryAfter == 0 {
		f.RetryAfter = retry
	}
	return f
}

// Refused says that the device answers, and does not let us use the key. An administrator must see to it.
func Refused(what string, args ...any) error {
	return fault.New(fault.Internal, CodeRefused, fault.Sentence{
		DA: "Den enhed, som postkassens nøgle skal ligge i, har den ikke eller lader os ikke bruge den. Intet er sendt eller åbnet. Kontakt den, der administrerer Send sikker.",
		EN: "The device that the mailbox's key should be in does not have it, or does not let us use it. Nothing was sent or opened. Contact the administrator of Send sikker.",
	}, notAsked(what, args))
}

// Cannot says that a key of this kind, in this device, never does what was asked of it.
func Cannot(what string, args ...any) error {
	return fault.New(fault.Unsupported, CodeCannot, fault.Sentence{
		DA: "Den enhed, som postkassens nøgle ligger i, kan ikke det, som mailen kræver. Se vejledningen om nøgler i enheder.",
		EN: "The device that the mailbox's key is in cannot do what the mail asks for. See the manual about keys in devices.",
	}, notAsked(what, args))
}

func notAsked(what string, args []any) error {
	return fmt.Errorf("%w: %w", cms.ErrNotAsked, fmt.Errorf(what, args...))
}
