package entraid

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
)

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// RotateKeys publishes a new key, signs with it from now on and gives its id. The older ones stay published, as Entra's
// do, until WithdrawKey.
func (e *Entra) RotateKeys() (id string, err error) {
	private, err := e.config.NewKey()
	if err != nil {
		return "", fmt.Errorf("entraid: making a key: %w", err)
	}
	// Entra's ids look the same: a SHA-1 thumbprint in base64url, of a certificate there, of the bare key here.
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	key := signingKey{id: base64URL(sum[:]), private: private}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys = append(e.keys, key)
	return key.id, nil
}

// WithdrawKey takes a key out of the published set, as after a compromise. The key that signs cannot go.
func (e *Entra) WithdrawKey(id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.keys, func(k signingKey) bool { return k.id == id })
	switch {
	case i < 0:
		return fmt.Errorf("entraid: no key %q is published", id)
	case i == len(e.keys)-1:
		return fmt.Errorf("entraid: key %q is the one that signs; rotate first", id)
	}
	e.keys = slices.Delete(e.keys, i, i+1)
	return nil
}

// KeyID is the id of the key that signs.
func (e *Entra) KeyID() string { return e.signer().id }

func (e *Entra) signer() signingKey {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.keys[len(e.keys)-1]
}

// publishedKey is nil for a key that is not, or no longer, published.
func (e *Entra) publishedKey(id string) *rsa.PublicKey {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, k := range e.keys {
		if k.id == id {
			return &k.private.PublicKey
		}
	}
	return nil
}

// publishedKeys has Entra's fields but the certificate (x5c), which nobody here reads.
func (e *Entra) publishedKeys(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	published := slices.Clone(e.keys)
	e.mu.Unlock()
	keys := make([]map[string]string, 0, len(published))
	for _, k := range published {
		keys = append(keys, map[string]string{
			"kty": "RSA", "use": "sig", "kid": k.id, "x5t": k.id, "issuer": e.Issuer(),
			"n": base64URL(k.private.N.Bytes()), "e": base64URL(big.NewInt(int64(k.private.E)).Bytes()),
		})
	}
	answer(w, http.StatusOK, map[string]any{"keys": keys})
}

// Issue signs any claims under any header. The header is added to typ JWT, alg RS256 and the signing key's id, so that
// a test names only what is wrong: alg "none" leaves the signature out, alg "HS256" signs with the public key's PEM
// bytes as the secret (the classic confusion of algorithms), any other alg is signed as RS256 and merely says so.
func (e *Entra) Issue(claims, header map[string]any) string {
	key := e.signer()
	full := map[string]any{"typ": "JWT", "alg": "RS256", "kid": key.id}
	for name, value := range header {
		full[name] = value
	}
	signed := segment(full) + "." + segment(claims)
	switch full["alg"] {
	case "none":
		return signed + "."
	case "HS256":
		mac := hmac.New(sha256.New, publicPEM(&key.private.PublicKey))
		mac.Write([]byte(signed))
		return signed + "." + base64URL(mac.Sum(nil))
	}
	return signed + "." + base64URL(sign(key.private, signed))
}

func sign(key *rsa.PrivateKey, text string) []byte {
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		// Only a key below 512 bits can fail, and New was given none that it could use.
		panic(fmt.Sprintf("entraid: signing: %v", err))
	}
	return signature
}

func segment(v map[string]any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("entraid: claims that JSON cannot hold: %v", err))
	}
	return base64URL(encoded)
}

func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
