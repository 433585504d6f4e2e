// Package bundle reads and writes files of certificates: one certificate in DER (.cer), any number in PEM, and certs-only
// PKCS #7 (.p7b, .p7c) in DER, base64 or PEM.
//
// Administrators upload them, authorities publish their issuers so, and partners fetch ours. It must never take a certificate
// for more than bytes that could be parsed: whether it is worth anything is for package trust to say.
package bundle
