package chain

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// saltLength: as long as the hash, so that no guess at a detail can be tried.
const saltLength = 32

// Every kind of hash and signature begins with what it is for: none can be passed off as another.
const (
	commitmentContext = "sendsikker audit commitment v1\x00"
	lineContext       = "sendsikker audit line v1\x00"
	chainContext      = "sendsikker audit chain v1\x00"
)

// Row is one row of the log.
type Row struct {
	At        time.Time // whole milliseconds
	ActorKind string
	ActorID   string
	Action    string
	Mailbox   string
	MessageID string
	Summary   string // JSON, or ""
	Detail    string // JSON; "" when it has been erased
	Salt      []byte // nil when the detail has been erased
	// Commitment binds the detail, also when it has been erased.
	Commitment Hash
}

// Link is a row's place in the chain.
type Link struct {
	Sequence uint64 // 1, 2, 3 without a gap
	Previous Hash   // zero before the first row
	Hash     Hash
}

// NewSalt makes one.
func NewSalt() []byte {
	salt := make([]byte, saltLength)
	// crypto/rand.Read never returns an error (Go 1.24 and later).
	_, _ = rand.Read(salt)
	return salt
}

// Commit binds a detail without telling it.
func Commit(salt []byte, detail string) Hash {
	return hashed(commitmentContext, field(nil, string(salt)), []byte(detail))
}

// Line is the hash of a row by itself: all that it says, wherever it stands.
func (r Row) Line() Hash {
	b := binary.BigEndian.AppendUint64(nil, uint64(r.At.UnixMilli()))
	for _, f := range []string{r.ActorKind, r.ActorID, r.Action, r.Mailbox, r.MessageID, r.Summary} {
		b = field(b, f)
	}
	return hashed(lineContext, b, r.Commitment[:])
}

// Follow is the hash of a line in its place.
func Follow(previous Hash, sequence uint64, line Hash) Hash {
	return hashed(chainContext, previous[:], binary.BigEndian.AppendUint64(nil, sequence), line[:])
}

// Chain puts a row after another one, and gives it the salt and the commitment that it lacks.
func (r *Row) Chain(previous Hash, sequence uint64) Link {
	r.Salt = NewSalt()
	r.Commitment = Commit(r.Salt, r.Detail)
	return Link{Sequence: sequence, Previous: previous, Hash: Follow(previous, sequence, r.Line())}
}

// field appends a text that nothing after it can be mistaken for a part of.
func field(b []byte, text string) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
	return append(b, text...)
}

func hashed(context string, parts ...[]byte) (sum Hash) {
	h := sha256.New()
	h.Write([]byte(context))
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(sum[:0])
	return sum
}
