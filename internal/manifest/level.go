package manifest

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// resource is something that others name by its id.
type resource struct {
	*node
	used bool
}

// levels looks at every VersionOverrides inside.
func (c *checker) levels(n *node) {
	for v := range n.all("VersionOverrides") {
		c.level(v)
		c.levels(v)
	}
}

// level looks at one VersionOverrides, which has its own resources.
func (c *checker) level(v *node) {
	found := map[string]*resource{}
	for r := range v.child("Resources").all("Image", "Url", "String") {
		id := r.attrs["id"]
		c.bad(id == "" || utf8.RuneCountInString(id) > maxResid, r, "a resource's id must be of 1 to %d characters", maxResid)
		c.bad(found[id] != nil, r, "a second resource with the id %s", quote(id))
		found[id] = &resource{node: r}
	}
	for group, most := range map[string]int{"ShortStrings": shortest, "LongStrings": longest} {
		for s := range v.child("Resources").child(group).all("String") {
			c.said(s, most)
		}
	}
	for r := range v.child("Resources").all("Image", "Url") {
		c.addresses(r, nil)
	}
	// resolve gives the resource that an element names, of the kind that it must be.
	resolve := func(at *node, kind string) *node {
		id := at.attrs["resid"]
		r := found[id]
		if r == nil {
			c.bad(true, at, "%s names %s, and there is no such resource", at.name, quote(id))
			return nil
		}
		r.used = true
		c.bad(r.name != kind, at, "%s names %s, which is no %s", at.name, quote(id), kind)
		return r.node
	}
	hosts := v.child("Hosts")
	for n := range hosts.all("Label", "Title") {
		resolve(n, "String")
	}
	for tip := range hosts.all("Supertip") {
		resolve(tip.child("Description"), "String")
	}
	c.buttons(hosts, resolve)
	c.runtimes(hosts, resolve)
	for n := range hosts.all("FunctionFile") {
		c.pageOf(resolve(n, "Url"))
	}
	for id, r := range found {
		c.bad(!r.used, r.node, "nothing uses the resource %s", quote(id))
	}
}

type resolver func(at *node, kind string) *node

// buttons looks at what people press.
func (c *checker) buttons(hosts *node, resolve resolver) {
	ids, functions := map[string]bool{}, []string{}
	for control := range hosts.all("Control") {
		id := control.attrs["id"]
		c.bad(id == "", control, "a Control has no id")
		c.bad(ids[id], control, "a second Control with the id %s", quote(id))
		ids[id] = true
		c.controls = append(c.controls, id)
	}
	for icon := range hosts.all("Icon") {
		var sizes []int
		for image := range icon.all("Image") {
			size, err := strconv.Atoi(image.attrs["size"])
			c.bad(err != nil || size < 1, image, "a picture's size must be a number")
			c.bad(slices.Contains(sizes, size), image, "a second picture of %d pixels", size)
			sizes = append(sizes, size)
			if r := resolve(image, "Image"); r != nil {
				c.addressesQuietly(r, func(at *node, address string) { c.picture(at, address, size) })
			}
		}
		for _, size := range []int{16, 32, 80} { // learn.microsoft.com, manifest/icon
			c.bad(!slices.Contains(sizes, size), icon, "a picture of %d pixels is missing", size)
		}
	}
	for action := range hosts.all("Action") {
		switch action.attrs["type"] {
		case "ShowTaskpane":
			c.pageOf(resolve(action.child("SourceLocation"), "Url"))
		case "ExecuteFunction":
			functions = append(functions, action.child("FunctionName").value())
		}
	}
	if len(functions) > 0 {
		file := hosts.find("FunctionFile")
		if file == nil {
			c.bad(true, hosts, "a button runs a function, and there is no FunctionFile")
			return
		}
		if r := resolve(file, "Url"); r != nil {
			c.handles(r, r.attrs["DefaultValue"], functions)
		}
	}
}

// runtimes looks at events: where their handlers are, and whether they are there.
func (c *checker) runtimes(hosts *node, resolve resolver) {
	var names []string
	events := slices.Collect(hosts.all("LaunchEvent"))
	c.events = append(c.events, events...)
	for _, e := range events {
		names = append(names, e.attrs["FunctionName"])
		mode := e.attrs["SendMode"]
		c.bad(mode != "" && mode != "PromptUser" && mode != "SoftBlock" && mode != "Block", e, "SendMode %s must be PromptUser, SoftBlock or Block", quote(mode))
	}
	runtimes := slices.Collect(hosts.all("Runtime"))
	if len(events) == 0 && len(runtimes) == 0 {
		return
	}
	if len(runtimes) != 1 {
		c.bad(true, hosts, "there are %d Runtimes; events need one, and Outlook takes one", len(runtimes))
		return
	}
	runtime := runtimes[0]
	for point := range hosts.all("ExtensionPoint") {
		if point.attrs["type"] != "LaunchEvent" {
			continue
		}
		source := point.child("SourceLocation")
		c.bad(source.attrs["resid"] != runtime.attrs["resid"], source, "the SourceLocation of the events is %s and the Runtime's %s; they must be one",
			quote(source.attrs["resid"]), quote(runtime.attrs["resid"]))
	}
	if page := resolve(runtime, "Url"); page != nil {
		c.handles(page, page.attrs["DefaultValue"], names)
	}
	var scripts []*node
	for o := range runtime.all("Override") {
		if strings.EqualFold(o.attrs["type"], "javascript") {
			scripts = append(scripts, o)
		}
	}
	// Classic Outlook on Windows runs the script and never the page.
	c.bad(len(scripts) != 1, runtime, "a Runtime needs one Override of type javascript; it has %d", len(scripts))
	for _, o := range scripts {
		if script := resolve(o, "Url"); script != nil {
			c.handlesItself(script, script.attrs["DefaultValue"], names)
		}
	}
}
