package manifest

import (
	"net/url"
	"unicode/utf8"
)

// addresses checks the address of an element and those it has for other languages, and shows each good one to look.
func (c *checker) addresses(n *node, look func(at *node, address string)) {
	one := func(at *node, address string) {
		if c.address(at, address) && look != nil {
			look(at, address)
		}
	}
	one(n, n.attrs["DefaultValue"])
	for _, o := range c.overrides(n) {
		one(o, o.attrs["Value"])
	}
}

func (c *checker) address(at *node, address string) bool {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil:
		c.bad(true, at, "%s: %s is not an address", at.name, quote(address))
	case u.Scheme != "https":
		c.bad(true, at, "%s: %s must be https", at.name, quote(address))
	case utf8.RuneCountInString(address) > maxURL:
		c.bad(true, at, "%s: an address must be of at most %d characters", at.name, maxURL)
	default:
		return true
	}
	return false
}
