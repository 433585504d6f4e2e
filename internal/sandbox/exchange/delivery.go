package exchange

import (
	"context"
	"fmt"
	"mime"
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

// arrival is the same as it is kept.
type arrival struct {
	Delivery
	raw text
}

func (a arrival) view() Delivery {
	a.Raw = a.raw.bytes()
	return a.Delivery
}

// All lists every delivery, oldest first.
func (s *Server) All() []Delivery {
	return views(s.arrivals(func(arrival) bool { return true }))
}

// Delivered lists what arrived for an address, inside or outside, oldest first.
func (s *Server) Delivered(address string) []Delivery {
	return views(s.arrivals(func(a arrival) bool { return strings.EqualFold(a.Address, address) }))
}

// headLength is as much of a mail as a list shows: its header, and a little of what follows.
const headLength = 16 << 10

// Heads lists the same, and of each Raw is its beginning alone: a list does not read what lies on the disk.
func (s *Server) Heads(address string) []Delivery {
	list := s.arrivals(func(a arrival) bool { return strings.EqualFold(a.Address, address) })
	out := make([]Delivery, len(list))
	for n, a := range list {
		out[n] = a.Delivery
		out[n].Raw = a.raw.head(headLength)
	}
	return out
}

// Whole is one of them as it travelled; nil where there are not so many.
func (s *Server) Whole(address string, n int) []byte {
	list := s.arrivals(func(a arrival) bool { return strings.EqualFold(a.Address, address) })
	if n < 0 || n >= len(list) {
		return nil
	}
	return list[n].raw.bytes()
}

// arrivals picks under the lock; what lies on the disk is read without it.
func (s *Server) arrivals(wanted func(arrival) bool) []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []arrival
	for _, a := range s.arrived {
		if wanted(a) {
			list = append(list, a)
		}
	}
	return list
}

func views(list []arrival) []Delivery {
	out := make([]Delivery, len(list))
	for n, a := range list {
		out[n] = a.view()
	}
	return out
}

// Wait waits until at least n messages have arrived for the address, and gives all that have.
func (s *Server) Wait(ctx context.Context, address string, n int) ([]Delivery, error) {
	list, err := s.await(ctx, address, n)
	return views(list), err
}

// Nth waits for the nth message for the address, the first being 1, and reads no other.
func (s *Server) Nth(ctx context.Context, address string, n int) (Delivery, error) {
	list, err := s.await(ctx, address, n)
	if err != nil {
		return Delivery{}, err
	}
	return list[n-1].view(), nil
}

func (s *Server) await(ctx context.Context, address string, n int) ([]arrival, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		list := s.arrivals(func(a arrival) bool { return strings.EqualFold(a.Address, address) })
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
func (s *Server) deliver(b *box, i *item, to []string, now time.Time) {
	whole := i.mime()
	for _, address := range to {
		if isLocal(address, "bounces") {
			s.bounce(b, i, address, now)
			continue
		}
		raw := s.traced(b, whole, damageOf(address), now)
		memory, _ := raw.weight() // what is in files is the sender's
		if s.things >= maxThings || !s.keep(memory, 0) {
			// Full: better to lose a demo's mail than the machine's memory.
			continue
		}
		s.things++
		s.arrived = append(s.arrived, arrival{Delivery{At: now, Address: address, From: b.Address, Recipients: to}, raw})
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

func (s *Server) receive(b *box, raw text, now time.Time) *item {
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

// bounce puts a non-delivery report (RFC 3464) into the sender's Inbox.
func (s *Server) bounce(b *box, i *item, address string, now time.Time) {
	_, domain, _ := strings.Cut(b.Address, "@")
	boundary := s.uuid()
	report := fmt.Sprintf("Date: %s\r\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@%s>\r\nTo: <%s>\r\n"+
		"Subject: %s\r\nMessage-ID: <%s@%s>\r\nIn-Reply-To: %s\r\nReferences: %s\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"%s\"\r\n\r\n"+
		"--%[9]s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour message could not be delivered. The address was not found.\r\n"+
		"\r\n--%[9]s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; sandbox.invalid\r\n\r\n"+
		"Final-Recipient: rfc822; %[10]s\r\nAction: failed\r\nStatus: 5.1.10\r\nDiagnostic-Code: smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n"+
		"\r\n--%[9]s\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %[7]s\r\nTo: <%[10]s>\r\n\r\n--%[9]s--\r\n",
		now.Format(time.RFC1123Z), domain, b.Address, mime.QEncoding.Encode("utf-8", "Undeliverable: "+i.message.Subject), s.uuid(), domain,
		oneLine(i.message.InternetMessageID), oneLine(i.message.InternetMessageID), boundary, address)
	if i := s.receive(b, inMemory([]byte(report)), now); i != nil {
		i.properties[propClass] = "REPORT.IPM.Note.NDR"
	}
}
