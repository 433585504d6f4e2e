package app

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

const (
	// onceTime is how long one mail may take, bad weather included.
	onceTime = 2 * time.Minute
	// pollPause is how often the service is asked what has become of it.
	pollPause = 50 * time.Millisecond
)

// result is what result.json holds.
type result struct {
	ID         string            `json:"id,omitempty"`
	MessageID  string            `json:"messageId,omitempty"`
	State      string            `json:"state"`
	Recipients []resultRecipient `json:"recipients"`
	Notice     string            `json:"notice,omitempty"`
	Problem    *contract.Problem `json:"problem,omitempty"`
}

type resultRecipient struct {
	Address string `json:"address"`
	Field   string `json:"field,omitempty"`
	Route   string `json:"route"`
	State   string `json:"state"`
	Code    string `json:"code,omitempty"`
	Say     string `json:"say,omitempty"`
	File    string `json:"file,omitempty"`
}

// sendOnce sends one mail through the real API and writes what came out of it.
func (c *demoCommand) sendOnce(ctx context.Context, w *world) error {
	ctx, cancel := context.WithTimeout(ctx, onceTime)
	defer cancel()
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	mail, err := os.ReadFile(c.Send)
	if err != nil {
		return err
	}
	if len(c.To) > 0 {
		mail = addressTo(mail, c.To)
	}
	client, err := w.clientFor(c.Mailbox)
	if err != nil {
		return err
	}
	accepted, problem, err := client.send(ctx, c.Mailbox, mail)
	if err != nil {
		return err
	}
	if problem != nil {
		r := refused(problem)
		why := "not sent: " + problem.Say.En
		for _, one := range r.Recipients {
			why += "\n  " + one.Address + ": " + one.Say
		}
		return errors.Join(writeJSON(c.Out, r), errors.New(why))
	}
	ended, err := client.wait(ctx, accepted.Id)
	if err != nil {
		return err
	}
	r := resultOf(ended)
	if err := c.writeOut(ctx, w, &r); err != nil {
		return err
	}
	if r.State != "sent" {
		return fmt.Errorf("not delivered to everybody (%s): see %s", r.State, filepath.Join(c.Out, "result.json"))
	}
	fmt.Printf("Sent to %d recipients. See %s\n", len(r.Recipients), c.Out)
	return nil
}

// writeOut writes the copies as they arrived, the keys, the receipt and the result.
func (c *demoCommand) writeOut(ctx context.Context, w *world, r *result) error {
	var to []string
	for i := range r.Recipients {
		one := &r.Recipients[i]
		to = append(to, one.Address)
		if one.State != "sent" {
			continue
		}
		raw, err := w.arrived(ctx, one.Address, r.MessageID)
		if err != nil {
			one.State = "missing"
			r.State = "failed"
			continue
		}
		one.File = one.Address + ".eml"
		if err := os.WriteFile(filepath.Join(c.Out, fileName(one.File)), raw, 0o644); err != nil {
			return err
		}
	}
	err := writeKeys(w.university, filepath.Join(c.Out, "keys"), append(to, c.Mailbox))
	err = errors.Join(err, writeAuthorities(w.university, c.Out))
	for _, item := range w.university.Exchange.Messages(c.Mailbox, "inbox") {
		if isNotice(item, r) {
			err = errors.Join(err, os.WriteFile(filepath.Join(c.Out, "receipt.html"), []byte(item.BodyHTML), 0o644))
		}
	}
	return errors.Join(err, writeJSON(c.Out, *r))
}

// arrived waits for the copy of one message: other mail may lie in the same mailbox.
func (w *world) arrived(ctx context.Context, address, messageID string) ([]byte, error) {
	for n := 1; ; n++ {
		d, err := w.university.Exchange.Nth(ctx, address, n)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(d.Raw, []byte(messageID)) {
			return d.Raw, nil
		}
	}
}

func isNotice(item exchange.Item, r *result) bool {
	return strings.HasPrefix(item.InternetMessageID, "<notice-"+r.ID)
}

func addressesOf(u *sandbox.University) []string {
	var list []string
	for _, r := range u.Recipients {
		list = append(list, r.Address)
	}
	for _, m := range u.Mailboxes {
		list = append(list, m.Address)
	}
	return list
}

// writeKeys writes the private key and certificates of those addresses that have any.
func writeKeys(u *sandbox.University, folder string, addresses []string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	write := func(address string, pem func() ([]byte, error)) error {
		text, err := pem()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, fileName(address)+".pem"), text, 0o600)
	}
	var err error
	for _, address := range addresses {
		for _, r := range u.Recipients {
			if strings.EqualFold(r.Address, address) && r.Identity != nil {
				err = errors.Join(err, write(r.Address, r.Identity.PEM))
				if r.Older != nil {
					err = errors.Join(err, write(r.Address+".older", r.Older.PEM))
				}
			}
		}
		for _, m := range u.Mailboxes {
			if strings.EqualFold(m.Address, address) {
				err = errors.Join(err, write(m.Address, m.Identity.PEM))
			}
		}
	}
	return err
}

// writeAuthorities writes the roots and issuers to verify signatures with.
func writeAuthorities(u *sandbox.University, folder string) error {
	var text bytes.Buffer
	for _, c := range append(append([]*x509.Certificate{u.Danish.Root()}, u.Danish.Intermediates()...),
		append([]*x509.Certificate{u.Foreign.Root()}, u.Foreign.Intermediates()...)...) {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "ca.pem"), text.Bytes(), 0o644)
}

// fileName keeps an address from naming another folder.
func fileName(address string) string {
	return strings.NewReplacer("/", "_", `\`, "_", "\x00", "_").Replace(address)
}

func writeJSON(folder string, r result) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "result.json"), append(text, '\n'), 0o644)
}

func refused(p *contract.Problem) result {
	r := result{State: "refused", Problem: p, Recipients: []resultRecipient{}}
	if p.Recipients != nil {
		for _, one := range *p.Recipients {
			r.Recipients = append(r.Recipients, resultRecipient{Address: one.Address, Route: "refused", State: "refused", Code: one.Code, Say: one.Say.En})
		}
	}
	return r
}

func resultOf(m *contract.Message) result {
	r := result{ID: m.Id.String(), MessageID: m.MessageId, State: string(m.State)}
	for _, one := range m.Recipients {
		line := resultRecipient{Address: one.Address, Field: string(one.Field), Route: string(one.Route), State: string(one.State)}
		if one.Code != nil {
			line.Code = *one.Code
		}
		if one.Say != nil {
			line.Say = one.Say.En
		}
		r.Recipients = append(r.Recipients, line)
	}
	if m.Notice != nil {
		r.Notice = string(m.Notice.Kind)
	}
	return r
}

// addressTo gives the mail these recipients and no others.
func addressTo(text []byte, to []string) []byte {
	head, body := splitHead(text)
	var out bytes.Buffer
	keep := true
	for line := range bytes.Lines(head) {
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			switch strings.ToLower(string(name)) {
			case "to", "cc", "bcc":
				keep = false
			default:
				keep = true
			}
		}
		if keep {
			out.Write(line)
		}
	}
	_, _ = fmt.Fprintf(&out, "To: %s\r\n\r\n", strings.Join(to, ",\r\n "))
	out.Write(body)
	return out.Bytes()
}

// splitHead cuts at the first blank line, whatever its line end: an attached message may have the other one.
func splitHead(text []byte) (head, body []byte) {
	end := 0
	for line := range bytes.Lines(text) {
		end += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return text[:end-len(line)], text[end:]
		}
	}
	return text, nil
}
