package keeper

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// maxName bounds names in Key Vault ("About keys, secrets and certificates": 1 to 127 characters of 0-9, a-z, A-Z and -), and
// what is repeated of a vault's own words.
const maxName = 127

// failure says what went wrong in words of ours. The cause stays for errors.Is, and is never printed: an answer's body may
// repeat the question (a proxy's error page does), and the question was a key.
type failure struct {
	what  string
	cause error
}

func (f *failure) Error() string { return f.what }
func (f *failure) Unwrap() error { return f.cause }

func failed(tried string, err error) error {
	return &failure{what: tried + ": " + describe(err), cause: err}
}

// describe tells an operator enough to act on: who answered what, or that nobody did.
func describe(err error) string {
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return fmt.Sprintf("the key vault answered %d %s", answer.StatusCode, code(answer.ErrorCode))
	}
	if refusal, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		if refusal.RawResponse == nil {
			return "no token for the key vault was given"
		}
		return fmt.Sprintf("no token for the key vault was given: the answer was %d", refusal.RawResponse.StatusCode)
	}
	if away, ok := errors.AsType[*url.Error](err); ok {
		return "the key vault cannot be reached: " + away.Err.Error()
	}
	return err.Error()
}

// code is an error's name in the answer, such as "Forbidden"; anything that does not look like one is not repeated.
func code(name string) string {
	if !isName(name) {
		return ""
	}
	return name
}

func isName(s string) bool {
	return s != "" && len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-'
	})
}
