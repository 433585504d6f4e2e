package graph

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// tokenTimeout bounds getting a token: azidentity retries on its own account for minutes otherwise.
const tokenTimeout = 30 * time.Second

// bearer puts the token on a request. It is ours and not the SDK's AzureIdentityAuthenticationProvider, because that
// one, for a host it does not know, sends the request without Authorization and without an error.
type bearer struct {
	credential azcore.TokenCredential
	scope      string
	base       *url.URL
}

func (b *bearer) AuthenticateRequest(ctx context.Context, request *abstractions.RequestInformation, _ map[string]any) error {
	target, err := request.GetUri()
	if err != nil || target.Scheme != b.base.Scheme || target.Host != b.base.Host {
		return &tokenError{reason: "the request is not for the configured host"}
	}
	token, err := getToken(ctx, b.credential, b.scope)
	if err != nil {
		return err
	}
	request.Headers.Remove("Authorization")
	request.Headers.Add("Authorization", "Bearer "+token)
	return nil
}

func getToken(ctx context.Context, credential azcore.TokenCredential, scope string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	// EnableCAE stays off: a claims challenge would make the adapter repeat the request, and our bodies are streams.
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		return "", &tokenError{reason: reasonOf(err)}
	}
	if token.Token == "" {
		return "", &tokenError{reason: "an empty token"}
	}
	return token.Token, nil
}

// tokenError says why there is no token in words that hold no address, tenant or token: azidentity's own text is a
// dump of the whole answer.
type tokenError struct{ reason string }

func (e *tokenError) Error() string { return "no token for Graph: " + e.reason }

// entraCode is how Entra numbers its refusals; the number is what an operator looks up.
var entraCode = regexp.MustCompile(`AADSTS\d{1,9}`)

func reasonOf(err error) string {
	if code := entraCode.FindString(err.Error()); code != "" {
		return code
	}
	return networkReason(err)
}

func tokenFault(err error) *fault.Fault {
	if _, ok := errors.AsType[*tokenError](err); !ok {
		err = &tokenError{reason: networkReason(err)}
	}
	return fault.New(fault.Unavailable, "graph_token", fault.Sentence{
		DA: "Vi kan ikke logge ind i Microsoft 365 lige nu. Intet er sendt. Vi prøver igen.",
		EN: "We cannot sign in to Microsoft 365 right now. Nothing was sent. We will try again.",
	}, err)
}
