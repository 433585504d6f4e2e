package manifest

import (
	"bytes"
	"image/png"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxFile is larger than any file of the add-in; the largest is MSAL, of 400 KB.
const maxFile = 4 << 20

// associated is how a bundle says which function handles an event: Office.actions.associate("name", …), whatever a minifier calls the rest.
var associated = regexp.MustCompile("\\bassociate\\(\\s*[\"'`]([^\"'`]{1,125})[\"'`]\\s*,")

// opens is how the guard names the button that Outlook offers beside its sentence.
var opens = regexp.MustCompile("\\bcommandId\\s*:\\s*[\"'`]([^\"'`]{1,125})[\"'`]")

// file reads what stands at an address of the add-in.
func (c *checker) file(at *node, address string) ([]byte, bool) {
	name, ours := strings.CutPrefix(strings.SplitN(address, "?", 2)[0], c.site.Root)
	if !ours || !fs.ValidPath(name) || name == "." {
		c.bad(true, at, "%s: %s does not lie below %s", at.name, quote(address), c.site.Root)
		return nil, false
	}
	content, read := c.files[name]
	if !read {
		content = readFile(c.site.Files, name)
		c.files[name] = content
	}
	c.bad(content == nil, at, "%s: there is no file at %s of at most %d MB", at.name, quote(address), maxFile>>20)
	return content, content != nil
}

func readFile(files fs.FS, name string) []byte {
	f, err := files.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(content) > maxFile {
		return nil
	}
	return content
}

// picture checks that a PNG of this size stands there.
func (c *checker) picture(at *node, address string, size int) {
	content, ok := c.file(at, address)
	if !ok {
		return
	}
	is, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		c.bad(true, at, "%s: %s is not a PNG", at.name, quote(address))
		return
	}
	c.bad(is.Width != size || is.Height != size, at, "%s: %s is %d×%d pixels and must be %d×%d", at.name, quote(address), is.Width, is.Height, size, size)
}

func (c *checker) page(at *node, address string) { _, _ = c.file(at, address) }

// pageOf checks that there is a page at a resource's address.
func (c *checker) pageOf(r *node) {
	if r != nil && r.name == "Url" {
		c.addressesQuietly(r, c.page)
	}
}

// addressesQuietly shows the good addresses of a resource; the others have been told of already.
func (c *checker) addressesQuietly(r *node, look func(at *node, address string)) {
	quiet := &checker{initial: c.initial}
	quiet.addresses(r, func(at *node, address string) { look(at, address) })
}

// handles checks that the scripts of a page handle these functions.
func (c *checker) handles(at *node, address string, functions []string) {
	content, ok := c.file(at, address)
	if !ok {
		return
	}
	base, err := url.Parse(address)
	if err != nil {
		return // told of already
	}
	var has []string
	for _, source := range scripts(content) {
		script, err := base.Parse(source)
		if err != nil || strings.HasPrefix(source, "{{") || !strings.HasPrefix(script.String(), c.site.Root) {
			continue // such as office.js, whose address is filled in when the page is served
		}
		if text, ok := c.file(at, script.String()); ok {
			has = append(has, names(associated, text)...)
		}
	}
	c.missing(at, address, functions, has)
}

// handlesItself is the same of a script, and looks whether the buttons that it names exist.
func (c *checker) handlesItself(at *node, address string, functions []string) {
	text, ok := c.file(at, address)
	if !ok {
		return
	}
	c.missing(at, address, functions, names(associated, text))
	for _, id := range names(opens, text) {
		c.bad(!slices.Contains(c.controls, id), at, "%s opens the button %s, and there is no such Control", quote(address), quote(id))
	}
}

func (c *checker) missing(at *node, address string, functions, has []string) {
	for _, f := range functions {
		c.bad(!slices.Contains(has, f), at, "%s: nothing there is associated with %s", quote(address), quote(f))
	}
}

func names(pattern *regexp.Regexp, text []byte) []string {
	var list []string
	for _, m := range pattern.FindAllSubmatch(text, -1) {
		list = append(list, string(m[1]))
	}
	return list
}

// scripts are the sources of a page's scripts.
func scripts(page []byte) []string {
	var list []string
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		if token.Data != "script" || kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		for _, a := range token.Attr {
			if a.Key == "src" {
				list = append(list, a.Val)
			}
		}
	}
	return list
}
