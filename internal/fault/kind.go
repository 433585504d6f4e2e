package fault

import "fmt"

// Kind is what sort of wrong it is: enough for a caller to know whose turn it is, and for a worker what to do next.
type Kind int

const (
	Internal        Kind = iota // our own mistake; the zero value, so that what nobody classified is never trusted
	Invalid                     // the request cannot be understood or breaks a limit that the caller can mend
	Unauthenticated             // no token, or one that proves nothing to us
	Forbidden                   // we know who asks, and they may not
	NotFound                    // no such thing, or none that this caller may know of
	Conflict                    // the same idempotency key with other content
	TooLarge                    // more bytes, recipients or parts than a named limit allows
	Unsupported                 // a media type that we do not take
	Refused                     // understood and allowed, but it cannot be sent safely to everybody
	Throttled                   // come again after RetryAfter
	Unavailable                 // something that we need is away; nothing was done; come again
	Rejected                    // the other side answered, and the answer is no
	Unclear                     // the other side may or may not have done it: look before doing anything again
)

// Kinds lists every kind once, for the exhaustive tests of the tables that hang on it.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(kindNames))
	for k := range kindNames {
		kinds = append(kinds, Kind(k))
	}
	return kinds
}

// Next is what a worker does with a job that ended in a fault.
type Next int

const (
	Never      Next = iota // stop and report: another try would fail in the same way
	Again                  // try again with back-off
	AgainAfter             // try again, not before RetryAfter
	LookFirst              // the outcome is unknown: ask before trying again, and never simply repeat
)

// Next is the one table from kind to the worker's next step. Unlisted is Never, and a test lists them all.
func (k Kind) Next() Next {
	switch k {
	case Throttled:
		return AgainAfter
	case Unavailable, Internal:
		// Internal: a bug or a full disk before anything left the house. Repeating is safe, losing the mail is not.
		return Again
	case Unclear:
		return LookFirst
	case Invalid, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Unsupported, Refused, Rejected:
		return Never
	}
	return Never
}

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", Unauthenticated: "unauthenticated", Forbidden: "forbidden",
	NotFound: "not found", Conflict: "conflict", TooLarge: "too large", Unsupported: "unsupported",
	Refused: "refused", Throttled: "throttled", Unavailable: "unavailable", Rejected: "rejected", Unclear: "unclear",
}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}
