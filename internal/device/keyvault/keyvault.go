package keyvault

import (
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"aau.dk/sendsikker/internal/device"
)

// Somebody waits while a mail is signed, so what is not back soon is told, and the caller comes again: as in package keeper. A vault
// that throttles and asks for more patience than maxPause is not asked again at all (azcore's retry policy).
const (
	retries  = 2
	try      = 5 * time.Second
	pause    = 200 * time.Millisecond
	maxPause = 2 * time.Second
	longest  = (retries+1)*try + retries*maxPause
)

// maxModulus is the largest that Key Vault makes (RSA-4096), and then some.
const maxModulus = 1024

// Config is how vaults are reached.
type Config struct {
	Credential azcore.TokenCredential // nil is azidentity.DefaultAzureCredential: environment, workload, managed identity
	Transport  policy.Transporter     // nil is azcore's, which keeps connections
}

// Vaults opens keys in any vault. It may be used by many goroutines at once.
type Vaults struct {
	config Config

	mu      sync.Mutex
	clients map[string]*azkeys.Client // by host
}

// New makes no call.
func New(c Config) *Vaults { return &Vaults{config: c, clients: map[string]*azkeys.Client{}} }

func (v *Vaults) client(host string) (*azkeys.Client, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if c := v.clients[host]; c != nil {
		return c, nil
	}
	if v.config.Credential == nil {
		own, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, device.Refused("no credential for Key Vault: %w", err)
		}
		v.config.Credential = own
	}
	c, err := azkeys.NewClient("https://"+host, v.config.Credential, &azkeys.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: v.config.Transport,
		Retry:     policy.RetryOptions{MaxRetries: retries, TryTimeout: try, RetryDelay: pause, MaxRetryDelay: maxPause},
	}})
	if err != nil {
		return nil, device.Refused("a client for Key Vault: %w", err)
	}
	v.clients[host] = c
	return c, nil
}

// Open reads the key's public half, and that it is not switched off. It implements device.Source.
func (v *Vaults) Open(ctx context.Context, r device.Reference) (crypto.Signer, error) {
	client, err := v.client(r.Host)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	answer, err := client.GetKey(ctx, r.Name, r.Version, nil)
	if err != nil {
		return nil, asFault("reading the public key", err)
	}
	if answer.Attributes != nil && answer.Attributes.Enabled != nil && !*answer.Attributes.Enabled {
		return nil, device.Refused("the key's version is disabled in the vault")
	}
	public, err := publicOf(answer.Key)
	if err != nil {
		return nil, err
	}
	return &key{client: client, name: r.Name, version: r.Version, public: public}, nil
}

func publicOf(k *azkeys.JSONWebKey) (*rsa.PublicKey, error) {
	if k == nil || k.Kty == nil {
		return nil, device.Refused("the vault's answer has no key in it")
	}
	switch *k.Kty {
	case azkeys.KeyTypeRSA, azkeys.KeyTypeRSAHSM:
	case azkeys.KeyTypeEC, azkeys.KeyTypeECHSM:
		return nil, device.Cannot("the key is on an elliptic curve: Key Vault signs with it, but has no operation that opens mail; use RSA")
	default:
		return nil, device.Cannot("the vault's key is no RSA key")
	}
	if len(k.N) > maxModulus || len(k.E) > 4 {
		return nil, device.Refused("the vault's answer is no RSA key")
	}
	n, e := new(big.Int).SetBytes(k.N), new(big.Int).SetBytes(k.E)
	public := &rsa.PublicKey{N: n, E: int(e.Int64())}
	if public.E < 3 || n.BitLen() < 1024 {
		return nil, device.Refused("the vault's answer is no RSA key")
	}
	return public, nil
}

// status is that of an answer, or 0 where there was none.
func status(err error) int {
	if answer, is := errors.AsType[*azcore.ResponseError](err); is {
		return answer.StatusCode
	}
	return 0
}

// asFault says what became of a call, in words of ours: an answer's body may repeat what was asked, and the cause of a call
// that came to nothing an address with its tenant.
func asFault(tried string, err error) error {
	answer, is := errors.AsType[*azcore.ResponseError](err)
	if !is {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return device.Away(0, "%s: the key vault did not answer in time", tried)
		case isAuthentication(err):
			return device.Away(0, "%s: no token for the key vault was given", tried)
		}
		return device.Away(0, "%s: the key vault cannot be reached", tried)
	}
	name := wordOf(answer.ErrorCode)
	switch code := answer.StatusCode; {
	case code == 429 || code == 408 || code >= 500:
		return device.Away(retryAfter(answer), "%s: the key vault answered %d %s", tried, code, name)
	default: // 401 and 403: no right, or the version is disabled, expired or not yet valid; 404: it is gone
		return device.Refused("%s: the key vault answered %d %s", tried, code, name)
	}
}

func isAuthentication(err error) bool {
	_, is := errors.AsType[*azidentity.AuthenticationFailedError](err)
	return is
}

// wordOf is an error's name in the answer, such as Forbidden; anything that does not look like one is not repeated.
func wordOf(name string) string {
	const longest = 64
	if len(name) > longest || strings.ContainsFunc(name, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }) {
		return ""
	}
	return name
}

func retryAfter(answer *azcore.ResponseError) time.Duration {
	const most = time.Hour
	if answer.RawResponse == nil {
		return 0
	}
	seconds, err := time.ParseDuration(answer.RawResponse.Header.Get("Retry-After") + "s")
	if err != nil { // a date, which Key Vault does not write
		return 0
	}
	return min(seconds, most)
}
