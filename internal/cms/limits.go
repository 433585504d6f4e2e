package cms

// What a message may ask of us before anything in it has been authenticated. Real mail stays far below each of them.
const (
	// maxElement is the largest structure read into memory at once: a RecipientInfo, an attribute set, a certificate. A
	// KeyAgreeRecipientInfo with 10,000 recipients of one originator key is about 1 MiB.
	maxElement = 1 << 20
	// maxRecipients is how many RecipientInfos are looked at; Exchange Online allows 1,000 recipients in one message.
	maxRecipients = 10_000
	// maxHeld is the sum of what is kept of one message's certificates and recipients.
	maxHeld = 8 << 20
	// maxCertificates is how many certificates of one bag are parsed: signers, their chains, and room to spare.
	maxCertificates = 256
	// maxSigners bounds the public-key operations that one message can cost us.
	maxSigners = 16
	// maxAttributes is how many signed attributes one signer may have; mail programs write four to eight.
	maxAttributes = 64
	// maxCapabilities is how many entries of SMIMECapabilities are kept; Outlook lists about a dozen.
	maxCapabilities = 64
	// maxCapability is the largest entry that is kept: RSAES-OAEP with all its parameters takes about 100 octets.
	maxCapability = 256

	// MinRSABits: RFC 8551 §4.2 calls smaller keys historic; CA/Browser Forum S/MIME BR §6.1.5 forbids them.
	MinRSABits = 2048
	// MaxRSABits bounds the work of one operation: OpenSSL stops here for the same reason.
	MaxRSABits = 16384
	// maxStrangersBits bounds it for the certificates in a message, which anybody can make as they like; it is where
	// crypto/tls stops. One check with the worst exponent took 3.5 ms at this size, and 16 ms at twice as much.
	maxStrangersBits = 8192

	// chunk is the size of one OCTET STRING of encrypted content, whose total length is not known when it starts. Peers
	// were measured with 4 to 16 KiB.
	chunk = 16 << 10
)
