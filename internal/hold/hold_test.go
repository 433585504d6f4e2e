package hold

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"testing"
)

func TestWhatWasPutInComesBackAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, Small, Small + 1, 3*Small + 17} {
		folder := t.TempDir()
		h := New(folder, 10*Small)
		want := bytes.Repeat([]byte("hemmeligt ord "), size/14+1)[:size]
		for at := 0; at < size; at += 50_000 {
			if _, err := h.Write(want[at:min(size, at+50_000)]); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			r, err := h.Reader()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes of %d came back (%v)", len(got), size, err)
			}
		}
		if _, err := h.Write([]byte("x")); !errors.Is(err, ErrReading) {
			t.Errorf("writing while it is read: %v", err)
		}
		if left, err := os.ReadDir(folder); err != nil || (len(left) > 0 && runtime.GOOS != "windows") {
			t.Errorf("a file with a name stands in the folder: %v, %v", left, err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if _, err := h.Reader(); err == nil {
			t.Error("what was thrown away can still be read")
		}
	}
}

func TestNothingRestsOnDiskInClear(t *testing.T) {
	t.Parallel()
	h := New(t.TempDir(), 10*Small)
	defer h.Close()
	if _, err := h.Write(bytes.Repeat([]byte("hemmeligt ord "), Small/5)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reader(); err != nil {
		t.Fatal(err)
	}
	disk := make([]byte, 4*Small)
	n, err := h.file.ReadAt(disk, 0)
	if n < Small || (err != nil && !errors.Is(err, io.EOF)) {
		t.Fatalf("%d bytes on disk, %v", n, err)
	}
	if bytes.Contains(disk[:n], []byte("hemmeligt")) {
		t.Error("the plaintext stands on disk")
	}
}

func TestAFileThatWasAlteredIsNotGivenBack(t *testing.T) {
	t.Parallel()
	h := New(t.TempDir(), 10*Small)
	defer h.Close()
	if _, err := h.Write(make([]byte, 2*Small)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reader(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.file.WriteAt([]byte("altered"), Small); err != nil {
		t.Fatal(err)
	}
	r, err := h.Reader()
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if err == nil {
		t.Error("an altered file was read without an error")
	}
}

func TestNoMoreIsKeptThanAllowed(t *testing.T) {
	t.Parallel()
	h := New(t.TempDir(), 1000)
	defer h.Close()
	if _, err := h.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Write([]byte("x")); !errors.Is(err, ErrFull) {
		t.Errorf("byte 1001: %v", err)
	}
	if _, err := h.Reader(); !errors.Is(err, ErrFull) {
		t.Errorf("reading an overfull hold: %v", err)
	}
}

func TestAFolderThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	h := New(t.TempDir()+"/gone", 10*Small)
	if _, err := h.Write(make([]byte, 2*Small)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
