package keeper

// Versions names the keys in a key file's text.
func Versions(text []byte) ([]string, error) {
	keys, err := parseKeys(text)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, key := range keys {
		list = append(list, key.version())
	}
	return list, nil
}

var (
	Without       = without
	KeyIdentifier = keyIdentifier
)
