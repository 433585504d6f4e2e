package submission

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"aau.dk/sendsikker/internal/gate"
)

const (
	// DefaultAddress and DefaultScope are Exchange Online's; national clouds have their own.
	DefaultAddress = "smtp.office365.com:587"
	DefaultScope   = "https://outlook.office365.com/.default"
	// DefaultMaxMessage is the default MaxSendSize of a mailbox in Exchange Online, 35 MB.
	DefaultMaxMessage = 35 << 20
	// maxMessageEver is what no mailbox setting can exceed (Exchange Online limits: 150 MB a message).
	maxMessageEver = 150_000_000
	// maxConnections is one below the three that Exchange Online allows a mailbox (432 4.3.2 above it), so that a scanner or a
	// script that sends from the same mailbox still gets in.
	maxConnections = 2
	// maxRecipients is the most that Exchange Online can be set to for one message (the default is 500).
	maxRecipients = 1000
)

// Options is what a Client needs.
type Options struct {
	Address    string // host and port; "" is DefaultAddress
	Scope      string // of the token; "" is DefaultScope
	Credential azcore.TokenCredential
	MaxMessage int64          // bytes; 0 is DefaultMaxMessage, for mailboxes with another MaxSendSize
	Roots      *x509.CertPool // who may vouch for the server; nil: those of the system

	// Observe is for metrics: the last command (a fixed word), the code of its answer, or 0 where none came.
	Observe func(command string, code int, took time.Duration)
	Now     func() time.Time
}

// Client submits mail as the application. It is safe for use by many at once; each message has a connection of its own.
type Client struct {
	options Options
	host    string
	gate    *gate.Gate
}

// New checks the options. It does not touch the network.
func New(o Options) (*Client, error) {
	if o.Address == "" {
		o.Address = DefaultAddress
	}
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil || host == "" || port == "" {
		return nil, errors.New("submission: the address is not a host and a port")
	}
	if o.Credential == nil {
		return nil, errors.New("submission: no credential")
	}
	if o.MaxMessage < 0 || o.MaxMessage > maxMessageEver {
		return nil, fmt.Errorf("submission: the largest message must be between 0 and %d bytes", maxMessageEver)
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = DefaultMaxMessage
	}
	if o.Scope == "" {
		o.Scope = DefaultScope
	}
	if o.Observe == nil {
		o.Observe = func(string, int, time.Duration) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{options: o, host: host, gate: gate.New(maxConnections)}, nil
}

// MaxMessage is the largest message, in bytes, that this way takes.
func (c *Client) MaxMessage() int64 { return c.options.MaxMessage }

// Ready says whether a token for submission can be had.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.token(ctx)
	return err
}
