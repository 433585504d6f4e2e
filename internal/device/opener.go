package device

import (
	"context"
	"crypto"
	"fmt"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
)

// Source opens keys of one kind. It must not ask for anything but their public halves.
type Source interface {
	Open(ctx context.Context, r Reference) (crypto.Signer, error)
}

// Opener opens keys wherever they are. The zero value opens none.
type Opener struct {
	Vault Source
	Token Source
}

// Open gives a key that signs, and that opens as cms.Key has it: it is a crypto.Decrypter, or has ECDH. It may be used by many
// goroutines at once, and finds its device again after it was away.
func (o *Opener) Open(ctx context.Context, reference string) (crypto.Signer, error) {
	r, err := Parse(reference)
	if err != nil {
		return nil, fault.New(fault.Invalid, "key_reference_invalid", fault.Sentence{
			DA: "Henvisningen til nøglen kan ikke bruges. Skriv azurekeyvault://BOKS.vault.azure.net/keys/NAVN/VERSION eller pkcs11:token=NAVN;object=NAVN, uden PIN.",
			EN: "The reference to the key cannot be used. Type azurekeyvault://VAULT.vault.azure.net/keys/NAME/VERSION or pkcs11:token=LABEL;object=LABEL, without a PIN.",
		}, err)
	}
	source := o.Token
	if r.Kind == KeyVault {
		source = o.Vault
	}
	if source == nil {
		return nil, fault.New(fault.Invalid, "key_device_unknown", fault.Sentence{
			DA: "Tjenesten er ikke sat op til nøgler i den slags enheder. Bed den, der driver den, om at angive pkcs11-module.",
			EN: "The service is not set up for keys in such devices. Ask whoever runs it to set pkcs11-module.",
		}, fmt.Errorf("%w: no source of that kind", cms.ErrNotAsked))
	}
	return source.Open(ctx, r)
}
