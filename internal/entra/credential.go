package entra

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Method is how we prove to Entra who we are. The order below is the order of preference: what cannot leak first.
type Method string

const (
	Auto             Method = ""                  // the first of the following that is configured
	WorkloadIdentity Method = "workload-identity" // a token that the cluster renews in a file; no secret of ours
	ManagedIdentity  Method = "managed-identity"  // the Azure machine's own; no secret of ours
	Certificate      Method = "certificate"       // the key stays here, Entra has the certificate
	Secret           Method = "secret"            // a password; works, and leaks like one
)

// maxCertificateFileBytes is generous for a chain and a key.
const maxCertificateFileBytes = 1 << 20

// CredentialConfig says how to get tokens as ourselves. Errors name the settings as in the comments.
type CredentialConfig struct {
	Method              Method        // method
	Tenant              string        // tenant: a GUID
	Client              string        // client: our client id, a GUID
	Authority           string        // authority: as Config.Authority, but https always
	TokenFile           string        // token-file: for workload identity; with the method named, AZURE_FEDERATED_TOKEN_FILE when empty
	Identity            string        // identity: client id of a user-assigned managed identity; with the method named, the machine's own when empty
	CertificateFile     string        // certificate-file: certificate and RSA key, PEM or PKCS#12 (.pfx)
	CertificatePassword func() string // certificate-password: for PKCS#12; nil is none
	Secret              func() string // secret; nil is none
	HTTPClient          *http.Client
	Now                 func() time.Time // nil is time.Now
}

// NewCredential makes what package graph gets its tokens from. It does not use the network; files and secrets are read
// once, here, so a new certificate or secret needs a restart. The error names the setting to mend.
func NewCredential(c CredentialConfig) (azcore.TokenCredential, error) {
	method := c.Method
	if method == Auto {
		method = c.configured()
	}
	if method == Auto {
		return nil, errors.New("no way to sign in to Entra: set one of token-file, identity, certificate-file or secret (or method: managed-identity)")
	}
	if _, ok := guid(c.Tenant); !ok {
		return nil, errors.New("tenant: must be a GUID")
	}
	if _, ok := guid(c.Client); !ok && method != ManagedIdentity {
		return nil, errors.New("client: must be a GUID")
	}
	authority, err := checkAuthority(c.Authority)
	if err != nil {
		return nil, err
	}
	options := azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: authority + "/"}}
	if c.HTTPClient != nil {
		options.Transport = c.HTTPClient
	}
	switch method {
	case WorkloadIdentity:
		return named("token-file")(azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, ClientID: c.Client, TenantID: c.Tenant, TokenFilePath: c.TokenFile,
		}))
	case ManagedIdentity:
		own := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if c.Identity != "" {
			own.ID = azidentity.ClientID(c.Identity)
		}
		return named("identity")(azidentity.NewManagedIdentityCredential(own))
	case Certificate:
		certs, key, err := c.certificate()
		if err != nil {
			return nil, err
		}
		return named("certificate-file")(azidentity.NewClientCertificateCredential(c.Tenant, c.Client, certs, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options}))
	case Secret:
		secret := reveal(c.Secret)
		if secret == "" {
			return nil, errors.New("secret: is empty")
		}
		return named("secret")(azidentity.NewClientSecretCredential(c.Tenant, c.Client, secret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options}))
	case Auto:
	}
	return nil, fmt.Errorf("method: must be %s, %s, %s or %s, or left out", WorkloadIdentity, ManagedIdentity, Certificate, Secret)
}

func (c CredentialConfig) configured() Method {
	switch {
	case c.TokenFile != "":
		return WorkloadIdentity
	case c.Identity != "":
		return ManagedIdentity
	case c.CertificateFile != "":
		return Certificate
	case c.Secret != nil && c.Secret() != "":
		return Secret
	}
	return Auto
}

// certificate reads the file and finds out now what Entra would otherwise say at the first mail. No error holds more
// of the file than dates.
func (c CredentialConfig) certificate() ([]*x509.Certificate, *rsa.PrivateKey, error) {
	file, err := os.Open(c.CertificateFile)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate-file: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxCertificateFileBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("certificate-file: %w", err)
	}
	if len(content) > maxCertificateFileBytes {
		return nil, nil, fmt.Errorf("certificate-file: more than %d bytes", maxCertificateFileBytes)
	}
	password := []byte(reveal(c.CertificatePassword))
	if bytes.Contains(content, []byte("-----BEGIN ")) {
		// The PEM reader is chosen by the absence of a password, so one that is set for nothing must not stop it.
		password = nil
	}
	certs, key, err := azidentity.ParseCertificates(content, password)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate-file (certificate-password): cannot be read: %w. "+
			"Use PEM with an unencrypted key, or PKCS#12 made with 'openssl pkcs12 -export -legacy'", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, nil, errors.New("certificate-file: the key must be RSA, Entra takes no other")
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	for _, cert := range certs {
		if !private.PublicKey.Equal(cert.PublicKey) {
			continue
		}
		if now().After(cert.NotAfter) {
			return nil, nil, fmt.Errorf("certificate-file: expired on %s", cert.NotAfter.Format(time.DateOnly))
		}
		return certs, private, nil
	}
	return nil, nil, errors.New("certificate-file: no certificate in it belongs to the key in it")
}

// named puts a setting's name before an error of azidentity, and keeps a nil pointer out of the interface.
func named(setting string) func(azcore.TokenCredential, error) (azcore.TokenCredential, error) {
	return func(credential azcore.TokenCredential, err error) (azcore.TokenCredential, error) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
		return credential, nil
	}
}

func reveal(secret func() string) string {
	if secret == nil {
		return ""
	}
	return secret()
}
