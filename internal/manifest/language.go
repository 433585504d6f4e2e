package manifest

import (
	"regexp"
	"slices"
)

// fullTag is a language with its country: a bare one "isn't supported across all combinations" of clients (learn.microsoft.com,
// "Localization for Office Add-ins").
var fullTag = regexp.MustCompile(`^[a-z]{2,3}-([A-Z][a-z]{3}-)?[A-Z]{2}$`)

// languagesOf are those that anything is said in beside the default.
func languagesOf(n *node, initial string) []string {
	var tags []string
	var collect func(n *node)
	collect = func(n *node) {
		for _, child := range n.children {
			if tag := child.attrs["Locale"]; child.name == "Override" && tag != "" && tag != initial && !slices.Contains(tags, tag) && fullTag.MatchString(tag) {
				tags = append(tags, tag)
			}
			collect(child)
		}
	}
	collect(n)
	slices.Sort(tags)
	return tags
}

// said checks what people read: in every language, in each once, and no longer than the schema lets it be.
func (c *checker) said(n *node, most int) {
	name := n.name
	if id := n.attrs["id"]; id != "" {
		name += " " + quote(id)
	}
	c.bad(!oneLine(n.attrs["DefaultValue"], most), n, "%s must be one line of 1 to %d characters", name, most)
	has := map[string]bool{}
	for tag, o := range c.overrides(n) {
		c.bad(!oneLine(o.attrs["Value"], most), o, "%s in %s must be one line of 1 to %d characters", name, tag, most)
		has[tag] = true
	}
	for _, tag := range c.languages {
		c.bad(!has[tag], n, "%s is not said in %s", name, tag)
	}
}

// overrides goes through what stands there for other languages.
func (c *checker) overrides(n *node) func(yield func(tag string, o *node) bool) {
	return func(yield func(string, *node) bool) {
		seen := map[string]bool{}
		for _, o := range n.children {
			if o.name != "Override" {
				continue
			}
			tag := o.attrs["Locale"]
			c.bad(!fullTag.MatchString(tag), o, "the language %s must be language and country, such as da-DK", quote(tag))
			c.bad(tag == c.initial, o, "%s is the default language: its text is the DefaultValue", quote(tag))
			c.bad(seen[tag], o, "%s stands there twice", quote(tag))
			seen[tag] = true
			if !yield(tag, o) {
				return
			}
		}
	}
}
