// Package keyvault uses RSA keys that stay in Azure Key Vault or Managed HSM, over HTTPS, with the service's own identity.
//
// Used by app, which gives it to device.Opener. Keys on elliptic curves are refused: Key Vault signs with them and has no operation that
// agrees on a secret, so mail to them could never be opened. It never asks for a backup, a release or an export of a key, and
// needs the rights keys/read, keys/sign and keys/decrypt alone (role Key Vault Crypto User has them, and more).
package keyvault
