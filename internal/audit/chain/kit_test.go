package chain_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
)

const daily = 1000 // rows between two checkpoints of a test's log

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey {
	public, _ := k.Public().(ed25519.PublicKey)
	return public
}

type link struct {
	chain.Row
	chain.Link
}

// history is a log of n rows with its checkpoints.
func history(n int) (rows []link, checkpoints []chain.Checkpoint) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	var previous chain.Hash
	for i := range n {
		at = at.Add(37 * time.Second)
		r := chain.Row{
			At: at, ActorKind: "user", ActorID: fmt.Sprintf("11111111-0000-4000-8000-%012d", i%9), Action: "message_accepted",
			Mailbox: "sikkermail@its.example", MessageID: fmt.Sprintf("7e4a4700-0000-4000-8000-%012d", i),
			Summary: `{"profile":"compat","routes":{"smime":1}}`, Detail: fmt.Sprintf(`{"recipients":[{"address":"b%d@partner.example","route":"smime"}]}`, i),
		}
		if i%10 == 9 {
			r.Action, r.ActorKind, r.ActorID, r.MessageID, r.Summary, r.Detail = "grant_put", "operator", "root", "", "", `{"before":null,"after":{"kind":"person","name":"Æ <b> & \" ü"}}`
		}
		l := r.Chain(previous, uint64(i+1))
		if i%7 == 3 {
			r.Detail, r.Salt = "", nil // erased after its time
		}
		previous = l.Hash
		rows = append(rows, link{r, l})
		if (i+1)%daily == 0 {
			c := chain.Checkpoint{Number: uint64(len(checkpoints) + 1), At: at, Sequence: l.Sequence, Hash: l.Hash}
			c.Sign(keyOf("log"))
			checkpoints = append(checkpoints, c)
		}
	}
	return rows, checkpoints
}

// file is the JSON Lines of a history's rows after one, of which show decides which are shown.
func file(t testing.TB, rows []link, checkpoints []chain.Checkpoint, after int, show func(link) bool) []byte {
	t.Helper()
	var b bytes.Buffer
	var start chain.Hash
	if after > 0 {
		start = rows[after-1].Hash
	}
	w, err := chain.NewWriter(&b, uint64(after), start, []ed25519.PublicKey{publicOf(keyOf("log"))}, chain.Filter{})
	for _, r := range rows[after:] {
		if err != nil {
			break
		}
		write := w.Entry
		if show != nil && !show(r) {
			write = w.Omit
		}
		err = write(r.Row, r.Link)
		for _, c := range checkpoints {
			if err == nil && c.Sequence == r.Sequence {
				err = w.Checkpoint(c)
			}
		}
	}
	if err == nil {
		err = w.Close(rows[len(rows)-1].At.Add(time.Hour), keyOf("log"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(t testing.TB, text []byte) chain.Report {
	t.Helper()
	report, err := chain.Verify(bytes.NewReader(text), chain.Trust{Keys: []ed25519.PublicKey{publicOf(keyOf("log"))}})
	if err != nil {
		t.Fatal(err)
	}
	return report
}
