package chain

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

const (
	checkpointContext = "sendsikker audit checkpoint v1\x00"
	endContext        = "sendsikker audit file v1\x00"
)

// Checkpoint is the signed word that the log was so on a day.
type Checkpoint struct {
	Number    uint64 // 1, 2, 3 without a gap
	At        time.Time
	Sequence  uint64 // of the newest row then; 0 where there was none
	Hash      Hash   // of that row
	Key       string // KeyID of the key that signed
	Signature []byte
}

// Sign signs it.
func (c *Checkpoint) Sign(key ed25519.PrivateKey) {
	c.Key = KeyID(publicOf(key))
	c.Signature = ed25519.Sign(key, c.bytes())
}

func (c *Checkpoint) bytes() []byte {
	b := []byte(checkpointContext)
	b = binary.BigEndian.AppendUint64(b, c.Number)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, c.Sequence)
	return append(b, c.Hash[:]...)
}

// End is the signed word of what a file holds, so that nothing can be taken off its beginning or its end.
type End struct {
	At         time.Time
	After      uint64 // the row before the first one
	Start      Hash   // its hash
	To         uint64 // the last row
	Last       Hash   // its hash
	Entries    uint64 // rows that are shown
	Erased     uint64 // of these, rows whose detail has been erased
	Checkpoint uint64 // the last one in the file; 0 where there is none
	Digest     Hash   // SHA-256 of the file before this line
	Key        string
	Signature  []byte
}

// Sign signs it.
func (e *End) Sign(key ed25519.PrivateKey) {
	e.Key = KeyID(publicOf(key))
	e.Signature = ed25519.Sign(key, e.bytes())
}

func (e *End) bytes() []byte {
	b := []byte(endContext)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMilli()))
	for _, n := range []uint64{e.After, e.To, e.Entries, e.Erased, e.Checkpoint} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	for _, h := range []Hash{e.Start, e.Last, e.Digest} {
		b = append(b, h[:]...)
	}
	return b
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	public, _ := key.Public().(ed25519.PublicKey)
	return public
}

// KeyID names a public key: the first half of its SHA-256.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:16])
}

// FormatKey writes a public key as people compare and pass it on.
func FormatKey(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ParseKey reads what FormatKey wrote.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errors.New("a public key is 32 bytes in base64, 44 characters")
	}
	return raw, nil
}
