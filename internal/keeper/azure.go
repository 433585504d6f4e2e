package keeper

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"gocloud.dev/secrets/azurekeyvault"
)

// A key vault answers within 100 ms. A request waits for a key while somebody waits for the request, so what is not back by
// then is told to the caller, who comes again: three tries of five seconds, with at most two seconds between them. A vault that
// throttles and asks for more patience than that is not asked again at all (azcore's retry policy).
const (
	vaultRetries  = 2
	vaultTry      = 5 * time.Second
	vaultPause    = 200 * time.Millisecond
	vaultMaxPause = 2 * time.Second
)

// Vault is how a key vault is reached.
type Vault struct {
	Credential azcore.TokenCredential // nil is azidentity.DefaultAzureCredential: environment, workload, managed identity
	Transport  policy.Transporter     // nil is azcore's
}

// OpenAzure opens keys in Azure Key Vault, each given as azurekeyvault://VAULT.vault.azure.net/keys/NAME/VERSION. The first
// wraps. It makes no call: a vault that is away when the service starts may be back when it is needed.
//
// A Key is encrypted directly, and nothing of ours stands between: it is 74 characters ("AGE-SECRET-KEY-1" and 58 of Bech32),
// and RSA-OAEP with SHA-256 takes 190 bytes under a 2048-bit key (256 − 2·32 − 2, RFC 8017 section 7.1.1).
func OpenAzure(v Vault, current string, others ...string) (*Keeper, error) {
	return openList(v, append([]string{current}, others...))
}

func (v Vault) open(where string) (named, error) {
	id, err := keyIdentifier(where)
	if err != nil {
		return named{}, err
	}
	master, err := azurekeyvault.OpenKeeper(v.client, id, nil) // RSA-OAEP-256
	if err != nil {
		return named{}, failed("opening the key vault", err)
	}
	return named{id, master}, nil
}

// keyIdentifier is the identifier that Key Vault itself gives the key version, and the version that is stored beside what it
// wraps. A URL without one means the newest, and the ciphertext carries none: after a rotation in the vault, everything that
// was wrapped before it could not be opened any more, and nobody would know by what it was.
func keyIdentifier(where string) (string, error) {
	u, err := url.Parse(where)
	if err != nil || u.Scheme != azurekeyvault.Scheme || u.Host == "" || u.User != nil {
		return "", errors.New("a key in a vault is given as azurekeyvault://VAULT.vault.azure.net/keys/NAME/VERSION")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s: nothing may follow the version (the algorithm is always RSA-OAEP-256)", u.Host+u.Path)
	}
	// "About keys, secrets and certificates", section Object identifiers: /keys/{name}/{version}.
	if p := strings.Split(u.Path, "/"); len(p) != 4 || p[0] != "" || p[1] != "keys" || !isName(p[2]) || !isName(p[3]) {
		return "", fmt.Errorf("%s: the key's version must be in the URL: /keys/NAME/VERSION, as the portal shows it under “Key identifier”", u.Host+u.Path)
	}
	return "https://" + strings.ToLower(u.Host) + u.Path, nil
}

func (v Vault) client(vault string) (*azkeys.Client, error) {
	if v.Credential == nil {
		own, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		v.Credential = own
	}
	return azkeys.NewClient(vault, v.Credential, &azkeys.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: v.Transport,
		Retry:     policy.RetryOptions{MaxRetries: vaultRetries, TryTimeout: vaultTry, RetryDelay: vaultPause, MaxRetryDelay: vaultMaxPause},
	}})
}
