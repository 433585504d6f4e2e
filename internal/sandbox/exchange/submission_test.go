package exchange_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"aau.dk/sendsikker/internal/sandbox/exchange"
)

// login is XOAUTH2 as a client says it.
type login string

func (l login) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte(l), nil
}
func (login) Next([]byte) ([]byte, error) { return nil, errors.New("asked for more") }

const good = login("user=" + box + "\x01auth=Bearer good\x01\x01")

func (h house) door() *exchange.Submission {
	h.t.Helper()
	door, err := h.server.OpenSubmission(h.t.Context(), "")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = door.Close() })
	return door
}

func (h house) dial(door *exchange.Submission) *smtp.Client {
	h.t.Helper()
	conn, err := net.Dial("tcp", door.Address)
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := smtp.NewClientStartTLS(conn, &tls.Config{ServerName: "localhost", RootCAs: door.Roots, MinVersion: tls.VersionTLS12})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// refusal is the code of an answer, with its enhanced code.
func refusal(err error) (int, smtp.EnhancedCode) {
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return answer.Code, answer.EnhancedCode
	}
	return 0, smtp.EnhancedCode{}
}

func TestTheDoorOpensToTheRightTokenInTLSAlone(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.Allowed = func(_, mailbox string) bool { return mailbox == box } })
	door := h.door()
	plain, err := smtp.Dial(door.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	if code, _ := refusal(plain.Auth(good)); code != 523 || plain.SupportsAuth("XOAUTH2") {
		t.Errorf("without TLS: %d", code)
	}
	for name, l := range map[string]login{
		"a bad token": "user=" + box + "\x01auth=Bearer bad\x01\x01", "no such mailbox": "user=x@y.example\x01auth=Bearer good\x01\x01",
		"not at its end": "user=" + box + "\x01auth=Bearer good\x01", "another shape": "good", "no user": "\x01auth=Bearer good\x01\x01",
	} {
		if code, enhanced := refusal(h.dial(door).Auth(l)); code != 535 || enhanced != (smtp.EnhancedCode{5, 7, 3}) {
			t.Errorf("%s: %d %v", name, code, enhanced)
		}
	}
	if code, _ := refusal(h.dial(door).Mail(box, nil)); code != 530 {
		t.Errorf("without signing in: %d", code)
	}
	c := h.dial(door)
	if err := c.Auth(good); err != nil {
		t.Fatal(err)
	}
	if code, _ := refusal(c.Mail("rektor@its.aau.example", nil)); code != 550 {
		t.Errorf("as another: %d", code)
	}
	if _, err := h.server.OpenSubmission(t.Context(), "0.0.0.0:0"); err == nil {
		t.Error("it listens to everybody")
	}
}

func TestTheFourthConnectionAndTheThirtyFirstMailOfAMinuteAreTurnedAway(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	h := open(t, func(c *exchange.Config) { c.Now = func() time.Time { return now } })
	door := h.door()
	var clients []*smtp.Client
	for range 4 {
		c := h.dial(door)
		if err := c.Auth(good); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if code, enhanced := refusal(clients[3].Mail(box, nil)); code != 432 || enhanced != (smtp.EnhancedCode{4, 3, 2}) {
		t.Errorf("the fourth: %d %v", code, enhanced)
	}
	if err := clients[0].Quit(); err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		err := clients[1].Mail(box, nil)
		// The connection that went away is counted out a moment after its farewell.
		for deadline := time.Now().Add(5 * time.Second); n == 0 && err != nil && time.Now().Before(deadline); err = clients[1].Mail(box, nil) {
			time.Sleep(5 * time.Millisecond)
		}
		if err != nil {
			t.Fatalf("mail %d: %v", n+1, err)
		}
		if err := clients[1].Reset(); err != nil {
			t.Fatal(err)
		}
	}
	if code, _ := refusal(clients[1].Mail(box, nil)); code != 451 {
		t.Errorf("the thirty-first: %d", code)
	}
}

func TestASubmittedMailIsDeliveredByItsEnvelopeAndKeptInSentItems(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := h.dial(h.door())
	if err := c.Auth(good); err != nil {
		t.Fatal(err)
	}
	text := "From: <" + box + ">\r\nTo: bo@x.example, eve@x.example\r\nBcc: anne@its.aau.example\r\nMessage-ID: <s@x>\r\nSubject: hej\r\n\r\n" +
		strings.Repeat("..body\r\n", 700_000)
	if err := c.SendMail(box, []string{"bo@x.example", "anne@its.aau.example"}, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	got := h.wait("bo@x.example")
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	if !bytes.HasSuffix(got.Raw, []byte("\r\n\r\n"+body)) || bytes.Contains(got.Raw, []byte("Bcc")) || len(h.server.All()) != 2 {
		t.Errorf("%d bytes, %d deliveries", len(got.Raw), len(h.server.All()))
	}
	sent := h.server.Messages(box, "sentitems")
	if len(sent) != 1 || sent[0].InternetMessageID != "<s@x>" || sent[0].IsDraft || string(sent[0].Raw) != text {
		t.Errorf("Sent Items: %d", len(sent))
	}
	r, list := h.ask("GET", "/v1.0/users/anne@its.aau.example/mailFolders/inbox/messages?$filter=internetMessageId%20eq%20'%3Cs@x%3E'", "", "")
	found, _ := list["value"].([]any)
	if r.StatusCode != 200 || len(found) != 1 {
		t.Fatalf("in the Inbox: %s, %v", r.Status, list)
	}
}
