package entra

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
)

const (
	// maxKeySetBytes bounds the answer: Entra's set is some 15 KiB, of about eight keys with their certificates.
	maxKeySetBytes = 256 << 10
	// minKeyBits is RFC 7518 §3.3: RS256 keys have 2048 bits or more.
	minKeyBits = 2048
	// maxKeyBits is where crypto/tls stops checking RSA signatures too: the work grows with the square.
	maxKeyBits = 8192
)

// webKey is an RSA key of a set (RFC 7517 §4, RFC 7518 §6.3.1), with Entra's issuer.
type webKey struct {
	Type   string `json:"kty"`
	Use    string `json:"use"`
	ID     string `json:"kid"`
	N      string `json:"n"`
	E      string `json:"e"`
	Issuer string `json:"issuer"`
}

// fetchKeys reads the tenant's key set, by key id. A set without one usable key is an error, not a withdrawal of
// everything: it is what a proxy's error page in JSON looks like.
func fetchKeys(ctx context.Context, client *http.Client, url, issuer string) (map[string]*rsa.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for the tenant's keys: %w", err)
	}
	// A proxy's copy could hold a key that is withdrawn.
	request.Header.Set("Cache-Control", "no-cache")
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for the tenant's keys: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for the tenant's keys: status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySetBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the tenant's keys: %w", err)
	}
	if len(body) > maxKeySetBytes {
		return nil, fmt.Errorf("reading the tenant's keys: more than %d bytes", maxKeySetBytes)
	}
	return parseKeys(body, issuer)
}

func parseKeys(body []byte, issuer string) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		return nil, errors.New("reading the tenant's keys: not a JSON key set")
	}
	keys := make(map[string]*rsa.PublicKey, len(set.Keys))
	for _, raw := range set.Keys {
		// RFC 7517 §5: a key of a type that one does not understand is passed over, and does not spoil the others.
		var k webKey
		if json.Unmarshal(raw, &k) != nil || k.Type != "RSA" || k.Use != "" && k.Use != "sig" || k.ID == "" {
			continue
		}
		// Microsoft, access tokens, "Validate the issuer" 2: a key is good for its own issuer only; {tenantid} is any.
		if k.Issuer != "" && strings.ReplaceAll(k.Issuer, "{tenantid}", tenantOf(issuer)) != issuer {
			continue
		}
		if key := k.public(); key != nil {
			keys[k.ID] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("reading the tenant's keys: none that can be used")
	}
	return keys, nil
}

// tenantOf is the GUID in authority/GUID/v2.0.
func tenantOf(issuer string) string {
	parts := strings.Split(issuer, "/")
	return parts[len(parts)-2]
}

// public is nil for a key that is too small, too large or not a key.
func (k webKey) public() *rsa.PublicKey {
	n, err := base64.RawURLEncoding.DecodeString(k.N)
	if err != nil {
		return nil
	}
	e, err := base64.RawURLEncoding.DecodeString(k.E)
	if err != nil || len(e) == 0 || len(e) > 4 {
		return nil
	}
	exponent := 0
	for _, b := range e {
		exponent = exponent<<8 | int(b)
	}
	modulus := new(big.Int).SetBytes(n)
	// crypto/rsa refuses exponents above 2^31−1 and even ones; 3 is refused here (RFC 8017 allows it, nobody should).
	if modulus.BitLen() < minKeyBits || modulus.BitLen() > maxKeyBits || exponent < 65537 || exponent > 1<<31-1 || exponent%2 == 0 {
		return nil
	}
	return &rsa.PublicKey{N: modulus, E: exponent}
}
