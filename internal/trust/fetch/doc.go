// Package fetch asks servers on the internet for what certificates point at: revocation lists, OCSP answers, issuers.
//
// The addresses were written by whoever made the certificate, so this is where a stranger could turn the service against the
// network that it stands in. It must never connect to anything but a public address (dialing is refused by address, after name
// resolution, redirects included), never use a proxy, never read more than it was told to, and never name the address in an
// error.
package fetch
