package point

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// Tags of GeneralName (RFC 5280 section 4.2.1.6).
const (
	tagDirectoryName = 4
	tagURI           = 6
	tagLast          = 8
)

// Names are GeneralNames: of a list, or of an authority.
type Names struct {
	Addresses []string // the URIs among them, in order
	Directory [][]byte // the X.500 names among them, DER

	keys     []string // all of them, so that equal ones are equal strings
	relative bool
}

// Empty is whether no name was given.
func (n Names) Empty() bool { return len(n.keys) == 0 }

// Share is whether a name is in both.
func (n Names) Share(other Names) bool {
	return !n.relative && !other.relative && slices.ContainsFunc(n.keys, func(key string) bool { return slices.Contains(other.keys, key) })
}

// People are the keys of the X.500 names among them; see Key.
func (n Names) People() []string {
	var keys []string
	for _, name := range n.Directory {
		if key, err := Key(name); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// ParseNames reads GeneralNames in its own SEQUENCE, as in certificateIssuer (RFC 5280 section 5.3.3).
func ParseNames(der []byte) (Names, bool) {
	input := cryptobyte.String(der)
	var content cryptobyte.String
	if !input.ReadASN1(&content, tags.SEQUENCE) || !input.Empty() {
		return Names{}, false
	}
	return parseNames(content)
}

// parseNames wants at least one, as the RFC does.
func parseNames(content cryptobyte.String) (Names, bool) {
	var names Names
	for !content.Empty() {
		var value cryptobyte.String
		var tag tags.Tag
		if !content.ReadAnyASN1(&value, &tag) {
			return Names{}, false
		}
		number := tag & 0x1f
		switch {
		case tag == context(tagURI):
			names.Addresses = append(names.Addresses, string(value))
			names.keys = append(names.keys, "uri:"+string(value))
		case tag == context(tagDirectoryName).Constructed(): // explicit, as Name is a CHOICE
			key, err := Key(value)
			if err != nil {
				return Names{}, false
			}
			names.Directory = append(names.Directory, bytes.Clone(value)) // a list would be held with it
			names.keys = append(names.keys, "name:"+key)
		case tag&0xc0 == 0x80 && number <= tagLast && number != tagURI && number != tagDirectoryName:
			names.keys = append(names.keys, fmt.Sprintf("%d:%s", tag, hex.EncodeToString(value)))
		default:
			return Names{}, false
		}
	}
	return names, !names.Empty()
}
