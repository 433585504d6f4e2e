// Package wycheproof holds a selection of C2SP's Wycheproof vectors: what goes wrong in other people's cryptography, as data.
// For tests of package cms and its rooms alone; no program has it inside.
//
// It must never be changed to make a test pass: vectors/ORIGIN.txt says where the files come from, byte for byte.
package wycheproof
