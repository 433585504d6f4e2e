package submission

import (
	"context"
	"errors"
	"regexp"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tokenTimeout bounds getting a token: azidentity retries on its own account for minutes otherwise.
const tokenTimeout = 30 * time.Second

// entraCode is how Entra numbers its refusals; the number is what an operator looks up.
var entraCode = regexp.MustCompile(`AADSTS\d{1,9}`)

// token asks for a token. azidentity's own error is a dump of the whole answer, so only the number is kept.
func (c *Client) token(ctx context.Context) (string, error) {
	start := c.options.Now()
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, err := c.options.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.options.Scope}})
	reason := ""
	switch {
	case err != nil && entraCode.MatchString(err.Error()):
		reason = entraCode.FindString(err.Error())
	case err != nil:
		reason = networkReason(err)
	case !isToken(token.Token):
		reason = "not a token"
	default:
		c.options.Observe("token", 200, c.options.Now().Sub(start))
		return token.Token, nil
	}
	c.options.Observe("token", 0, c.options.Now().Sub(start))
	return "", fault.New(fault.Unavailable, "submission_token", sayToken, errors.New("submission: no token: "+reason))
}

// isToken says that it can stand between the two control characters of XOAUTH2 (RFC 6750 section 2.1: b64token).
func isToken(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return s != ""
}

// xoauth2 is the client side of the SASL mechanism that Exchange and Google share; it has no RFC. It is only ever used
// inside TLS.
type xoauth2 struct{ mailbox, token string }

func (x xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.mailbox + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers what only a refusal asks: with nothing, so that the code of the refusal follows.
func (x xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
