package sending

import (
	"context"
	"io"
	"log/slog"
	"net/mail"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
)

// Mailboxes says who may send as what, and lends the key that signs.
type Mailboxes interface {
	Open(ctx context.Context, c mailbox.Caller, address string) (mailbox.Identity, error)
	Check(ctx context.Context, c mailbox.Caller, address string) (mailbox.Mailbox, error)
}

// Certificates finds the certificate to encrypt for, for all addresses in one call, and explains one.
type Certificates interface {
	Find(ctx context.Context, addresses []string) (map[string]certs.Choice, error)
	Explain(ctx context.Context, address string) (certs.Explanation, error)
}

// Store keeps what was accepted.
type Store interface {
	InsertMessage(ctx context.Context, m store.Message, e audit.Entry) (holder string, taken bool, err error)
	FindByKey(ctx context.Context, callerID, key string) (id string, digest []byte, err error)
	Message(ctx context.Context, id string) (store.Message, error)
	Messages(ctx context.Context, callerID, before string, limit int) ([]store.Message, error)
	Delivery(ctx context.Context, id string) (store.Delivery, error)
	ChangeDelivery(ctx context.Context, d store.Delivery, c store.Change) error
	SetNotice(ctx context.Context, messageID, kind string) error
}

// Spool keeps the copies until they are sent.
type Spool interface {
	Create(ctx context.Context, name string, key *keeper.Key) (*spool.Writer, error)
	Open(ctx context.Context, name string, key *keeper.Key) (io.ReadCloser, error)
	Delete(ctx context.Context, name string) error
}

// Keeper makes and unwraps the message's own key.
type Keeper interface {
	NewKey(ctx context.Context) (*keeper.Key, keeper.Wrapped, error)
	Unwrap(ctx context.Context, w keeper.Wrapped) (*keeper.Key, error)
}

// Place is where a message of ours was found.
type Place int

const (
	Nowhere Place = iota
	InDrafts
	InSent
)

// Post is the post office: the function mailboxes in Exchange.
type Post interface {
	// MaxMessage is the largest copy that it takes, in bytes: there is a way for large mail that only copies sealed as
	// enveloped-data can go.
	MaxMessage(enveloped bool) int64
	CreateDraft(ctx context.Context, mailbox string, mime io.Reader, size int64) (id string, err error)
	Send(ctx context.Context, mailbox, id string) error
	Find(ctx context.Context, mailbox, id, messageID string, to []string) (Place, error)
	PutNotice(ctx context.Context, mailbox string, n Note) error
}

// Note is a finished message for the function mailbox itself.
type Note struct {
	Subject   string
	HTML      string
	From      mail.Address
	At        time.Time
	MessageID string // the same twice makes one note
	InReplyTo string
}

// Timing is how long to wait before asking again what became of a send.
type Timing struct {
	LookPause  time.Duration // between two looks
	GraceLooks int           // looks that must find the draft unsent before it is sent again
	MaxLooks   int           // looks that find nothing before a person must decide
}

// DefaultTiming looks for about five minutes: Exchange's transport takes a draft within seconds, and a mailbox is rarely
// behind for minutes.
func DefaultTiming() Timing {
	return Timing{LookPause: 10 * time.Second, GraceLooks: 6, MaxLooks: 30}
}

// Deps is all that the service needs.
type Deps struct {
	Mailboxes    Mailboxes
	Certificates Certificates
	Policy       route.Policy
	Encryption   smime.Rule
	Headers      HeaderRule
	OuterSubject string // with HideSubject; "" is "[...]"
	Store        Store
	Spool        Spool
	Keeper       Keeper
	Post         Post
	Timing       Timing
	Now          func() time.Time
	Log          *slog.Logger
	Ended        func(kind string, state store.State) // counts deliveries
}

// Service sends.
type Service struct{ Deps }

// New takes everything; what is missing is a mistake of the wiring and shows at the first test.
func New(d Deps) *Service { return &Service{d} }
