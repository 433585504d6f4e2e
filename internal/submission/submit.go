package submission

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/fault"
	"github.com/emersion/go-smtp"
)

// The commands, as they stand in causes and metrics.
const (
	atConnect  = "connect"
	atStartTLS = "starttls"
	atAuth     = "auth"
	atMail     = "mail"
	atRcpt     = "rcpt"
	atData     = "data"
	atBytes    = "bytes"
	atDot      = "dot"
)

// Submit sends mime, a complete RFC 5322 message of exactly size bytes, from the mailbox to exactly the addresses in to. It
// asks once. nil means 250 after the final dot: Exchange has taken it over (a report may still come). Unclear means that it
// may have been sent; every other fault means that it has not.
func (c *Client) Submit(ctx context.Context, mailbox string, to []string, mime io.Reader, size int64) error {
	switch {
	case !isAddress(mailbox):
		return fault.New(fault.Rejected, "submission_mailbox", sayMailbox, errors.New("submission: not a mailbox address"))
	case len(to) == 0 || len(to) > maxRecipients:
		return fault.New(fault.Rejected, "submission_invalid_recipients", sayRecipients, errors.New("submission: no recipients, or too many"))
	case size <= 0:
		return internal(errShort)
	case size > c.options.MaxMessage:
		return fault.New(fault.TooLarge, "submission_too_large", sayTooLarge, nil)
	}
	international := !isASCII(mailbox)
	for _, address := range to {
		if !isAddress(address) {
			return fault.New(fault.Rejected, "submission_invalid_recipients", sayRecipients, errors.New("submission: not an address"))
		}
		international = international || !isASCII(address)
	}
	ctx, cancel := context.WithTimeout(ctx, wholeTimeout)
	defer cancel()
	leave, err := c.gate.Enter(ctx, mailbox)
	if err != nil {
		return failed(ctx, "waiting", err)
	}
	defer leave()
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	start := c.options.Now()
	at, err := c.talk(ctx, xoauth2{mailbox, token}, to, &checked{source: mime, left: size}, &smtp.MailOptions{Size: size, UTF8: international})
	code := codeOf(err)
	if err == nil {
		code = 250
	}
	c.options.Observe(at, code, c.options.Now().Sub(start))
	return err
}

// talk is one connection with one message. It says at which command it ended.
func (c *Client) talk(ctx context.Context, login xoauth2, to []string, message *checked, options *smtp.MailOptions) (at string, err error) {
	conn, hangUp, err := dial(ctx, c.options.Address)
	if err != nil {
		return atConnect, failed(ctx, atConnect, err)
	}
	defer hangUp()
	client, err := smtp.NewClientStartTLS(conn, &tls.Config{ServerName: c.host, RootCAs: c.options.Roots, MinVersion: tls.VersionTLS12})
	if err == nil {
		client.CommandTimeout, client.SubmissionTimeout = commandTimeout, dotTimeout
		// The first words inside TLS: what was said before it counts for nothing (RFC 3207 section 4.2).
		err = client.Hello(helloName)
	}
	if err != nil {
		return atStartTLS, failed(ctx, atStartTLS, err)
	}
	if err := c.begin(ctx, client, login, message, options); err != nil {
		return atAuth, err
	}
	if err := client.Mail(login.mailbox, options); err != nil {
		return atMail, failed(ctx, atMail, err)
	}
	for _, address := range to {
		if err := client.Rcpt(address, nil); err != nil {
			return atRcpt, failed(ctx, atRcpt, err)
		}
	}
	data, err := client.Data()
	if err != nil {
		return atData, failed(ctx, atData, err)
	}
	if _, err := io.Copy(data, message); err != nil {
		// Hung up without the dot: the server drops what it has (RFC 5321 section 4.1.1.4).
		switch {
		case isOfTheMessage(message.err):
			return atBytes, fault.New(fault.Rejected, "submission_lines", sayLines, message.err)
		case message.err != nil:
			return atBytes, internal(message.err)
		}
		return atBytes, failed(ctx, atBytes, err)
	}
	if err := data.Close(); err != nil {
		return atDot, failed(ctx, atDot, err)
	}
	// It is sent. The farewell is a courtesy, and no reason to wait.
	client.CommandTimeout = quitTimeout
	_ = client.Quit()
	return atDot, nil
}

// begin signs in, and holds the message against what the server takes.
func (c *Client) begin(ctx context.Context, client *smtp.Client, login xoauth2, message *checked, options *smtp.MailOptions) error {
	if !client.SupportsAuth("XOAUTH2") {
		return fault.New(fault.Unavailable, "submission_no_auth", sayUnavailable, errors.New("submission: AUTH XOAUTH2 is not offered"))
	}
	if err := client.Auth(login); err != nil {
		return failed(ctx, atAuth, err)
	}
	if limit, ok := client.MaxMessageSize(); ok && limit > 0 && options.Size > int64(limit) {
		return fault.New(fault.TooLarge, "submission_too_large", sayTooLarge, errors.New("submission: larger than the SIZE that is offered (RFC 1870)"))
	}
	if ok, _ := client.Extension("SMTPUTF8"); options.UTF8 && !ok {
		return fault.New(fault.Rejected, "submission_invalid_recipients", sayRecipients, errors.New("submission: SMTPUTF8 is not offered (RFC 6531)"))
	}
	message.eightBit, _ = client.Extension("8BITMIME")
	return nil
}

// maxAddress is RFC 5321 section 4.5.3.1: 64 and 255, with the at sign.
const maxAddress = 320

// isAddress says that s can stand between the angle brackets of a command and ends there.
func isAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > maxAddress || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.IsSpace(r) || r == '<' || r == '>' {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
