// Package token uses keys that stay in a device behind a PKCS #11 library: a hardware security module, a smart card, SoftHSM.
//
//	key.Sign ─▶ Library.do ─▶ a session of the pool ─▶ C_SignInit, C_Sign
//	                │ it has gone stale: another session, then the library anew
//	                └ nothing helps, or no answer in time: device.Away
//
// Used by app, which gives it to device.Opener. The library is C code that runs inside this process, and is loaded when the first
// key is opened, never where pkcs11-module is not set. A build without cgo has none of this, and says so (nocgo.go).
//
// It must never read a private attribute of a private key, never write a PIN down, and never try a PIN again that was refused: a
// token locks after a few.
package token
