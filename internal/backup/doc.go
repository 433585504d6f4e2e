// Package backup writes one installation's data into one file, and reads it back:
//
//	tar: sendsikker-backup.json │ sendsikker.db │ spool/… │ master.key.age (when asked for) │ contents.json
//
// The list of contents, with length and SHA-256 of each, comes last, because what is written streams through once. A file without it was cut
// off and is not read. `sendsikker backup` and `restore` (package app) are its users; they say what belongs in it, and put what came out in its place.
//
// What it reads may have been made by anybody: it writes nothing but regular files of the names above below the folder it was given, within
// limits, and calls nothing whole whose hash it has not seen agree. It never holds a master key in clear.
package backup
