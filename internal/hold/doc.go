// Package hold keeps bytes back until they may be shown: what has been decrypted, and has not yet proved itself.
//
//	plaintext ─▶ memory, up to Small ─▶ from there on an age file without a name ─▶ read again, or thrown away
//
// The opening of mail is its user (smime.OpenOptions.Hold). The file is encrypted for a key that only this process ever
// holds, and loses its name as soon as it is open, so nothing is left to read or to sweep, whatever ends the process.
//
// It must never write a byte to disk in clear, and never give back anything but what was put in.
package hold
