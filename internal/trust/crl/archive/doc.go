// Package archive keeps revocation lists in a folder, so that a restart neither asks every authority anew nor forgets which
// list was the newest.
//
// Package crl alone uses it. It knows bytes and names, and nothing of lists. What it gives back was written by whoever could
// write to the folder: it must never be believed before it has been verified again. The folder is small by rule, and losing
// it loses time only: nothing here fails a caller.
package archive
