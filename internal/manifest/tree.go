package manifest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

const (
	// maxBytes is what Outlook takes (learn.microsoft.com, "Limits for activation and JavaScript API for Outlook add-ins").
	maxBytes = 256 << 10
	// maxDepth is more than three times that of a real manifest.
	maxDepth = 48
)

// node is an element.
type node struct {
	name     string // without its namespace: no two that are looked for here differ by that alone
	line     int
	attrs    map[string]string // by name without namespace, type among them
	children []*node
	text     []byte
}

// read makes a tree of the text, and refuses what a manifest never has: a document type with its entities, another encoding, an attribute
// twice.
func read(text []byte) (*node, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("the manifest is larger than the %d KB that Outlook takes", maxBytes>>10)
	}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	var root *node
	var open []*node
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the manifest is not XML: %w", err)
		}
		line, _ := decoder.InputPos()
		switch token := token.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("line %d: a manifest has no document type", line)
		case xml.StartElement:
			n := &node{name: token.Name.Local, line: line, attrs: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := n.attrs[a.Name.Local]; twice && a.Name.Space != "xmlns" {
					return nil, fmt.Errorf("line %d: %s has %s twice", line, n.name, a.Name.Local)
				}
				if a.Name.Space != "xmlns" {
					n.attrs[a.Name.Local] = a.Value
				}
			}
			switch {
			case len(open) >= maxDepth:
				return nil, fmt.Errorf("line %d: more than %d elements inside each other", line, maxDepth)
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, fmt.Errorf("line %d: a second document", line)
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text = append(open[len(open)-1].text, token...)
			}
		}
	}
}

// all goes through the elements of these names below n. It does not go into a VersionOverrides, which is a manifest of its own.
func (n *node) all(names ...string) iter.Seq[*node] {
	return func(yield func(*node) bool) { n.walk(names, yield) }
}

func (n *node) walk(names []string, yield func(*node) bool) bool {
	for _, child := range n.children {
		if slices.Contains(names, child.name) && !yield(child) {
			return false
		}
		if child.name != "VersionOverrides" && !child.walk(names, yield) {
			return false
		}
	}
	return true
}

// child is the first child of this name; an empty element where there is none, so that what is missing reads as empty.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &node{name: name, line: n.line, attrs: map[string]string{}}
}

func (n *node) has(name string) bool {
	return slices.ContainsFunc(n.children, func(c *node) bool { return c.name == name })
}

// find is the first element of this name below n, or nil.
func (n *node) find(name string) *node {
	for found := range n.all(name) {
		return found
	}
	return nil
}

// value is the element's text.
func (n *node) value() string { return strings.TrimSpace(string(n.text)) }
