package point

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	tagNumericString   = tags.Tag(18)
	tagVisibleString   = tags.Tag(26)
	tagBMPString       = tags.Tag(30)
	tagUniversalString = tags.Tag(28)
)

var errName = errors.New("the name cannot be read")

// Key makes one text of all the encodings of an X.500 name that RFC 5280 section 7.1 calls equal: string types, case and
// spaces do not count.
//
// Comparing bytes is right where a certificate is looked for, as a wrong "not equal" finds none. Here a wrong "not equal"
// would leave an entry of an indirect list with nobody, and a revoked certificate good.
func Key(name []byte) (string, error) {
	input := cryptobyte.String(name)
	var sequence cryptobyte.String
	if !input.ReadASN1(&sequence, tags.SEQUENCE) || !input.Empty() {
		return "", errName
	}
	var key strings.Builder
	for !sequence.Empty() {
		var set cryptobyte.String
		if !sequence.ReadASN1(&set, tags.SET) || set.Empty() {
			return "", errName
		}
		var parts []string
		for !set.Empty() {
			var attribute, kind, value cryptobyte.String
			var tag tags.Tag
			if !set.ReadASN1(&attribute, tags.SEQUENCE) || !attribute.ReadASN1(&kind, tags.OBJECT_IDENTIFIER) ||
				!attribute.ReadAnyASN1(&value, &tag) || !attribute.Empty() {
				return "", errName
			}
			// Quoted, or a value could imitate the joints between the parts.
			parts = append(parts, hex.EncodeToString(kind)+"="+strconv.Quote(text(tag, value)))
		}
		slices.Sort(parts) // their order in the SET is by encoding, which does not count
		key.WriteString("/" + strings.Join(parts, "+"))
	}
	return key.String(), nil
}

// text is the value as RFC 4518 prepares it for caseIgnoreMatch, near enough: what is no string stays as it is.
func text(tag tags.Tag, value []byte) string {
	var plain string
	runes := make([]rune, 0, len(value))
	switch tag {
	case tags.UTF8String, tags.PrintableString, tags.IA5String, tagNumericString, tagVisibleString:
		plain = string(value)
	case tags.T61String: // in practice Latin-1
		for _, octet := range value {
			runes = append(runes, rune(octet))
		}
		plain = string(runes)
	case tagBMPString:
		if len(value)%2 != 0 {
			return raw(tag, value)
		}
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(value[2*i:])
		}
		plain = string(utf16.Decode(units))
	case tagUniversalString:
		if len(value)%4 != 0 {
			return raw(tag, value)
		}
		for i := 0; i < len(value); i += 4 {
			runes = append(runes, rune(binary.BigEndian.Uint32(value[i:])))
		}
		plain = string(runes)
	default:
		return raw(tag, value)
	}
	plain = strings.Map(func(char rune) rune {
		if !unicode.IsSpace(char) && unicode.In(char, unicode.Cc, unicode.Cf) {
			return -1 // RFC 4518 section 2.2: mapped to nothing
		}
		return char
	}, plain)
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(plain))), " ")
}

func raw(tag tags.Tag, value []byte) string {
	return "\x00" + strconv.Itoa(int(tag)) + ":" + hex.EncodeToString(value)
}
