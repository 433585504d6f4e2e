package keyfile

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"hash"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// maxWork is how many rounds of a hash a whole file may take, about two seconds. Programs write 1 to 600,000 a derivation
	// (OpenSSL 2048, Java 10,000, OWASP's advice of 2023 600,000), and a file has three or four.
	maxWork = 8_000_000
	// maxSalt: 8 to 32 bytes are written; the derivation of PKCS #12 takes longer with a longer one.
	maxSalt = 1 << 10
)

// budget is the work that is left.
type budget struct{ left int64 }

// spend books rounds of a derivation before it begins.
func (b *budget) spend(rounds, times int64) error {
	if rounds < 1 || rounds > maxWork || b.left < rounds*times {
		return costly()
	}
	b.left -= rounds * times
	return nil
}

var (
	oidSHA1, oidSHA256     = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384, oidSHA512   = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidHMACSHA1            = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA256          = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidHMACSHA384          = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}
	oidHMACSHA512          = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}
	oidPBKDF2              = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidPBES2, oidPBMAC1    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}
	oidTripleDES3          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3}
	oidTripleDES2          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 4}
	oidRC2128, oidRC240    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 5}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 6}
	oidDESCBC              = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7} // des-EDE3-CBC
	oidAES128, oidAES192   = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256              = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidData, oidEncrypted  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidKeyBag, oidShrouded = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidCertBag, oidSafeBag = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 6}
	oidRSA, oidEC          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidX509                = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
)

// algorithm is an AlgorithmIdentifier: what stands behind the name is read by whoever knows the name.
type algorithm struct {
	id         asn1.ObjectIdentifier
	parameters cryptobyte.String
}

func readAlgorithm(s *cryptobyte.String) (a algorithm, ok bool) {
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, casn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&a.id) {
		return a, false
	}
	a.parameters = inner
	return a, true
}

func hashOf(id asn1.ObjectIdentifier) func() hash.Hash {
	switch {
	case id.Equal(oidSHA1), id.Equal(oidHMACSHA1):
		return sha1.New
	case id.Equal(oidSHA256), id.Equal(oidHMACSHA256):
		return sha256.New
	case id.Equal(oidSHA384), id.Equal(oidHMACSHA384):
		return sha512.New384
	case id.Equal(oidSHA512), id.Equal(oidHMACSHA512):
		return sha512.New
	}
	return nil
}

// pbkdf2 derives a key as PBKDF2-params say (RFC 8018 appendix A.2); size 0 is the one that they name.
func (r *reader) pbkdf2(how algorithm, size int) ([]byte, error) {
	if !how.id.Equal(oidPBKDF2) {
		return nil, unsupported("key derivation " + how.id.String())
	}
	var params, salt cryptobyte.String
	var rounds int64
	if !how.parameters.ReadASN1(&params, casn1.SEQUENCE) || !params.ReadASN1(&salt, casn1.OCTET_STRING) || !params.ReadASN1Integer(&rounds) || len(salt) > maxSalt {
		return nil, errKey
	}
	named := 0
	if params.PeekASN1Tag(casn1.INTEGER) && !params.ReadASN1Integer(&named) {
		return nil, errKey
	}
	if size == 0 {
		size = named
	}
	if size < 1 || size > 64 || named != 0 && named != size {
		return nil, errKey
	}
	prf := algorithm{id: oidHMACSHA1} // the default
	if !params.Empty() {
		var ok bool
		if prf, ok = readAlgorithm(&params); !ok {
			return nil, errKey
		}
	}
	h := hashOf(prf.id)
	if h == nil {
		return nil, unsupported("pseudo-random function " + prf.id.String())
	}
	if err := r.work.spend(rounds, 2*int64((size+h().Size()-1)/h().Size())); err != nil { // an HMAC is two hashes
		return nil, err
	}
	return pbkdf2.Key(h, r.password, salt, int(rounds), size)
}

// Whose material a derivation of PKCS #12 makes (RFC 7292 appendix B.3).
const (
	forKey byte = 1
	forIV  byte = 2
	forMAC byte = 3
)

// derive is PKCS #12's own derivation (RFC 7292 appendix B.2).
func (r *reader) derive(h func() hash.Hash, purpose byte, salt, password []byte, rounds int64, size int) ([]byte, error) {
	digest := h()
	blocks := (size + digest.Size() - 1) / digest.Size()
	if err := r.work.spend(rounds, int64(blocks)); err != nil {
		return nil, err
	}
	v := digest.BlockSize()
	input := append(repeated(salt, v), repeated(password, v)...)
	diversifier := make([]byte, v)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	var out []byte
	for range blocks {
		digest.Reset()
		digest.Write(diversifier)
		digest.Write(input)
		a := digest.Sum(nil)
		for range rounds - 1 {
			digest.Reset()
			digest.Write(a)
			a = digest.Sum(a[:0])
		}
		out = append(out, a...)
		addToEach(input, repeated(a, v)[:v])
	}
	return out[:size], nil
}

// repeated is as many copies as fill whole blocks, the last one cut; nothing of nothing.
func repeated(b []byte, block int) []byte {
	if len(b) == 0 {
		return nil
	}
	out := make([]byte, (len(b)+block-1)/block*block)
	for i := range out {
		out[i] = b[i%len(b)]
	}
	return out
}

// addToEach adds b and one to every block, as big-endian numbers without their carry.
func addToEach(blocks, b []byte) {
	for start := 0; start < len(blocks); start += len(b) {
		carry := 1
		for i := len(b) - 1; i >= 0; i-- {
			sum := int(blocks[start+i]) + int(b[i]) + carry
			blocks[start+i], carry = byte(sum), sum>>8
		}
	}
}

// bmp is the password as PKCS #12's own derivation takes it: UTF-16, big-endian, with a zero behind (RFC 7292 appendix B.1).
func bmp(password string) []byte {
	var out []byte
	for _, unit := range append(utf16.Encode([]rune(password)), 0) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}
