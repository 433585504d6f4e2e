package config

import (
	"bytes"
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
// What would silently not hold is a fault: a setting that does not exist, which is most often a misspelt one; one that stands there
// twice; and whatever stands behind what is read.
func File(r io.Reader) (kong.Resolver, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("the configuration file is larger than the %d bytes that are read", maxFile)
	}
	var tree map[string]any
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&tree); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the configuration file is not YAML: %w", err)
	}
	var more any
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) && (err != nil || more != nil) {
		return nil, errors.New("the configuration file must be one document: what stands behind the second --- would not hold")
	}
	flat := map[string]any{}
	if twice := flatten("", tree, flat); len(twice) > 0 {
		slices.Sort(twice)
		return nil, fmt.Errorf("the configuration file has settings twice: %s", strings.Join(slices.Compact(twice), ", "))
	}
	return &file{values: flat}, nil
}

type file struct{ values map[string]any }

// flatten gives the names that stand there twice, in one way and in another.
func flatten(prefix string, tree map[string]any, into map[string]any) (twice []string) {
	for name, value := range tree {
		if branch, is := value.(map[string]any); is {
			twice = append(twice, flatten(prefix+name+"-", branch, into)...)
			continue
		}
		if _, there := into[prefix+name]; there {
			twice = append(twice, prefix+name)
		}
		into[prefix+name] = value
	}
	return twice
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
