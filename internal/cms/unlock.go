package cms

import (
	"errors"
	"fmt"
)

// recipient is the entry that we open. unlock puts the content key over the random one and gives 1, or leaves it and gives
// 0 where that is known; with RSA PKCS #1 v1.5 it must not be known, and gives 1 too. Its error is notAsked's.
type recipient struct {
	key    Key
	scheme string
	unlock func(contentKey []byte) (int, error)
}

// findRecipient gives the first entry that names one of keys and whose algorithms we have, with the first of those keys
// that is of the entry's kind: keys that share an identifier are nearly always one key under two certificates.
//
// Only what everybody can read in the message decides; no private key is asked before, and the answer of the one that is
// asked changes nothing afterwards. A second try after a failure would be safe where the first entry proves its key by itself
// (key agreement, ML-KEM), but whether there is a second try could be seen from outside, and an attacker who adds entries in
// front of an RSA PKCS #1 v1.5 one would learn from it what must not be known (CVE-2026-42768). So there is none, for any
// scheme: an honest sender writes one entry for each certificate, and it opens.
func findRecipient(infos []recipientInfo, keys []Key) (recipient, error) {
	err := ErrNoRecipient
	for _, info := range infos {
		var found recipient
		var named bool
		switch info.kind {
		case KeyTransport:
			found, named = findKeyTransport(info, keys)
		case KeyAgreement:
			found, named = findKeyAgreement(info, keys)
		case OtherKind:
			found, named = findKEM(info, keys)
		case KeyShared, Password: // nothing that a certificate opens
		}
		if found.unlock != nil {
			return found, nil
		}
		if named {
			err = fmt.Errorf("%w: key encryption", ErrUnsupported)
		}
	}
	return recipient{}, err
}

// notAsked is what may be said of a private key's error: that it was not asked. Everything else stays unknown.
func notAsked(err error) error {
	if errors.Is(err, ErrNotAsked) {
		return err
	}
	return nil
}

func replaceKey(contentKey, got []byte, ok bool) int {
	if !ok || len(got) != len(contentKey) {
		return 0
	}
	copy(contentKey, got)
	return 1
}
