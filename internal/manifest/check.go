package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Site is where the add-in's files are, and what they hold: Files' root is found at the address Root, which ends with a slash.
type Site struct {
	Root  string
	Files fs.FS
}

// maxFaults is more than anybody mends at once, and keeps a hostile file from being answered with a book.
const maxFaults = 100

// Check looks for everything that is wrong with a manifest, beside what Microsoft's schema would find. The error names the faults one a line,
// with the line of the manifest.
func Check(text []byte, site Site) error {
	root, err := read(text)
	if err != nil {
		return err
	}
	c := &checker{site: site, files: map[string][]byte{}}
	if root.name != "OfficeApp" || root.attrs["type"] != "MailApp" {
		return errors.New("the manifest is not of an Outlook add-in: it must be an OfficeApp of type MailApp")
	}
	c.document(root)
	c.levels(root)
	c.bad(len(c.controls) == 0, root, "there is no Control, and so no button")
	sends := 0
	for _, e := range c.events {
		if e.attrs["Type"] == "OnMessageSend" {
			sends++
			c.bad(sends > 1, e, "a second OnMessageSend; Outlook takes one")
		}
	}
	return c.told()
}

// told is all that was found, in the order of the file.
func (c *checker) told() error {
	slices.SortFunc(c.faults, func(a, b fault) int { return cmp.Or(a.line-b.line, strings.Compare(a.what, b.what)) })
	var all []error
	for _, f := range slices.Compact(c.faults) {
		if len(all) == maxFaults {
			all = append(all, errors.New("and more"))
			break
		}
		all = append(all, fmt.Errorf("line %d: %s", f.line, f.what))
	}
	return errors.Join(all...)
}

type fault struct {
	line int
	what string
}

type checker struct {
	site      Site
	faults    []fault
	languages []string // beside the default
	initial   string   // the default language
	events    []*node
	controls  []string          // ids of buttons
	files     map[string][]byte // those that were read; nil is missing
}

func (c *checker) bad(is bool, at *node, what string, about ...any) {
	if is && len(c.faults) < 10*maxFaults {
		c.faults = append(c.faults, fault{at.line, fmt.Sprintf(what, about...)})
	}
}

// quote shows a value of the file without letting it be long or break lines.
func quote(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// document looks at what stands outside every VersionOverrides.
func (c *checker) document(root *node) {
	id := root.child("Id")
	_, err := ID(strings.Trim(id.value(), "{}"))
	c.bad(err != nil, id, "Id must be a GUID")
	v := root.child("Version")
	c.bad(!version.MatchString(v.value()), v, "Version %s must be numbers with dots, and at least 1.0", quote(v.value()))
	for _, name := range []string{"ProviderName", "DisplayName", "Description"} {
		c.bad(!root.has(name), root, "%s is missing", name)
	}
	provider := root.child("ProviderName")
	c.bad(!oneLine(provider.value(), shortest), provider, "ProviderName must be one line of 1 to %d characters", shortest)

	c.initial = root.child("DefaultLocale").value()
	c.bad(!fullTag.MatchString(c.initial), root.child("DefaultLocale"), "DefaultLocale %s must be language and country, such as en-US", quote(c.initial))
	c.languages = languagesOf(root, c.initial)
	for _, must := range []string{"da-DK", "en-US"} {
		c.bad(must != c.initial && !slices.Contains(c.languages, must), root, "%s is missing: nothing is said in it", must)
	}
	c.said(root.child("DisplayName"), shortest)
	c.said(root.child("Description"), longest)
	for name, size := range map[string]int{"IconUrl": 64, "HighResolutionIconUrl": 128} {
		icon := root.child(name)
		c.addresses(icon, func(at *node, address string) { c.picture(at, address, size) })
	}
	for support := range root.all("SupportUrl") {
		c.addresses(support, nil)
	}
	for source := range root.all("SourceLocation") {
		c.addresses(source, c.page)
	}
	seen := map[string]bool{}
	for d := range root.all("AppDomain") {
		address := d.value()
		c.bad(origin(address) != address || !strings.HasPrefix(address, "https://"), d,
			"AppDomain %s must be https:// and host alone, in lower case: no path, no slash at the end, no star", quote(address))
		c.bad(seen[address], d, "AppDomain %s stands there twice", quote(address))
		seen[address] = true
	}
}
