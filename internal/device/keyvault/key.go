package keyvault

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"aau.dk/sendsikker/internal/device"
)

// key is one version of a key in a vault: a crypto.Signer and a crypto.Decrypter. Neither interface has a context, so each call has
// a deadline of its own.
type key struct {
	client        *azkeys.Client
	name, version string
	public        *rsa.PublicKey
}

func (k *key) Public() crypto.PublicKey { return k.public }

// Sign signs a digest: PKCS #1 v1.5, or PSS with a salt as long as the digest, which is the only one that Key Vault makes.
func (k *key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	hash := opts.HashFunc()
	if !hash.Available() || len(digest) != hash.Size() {
		return nil, errors.New("keyvault: the digest is not of the hash that is named")
	}
	names := map[crypto.Hash]azkeys.SignatureAlgorithm{
		crypto.SHA256: azkeys.SignatureAlgorithmRS256, crypto.SHA384: azkeys.SignatureAlgorithmRS384, crypto.SHA512: azkeys.SignatureAlgorithmRS512,
	}
	if pss, is := opts.(*rsa.PSSOptions); is {
		if pss.SaltLength != rsa.PSSSaltLengthEqualsHash && pss.SaltLength != hash.Size() {
			return nil, device.Cannot("Key Vault signs PSS with a salt as long as the digest")
		}
		names = map[crypto.Hash]azkeys.SignatureAlgorithm{
			crypto.SHA256: azkeys.SignatureAlgorithmPS256, crypto.SHA384: azkeys.SignatureAlgorithmPS384, crypto.SHA512: azkeys.SignatureAlgorithmPS512,
		}
	}
	algorithm, can := names[hash]
	if !can {
		return nil, device.Cannot("Key Vault does not sign %v", hash)
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	answer, err := k.client.Sign(ctx, k.name, k.version, azkeys.SignParameters{Algorithm: &algorithm, Value: digest}, nil)
	if err != nil {
		return nil, asFault("signing", err)
	}
	return answer.Result, nil
}

var errDecryption = errors.New("keyvault: decryption failed")

// Decrypt opens PKCS #1 v1.5, and OAEP with SHA-1 or SHA-256 for label and MGF1 and no label: what Key Vault has.
//
// Of v1.5 with a session key length it gives a random key where the vault found the padding wrong, as crypto/rsa does
// (Bleichenbacher 1998). That the vault answers 400 a little sooner than 200 cannot be hidden from whoever sees our connection.
func (k *key) Decrypt(_ io.Reader, encrypted []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	algorithm, size := azkeys.EncryptionAlgorithmRSA15, 0
	switch o := opts.(type) {
	case *rsa.PKCS1v15DecryptOptions:
		size = o.SessionKeyLen
	case *rsa.OAEPOptions:
		switch {
		case len(o.Label) > 0 || o.MGFHash != 0 && o.MGFHash != o.Hash:
			return nil, device.Cannot("Key Vault opens RSA-OAEP without a label, and with one hash for both uses")
		case o.Hash == crypto.SHA1:
			algorithm = azkeys.EncryptionAlgorithmRSAOAEP
		case o.Hash == crypto.SHA256:
			algorithm = azkeys.EncryptionAlgorithmRSAOAEP256
		default:
			return nil, device.Cannot("Key Vault opens RSA-OAEP with SHA-1 and SHA-256, not with %v", o.Hash)
		}
	default:
		return nil, device.Cannot("Key Vault does not decrypt like that")
	}
	instead := make([]byte, size)
	rand.Read(instead)
	if len(encrypted) != k.public.Size() { // everybody can see that, and the vault's words for it would be others
		return opened(nil, instead)
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	answer, err := k.client.Decrypt(ctx, k.name, k.version, azkeys.KeyOperationParameters{Algorithm: &algorithm, Value: encrypted}, nil)
	if err != nil && status(err) != http.StatusBadRequest { // 400 is about what was sent; nothing else is
		return nil, asFault("decrypting", err)
	}
	return opened(answer.Result, instead)
}

// opened is what came out; instead of it where it has not the size that was asked for, or an error where none was.
func opened(got, instead []byte) ([]byte, error) {
	switch {
	case len(instead) > 0 && len(got) != len(instead):
		return instead, nil
	case len(got) == 0:
		return nil, errDecryption
	}
	return got, nil
}
