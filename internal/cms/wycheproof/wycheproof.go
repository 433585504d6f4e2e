package wycheproof

import (
	"compress/gzip"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

//go:embed vectors/*.json.gz
var vectors embed.FS

// Octets are written in hexadecimal.
type Octets []byte

// UnmarshalText reads hexadecimal.
func (o *Octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// Read gives the groups of one file, such as "aes_gcm_test.json", as G, which has the fields that the caller wants, and of
// which tests gives the number of tests. It fails where the file holds another number of tests than it says.
func Read[G any](file string, tests func(G) int) ([]G, error) {
	packed, err := vectors.Open("vectors/" + file + ".gz")
	if err != nil {
		return nil, err
	}
	defer func() { _ = packed.Close() }() // it is part of the test program
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var all struct {
		NumberOfTests int
		TestGroups    []G
	}
	if err := json.NewDecoder(plain).Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	n := 0
	for _, g := range all.TestGroups {
		n += tests(g)
	}
	if n == 0 {
		return nil, errors.New(file + ": no tests")
	}
	if n != all.NumberOfTests {
		return nil, fmt.Errorf("%s: %d tests, and it says %d", file, n, all.NumberOfTests)
	}
	return all.TestGroups, nil
}
