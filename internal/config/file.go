package config

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// maxFile is far more than all settings together.
const maxFile = 1 << 20

// File reads the YAML file for kong. A level of the file is a dash of the flag: {graph: {url: x}} and {graph-url: x} are one.
// A setting that does not exist is a fault: it is most often a misspelt one that would silently not hold.
func File(r io.Reader) (kong.Resolver, error) {
	var tree map[string]any
	decoder := yaml.NewDecoder(io.LimitReader(r, maxFile))
	if err := decoder.Decode(&tree); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the configuration file is not YAML: %w", err)
	}
	flat := map[string]any{}
	flatten("", tree, flat)
	return &file{values: flat}, nil
}

type file struct{ values map[string]any }

func flatten(prefix string, tree map[string]any, into map[string]any) {
	for name, value := range tree {
		if branch, is := value.(map[string]any); is {
			flatten(prefix+name+"-", branch, into)
			continue
		}
		into[prefix+name] = value
	}
}

// Validate names every setting of the file that the program does not have.
func (f *file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	collect(app.Node, known)
	var unknown []string
	for name := range f.values {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("the configuration file has settings that do not exist: %s", strings.Join(slices.Sorted(slices.Values(unknown)), ", "))
}

func collect(n *kong.Node, known map[string]bool) {
	for _, flag := range n.Flags {
		known[flag.Name] = true
	}
	for _, child := range n.Children {
		collect(child, known)
	}
}

// Resolve gives kong the value of a flag that stands neither on the command line nor in the environment.
func (f *file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, found := f.values[flag.Name]
	if !found {
		return nil, nil
	}
	list, is := value.([]any)
	if !is {
		return value, nil
	}
	if slices.ContainsFunc(list, func(item any) bool { _, is := item.(map[string]any); return is }) {
		return list, nil // of things with settings of their own: kong reads them as JSON
	}
	// kong takes a list as it stands on a command line.
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = fmt.Sprint(item)
	}
	return strings.Join(words, ","), nil
}
