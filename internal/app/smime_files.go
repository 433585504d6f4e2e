package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// console is what the program was started with.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// smimeFiles is where a command reads and writes.
type smimeFiles struct {
	Out  string `env:"-" help:"Where to write; standard output where it is not given. The file is there when all of it is, and never before." placeholder:"FILE"`
	File string `arg:"" optional:"" help:"Where to read; standard input where it is not given, or -."`
}

// streamBuffer gathers what is read and written.
const streamBuffer = 128 << 10

// files hands do its input and output. Nothing is left of an output that was not finished, also where the user breaks off.
func (f smimeFiles) files(ctx context.Context, console console, do func(io.Reader, io.Writer) error) error {
	in, closeIn, err := openInput(console, f.File)
	if err != nil {
		return err
	}
	defer closeIn()
	out, err := newOutput(console, f.Out)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		buffered := bufio.NewWriterSize(out.w, streamBuffer)
		if err := do(in, buffered); err != nil {
			done <- err
			return
		}
		done <- buffered.Flush()
	}()
	select {
	case err = <-done:
	case <-ctx.Done(): // a read of standard input cannot be ended: the program ends instead
		err = errors.New("broken off")
	}
	if err != nil {
		return errors.Join(err, out.discard())
	}
	return out.keep()
}

func openInput(console console, name string) (in io.Reader, done func(), err error) {
	if name == "" || name == "-" {
		return console.in, func() {}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return file, func() { _ = file.Close() }, nil // it was only read
}

// output is standard output, or a file that gets its name last.
type output struct {
	w    io.Writer
	temp *os.File
	name string
}

func newOutput(console console, name string) (*output, error) {
	if name == "" || name == "-" {
		return &output{w: console.out}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder", name)
		}
		// A device or a pipe must be written to, and not be replaced.
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &output{w: file, temp: file}, err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return nil, err
	}
	return &output{w: temp, temp: temp, name: name}, nil
}

func (o *output) keep() error {
	if o.temp == nil {
		return nil
	}
	if err := o.temp.Close(); err != nil || o.name == "" {
		return errors.Join(err, o.remove())
	}
	if err := os.Rename(o.temp.Name(), o.name); err != nil {
		return errors.Join(err, o.remove())
	}
	return nil
}

func (o *output) discard() error {
	if o.temp == nil {
		return nil
	}
	return errors.Join(o.temp.Close(), o.remove())
}

func (o *output) remove() error {
	if o.name == "" {
		return nil
	}
	return os.Remove(o.temp.Name())
}
