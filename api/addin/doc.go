// Package addin serves the Outlook add-in: its manifest, its pages and scripts, its icons, and the file by which classic Outlook lets the
// send guard run. All are made once, when the program starts, and held in memory:
//
//	addin/dist ─┬─ *.html   {{office}} and {{settings}} filled in, and a content security policy of the page's own
//	            ├─ guard.js with the rules before it
//	            └─ the rest as it is
//
// Used by app, which mounts it through api. It must never serve a file that it did not read at the start, tell a secret (whoever asks is
// nobody in particular), or let another page than Outlook's frame ours.
package addin
