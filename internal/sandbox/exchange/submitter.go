package exchange

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	// maxConnections and maxPerMinute are Exchange Online's for a mailbox that submits by SMTP.
	maxConnections = 3
	maxPerMinute   = 30
	// cutOffAfter is where cut-off@ breaks the connection.
	cutOffAfter = 10_000
)

// answer makes a reply that go-smtp sends as it stands.
func answer(code int, enhanced smtp.EnhancedCode, message string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: message}
}

// submitter is one connection to the door.
type submitter struct {
	house *Server
	conn  *smtp.Conn
	box   *box // who has signed in
	in    bool // counted among the mailbox's connections
	to    []string
}

// AuthMechanisms is the one way of programs; Exchange offers LOGIN as well, which is being switched off.
func (u *submitter) AuthMechanisms() []string { return []string{"XOAUTH2"} }

// Auth starts signing in.
func (u *submitter) Auth(string) (sasl.Server, error) { return u, nil }

// Next takes XOAUTH2's only message: user=…^Aauth=Bearer …^A^A.
func (u *submitter) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil // no initial response: asked for with an empty challenge
	}
	refused := answer(535, smtp.EnhancedCode{5, 7, 3}, "Authentication unsuccessful")
	user, rest, ok := bytes.Cut(response, []byte("\x01auth=Bearer "))
	name, isUser := bytes.CutPrefix(user, []byte("user="))
	token, isWhole := bytes.CutSuffix(rest, []byte("\x01\x01"))
	if !ok || !isUser || !isWhole {
		return nil, true, refused
	}
	app, err := u.house.config.VerifySMTP(string(token))
	if err != nil {
		return nil, true, refused
	}
	s := u.house
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[strings.ToLower(string(name))]
	if b == nil || s.config.Allowed != nil && !s.config.Allowed(app, b.Address) {
		return nil, true, refused
	}
	if isLocal(b.Address, "smtp-off") {
		return nil, true, answer(535, smtp.EnhancedCode{5, 7, 139}, "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.")
	}
	u.box, u.in = b, true
	b.connections++
	return nil, true, nil
}

// Logout ends the connection, or the part of it before STARTTLS.
func (u *submitter) Logout() error {
	u.house.mu.Lock()
	defer u.house.mu.Unlock()
	if u.in {
		u.box.connections--
		u.in = false
	}
	return nil
}

// Reset forgets the message.
func (u *submitter) Reset() { u.to = nil }

// Mail starts a message. Not known of the real one: at which command the limits are told; both are told here.
func (u *submitter) Mail(from string, _ *smtp.MailOptions) error {
	if u.box == nil {
		return answer(530, smtp.EnhancedCode{5, 7, 57}, "Client not authenticated to send mail.")
	}
	if !strings.EqualFold(from, u.box.Address) {
		return denied()
	}
	s := u.house
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.box.connections > maxConnections {
		return answer(432, smtp.EnhancedCode{4, 3, 2}, "Concurrent connections limit exceeded.")
	}
	now := s.config.Now()
	for len(u.box.submitted) > 0 && now.Sub(u.box.submitted[0]) >= time.Minute {
		u.box.submitted = u.box.submitted[1:]
	}
	if len(u.box.submitted) >= maxPerMinute {
		return answer(451, smtp.EnhancedCode{4, 7, 0}, "Message rate limit exceeded.")
	}
	u.box.submitted = append(u.box.submitted, now)
	return nil
}

func denied() error {
	return answer(550, smtp.EnhancedCode{5, 7, 60}, "SMTP; Client does not have permissions to send as this sender")
}

// Rcpt adds an address of the envelope.
func (u *submitter) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case !deliverable(to):
		return answer(501, smtp.EnhancedCode{5, 1, 3}, "Invalid address")
	case isLocal(to, "rejected"):
		return answer(550, smtp.EnhancedCode{5, 1, 1}, "User unknown: "+to)
	}
	u.to = append(u.to, to)
	return nil
}

// Data takes the message, and hands it to the same transport that Graph's drafts go by.
func (u *submitter) Data(r io.Reader) error {
	if isAmong(u.to, "cut-off") {
		_, _ = io.CopyN(io.Discard, r, cutOffAfter)
		return u.hangUp()
	}
	var content spill
	if _, err := io.Copy(&content, r); err != nil {
		return err // too large, or cut off before the dot
	}
	raw := content.text()
	i, err := fromMIME(raw)
	if err != nil {
		return answer(550, smtp.EnhancedCode{5, 6, 0}, "The message cannot be read.")
	}
	if i.message.From == nil || !strings.EqualFold(i.message.From.EmailAddress.Address, u.box.Address) {
		return denied()
	}
	s, to, id := u.house, u.to, i.message.InternetMessageID
	s.mu.Lock()
	defer s.mu.Unlock()
	switch weather := weatherOf(to); {
	case weather == "throttled" && s.tried("smtp-throttled", id) <= throttledAttempts:
		return answer(432, smtp.EnhancedCode{4, 3, 2}, "STOREDRV.ClientSubmit; sender thread limit exceeded")
	case weather == "busy" && s.tried("smtp-busy", id) == 1:
		return answer(451, smtp.EnhancedCode{4, 3, 0}, "Temporary server error. Please try again later.")
	case weather == "timeout-not-sent" && s.tried("smtp-not-sent", id) == 1:
		return u.hangUp()
	}
	s.later(func(now time.Time) {
		i.folder, i.read, i.sent, i.received = "sentitems", true, now, now
		if s.put(u.box, i) {
			s.deliver(u.box, i, to, now)
		}
	})
	if weather := weatherOf(to); weather == "timeout-but-sent" || weather == "dropped" {
		return u.hangUp()
	}
	return nil
}

// hangUp breaks the connection without an answer. The one that is returned reaches nobody.
func (u *submitter) hangUp() error {
	_ = u.conn.Conn().Close()
	return answer(421, smtp.EnhancedCode{4, 4, 2}, "Connection dropped")
}
