// Package vault is a pretend Azure Key Vault for tests: a challenge first, then keys by name and version, which sign, decrypt and unwrap
// as the documentation says (Keys - Sign, Decrypt, Unwrap Key, Get Key; API version 7.6), and weather.
//
// It speaks HTTPS under Azure's own names, through the client that it gives.
package vault
