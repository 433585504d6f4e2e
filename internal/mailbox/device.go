package mailbox

import (
	"context"
	"crypto"
	"errors"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// Unproved is the finding about a key in a device that does not sign or open what it should.
const Unproved = "key_unproved"

// openDevice opens a key that stays where it is.
func openDevice(ctx context.Context, devices Devices, reference string) (crypto.Signer, error) {
	if devices == nil {
		devices = new(device.Opener)
	}
	return devices.Open(ctx, reference)
}

// refer opens the key that a reference names, and gives the one way that the reference is written. What is wrong with it stands beside
// its field, except where the device is away: then nothing is wrong with what was typed.
func (a Admin) refer(ctx context.Context, text string) (string, crypto.Signer, error) {
	key, err := openDevice(ctx, a.Devices, text)
	if err != nil {
		return "", nil, besideReference(err)
	}
	r, err := device.Parse(text)
	return r.String(), key, err
}

func besideReference(err error) error {
	switch fault.From(err).Code {
	case device.CodeRefused, device.CodeCannot:
		f := *fault.From(err)
		f.Kind = fault.Invalid
		return inField(&f, "reference")
	case device.CodeAway:
		return err
	}
	if fault.KindOf(err) == fault.Invalid {
		return inField(err, "reference")
	}
	return err
}

// prove has a key in a device sign and open. nil: it did, or has been compared before.
func prove(key crypto.Signer) (*Finding, error) {
	err := device.Prove(key)
	switch {
	case err == nil:
		return nil, nil //nolint:nilnil // nothing was found
	case errors.Is(err, cms.ErrNotAsked):
		return nil, besideReference(err)
	}
	return &Finding{Unproved, "reference", sayUnproved, false}, nil
}

// proved looks at a key in a device once more, before it is put to use.
func (a Admin) proved(ctx context.Context, k store.MailboxKey, c candidate) ([]Finding, error) {
	if k.Reference == "" {
		return nil, nil
	}
	_, key, err := a.refer(ctx, k.Reference)
	if err != nil {
		return nil, err
	}
	if !fits(key, c.certificate) {
		return []Finding{{KeyMismatch, "reference", sayElsewhere, false}}, nil
	}
	found, err := prove(key)
	if found == nil {
		return nil, err
	}
	return []Finding{*found}, err
}

// placeholder is a wrapped key that encrypts nothing. It stands beside a reference, so that whatever goes over all rows (a change of
// the master key, a program of before) finds whole ones.
func (a Admin) placeholder(ctx context.Context, k *store.MailboxKey) error {
	_, wrapped, err := a.Keeper.NewKey(ctx)
	k.WrappedKey, k.KeyVersion = wrapped.Bytes, wrapped.Version
	return err
}
