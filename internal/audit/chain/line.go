package chain

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// format is the first line's word for what follows. Another shape is another word.
const format = "sendsikker audit 1"

// timeFormat is RFC 3339 with the milliseconds that are kept.
const timeFormat = "2006-01-02T15:04:05.000Z"

// The lines of a file. The order of the fields is part of the format: each line has one spelling, and any other is a change.
type (
	headLine struct {
		Type   string    `json:"type"` // "log"
		Format string    `json:"format"`
		After  uint64    `json:"after"`
		Start  string    `json:"start"`
		Keys   []keyLine `json:"keys"`
		Filter *Filter   `json:"filter,omitempty"`
	}
	keyLine struct {
		ID     string `json:"id"`
		Public string `json:"public"`
	}
	entryLine struct {
		Type       string          `json:"type"` // "entry"
		Sequence   uint64          `json:"sequence"`
		At         string          `json:"at"`
		Actor      actorLine       `json:"actor"`
		Action     string          `json:"action"`
		Mailbox    string          `json:"mailbox,omitempty"`
		Message    string          `json:"message,omitempty"`
		Summary    json.RawMessage `json:"summary,omitempty"`
		Detail     json.RawMessage `json:"detail,omitempty"` // with salt, or erased with it
		Salt       string          `json:"salt,omitempty"`
		Commitment string          `json:"commitment"`
		Previous   string          `json:"previous"`
		Hash       string          `json:"hash"`
	}
	actorLine struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
	}
	omittedLine struct {
		Type  string   `json:"type"` // "omitted"
		From  uint64   `json:"from"`
		Lines []string `json:"lines"`
	}
	checkpointLine struct {
		Type      string `json:"type"` // "checkpoint"
		Number    uint64 `json:"number"`
		At        string `json:"at"`
		Sequence  uint64 `json:"sequence"`
		Hash      string `json:"hash"`
		Key       string `json:"key"`
		Signature string `json:"signature"`
	}
	endLine struct {
		Type       string `json:"type"` // "end"
		At         string `json:"at"`
		After      uint64 `json:"after"`
		Start      string `json:"start"`
		To         uint64 `json:"to"`
		Last       string `json:"last"`
		Entries    uint64 `json:"entries"`
		Erased     uint64 `json:"erased"`
		Checkpoint uint64 `json:"checkpoint"`
		Digest     string `json:"digest"`
		Key        string `json:"key"`
		Signature  string `json:"signature"`
	}
)

// encode writes a line as it is always written.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b) // which ends in a line feed
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

var errSpelling = errors.New("it is not spelt as it was written")

// decode reads a line that is spelt as encode spells it: a byte that JSON would let pass, such as a space, is a change too.
func decode[T any](text []byte) (line T, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		return line, err
	}
	again, err := encode(line)
	if err != nil {
		return line, err
	}
	if !bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), text) {
		return line, errSpelling
	}
	return line, nil
}

func parseHash(text string) (h Hash, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(h) {
		return h, errors.New("a hash is 64 hexadecimal digits")
	}
	return Hash(raw), nil
}

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(timeFormat, text)
	if err != nil || t.Format(timeFormat) != text {
		return t, errors.New("it has no time")
	}
	return t, nil
}

func lineOf(r Row, l Link) entryLine {
	e := entryLine{
		Type: "entry", Sequence: l.Sequence, At: r.At.UTC().Format(timeFormat), Actor: actorLine{r.ActorKind, r.ActorID}, Action: r.Action,
		Mailbox: r.Mailbox, Message: r.MessageID, Summary: asJSON(r.Summary),
		Commitment: r.Commitment.String(), Previous: l.Previous.String(), Hash: l.Hash.String(),
	}
	if r.Salt != nil {
		e.Detail, e.Salt = asJSON(r.Detail), hex.EncodeToString(r.Salt)
	}
	return e
}

// asJSON is a stored text as it stands. One that somebody has made into something else is shown all the same: as a string, whose
// hash is not the one that was kept.
func asJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	raw := json.RawMessage(text)
	if again, err := encode(raw); err == nil && bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), raw) {
		return raw
	}
	quoted, _ := json.Marshal(text) // a string always has a form
	return quoted
}

// parse gives the row and its place, as the line says them.
func (e entryLine) parse() (r Row, l Link, err error) {
	at, err := parseTime(e.At)
	r = Row{
		At: at, ActorKind: e.Actor.Kind, ActorID: e.Actor.ID, Action: e.Action, Mailbox: e.Mailbox, MessageID: e.Message,
		Summary: string(e.Summary), Detail: string(e.Detail),
	}
	l.Sequence = e.Sequence
	var errs [4]error
	r.Commitment, errs[0] = parseHash(e.Commitment)
	l.Previous, errs[1] = parseHash(e.Previous)
	l.Hash, errs[2] = parseHash(e.Hash)
	if e.Salt != "" {
		r.Salt, errs[3] = hex.DecodeString(e.Salt)
	}
	if (len(e.Detail) == 0) != (e.Salt == "") {
		err = errors.Join(err, errors.New("detail and salt belong together"))
	}
	return r, l, errors.Join(err, errors.Join(errs[:]...))
}

func (c checkpointLine) parse() (Checkpoint, error) {
	at, err := parseTime(c.At)
	hash, err2 := parseHash(c.Hash)
	signature, err3 := base64.StdEncoding.Strict().DecodeString(c.Signature)
	return Checkpoint{Number: c.Number, At: at, Sequence: c.Sequence, Hash: hash, Key: c.Key, Signature: signature}, errors.Join(err, err2, err3)
}

func (e endLine) parse() (End, error) {
	at, err := parseTime(e.At)
	start, err2 := parseHash(e.Start)
	last, err3 := parseHash(e.Last)
	digest, err4 := parseHash(e.Digest)
	signature, err5 := base64.StdEncoding.Strict().DecodeString(e.Signature)
	return End{
		At: at, After: e.After, Start: start, To: e.To, Last: last, Entries: e.Entries, Erased: e.Erased, Checkpoint: e.Checkpoint,
		Digest: digest, Key: e.Key, Signature: signature,
	}, errors.Join(err, err2, err3, err4, err5)
}

// maxKeys: a log has a key, and another after a rotation.
const maxKeys = 100

func (h headLine) keys() (map[string]ed25519.PublicKey, error) {
	if len(h.Keys) > maxKeys {
		return nil, fmt.Errorf("it names more than %d keys", maxKeys)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range h.Keys {
		public, err := ParseKey(k.Public)
		if err != nil {
			return nil, err
		}
		if k.ID != KeyID(public) {
			return nil, errors.New("a key has another one's name")
		}
		keys[k.ID] = public
	}
	return keys, nil
}
