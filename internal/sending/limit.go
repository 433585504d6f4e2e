package sending

import (
	"context"
	"errors"
	"fmt"
	"io"

	"aau.dk/sendsikker/internal/fault"
)

// limited refuses a copy as soon as it is larger than Exchange takes, not when all of it has been read. It names the errors of
// the spool: by the time that they come out of the entity nobody could tell them from the entity's own.
type limited struct {
	w      io.Writer
	left   int64
	sealed bool
}

var errTooLarge = errors.New("the copy is larger than the limit")

func (l *limited) Write(b []byte) (int, error) {
	l.left -= int64(len(b))
	if l.left < 0 {
		return 0, tooLarge(l.sealed)
	}
	n, err := l.w.Write(b)
	if err != nil {
		return n, unavailable(err)
	}
	return n, nil
}

func tooLarge(sealed bool) error {
	say := fault.Sentence{
		DA: "Mailen er for stor til at blive sendt, når den er krypteret. Intet er sendt. Fjern eller formindsk vedhæftede filer, eller del dem på flere mails.",
		EN: "The mail is too large to be sent once it is encrypted. Nothing was sent. Remove or shrink attachments, or spread them over several mails.",
	}
	if !sealed {
		say = fault.Sentence{
			DA: "Mailen er for stor til at blive sendt til modtagerne i egen organisation. Intet er sendt. Fjern eller formindsk vedhæftede filer, eller del dem på flere mails.",
			EN: "The mail is too large to be sent to the recipients inside the organisation. Nothing was sent. Remove or shrink attachments, or spread them over several mails.",
		}
	}
	return fault.New(fault.TooLarge, "message_too_large", say, errTooLarge)
}

func unavailable(cause error) error {
	f := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{
		DA: "Mailen kan ikke gemmes lige nu, så den er ikke sendt. Kladden er uændret. Prøv igen om lidt.",
		EN: "The mail cannot be stored just now, so it was not sent. The draft is unchanged. Try again shortly.",
	}, cause)
	f.RetryAfter = storageRetry
	return f
}

// interrupted tells a caller who went away from a store that did: only the second is ours to mend.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("keeping a copy: %w", ctx.Err())
	}
	return unavailable(err)
}
