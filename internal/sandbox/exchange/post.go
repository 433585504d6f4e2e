package exchange

import (
	"errors"
	"time"
)

// Post sends a mail as Outlook does when somebody presses its own Send: from a mailbox of ours, made where it is not there yet, to
// the addresses of an envelope, whatever the header says. Bad weather is for programs; nobody's Outlook meets it here.
func (s *Server) Post(from string, to []string, raw []byte) error {
	i, err := fromMIME(inMemory(raw))
	if err != nil {
		return err
	}
	if len(to) == 0 {
		return errors.New("exchange: a mail to nobody")
	}
	for _, address := range to {
		if !deliverable(address) {
			return errors.New("exchange: at least one recipient is not valid")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.inside(from)
	if b == nil {
		return errors.New("exchange: the sender is not one of ours")
	}
	s.later(func(now time.Time) {
		i.folder, i.read, i.sent, i.received = "sentitems", true, now, now
		if s.put(b, i) {
			s.deliver(b, i, to, now)
		}
	})
	return nil
}
