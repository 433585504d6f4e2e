package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/proof"
	"aau.dk/sendsikker/internal/smime"
)

type doctorLarge struct {
	config.Config
	Mailbox   string        `env:"-" required:"" help:"The function mailbox that sends to itself." placeholder:"ADDRESS"`
	Megabytes int           `env:"-" default:"10" help:"How large." placeholder:"N"`
	Wait      time.Duration `env:"-" default:"5m" help:"Longest wait for its arrival." placeholder:"TIME"`
}

// Help is shown by --help.
func (doctorLarge) Help() string {
	return "The mail stays in the mailbox's Inbox; delete it when you have looked at it in Outlook, too. The exit status is 0 where it is proved. " +
		"With graph-large refuse there is nothing to prove: give --graph-large upload or smtp to try one."
}

// Run proves.
func (c *doctorLarge) Run(ctx context.Context, console console, assets Assets) error {
	if err := c.Check(os.Getenv); err != nil {
		return fmt.Errorf("these settings need mending:\n%w", err)
	}
	if c.Graph.Large == "refuse" {
		return errors.New("graph-large is refuse: large mail is not sent at all, and there is nothing to prove. Try --graph-large upload, or smtp")
	}
	serve := serveCommand{Config: c.Config}
	w, err := serve.wiring(assets, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s, k, err := openVault(ctx, w.Database, w.MasterKey, time.Now)
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(s.Close(), k.Close()) }()
	outlook, err := w.outlook(nil)
	if err != nil {
		return err
	}
	d, err := w.Devices.open()
	if err != nil {
		return err
	}
	defer func() { _ = d.close() }()
	identity, err := mailbox.NewRegistry(mailbox.Deps{Store: s, Keeper: k, Devices: d, Directory: outlook, Now: time.Now}).Lend(ctx, c.Mailbox)
	if err != nil {
		return inOurWords(err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	report, err := prove(ctx, post{client: outlook, large: w.Submission}, identity, "Send sikker: prøve af stor mail / test of a large mail", c.Megabytes<<20)
	if err != nil {
		return err
	}
	for _, line := range report.Lines {
		mark := map[bool]string{true: "✓", false: "✗"}[line.OK]
		fmt.Fprintf(console.out, "%s %s: %s\n", mark, line.What.EN, line.Detail.EN)
		if !line.OK {
			fmt.Fprintf(console.out, "  → %s\n", line.Fix.EN)
		}
	}
	if !report.Proved() {
		return errors.New("it is not proved that large mail arrives as it was sent: leave graph-large at refuse")
	}
	fmt.Fprintln(console.out, "Proved. Large mail may go this way.")
	return nil
}

// prove makes a sealed mail of the mailbox to itself, of about size bytes of content, and follows it.
func prove(ctx context.Context, p post, from mailbox.Identity, subject string, size int) (proof.Report, error) {
	file, err := os.CreateTemp("", "sealed-*")
	if err != nil {
		return proof.Report{}, err
	}
	defer func() { _ = file.Close() }()
	_ = os.Remove(file.Name()) // without a name it is gone with the process; what is in it is sealed
	id := "<proof-" + uuid.NewString() + from.Address[strings.LastIndexByte(from.Address, '@'):] + ">"
	self := mail.Address{Name: from.Name, Address: from.Address}
	head := draft.Header{
		From: self, To: []mail.Address{self}, Subject: subject, Date: time.Now(), MessageID: id,
	}
	if _, err := head.WriteTo(file); err != nil {
		return proof.Report{}, err
	}
	sealed, err := smime.Seal(smime.Compat(), smime.Signer{Certificate: from.Certificate, Chain: from.Chain, Key: from.Key}, time.Now(),
		smime.Envelope{Recipients: []*x509.Certificate{from.Certificate}, To: file})
	if err != nil {
		return proof.Report{}, err
	}
	if err := writeFiller(sealed, size); err != nil {
		return proof.Report{}, err
	}
	if err := sealed.Close(); err != nil {
		return proof.Report{}, err
	}
	written, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return proof.Report{}, err
	}
	return proof.Run(ctx, prover{p}, proof.Sample{Mailbox: from.Address, MessageID: id, MIME: file, Size: written}, time.Now), nil
}

// writeFiller writes an entity with one file of random bytes, which nothing on the way can make smaller.
func writeFiller(w io.Writer, size int) error {
	if _, err := io.WriteString(w, "Content-Type: application/octet-stream; name=\"proof.bin\"\r\nContent-Disposition: attachment; filename=\"proof.bin\"\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n"); err != nil {
		return err
	}
	line, raw := make([]byte, 78), make([]byte, 57) // RFC 2045 section 6.8: lines of 76
	for left := size; left > 0; left -= len(raw) {
		_, _ = rand.Read(raw)
		base64.StdEncoding.Encode(line, raw)
		copy(line[76:], "\r\n")
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// prover sends by the way that large mail goes.
type prover struct{ post }

func (p prover) Send(ctx context.Context, box string, mime io.Reader, size int64) error {
	if p.Submits(size, true) {
		return p.Submit(ctx, box, []string{box}, mime, size)
	}
	id, err := p.CreateDraft(ctx, box, mime, size)
	if err != nil {
		return err
	}
	return p.client.Send(ctx, box, id)
}

func (p prover) AwaitInbox(ctx context.Context, box, messageID string) (string, error) {
	return p.client.AwaitInbox(ctx, box, messageID)
}

func (p prover) FetchMIME(ctx context.Context, box, id string) (io.ReadCloser, error) {
	return p.client.FetchMIME(ctx, box, id)
}

// outlook is Graph as the wiring has it. observe may be nil.
func (w wiring) outlook(observe func(operation string, status int, took time.Duration)) (*graph.Client, error) {
	c, err := graph.New(graph.Options{
		BaseURL: w.GraphURL, Credential: w.Credential, Large: w.GraphLarge, MaxUpload: w.MaxMessage, UploadHosts: w.UploadHosts, Observe: observe, Now: w.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("reaching Microsoft Graph: %w", err)
	}
	return c, nil
}
