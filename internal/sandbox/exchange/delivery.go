package exchange

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"
)

// Delivery is one message as it arrived for one address.
type Delivery struct {
	At         time.Time
	Address    string // whose it is
	From       string
	Recipients []string // all that this message went to
	Raw        []byte
}

// All lists every delivery, oldest first.
func (s *Server) All() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// Delivered lists what arrived for an address, inside or outside, oldest first.
func (s *Server) Delivered(address string) []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deliveredTo(address)
}

func (s *Server) deliveredTo(address string) []Delivery {
	var list []Delivery
	for _, d := range s.arrived {
		if strings.EqualFold(d.Address, address) {
			list = append(list, d)
		}
	}
	return list
}

// Wait waits until at least n messages have arrived for the address.
func (s *Server) Wait(ctx context.Context, address string, n int) ([]Delivery, error) {
	for {
		s.mu.Lock()
		list, changed := s.deliveredTo(address), s.changed
		s.mu.Unlock()
		if len(list) >= n {
			return list, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return list, fmt.Errorf("exchange: %d of %d messages have arrived: %w", len(list), n, ctx.Err())
		}
	}
}

// deliver gives every recipient the message. The caller holds the lock.
func (s *Server) deliver(b *box, i *item, now time.Time) {
	raw := s.traced(b, i.mime(), now)
	to := i.recipients()
	if s.stored+int64(len(raw)) > maxStored {
		raw = nil
	}
	s.stored += int64(len(raw))
	for _, address := range to {
		if isLocal(address, "bounces") {
			s.bounce(b, i, address, now)
			continue
		}
		if raw == nil || s.things >= maxThings {
			// Full: better to lose a demo's mail than the machine's memory.
			continue
		}
		s.things++
		s.arrived = append(s.arrived, Delivery{At: now, Address: address, From: b.Address, Recipients: to, Raw: raw})
		if inside := s.inside(address); inside != nil {
			s.receive(inside, raw, now)
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// inside is the mailbox of an address of ours, made when the domain is ours and mail comes for it.
func (s *Server) inside(address string) *box {
	if b := s.boxes[strings.ToLower(address)]; b != nil {
		return b
	}
	if _, domain, ok := strings.Cut(strings.ToLower(address), "@"); ok && s.domains[domain] {
		return s.open(Mailbox{Address: address})
	}
	return nil
}

func (s *Server) receive(b *box, raw []byte, now time.Time) *item {
	i, err := fromMIME(raw)
	if err != nil {
		return nil
	}
	i.folder, i.received, i.sent = "inbox", now, now
	if !s.put(b, i) {
		return nil
	}
	return i
}

// traced is the message as the receiver gets it: "more or less intact" (outlook-things-to-know-about-send-mail), with
// a trace on top and without a Bcc field.
func (s *Server) traced(b *box, raw []byte, now time.Time) []byte {
	var out bytes.Buffer
	out.Grow(len(raw) + 512)
	fmt.Fprintf(&out, "Received: from sandbox.invalid (127.0.0.1) by sandbox.invalid with HTTP;\r\n %s\r\n", now.Format(time.RFC1123Z))
	header, rest, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if bodyOnly, none := bytes.CutPrefix(raw, []byte("\r\n")); none {
		header, rest = nil, bodyOnly
	}
	skipping, from := false, false
	for line := range bytes.SplitSeq(header, []byte("\r\n")) {
		if folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t'); !folded {
			name, _, _ := bytes.Cut(line, []byte(":"))
			skipping = bytes.EqualFold(name, []byte("Bcc"))
			from = from || bytes.EqualFold(name, []byte("From"))
		}
		if !skipping && len(line) > 0 {
			out.Write(line)
			out.WriteString("\r\n")
		}
	}
	if !from {
		fmt.Fprintf(&out, "From: <%s>\r\n", b.Address)
	}
	out.WriteString("\r\n")
	out.Write(rest)
	return out.Bytes()
}

// bounce puts a non-delivery report (RFC 3464) into the sender's Inbox.
func (s *Server) bounce(b *box, i *item, address string, now time.Time) {
	_, domain, _ := strings.Cut(b.Address, "@")
	boundary := s.uuid()
	text := fmt.Sprintf("Date: %s\r\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@%s>\r\nTo: <%s>\r\n"+
		"Subject: %s\r\nMessage-ID: <%s@%s>\r\nIn-Reply-To: %s\r\nReferences: %s\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"%s\"\r\n\r\n"+
		"--%[9]s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour message could not be delivered. The address was not found.\r\n"+
		"\r\n--%[9]s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; sandbox.invalid\r\n\r\n"+
		"Final-Recipient: rfc822; %[10]s\r\nAction: failed\r\nStatus: 5.1.10\r\nDiagnostic-Code: smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n"+
		"\r\n--%[9]s\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %[7]s\r\nTo: <%[10]s>\r\n\r\n--%[9]s--\r\n",
		now.Format(time.RFC1123Z), domain, b.Address, mime.QEncoding.Encode("utf-8", "Undeliverable: "+i.message.Subject), s.uuid(), domain,
		oneLine(i.message.InternetMessageID), oneLine(i.message.InternetMessageID), boundary, address)
	if report := s.receive(b, []byte(text), now); report != nil {
		report.properties[propClass] = "REPORT.IPM.Note.NDR"
	}
}
