package partners

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/mailbox"
)

// maxLine is the longest line, in octets and without its CRLF (RFC 2426 section 2.6, RFC 6350 section 3.2).
const maxLine = 75

// vcard is a contact that holds the mailbox's certificate: version 3.0, RFC 2426.
//
// Why 3.0: the file is for Outlook, where importing a contact is how a certificate gets to an address that is not inside it.
// Outlook reads 2.1 and 3.0 and does not know 4.0, which also moved the certificate into a data: URI (RFC 6350 section 6.8.1).
// 2.1 has no specification of the IETF and wants quoted-printable. Everybody else reads 3.0 too.
//
// source is where the file can be fetched anew, "" for nowhere.
func vcard(m mailbox.Mailbox, organisation, source string) []byte {
	var card strings.Builder
	line := func(text string) { card.WriteString(fold(text)) }
	line("BEGIN:VCARD")
	line("VERSION:3.0")
	line(text("FN", m.Name))
	line(text("N", m.Name, "", "", "", "")) // five parts (section 3.1.2): a unit has a family name only
	if organisation != "" {
		line(text("ORG", organisation))
	}
	line(text("EMAIL;TYPE=INTERNET", m.Address))
	if source != "" {
		line("SOURCE:" + source)
	}
	line("KEY;ENCODING=b;TYPE=X509:" + base64.StdEncoding.EncodeToString(m.Certificate.Raw)) // section 3.7.2
	// QUIRK: Outlook, by other writers of vCards and not tried here (2026): it reads base64 up to an empty line, which RFC
	// 2426 does not have. KEY is the last property, so that a reader who stops at the line has read all.
	card.WriteString("\r\n")
	line("END:VCARD")
	return []byte(card.String())
}

// text writes a property whose value has parts, each of them escaped.
func text(property string, parts ...string) string {
	for i, part := range parts {
		parts[i] = escape(part)
	}
	value := strings.Join(parts, ";")
	if strings.ContainsFunc(value, func(r rune) bool { return r >= utf8.RuneSelf }) {
		// QUIRK: Outlook on Windows takes a file for Windows-1252 where a property does not say otherwise (reports from
		// 2013, Outlook 2007, to 2026; not tried here). RFC 2426 dropped this parameter of 2.1: one that is not known is
		// passed over.
		property += ";CHARSET=UTF-8"
	}
	return property + ":" + value
}

// escape is RFC 2426 section 4, text-value: whatever a name holds, it stays within its property.
func escape(value string) string {
	value = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(value, "\uFFFD"))
	value = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, value)
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(value)
}

// fold breaks a line into pieces of at most maxLine octets, never within a character: RFC 6350 section 3.2 forbids it, and
// RFC 2426 leaves readers of 3.0 to find out.
func fold(line string) string {
	var out strings.Builder
	room := maxLine
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		out.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
		room = maxLine - 1 // the space counts
	}
	out.WriteString(line + "\r\n")
	return out.String()
}
