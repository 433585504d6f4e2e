package partners

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"aau.dk/sendsikker/internal/mailbox"
)

// maxShown mailboxes are on one page; who has more searches. A page of 500 is 840 KB, what a slow line still carries.
const maxShown = 500

// catalogue is what is on show at one time. It is not changed once made.
type catalogue struct {
	entries   []entry // by name, as Danes sort
	byAddress map[string]int
}

// entry is a mailbox, with what every page says of it worked out once.
type entry struct {
	mailbox.Mailbox
	holder, issuer string
	fingerprint    []string // SHA-256, upper-case hex in fours
	named          bool     // the address is inside the certificate
	link           string   // path of its files, without the ending
	sought         string   // what a search looks in, lower case
}

func catalogueOf(list []mailbox.Mailbox) *catalogue {
	c := &catalogue{byAddress: make(map[string]int, len(list))}
	for _, m := range list {
		if m.Certificate == nil {
			continue // a mailbox that has none yet has nothing to show
		}
		m.Address = mailbox.Canonical(m.Address)
		if m.Name = visible(m.Name); m.Name == "" {
			m.Name = m.Address
		}
		c.entries = append(c.entries, entry{
			Mailbox: m, holder: who(m.Certificate.Subject), issuer: who(m.Certificate.Issuer),
			fingerprint: fours(mailbox.Fingerprint(m.Certificate)), named: names(m.Certificate, m.Address),
			link: pagePath + "/" + url.PathEscape(m.Address), sought: strings.ToLower(m.Name + " " + m.Address),
		})
	}
	danish := collate.New(language.Danish)
	slices.SortStableFunc(c.entries, func(a, b entry) int {
		if by := danish.CompareString(a.Name, b.Name); by != 0 {
			return by
		}
		return strings.Compare(a.Address, b.Address)
	})
	for i, e := range c.entries {
		c.byAddress[e.Address] = i
	}
	return c
}

// find gives the mailbox of an address, however it is written.
func (c *catalogue) find(address string) (entry, bool) {
	i, known := c.byAddress[mailbox.Canonical(address)]
	if !known {
		return entry{}, false
	}
	return c.entries[i], true
}

// search gives the mailboxes whose name and address hold every word of the query; all of them where there is none.
func (c *catalogue) search(query string) []entry {
	words := strings.Fields(strings.ToLower(query))
	if len(words) == 0 {
		return c.entries
	}
	var found []entry
	for _, e := range c.entries {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(e.sought, word) }) {
			found = append(found, e)
		}
	}
	return found
}

// who is the name and organisation of a subject or issuer, as a person would say it.
func who(name pkix.Name) string {
	parts := append([]string{name.CommonName}, name.Organization...)
	for i, part := range parts {
		parts[i] = visible(part)
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	if parts = slices.Compact(parts); len(parts) == 0 {
		return visible(name.String())
	}
	return strings.Join(parts, ", ")
}

// visible is a name on one line, without what can be neither seen nor heard: a right-to-left override
// (Unicode's category Cf) would show one name where another is written.
func visible(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	return strings.Join(strings.Fields(name), " ")
}

var oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1} // PKCS #9, in the subject

// names is whether the certificate holds the address, in either of the places that RFC 8550 section 3 has receivers look.
// Many OCES certificates do not, and then Apple Mail and Thunderbird never find them.
func names(c *x509.Certificate, address string) bool {
	held := slices.Clone(c.EmailAddresses)
	for _, attribute := range c.Subject.Names {
		if text, isText := attribute.Value.(string); isText && attribute.Type.Equal(oidEmailAddress) {
			held = append(held, text)
		}
	}
	return slices.ContainsFunc(held, func(one string) bool { return mailbox.Canonical(one) == address })
}

// fours writes a fingerprint as it is read aloud: sixteen groups of four.
func fours(digest [32]byte) []string {
	groups := make([]string, 0, len(digest)/2)
	for two := range slices.Chunk(digest[:], 2) {
		groups = append(groups, fmt.Sprintf("%X", two))
	}
	return groups
}
