package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
)

// assertionTime is how long a proof by certificate counts: Microsoft advises 5 to 10 minutes ("certificate credentials").
const assertionTime = 5 * time.Minute

// proofOf is how we prove to the token endpoint that it is we who redeem a code: by a certificate's key (RFC 7523 section 2.2), or by a
// secret (RFC 6749 section 2.3.1).
func proofOf(c SignInConfig, client, endpoint string) (func(now time.Time) ([]oauth2.AuthCodeOption, error), error) {
	if c.CertificateFile == "" {
		if reveal(c.Secret) == "" {
			return nil, errors.New("secret: is empty, and so is certificate-file")
		}
		return func(time.Time) ([]oauth2.AuthCodeOption, error) {
			return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("client_secret", reveal(c.Secret))}, nil
		}, nil
	}
	chain, key, err := CredentialConfig{CertificateFile: c.CertificateFile, Now: c.Now}.certificate()
	if err != nil {
		return nil, err
	}
	signer, err := assertionSigner(chain, key)
	if err != nil {
		return nil, err
	}
	return func(now time.Time) ([]oauth2.AuthCodeOption, error) {
		assertion, err := jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: client, Subject: client, Audience: jwt.Audience{endpoint}, ID: rand.Text(),
			NotBefore: jwt.NewNumericDate(now.Add(-Leeway)), IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionTime)),
		}).Serialize()
		return []oauth2.AuthCodeOption{
			oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
			oauth2.SetAuthURLParam("client_assertion", assertion),
		}, err
	}, nil
}

// assertionSigner names the certificate by its SHA-256 and signs with PSS, as Microsoft's page on certificate credentials has it.
func assertionSigner(chain []*x509.Certificate, key *rsa.PrivateKey) (jose.Signer, error) {
	for _, c := range chain {
		if !key.PublicKey.Equal(c.PublicKey) {
			continue
		}
		print := sha256.Sum256(c.Raw)
		options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(print[:]))
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key}, options)
		if err != nil {
			return nil, fmt.Errorf("certificate-file: %w", err)
		}
		return signer, nil
	}
	return nil, errors.New("certificate-file: no certificate in it belongs to the key in it")
}
