// Package sheet is the data protection officer's page: one that can be printed and handed in, which answers from live data what the
// authority asks about secure mail.
//
// Used by api/admin. It shows what internal/sheet has counted, in words; it names no sender and no recipient, shows no key, and says
// also what is not protected.
package sheet
