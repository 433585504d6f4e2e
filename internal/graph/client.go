package graph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	msgraphcore "github.com/microsoftgraph/msgraph-sdk-go-core"

	"aau.dk/sendsikker/internal/gate"
)

// LargeMode says what to do with a sealed copy above MaxMIME.
type LargeMode int

const (
	LargeRefuse LargeMode = iota // TooLarge: the documented way only
	LargeUpload                  // JSON draft, class IPM.Note.SMIME, upload session (MS-OXOSMIME 2.1.3.2); prove it on the tenant first
)

// maxConcurrent is one below the four concurrent requests that Graph allows an application in a mailbox
// (throttling-limits; "over its MailboxConcurrency limit"), so that an administrator's script still gets in.
const maxConcurrent = 3

const (
	// MaxMIME is the largest RFC 822 message, in bytes before Graph's base64, that the MIME way takes. A Graph request
	// may be 4 MB (graph-docs#85, #4370) and carries the base64; 3.9 MB of it leaves room whichever of 4,000,000 and
	// 4 MiB is meant.
	MaxMIME = 3_900_000 / 4 * 3
	// MaxUpload is the largest sealed copy, in bytes of MIME, for the upload way: the default MaxSendSize of an
	// Exchange Online mailbox, 35 MB. Above it the answer would come later, as a bounce.
	MaxUpload = 35 << 20
	// maxUploadEver is what no mailbox setting can exceed (Exchange Online limits: 150 MB a message).
	maxUploadEver = 150_000_000
)

// Options is what a Client needs.
type Options struct {
	BaseURL     string // "https://graph.microsoft.com/v1.0"; must be https unless loopback
	Credential  azcore.TokenCredential
	Large       LargeMode
	MaxUpload   int64                                                  // bytes of MIME; 0 = MaxUpload, for mailboxes with another MaxSendSize
	Transport   http.RoundTripper                                      // nil = one of our own
	Observe     func(operation string, status int, took time.Duration) // for metrics; status 0 = no answer
	UploadHosts []string                                               // hosts that an uploadUrl may point at; nil = outlook.office.com, outlook.office365.com
	Now         func() time.Time
}

// Client speaks to Microsoft Graph as the application. It is safe for use by many at once.
type Client struct {
	base        *url.URL
	scope       string
	credential  azcore.TokenCredential
	large       LargeMode
	maxUpload   int64
	observe     func(string, int, time.Duration)
	uploadHosts []string
	now         func() time.Time
	traced      bool                                 // the transport reports when it has a connection
	graph       *msgraphcore.GraphRequestAdapterBase // adds the token
	anonymous   *msgraphcore.GraphRequestAdapterBase // for upload URLs, which carry their own proof
	gate        *gate.Gate
}

// New checks the options and makes a client. It does not touch the network.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(o.BaseURL, "/"))
	if err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("graph: the base URL is not an absolute URL")
	}
	if base.Scheme != "https" && !(base.Scheme == "http" && isLoopback(base.Hostname())) {
		return nil, errors.New("graph: the base URL must be https, or http on loopback")
	}
	if o.Credential == nil {
		return nil, errors.New("graph: no credential")
	}
	if o.Large != LargeRefuse && o.Large != LargeUpload {
		return nil, fmt.Errorf("graph: unknown way for large messages: %d", o.Large)
	}
	if o.MaxUpload < 0 || o.MaxUpload > maxUploadEver {
		return nil, fmt.Errorf("graph: the largest upload must be between 0 and %d bytes", maxUploadEver)
	}
	c := &Client{
		base: base, credential: o.Credential, large: o.Large, maxUpload: o.MaxUpload,
		observe: o.Observe, uploadHosts: slices.Clone(o.UploadHosts), now: o.Now, gate: gate.New(maxConcurrent),
	}
	if c.maxUpload == 0 {
		c.maxUpload = MaxUpload
	}
	if c.observe == nil {
		c.observe = func(string, int, time.Duration) {}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.uploadHosts == nil {
		// The hosts that Graph hands out upload URLs for (outlook-large-attachments).
		c.uploadHosts = []string{"outlook.office.com", "outlook.office365.com"}
	}
	c.scope = "https://graph.microsoft.com/.default"
	if isLoopback(base.Hostname()) {
		// A sandbox stands in for Graph, so its upload URLs are its own, and the token is one for Graph.
		c.uploadHosts = append(c.uploadHosts, base.Host)
	} else {
		// National clouds: the token is for the very host that it is sent to.
		c.scope = "https://" + base.Host + "/.default"
	}
	next := o.Transport
	if next == nil {
		next = ownTransport()
	}
	_, c.traced = next.(*http.Transport)
	client := &http.Client{
		Transport: &transport{next: next},
		// A redirect would carry a mail, or a token, to a host that nobody chose.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.graph, err = adapter(&bearer{credential: o.Credential, scope: c.scope, base: base}, client); err != nil {
		return nil, fmt.Errorf("graph: make the request adapter: %w", err)
	}
	if c.anonymous, err = adapter(&authentication.AnonymousAuthenticationProvider{}, client); err != nil {
		return nil, fmt.Errorf("graph: make the upload adapter: %w", err)
	}
	c.graph.SetBaseUrl(base.String())
	return c, nil
}

// MaxMessage is the largest sealed copy, in bytes of MIME, that the configured way takes. A copy that is not sealed
// never goes above MaxMIME: the upload way is for one S/MIME attachment only.
func (c *Client) MaxMessage() int64 {
	if c.large == LargeUpload {
		return max(c.maxUpload, MaxMIME)
	}
	return MaxMIME
}

// Ready says whether a token for Graph can be had.
func (c *Client) Ready(ctx context.Context) error {
	start := c.now()
	_, err := getToken(ctx, c.credential, c.scope)
	took := c.now().Sub(start)
	if err != nil {
		c.observe("token", 0, took)
		return tokenFault(err)
	}
	c.observe("token", http.StatusOK, took)
	return nil
}

func adapter(auth authentication.AuthenticationProvider, client *http.Client) (*msgraphcore.GraphRequestAdapterBase, error) {
	return msgraphcore.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		auth, msgraphcore.GraphClientOptions{}, nil, nil, client)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
