package peertest

import "slices"

// refusal is what a peer cannot do although the standards allow it, as measured by running it: the words that it refuses
// with, and the reason in ours. Empty fields stand for "any".
type refusal struct {
	peer       string
	direction  direction
	transports []transport
	contents   []content
	schemes    []scheme
	says       string
	because    string
}

func (r refusal) covers(c cell) bool {
	if r.peer != c.peer || r.direction != c.direction || c.envelope() != (r.schemes == nil) {
		return false
	}
	if !c.envelope() {
		return slices.Contains(r.schemes, c.scheme)
	}
	return (r.transports == nil || slices.Contains(r.transports, c.transport)) && (r.contents == nil || slices.Contains(r.contents, c.content))
}

// refusalOf is the first that covers the cell: a program stops at the first thing that it does not know.
func refusalOf(c cell) (refusal, bool) {
	for _, r := range refusals {
		if r.covers(c) {
			return r, true
		}
	}
	return refusal{}, false
}

const (
	nameOpenSSL = "OpenSSL"
	nameGPGSM   = "gpgsm"
	nameNSS     = "NSS"
	nameCastle  = "BouncyCastle"
	nameGnuTLS  = "GnuTLS"
)

var (
	aeads      = []content{aes256GCM, chaCha20}
	onlyX25519 = []transport{ecX25519}
	onlyNIST   = []transport{ecdhP256, ecdhP384}
	onlyEC     = []transport{ecdhP256, ecdhP384, ecX25519}
	onlyChaCha = []content{chaCha20}
	onlyOAEP   = []transport{rsaOAEP}
	onlyEd     = []scheme{signEd25519}
)

// refusals hold for the versions in peers.
var refusals = []refusal{
	{peer: nameOpenSSL, direction: weWrite, transports: onlyX25519, says: "no matching recipient",
		because: "OpenSSL 3.0 knows no key agreement with X25519 in CMS"},
	{peer: nameOpenSSL, direction: weWrite, contents: onlyChaCha, says: "unknown cipher",
		because: "OpenSSL 3.0 knows no ChaCha20-Poly1305 in CMS"},
	{peer: nameOpenSSL, direction: peerWrite, transports: onlyX25519, says: "operation not supported for this keytype",
		because: "OpenSSL 3.0 cannot encrypt for an X25519 key"},
	{peer: nameOpenSSL, direction: peerWrite, contents: onlyChaCha, says: "unsupported content encryption algorithm",
		because: "OpenSSL 3.0 knows no ChaCha20-Poly1305 in CMS"},
	{peer: nameOpenSSL, direction: weWrite, schemes: onlyEd, says: "invalid digest",
		because: "OpenSSL 3.0 gives a digest to Ed25519, which takes none"},
	{peer: nameOpenSSL, direction: peerWrite, schemes: onlyEd, says: "invalid digest",
		because: "OpenSSL 3.0 gives a digest to Ed25519, which takes none"},

	{peer: nameGPGSM, direction: weWrite, contents: aeads, says: "DECRYPTION_FAILED",
		because: "gpgsm 2.2 takes AuthEnvelopedData for something else and misses the initialisation vector"},
	{peer: nameGPGSM, direction: weWrite, transports: onlyOAEP, says: "error getting encrypted session key",
		because: "libksba 1.6 reads no RSAES-OAEP"},
	{peer: nameGPGSM, direction: weWrite, transports: onlyEC, says: "DECRYPTION_FAILED",
		because: "gpgsm 2.2 knows no key agreement"},
	{peer: nameGPGSM, direction: peerWrite, transports: onlyOAEP, says: errNoOption.Error(),
		because: "gpgsm 2.2 writes RSA v1.5 alone, and has no option about it"},
	{peer: nameGPGSM, direction: peerWrite, contents: aeads, says: "selected cipher algorithm is invalid",
		because: "gpgsm 2.2 writes no AuthEnvelopedData"},
	{peer: nameGPGSM, direction: peerWrite, transports: onlyEC, says: "Wrong key usage",
		because: "gpgsm 2.2 wants keyEncipherment, which RFC 8813 §3 forbids for EC keys: it knows no key agreement"},
	{peer: nameGPGSM, direction: weWrite, schemes: onlyEd, says: "BADSIG",
		because: "gpgsm 2.2 gives a digest to Ed25519, and fails over the digest's length"},
	{peer: nameGPGSM, direction: peerWrite, schemes: onlyEd, says: "Invalid OID string",
		because: "libksba 1.6 cannot name an Ed25519 signature"},
	{peer: nameGPGSM, direction: peerWrite, schemes: []scheme{signPSS}, says: errNoOption.Error(),
		because: "gpgsm 2.2 writes RSA v1.5 alone, and has no option about it"},

	{peer: nameNSS, direction: weWrite, contents: aeads, says: "SEC_ERROR_UNRECOGNIZED_OID",
		because: "NSS 3.87 knows no AuthEnvelopedData"},
	{peer: nameNSS, direction: weWrite, transports: onlyOAEP, says: "SEC_ERROR_UNSUPPORTED_KEYALG",
		because: "NSS 3.87 reads no RSAES-OAEP"},
	{peer: nameNSS, direction: weWrite, transports: onlyEC, says: "SEC_ERROR_BAD_DER",
		because: "NSS 3.87 cannot decode a message with an EC recipient at all"},
	{peer: nameNSS, direction: peerWrite, transports: onlyOAEP, says: errNoOption.Error(),
		because: "cmsutil writes RSA v1.5 alone, and has no option about it"},
	{peer: nameNSS, direction: peerWrite, contents: []content{aes256CBC, aes256GCM, chaCha20}, says: errNoOption.Error(),
		because: "cmsutil writes AES-128-CBC to whom it knows no capabilities of, and has no option about it"},
	{peer: nameNSS, direction: peerWrite, transports: onlyNIST, says: "SEC_ERROR_INVALID_ALGORITHM",
		because: "NSS 3.87 cannot encrypt for an EC key"},
	{peer: nameNSS, direction: peerWrite, transports: onlyX25519, says: "SEC_ERROR_ADDING_CERT",
		because: "NSS 3.87 takes no certificate with an X25519 key"},
	{peer: nameNSS, direction: weWrite, schemes: onlyEd, says: "signer0.status=ProcessingError",
		because: "NSS 3.87 knows no Ed25519"},
	{peer: nameNSS, direction: peerWrite, schemes: onlyEd, says: "SEC_ERROR_ADDING_CERT",
		because: "NSS 3.87 takes no certificate with an Ed25519 key"},
	{peer: nameNSS, direction: peerWrite, schemes: []scheme{signPSS}, says: errNoOption.Error(),
		because: "cmsutil writes RSA v1.5 alone, and has no option about it"},

	{peer: nameCastle, direction: weWrite, transports: onlyX25519, says: "key agreement",
		because: "BouncyCastle 1.72 knows no key agreement with HKDF (RFC 8418)"},
	{peer: nameCastle, direction: peerWrite, transports: onlyX25519, says: "Unknown key agreement algorithm: 1.2.840.113549.1.9.16.3.19",
		because: "BouncyCastle 1.72 knows no key agreement with HKDF (RFC 8418)"},
}
