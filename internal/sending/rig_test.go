package sending_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/big"
	"net/mail"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
)

const box = "sikkermail@its.aau.example"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// identity is the mailbox's key and everybody's certificate: who reads the mail is not what these tests are about.
var identity = sync.OnceValue(func() mailbox.Identity { return issue(time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)) })

func issue(from, to time.Time) mailbox.Identity {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: "ITS Sikker Mail", Organization: []string{"Universitetet Eksempel"}},
		NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement,
	}
	certificate := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))))
	return mailbox.Identity{Mailbox: mailbox.Mailbox{ID: "box", Address: box, Name: "ITS Sikker Mail", Certificate: certificate}, Key: key}
}

// rig is the real store, spool and keeper in a folder of its own.
type rig struct {
	folder string
	store  *store.Store
	spool  *spool.Spool
	keeper *keeper.Keeper
	jobs   *sql.DB // beside the store, to look at what it enqueued
}

// empty is a database with its schema in place: to make it takes dozens of commits, and each waits for the disk.
var empty = sync.OnceValue(func() []byte {
	folder := must(os.MkdirTemp("", "sending-test-"))
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "db")
	if err := must(store.Open(context.Background(), file, time.Now)).Close(); err != nil {
		panic(err)
	}
	return must(os.ReadFile(file))
})

func newRig(t *testing.T) *rig {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "db")
	if err := os.WriteFile(file, empty(), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &rig{
		folder: filepath.Join(folder, "spool"),
		store:  must(store.Open(t.Context(), file, time.Now)),
		spool:  must(spool.OpenFolder(filepath.Join(folder, "spool"))),
		keeper: must(keeper.OpenOrMakeFile(filepath.Join(folder, "key"))),
		jobs:   must(sql.Open("sqlite", file+"?_pragma=busy_timeout(10000)")),
	}
	t.Cleanup(func() { _ = errors.Join(r.jobs.Close(), r.spool.Close(), r.store.Close(), r.keeper.Close()) })
	err := r.store.PutMailbox(t.Context(), store.Mailbox{
		ID: "box", Address: box, Name: "ITS", Certificate: identity().Certificate.Raw, Key: []byte{1}, WrappedKey: []byte{1}, KeyVersion: "v",
	}, audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxPut})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// service puts the use case on the rig. change replaces what a test wants to be otherwise.
func (r *rig) service(post sending.Post, change ...func(*sending.Deps)) *sending.Service {
	d := sending.Deps{
		Mailboxes: lender{identity()}, Certificates: directory{}, Policy: route.NewPolicy([]string{"aau.example"}),
		Store: r.store, Spool: r.spool, Keeper: r.keeper, Post: post,
		Timing: sending.Timing{LookPause: time.Minute, GraceLooks: 2, MaxLooks: 4},
		Now:    time.Now, Log: slog.New(slog.DiscardHandler), Ended: func(string, store.State) {},
	}
	for _, c := range change {
		c(&d)
	}
	return sending.New(d)
}

// accept submits a mail to the addresses and gives it as it is stored.
func (r *rig) accept(t *testing.T, to ...string) store.Message {
	t.Helper()
	a, err := r.service(&office{}).Submit(t.Context(), submission(to...))
	if err != nil {
		t.Fatal(err)
	}
	return r.message(t, a.ID)
}

