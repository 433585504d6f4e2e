package cms

import (
	"errors"
	"io"
	"testing"
)

// full takes so many octets and no more.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAWriterThatFailsIsNotForgotten(t *testing.T) {
	t.Parallel()
	c := kinds()["SHA-256, ECDSA"]
	if _, err := NewOpaque(&full{10}, c); !errors.Is(err, errFull) {
		t.Errorf("at the start: %v", err)
	}
	o := must(NewOpaque(&full{chunk}, c))
	if _, err := o.Write(make([]byte, 2*chunk)); !errors.Is(err, errFull) {
		t.Errorf("in the content: %v", err)
	}
	if err := o.Close(); !errors.Is(err, errFull) {
		t.Errorf("at the end of content that was not written: %v", err)
	}
	o = must(NewOpaque(&full{chunk}, c))
	must(o.Write(make([]byte, chunk-300)))
	if err := o.Close(); !errors.Is(err, errFull) {
		t.Errorf("in the signature: %v", err)
	}
	o = must(NewOpaque(io.Discard, c))
	if err := errors.Join(o.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Write([]byte{1}); err == nil {
		t.Error("writing behind the end")
	}
	if err := o.Close(); err == nil {
		t.Error("ended twice")
	}
}

func TestAnOpaqueSignatureTakesNoMoreMemoryForMoreContent(t *testing.T) {
	o := must(NewOpaque(io.Discard, kinds()["SHA-256, ECDSA"]))
	piece := make([]byte, 10*chunk+3)
	if n := testing.AllocsPerRun(100, func() { must(o.Write(piece)) }); n > 0 {
		t.Errorf("%v allocations for each write", n)
	}
}
