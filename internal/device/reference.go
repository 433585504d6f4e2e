package device

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Kind is where a key is.
type Kind string

// The kinds, by the scheme of their references.
const (
	KeyVault Kind = "azurekeyvault"
	PKCS11   Kind = "pkcs11"
)

// Reference names one key in one device. Of Key Vault's there are Host, Name and Version; of a token's the others.
type Reference struct {
	Kind Kind

	Host    string // in lower case
	Name    string
	Version string

	Token  string // its label
	Serial string // "" is any
	Object string // the key's label; "" is any
	ID     string // CKA_ID, octets; "" is any
}

const (
	// maxReference is far above what the parts below can add up to.
	maxReference = 1024
	// maxVaultPart: "About keys, secrets and certificates", section Object identifiers: 1 to 127 characters of 0-9, a-z, A-Z and -.
	maxVaultPart = 127
	// maxLabel and maxSerial are CK_TOKEN_INFO's (PKCS #11 v3.1 §3.2), padded with blanks there.
	maxLabel, maxSerial = 32, 16
	// maxObject bounds labels and ids, which PKCS #11 does not.
	maxObject = 255
)

// Parse reads a reference. What is wrong with it is said without repeating it: somebody may have pasted a PIN.
func Parse(text string) (Reference, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxReference || !utf8.ValidString(text) {
		return Reference{}, errors.New("a reference is at most 1024 characters")
	}
	scheme, rest, _ := strings.Cut(text, ":")
	switch Kind(strings.ToLower(scheme)) {
	case KeyVault:
		return parseVault(rest)
	case PKCS11:
		return parseToken(rest)
	}
	return Reference{}, errors.New("a reference begins with azurekeyvault: or pkcs11: and a name of the key")
}

// vaultHostNames are Azure's public cloud: our token is shown to nobody else.
var vaultHostNames = [...]string{".vault.azure.net", ".managedhsm.azure.net"}

func parseVault(rest string) (Reference, error) {
	u, err := url.Parse("https:" + rest)
	if err != nil || u.User != nil || u.Port() != "" || u.RawQuery != "" || u.Fragment != "" {
		return Reference{}, errors.New("a key in Key Vault is azurekeyvault://VAULT.vault.azure.net/keys/NAME/VERSION")
	}
	host, ours := strings.ToLower(u.Host), false
	for _, suffix := range vaultHostNames {
		name, is := strings.CutSuffix(host, suffix)
		ours = ours || is && isVaultName(name)
	}
	if !ours {
		return Reference{}, errors.New("a key in Key Vault has a host such as VAULT.vault.azure.net or VAULT.managedhsm.azure.net")
	}
	p := strings.Split(u.Path, "/")
	if len(p) != 4 || p[0] != "" || p[1] != "keys" || !isVaultName(p[2]) || !isVaultName(p[3]) {
		return Reference{}, errors.New("the key's version must be in the reference: /keys/NAME/VERSION, as the portal shows it under “Key identifier”")
	}
	return Reference{Kind: KeyVault, Host: host, Name: p[2], Version: p[3]}, nil
}

func isVaultName(s string) bool {
	return s != "" && len(s) <= maxVaultPart && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-'
	})
}

// parseToken reads a PKCS #11 URI (RFC 7512) that names one private key. Attributes that this program would not look at are refused:
// who wrote them meant something by them.
func parseToken(rest string) (Reference, error) {
	if strings.Contains(rest, "pin-") {
		return Reference{}, errors.New("the PIN does not belong in a reference: it is given by pkcs11-pin-file or SENDSIKKER_PKCS11_PIN")
	}
	path, query, asked := strings.Cut(rest, "?")
	if asked || query != "" {
		return Reference{}, errors.New("nothing may follow ? in a pkcs11: reference: library and PIN are settings")
	}
	r := Reference{Kind: PKCS11}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(path, ";") {
		name, escaped, _ := strings.Cut(part, "=")
		value, err := url.PathUnescape(escaped)
		if err != nil || value == "" || seen[name] { // RFC 7512 §2.3: an attribute stands there once
			return Reference{}, errors.New("a pkcs11: reference is a list such as pkcs11:token=LABEL;object=LABEL;id=%01, each once")
		}
		seen[name] = true
		if !r.set(name, value) {
			return Reference{}, errors.New("a pkcs11: reference has token, serial, object, id and type=private, none too long, and nothing else")
		}
	}
	if r.Token == "" || r.Object == "" && r.ID == "" {
		return Reference{}, errors.New("a pkcs11: reference needs the token, and the key's object label or id")
	}
	return r, nil
}

func (r *Reference) set(name, value string) bool {
	text := utf8.ValidString(value) && !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f })
	switch name {
	case "token":
		r.Token = value
		return text && len(value) <= maxLabel
	case "serial":
		r.Serial = value
		return text && len(value) <= maxSerial
	case "object":
		r.Object = value
		return text && len(value) <= maxObject
	case "id":
		r.ID = value
		return len(value) <= maxObject
	case "type":
		return value == "private"
	}
	return false
}

// String is the one way that a reference is written.
func (r Reference) String() string {
	if r.Kind == KeyVault {
		return string(KeyVault) + "://" + r.Host + "/keys/" + r.Name + "/" + r.Version
	}
	text := string(PKCS11) + ":token=" + escape(r.Token)
	for _, part := range []struct{ name, value string }{{"serial", r.Serial}, {"object", r.Object}, {"id", r.ID}} {
		if part.value != "" {
			text += ";" + part.name + "=" + escape(part.value)
		}
	}
	return text
}

// escape leaves RFC 3986's unreserved characters, which RFC 7512 §2.3 has everywhere.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