func (r *rig) message(t *testing.T, id string) store.Message {
	t.Helper()
	m, err := r.store.Message(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (r *rig) delivery(t *testing.T, id string) store.Delivery {
	t.Helper()
	d, err := r.store.Delivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// bring takes a delivery to a state by the steps that lead there.
func (r *rig) bring(t *testing.T, id string, to store.State, looks int) {
	t.Helper()
	steps := map[store.State][]store.Change{
		store.Queued:   {},
		store.Drafting: {{To: store.Drafting}},
		store.Sending:  {{To: store.Drafting}, {To: store.Sending, DraftID: "draft-0", Looks: looks}},
		store.Sent:     {{To: store.Drafting}, {To: store.Sending, DraftID: "draft-0"}, {To: store.Sent}},
		store.Rejected: {{To: store.Rejected, Code: "no", Say: sayNo}},
		store.Unknown:  {{To: store.Drafting}, {To: store.Sending, DraftID: "draft-0"}, {To: store.Unknown, Code: "no", Say: sayNo}},
	}
	for _, step := range steps[to] {
		d := r.delivery(t, id)
		step.From = d.State
		if err := r.store.ChangeDelivery(t.Context(), d, step); err != nil {
			t.Fatal(err)
		}
	}
}

// notices counts the jobs that write a message's receipt.
func (r *rig) notices(t *testing.T, messageID string) (n int) {
	t.Helper()
	err := r.jobs.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM river_job WHERE kind = 'notice' AND json_extract(args, '$.message_id') = ?`, messageID).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (r *rig) rows(t *testing.T, table string) (n int) {
	t.Helper()
	if err := r.jobs.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// spooled lists everything in the spool folder, folders and half-written files too.
func (r *rig) spooled(t *testing.T) (found []string) {
	t.Helper()
	err := filepath.WalkDir(r.folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != r.folder {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func submission(to ...string) sending.Submission {
	d := &draft.Draft{Mailbox: box, Subject: "Afgørelse", Text: "Kære modtager"}
	for _, a := range to {
		d.To = append(d.To, mail.Address{Address: a})
	}
	return sending.Submission{Caller: anna(), Draft: d, Entity: draft.Compose(d, nil), Digest: func() []byte { return []byte("digest") }}
}

func anna() mailbox.Caller {
	return mailbox.Caller{Kind: mailbox.User, ID: "anna", Name: "Anna Eksempel"}
}

// lender lets everybody send as one mailbox.
type lender struct{ identity mailbox.Identity }

func (l lender) Open(context.Context, mailbox.Caller, string) (mailbox.Identity, error) {
	return l.identity, nil
}

func (l lender) Check(context.Context, mailbox.Caller, string) (mailbox.Mailbox, error) {
	return l.identity.Mailbox, nil
}

func (l lender) Usable(context.Context, mailbox.Caller) ([]mailbox.Mailbox, error) {
	return []mailbox.Mailbox{l.identity.Mailbox}, nil
}

// directory has a certificate for everybody.
type directory struct{}

func (directory) Find(_ context.Context, addresses []string) (map[string]certs.Choice, error) {
	found := map[string]certs.Choice{}
	for _, a := range addresses {
		found[a] = certs.Choice{Address: a, Chosen: &certs.Candidate{Certificate: identity().Certificate, Source: certs.SourcePinned}}
	}
	return found, nil
}

func (directory) Explain(context.Context, string) (certs.Explanation, error) {
	return certs.Explanation{}, nil
}

// amnesiac is a directory whose own database is away.
type amnesiac struct{ directory }

func (amnesiac) Find(context.Context, []string) (map[string]certs.Choice, error) {
	return nil, certs.ErrStore
}

// entity writes chunks and ends in err.
type entity struct {
	chunks int
	during func(chunk int)
	err    error
}

func (e entity) WriteTo(w io.Writer) (n int64, err error) {
	text := make([]byte, 0, 8<<10)
	for len(text) < cap(text) {
		text = append(text, "Æbler er røde på Åsen, og det er de hvert efterår.\r\n"[:min(53, cap(text)-len(text))]...)
	}
	written, err := w.Write([]byte("Content-Type: text/plain; charset=utf-8\r\n\r\n"))
	n += int64(written)
	for i := 0; i < e.chunks && err == nil; i++ {
		if e.during != nil {
			e.during(i)
		}
		written, err = w.Write(text)
		n += int64(written)
	}
	if err != nil {
		return n, err
	}
	return n, e.err
}
