package chain

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"time"
)

// Filter is what a file was asked to hold. Rows between the first and the last that it does not hold stand in it as hashes.
type Filter struct {
	Since   string `json:"since,omitempty"` // RFC 3339
	Until   string `json:"until,omitempty"`
	Mailbox string `json:"mailbox,omitempty"`
	Actor   string `json:"actor,omitempty"`
	Action  string `json:"action,omitempty"`
}

// maxOmitted hashes stand on one line at most, so that no line grows with the log.
const maxOmitted = 100

// Writer writes a file of JSON Lines: the head, rows and checkpoints in order, the signed end.
type Writer struct {
	to      io.Writer
	digest  hash.Hash
	end     End
	omitted omittedLine
}

// NewWriter writes the head. after and start are the row before the first one; zero is the beginning of the log.
func NewWriter(to io.Writer, after uint64, start Hash, keys []ed25519.PublicKey, filter Filter) (*Writer, error) {
	w := &Writer{to: to, digest: sha256.New(), end: End{After: after, Start: start, To: after, Last: start}}
	head := headLine{Type: "log", Format: format, After: after, Start: start.String(), Keys: []keyLine{}}
	for _, k := range keys {
		head.Keys = append(head.Keys, keyLine{KeyID(k), FormatKey(k)})
	}
	if filter != (Filter{}) {
		head.Filter = &filter
	}
	return w, w.write(head)
}

// Entry writes a row.
func (w *Writer) Entry(r Row, l Link) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.end.To, w.end.Last = l.Sequence, l.Hash
	w.end.Entries++
	if r.Salt == nil {
		w.end.Erased++
	}
	return w.write(lineOf(r, l))
}

// Omit writes a row's hash in its place.
func (w *Writer) Omit(r Row, l Link) error {
	if len(w.omitted.Lines) == 0 {
		w.omitted = omittedLine{Type: "omitted", From: l.Sequence}
	}
	w.end.To, w.end.Last = l.Sequence, l.Hash
	w.omitted.Lines = append(w.omitted.Lines, r.Line().String())
	if len(w.omitted.Lines) == maxOmitted {
		return w.flush()
	}
	return nil
}

// Checkpoint writes one, after the row that it is about.
func (w *Writer) Checkpoint(c Checkpoint) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.end.Checkpoint = c.Number
	return w.write(checkpointLine{
		Type: "checkpoint", Number: c.Number, At: c.At.UTC().Format(timeFormat), Sequence: c.Sequence, Hash: c.Hash.String(),
		Key: c.Key, Signature: base64.StdEncoding.EncodeToString(c.Signature),
	})
}

// Lack has the end say that there is more than could be written, up to a row that should be there: whoever reads the file sees that it
// is not.
func (w *Writer) Lack(to uint64, last Hash) { w.end.To, w.end.Last = to, last }

// Close writes the signed end; without it the file is not whole.
func (w *Writer) Close(at time.Time, key ed25519.PrivateKey) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.end.At = at.Truncate(time.Millisecond)
	w.digest.Sum(w.end.Digest[:0])
	w.end.Sign(key)
	e := w.end
	return w.write(endLine{
		Type: "end", At: e.At.UTC().Format(timeFormat), After: e.After, Start: e.Start.String(), To: e.To, Last: e.Last.String(), Entries: e.Entries,
		Erased: e.Erased, Checkpoint: e.Checkpoint, Digest: e.Digest.String(), Key: e.Key, Signature: base64.StdEncoding.EncodeToString(e.Signature),
	})
}

func (w *Writer) flush() error {
	if len(w.omitted.Lines) == 0 {
		return nil
	}
	line := w.omitted
	w.omitted = omittedLine{}
	return w.write(line)
}

func (w *Writer) write(line any) error {
	text, err := encode(line)
	if err != nil {
		return err
	}
	w.digest.Write(text)
	_, err = w.to.Write(text)
	return err
}
