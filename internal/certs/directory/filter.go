package directory

import (
	"errors"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

const (
	// maxBatch addresses are asked for in one search. Directories bound what one filter may cost: OpenLDAP looks up every
	// branch of an OR in its index, and Active Directory refuses filters far larger than this.
	maxBatch = 50
	// place is where the address goes in a template.
	place = "%s"
	// probe stands in for an address while a template is tried. It has what must be escaped, and begins with what is no
	// hexadecimal digit, so that a template that ends its own escape with the first of the address is found out.
	probe = `probe*()\` + "\x00"
)

var (
	errNoPlace   = errors.New("must hold %s, where the address goes")
	errTemplate  = errors.New("is not a filter as RFC 4515 has it")
	errMisplaced = errors.New("may hold %s only where a value stands")
)

// checkTemplate compiles the template with the probe in it, and looks for the probe among the values: what is escaped for a
// value is not safe as an attribute's name or a matching rule.
func checkTemplate(template string) error {
	places := strings.Count(template, place)
	if places == 0 {
		return errNoPlace
	}
	packet, err := ldap.CompileFilter(expand(template, probe))
	if err != nil {
		return errTemplate
	}
	if count(packet, probe) != places {
		return errMisplaced
	}
	return nil
}

// count is how often text stands in the strings of packet.
func count(packet *ber.Packet, text string) int {
	n := 0
	if value, is := packet.Value.(string); is {
		n = strings.Count(value, text)
	}
	for _, child := range packet.Children {
		n += count(child, text)
	}
	return n
}

// expand is the only way of an address into a filter. RFC 4515 section 3 has the five octets that mean something written
// as hexadecimal; EscapeFilter does the same for all that is not ASCII.
func expand(template, address string) string {
	return strings.ReplaceAll(template, place, ldap.EscapeFilter(address))
}

// anyOf is one filter for all the addresses: 20 recipients are one round trip.
func anyOf(template string, addresses []string) string {
	if len(addresses) == 1 {
		return expand(template, addresses[0])
	}
	var filter strings.Builder
	filter.WriteString("(|")
	for _, address := range addresses {
		filter.WriteString(expand(template, address))
	}
	filter.WriteByte(')')
	return filter.String()
}
