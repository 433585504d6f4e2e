// Package directory is the pretend world's LDAP directory (RFC 4511): certificates of people outside, below c=dk, as the
// public Danish one has them.
//
//	""                       the root DSE: what a live check reads
//	└─ c=dk
//	   ├─ mail=…,c=dk        mail, cn, userCertificate;binary (several at a roll-over)
//	   └─ …
//
//	anonymous bind ─▶ search: base and scope ─▶ filter ─▶ size limit ─▶ page ─▶ attributes asked for
//	         (weather: slow, silent or refusing, for those who must live with it)
//
// The demo and the tests of the LDAP client use it. Everybody is let in and the protocol is spoken in clear, so it must
// never listen on anything but loopback; it must never let itself be written to, and never answer a filter that it does not
// understand with an empty list, which would look like "has no certificate".
package directory
