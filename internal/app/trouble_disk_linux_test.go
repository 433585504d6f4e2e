package app

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// smallDisk mounts a file system of so many megabytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size+",mode=0700")
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

// fill leaves no room, and gives the function that makes it again.
func fill(t *testing.T, disk string) (mend func()) {
	t.Helper()
	junk := filepath.Join(disk, "junk")
	if err := os.WriteFile(junk, make([]byte, 64<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	return func() {
		if err := os.Remove(junk); err != nil {
			t.Error(err)
		}
	}
}

func TestAFullDiskRefusesNewMailsAndSendsTheOldOnes(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "2m")
	h := openHouse(t, t.TempDir(), func(w *wiring) { w.Spool = disk })
	before := h.send(t, letter("chen@uni.example")).message(t).Id
	mend := fill(t, disk)
	h.refuses(t)
	if status, away := h.ready(t); status != http.StatusServiceUnavailable || away != "spool" {
		t.Errorf("ready: %d, away: %q", status, away)
	}
	if n := h.count(t, `SELECT COUNT(*) FROM message`); n != 1 {
		t.Errorf("%d messages", n)
	}
	h.work(t)
	h.once(t, before, "chen@uni.example") // what it leaves is room, and nothing was needed
	h.refuses(t)
	mend()
	h.once(t, h.recovers(t), "chen@uni.example")
	if list, err := os.ReadDir(disk); err != nil || len(list) != 0 {
		t.Errorf("%d files are left, %v", len(list), err)
	}
}

// The database and the spool usually lie on one disk.
func TestADatabaseWhoseDiskIsFullLosesNothing(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "24m")
	h := openHouse(t, disk, impatient)
	h.work(t)
	var ids []uuid.UUID
	for range 4 {
		ids = append(ids, h.send(t, letter("chen@uni.example", "timeout-but-sent@vejr.example")).message(t).Id)
	}
	mend := fill(t, disk)
	h.refuses(t)
	time.Sleep(time.Second) // in which the workers try
	mend()
	ids = append(ids, h.recovers(t))
	for i, id := range ids {
		to := []string{"chen@uni.example", "timeout-but-sent@vejr.example"}
		if i == len(ids)-1 {
			to = to[:1]
		}
		h.once(t, id, to...)
	}
	if n := h.spooled(t); n != 0 {
		t.Errorf("%d copies are left in the spool", n)
	}
	if status, away := h.ready(t); status != http.StatusOK {
		t.Errorf("put right, and yet %d, away: %q", status, away)
	}
}
