package spool_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/spool"
)

// disk mounts a file system of one megabyte.
func disk(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m,mode=0700")
	if errors.Is(err, syscall.EPERM) {
		t.Skip("a full disk needs a disk that can be filled: run as root, with the right to mount (CAP_SYS_ADMIN)")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func TestAFullDiskIsToldAndLosesNothing(t *testing.T) {
	t.Parallel()
	folder := disk(t)
	s := opened(t, folder)
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), s, "small", noise(100_000)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"large", "large again"} {
		if err := write(t.Context(), s, name, noise(2<<20)); !errors.Is(err, spool.ErrFull) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("two megabytes on a disk of one: %v", err)
		}
	}
	if got := names(t, s); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
	junk := filepath.Join(folder, "junk")
	if err := os.WriteFile(junk, noise(1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if again, err := spool.Open(t.Context(), folder); err != nil || !errors.Is(again.Ready(t.Context()), spool.ErrFull) {
		t.Errorf("a full disk is ready: %v", err)
	}
	if got := len(read(t, s, "small")); got != 100_000 {
		t.Errorf("%d bytes", got)
	}
	if err := s.Delete(t.Context(), "small"); err != nil {
		t.Error(err) // a copy that is sent makes room
	}
	if err := os.Remove(junk); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := write(t.Context(), s, "large", noise(500_000)); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

// A disk that has become read-only answers to everything but what the spool is for.
func TestADiskThatHasBecomeReadOnlyIsNotReady(t *testing.T) {
	t.Parallel()
	folder := disk(t)
	s := opened(t, folder)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); !errors.Is(err, syscall.EROFS) || errors.Is(err, spool.ErrFull) {
		t.Errorf("%v", err)
	}
}
