package sending

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net/mail"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
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
	Usable(ctx context.Context, c mailbox.Caller) ([]mailbox.Mailbox, error)
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
	Messages(ctx context.Context, q store.MessageQuery) ([]store.Message, error)
	MessageIn(ctx context.Context, scope store.Scope, id string) (store.Message, error)
	SearchMessages(ctx context.Context, q store.MessageSearch) ([]store.Message, error)
	Delivery(ctx context.Context, id string) (store.Delivery, error)
	ChangeDelivery(ctx context.Context, d store.Delivery, c store.Change) error
	BeginAttempt(ctx context.Context, d store.Delivery, l store.Limits, asking bool) (id string, err error)
	KeepAttempt(ctx context.Context, id string, lease time.Duration) error
	EndAttempt(ctx context.Context, id string, sent bool) error
	SetNotice(ctx context.Context, messageID, kind string) error
	AskNotice(ctx context.Context, messageID, kind string, before time.Time, e audit.Entry) error
	NoticePut(ctx context.Context, messageID, kind string, asked time.Time) error
	Waiting(ctx context.Context, mailboxID string) (store.Waiting, error)
	Events(ctx context.Context, messageID string, after int) ([]store.Event, error)
	CancelMessage(ctx context.Context, id string, say fault.Sentence, e audit.Entry) error
	Resolve(ctx context.Context, d store.Delivery, arrived bool, e audit.Entry) error
	Doubtful(ctx context.Context, limit int) ([]store.Delivery, error)
	HistoryStore
	CountRefusals(ctx context.Context, at time.Time, mail string, recipients []string) error
	TidyStore
}

// HistoryStore is what the preflight asks about earlier mails: the caller's own, and nobody else's.
type HistoryStore interface {
	Correspondents(ctx context.Context, callerID string, limit int) ([]store.Correspondent, error)
	SentSealed(ctx context.Context, callerID, headerID string) (bool, error)
	PinnedAt(ctx context.Context, domains []string, each int) ([]string, error)
}

// TidyStore is what the tidying needs.
type TidyStore interface {
	Needed(ctx context.Context, spoolNames []string) (map[string]bool, error)
	EraseMessages(ctx context.Context, before time.Time, limit int) (int, error)
	LeftDrafts(ctx context.Context, from, until time.Time) ([]store.Attempted, error)
	WrappedBefore(ctx context.Context, version, after string, limit int) ([]store.Wrapped, error)
	Rewrap(ctx context.Context, old store.Wrapped, wrapped []byte, version string) error
}

// Spool keeps the copies until they are sent.
type Spool interface {
	Create(ctx context.Context, name string, key *keeper.Key) (*spool.Writer, error)
	Open(ctx context.Context, name string, key *keeper.Key) (io.ReadCloser, error)
	Delete(ctx context.Context, name string) error
	List(ctx context.Context, olderThan time.Time) iter.Seq2[spool.Object, error]
}

// Keeper makes and unwraps the message's own key.
type Keeper interface {
	NewKey(ctx context.Context) (*keeper.Key, keeper.Wrapped, error)
	Unwrap(ctx context.Context, w keeper.Wrapped) (*keeper.Key, error)
	Rewrap(ctx context.Context, w keeper.Wrapped) (keeper.Wrapped, bool, error)
	Versions() []string // of the master key, the current one first
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
	// Submits is whether a copy goes whole, in one go, and not as a draft first. Submit is then what sends it.
	Submits(size int64, enveloped bool) bool
	Submit(ctx context.Context, mailbox string, to []string, mime io.Reader, size int64) error
	// TidyDrafts deletes the drafts of one copy that were left behind, all but keep. It says how many.
	TidyDrafts(ctx context.Context, mailbox, messageID string, to []string, keep string) (int, error)
	// Traced lets the caller have the numbers that the other side gave the calls made with the context, for its support.
	Traced(ctx context.Context) (traced context.Context, numbers func() []string)
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

// DefaultLimits are one below what Graph allows at a time (throttling limits: 4 concurrent requests of an application in a
// mailbox), 150 MB of uploads in 5 minutes (the same, less the base64), and Exchange Online's 30 messages a minute and 10,000
// recipients a day. Lease is how long the place
// of a machine that died is lost.
func DefaultLimits() store.Limits {
	const uploads = 150_000_000
	return store.Limits{
		Concurrent: 3, PerMinute: 30, Bytes: uploads / 4 * 3, BytesIn: 5 * time.Minute, Recipients: 10_000, Lease: 30 * time.Second,
	}
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
	Limits       store.Limits  // of one mailbox, on all machines together
	Backlog      time.Duration // how much a mailbox may have waiting before more is refused; 0 is no limit
	Keep         time.Duration // how long what is known of a message is kept; 0 is for ever
	Now          func() time.Time
	Log          *slog.Logger
	Ended        func(kind string, state store.State) // counts deliveries
}

// Service sends.
type Service struct{ Deps }

// New takes everything; what is missing is a mistake of the wiring and shows at the first test.
func New(d Deps) *Service { return &Service{d} }
