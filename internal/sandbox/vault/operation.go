package vault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
)

// show is a key bundle (Keys - Get Key): the public half, and whether it may be used.
func (k *Key) show(id string) map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	shown := map[string]any{"kid": id, "key_ops": []string{"sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey"}}
	switch public := k.Private.Public().(type) {
	case *rsa.PublicKey:
		shown["kty"], shown["n"], shown["e"] = "RSA", encode(public.N.Bytes()), encode(exponent(public))
	case *ecdsa.PublicKey:
		shown["kty"], shown["crv"] = "EC", "P-256"
		if point, err := public.Bytes(); err == nil {
			shown["x"], shown["y"] = encode(point[1:33]), encode(point[33:])
		}
	}
	return map[string]any{"key": shown, "attributes": map[string]any{"enabled": !k.Disabled, "recoveryLevel": "Recoverable+Purgeable"}}
}

// do is one cryptographic operation. Its errors are what Key Vault answers 400 for: a padding that is wrong among them.
func (k *Key) do(operation, algorithm, text string) (string, error) {
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("the value is no base64url")
	}
	private, is := k.Private.(*rsa.PrivateKey)
	if !is {
		return "", errors.New("key and algorithm do not fit")
	}
	switch operation {
	case "sign":
		value, err = sign(private, algorithm, value)
	case "decrypt", "unwrapKey":
		value, err = decrypt(private, algorithm, value)
	default:
		err = errors.New("no such operation")
	}
	return base64.RawURLEncoding.EncodeToString(value), err
}

func sign(private *rsa.PrivateKey, algorithm string, digest []byte) ([]byte, error) {
	if len(algorithm) != 5 {
		return nil, errors.New("no such algorithm")
	}
	digests, known := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[algorithm[2:]]
	if !known || len(digest) != digests.Size() {
		return nil, errors.New("the digest is not of the algorithm's length")
	}
	switch algorithm[:2] {
	case "RS":
		return private.Sign(nil, digest, digests)
	case "PS":
		return private.Sign(rand.Reader, digest, &rsa.PSSOptions{SaltLength: digests.Size(), Hash: digests})
	}
	return nil, errors.New("no such algorithm")
}

func decrypt(private *rsa.PrivateKey, algorithm string, encrypted []byte) ([]byte, error) {
	var digest hash.Hash
	switch algorithm {
	case "RSA1_5":
		return rsa.DecryptPKCS1v15(nil, private, encrypted)
	case "RSA-OAEP":
		digest = sha1.New() // RFC 7518 §4.3
	case "RSA-OAEP-256":
		digest = sha256.New()
	default:
		return nil, errors.New("no such algorithm")
	}
	return rsa.DecryptOAEP(digest, nil, private, encrypted, nil)
}
