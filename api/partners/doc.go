// Package partners is the public page where people abroad and at home find the certificates of the organisation's secure
// function mailboxes: to read, to compare by telephone, and to fetch in the forms that mail programs import.
//
//	GET /certificates                      the page: ?q= searches, ?lang= picks da, en or de
//	GET /certificates/style.css            how it looks; the one path that is not counted
//	GET /certificates/{address}.cer        the certificate, DER
//	GET /certificates/{address}.next.cer   the one that follows, where a change is planned
//	GET /certificates/{address}.p7b        the same with its issuers, certs-only PKCS #7
//	GET /certificates/{address}.vcf        a contact that holds it, vCard 3.0
//
//	request → count its client → shelf (read once a minute) → search → page or file → ETag
//
// Mounted by app, with the whole path and behind the middlewares of package api, whose Cache-Control and
// Content-Security-Policy it replaces. No log-in, no script, no cookie: a page that anybody may read and any cache may keep.
//
// It counts requests by the host of RemoteAddr and reads no X-Forwarded-For, which a stranger can write. Behind a proxy,
// whoever mounts it makes RemoteAddr the client's: otherwise all the world shares one client's minute.
//
// It must never show anything of a mailbox but its name, address and certificates, never ask the database once for each
// request, and never tell an address that is not there from one that may not be shown: both are 404.
package partners
