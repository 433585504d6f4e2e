package point

import "golang.org/x/crypto/cryptobyte"

// Reasons is a set of reasons for revoking, a bit each, as ReasonFlags numbers them (RFC 5280 section 4.2.1.13).
type Reasons uint16

const (
	// reasonBits are keyCompromise (1) to aACompromise (8). Bit 0 is unused.
	reasonBits = 9
	// All is what must be known of before anything is good (RFC 5280 section 6.3.2, reasons_mask).
	All Reasons = 1<<reasonBits - 2
)

// parseReasons reads the content of an implicitly tagged BIT STRING. Bits that no RFC has named make it unreadable: what a
// list leaves out could not be said.
func parseReasons(content cryptobyte.String) (Reasons, bool) {
	var unused uint8
	if !content.ReadUint8(&unused) || unused > 7 || len(content) == 0 || len(content) > 2 ||
		content[len(content)-1]&(1<<unused-1) != 0 {
		return 0, false
	}
	var found Reasons
	for at, octet := range content {
		for bit := range 8 {
			if octet&(0x80>>bit) == 0 {
				continue
			}
			if at*8+bit >= reasonBits {
				return 0, false
			}
			found |= 1 << (at*8 + bit)
		}
	}
	return found & All, true
}
