package ocsp

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxExtensions in one place are read; RFC 6960 section 4.4 defines seven in all.
const maxExtensions = 16

// readExtensions reads [1] EXPLICIT Extensions OPTIONAL, which must be the last there is. It gives the nonce's value, nil
// where there is none. Every other one may be passed over, unless it is critical: then the answer means something that
// we do not know (RFC 5280 section 4.2, which RFC 6960 section 4.4 follows).
func readExtensions(from *cryptobyte.String) (nonce []byte, err error) {
	var explicit, list cryptobyte.String
	var some bool
	if !from.ReadOptionalASN1(&explicit, &some, explicitTag(1)) || !from.Empty() {
		return nil, errMalformed
	}
	if some && (!explicit.ReadASN1(&list, cbasn1.SEQUENCE) || !explicit.Empty()) {
		return nil, errMalformed
	}
	for count := 0; !list.Empty(); count++ {
		var extension, value cryptobyte.String
		var id asn1.ObjectIdentifier
		var critical bool
		if count == maxExtensions || !list.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&id) ||
			extension.PeekASN1Tag(cbasn1.BOOLEAN) && !extension.ReadASN1Boolean(&critical) ||
			!extension.ReadASN1(&value, cbasn1.OCTET_STRING) || !extension.Empty() {
			return nil, errMalformed
		}
		switch {
		case id.Equal(oidNonce):
			if nonce != nil {
				return nil, errMalformed // two: which one was meant is not for us to choose
			}
			nonce = append([]byte{}, value...)
		case critical:
			return nil, errCritical
		}
	}
	return nonce, nil
}
