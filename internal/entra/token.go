package entra

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// maxTokenBytes is the longest header field that Windows' http.sys takes (MaxFieldLength's default), which many
	// callers sit behind. The largest token that Entra makes, with 200 groups, is about 11 KiB (measured in the tests).
	maxTokenBytes = 16 << 10
	// maxKeyIDBytes is generous: Entra's key ids are SHA-1 thumbprints in base64url, 27 characters.
	maxKeyIDBytes = 128
	// A signature has the length of its key; the bounds are those of minKeyBits and maxKeyBits.
	minSignatureBytes = minKeyBits / 8
	maxSignatureBytes = maxKeyBits / 8
)

// unproven is a token that has the right form. Nothing in it is known to be true.
type unproven struct {
	keyID   string
	payload []byte
}

// read takes a token apart and refuses everything that no honest Entra token is, without asking anybody. It is the
// place where a flood of rubbish ends, so it does no more work than reading the token once.
func read(token string) (unproven, error) {
	switch {
	case token == "":
		return unproven{}, refuse(CodeMissing, nil)
	case len(token) > maxTokenBytes:
		return unproven{}, refuse(CodeTooLarge, nil)
	}
	// The compact form only (RFC 7515 §7.1): go-jose also reads the JSON form and skips white space, and then the
	// bytes looked at here would not be the bytes that are proved.
	parts := strings.Split(token, ".")
	if len(parts) == 5 {
		return unproven{}, malformed("five parts: an encrypted token (JWE), which is meant for somebody else")
	}
	if len(parts) != 3 {
		return unproven{}, malformed("not three parts")
	}
	decoded := make([][]byte, len(parts))
	for i, part := range parts {
		if part == "" && i == 2 {
			return unproven{}, refuse(CodeWrongAlgorithm, errors.New("no signature"))
		}
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !isBase64URL(r) }) {
			return unproven{}, malformed("a part is not base64url")
		}
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return unproven{}, malformed("a part is not base64url")
		}
	}
	keyID, err := readHeader(decoded[0])
	if err != nil {
		return unproven{}, err
	}
	if n := len(decoded[2]); n < minSignatureBytes || n > maxSignatureBytes {
		return unproven{}, malformed("the signature has the length of no key")
	}
	return unproven{keyID: keyID, payload: decoded[1]}, nil
}

// readHeader allows the one kind of header that Entra writes for an API of ours: typ JWT, alg RS256 and a kid
// (Microsoft, access token claims reference, header claims).
func readHeader(raw []byte) (keyID string, err error) {
	// A map, not a struct: encoding/json matches struct fields without regard to case, and "ALG" is not "alg".
	var header map[string]json.RawMessage
	if json.Unmarshal(raw, &header) != nil {
		return "", malformed("the header is not a JSON object")
	}
	text := func(name string) (value string) {
		if json.Unmarshal(header[name], &value) != nil {
			return ""
		}
		return value
	}
	if text("alg") != "RS256" {
		// RFC 8725 §3.1: the verifier says which algorithm, the token does not. "none" and HS256 end here.
		return "", refuse(CodeWrongAlgorithm, errors.New("alg is not RS256"))
	}
	if !strings.EqualFold(text("typ"), "JWT") {
		return "", refuse(CodeWrongKind, errors.New("typ is not JWT"))
	}
	if _, critical := header["crit"]; critical {
		// RFC 7515 §4.1.11: refuse what one does not understand.
		return "", malformed("the header has crit")
	}
	keyID = text("kid")
	if keyID == "" || len(keyID) > maxKeyIDBytes || strings.ContainsFunc(keyID, func(r rune) bool { return !isBase64URL(r) }) {
		return "", malformed("kid is missing or not like Entra's")
	}
	return keyID, nil
}

func malformed(why string) *fault.Fault { return refuse(CodeMalformed, errors.New(why)) }

// isBase64URL is the alphabet of RFC 4648 §5, without padding (RFC 7515 §2).
func isBase64URL(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
