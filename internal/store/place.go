package store

import "strings"

// inDevice is what stands before a reference where a key would lie, encrypted. No encrypted key begins so (age begins with
// "age-encryption.org"), and a program of before finds one that it cannot decrypt, and sends nothing with it.
const inDevice = "device:"

// keyColumn is what lies in the column: the encrypted key, or where it is.
func keyColumn(key []byte, reference string) []byte {
	if reference != "" {
		return []byte(inDevice + reference)
	}
	return key
}

// fromKeyColumn is keyColumn's opposite.
func fromKeyColumn(column []byte) (key []byte, reference string) {
	if reference, is := strings.CutPrefix(string(column), inDevice); is {
		return nil, reference
	}
	return column, ""
}
