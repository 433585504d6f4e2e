package app

import (
	"context"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// otherKeys looks at the keys in devices beside the one that signs: one that will must do so, and one that has must still be there.
func (e *examination) otherKeys(ctx context.Context, s *store.Store, held *devices, address string) {
	area := "mailbox " + address
	keys, err := s.MailboxKeys(ctx, address)
	if err != nil {
		e.report.Fail(area, "Mend the database.", "Its other keys could not be read.")
		return
	}
	for _, k := range keys {
		if k.Reference == "" || k.State != store.KeyPlanned && k.State != store.KeyFormer {
			continue
		}
		key, err := held.Open(ctx, k.Reference)
		if err == nil && k.State == store.KeyPlanned {
			err = device.Prove(key)
		}
		if err != nil {
			e.report.Warn(area, fixOf(err), "Its %s key, %s, cannot be used, and mail that is sealed for it cannot be opened: %v.", k.State, k.Reference, inOurWords(err))
		}
	}
}

// whereIs says of a key in a device where it is, and what was seen of it.
func whereIs(row store.Mailbox) string {
	if row.Reference == "" {
		return ""
	}
	return "; the key, in " + row.Reference + ", signs and opens"
}

// fixOf is what to do about a device.
func fixOf(err error) string {
	switch fault.From(err).Code {
	case device.CodeAway:
		return "See whether the device can be reached from here: Key Vault on port 443, or the token that pkcs11-module should find. Mail is refused until then, and nothing is lost."
	case device.CodeRefused:
		return "In Key Vault: enable that version, and give the service the role Key Vault Crypto User on the key. Of a token: look at pkcs11-pin-file, and whether the key is still there."
	}
	return "Refer to the key that the certificate was ordered with, which may both sign and decrypt: sendsikker mailbox add ADDRESS --reference REF --certificate FILE."
}
