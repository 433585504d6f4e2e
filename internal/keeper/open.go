package keeper

import (
	"strings"

	"gocloud.dev/secrets/azurekeyvault"
)

// Source says where the master key is.
type Source struct {
	// Where is the path of a key file; or a list of vault URLs and key files, parted by spaces or commas, the current key
	// first. A list of both is how one moves from a file to a vault, or back.
	Where string
	Vault Vault
	// Make allows the file to be made. A key that is made because the right one is missing opens nothing, and hides that.
	Make bool
}

// Open opens the master key wherever it is.
func Open(s Source) (*Keeper, error) {
	if !strings.Contains(s.Where, azurekeyvault.Scheme+"://") { // a path may have spaces in it, and is no list
		if s.Make {
			return OpenOrMakeFile(s.Where)
		}
		return OpenFile(s.Where)
	}
	return openList(s.Vault, strings.FieldsFunc(s.Where, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) }))
}

func openList(v Vault, list []string) (*Keeper, error) {
	parts := make([]part, len(list))
	for i, where := range list {
		if !strings.HasPrefix(where, azurekeyvault.Scheme+":") {
			parts[i] = filePart(where)
			continue
		}
		key, err := v.open(where)
		if err != nil {
			return nil, err
		}
		parts[i] = func() ([]named, error) { return []named{key}, nil }
	}
	ring, err := openRing(parts...)
	if err != nil {
		return nil, err
	}
	return &Keeper{ring}, nil
}
