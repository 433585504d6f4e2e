package ber

import (
	"errors"
	"fmt"
)

// ErrMalformed: the bytes are not what X.690 says they should be, or stop too early, or ask for too much.
var ErrMalformed = errors.New("malformed message")

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// maxDepth bounds nesting, and with it the memory that a few bytes of "30 80 30 80 …" can take. A chain of certificates
// inside signed attributes inside SignedData needs about 20.
const maxDepth = 64
