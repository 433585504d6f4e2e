package crl_test

import (
	"bytes"
	"crypto/x509"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

func inFolder(c *clock, folder string) *crl.Source {
	return crl.New(crl.Deps{Now: c.now, Client: client(), Folder: folder})
}

func TestAListSurvivesARestart(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	good, revoked := named(t, foreign(), address), named(t, foreign(), address)
	web.put(listOf(t, foreign(), nil, revoked))
	folder, time0 := t.TempDir(), &clock{}
	inFolder(time0, folder).Refresh(t.Context(), pairs(good))
	web.off.Store(true)

	restarted := inFolder(time0, folder)
	if a, b := check(restarted, good, foreign()), check(restarted, revoked, foreign()); a.Status != trust.StatusGood || b.Status != trust.StatusRevoked {
		t.Errorf("%q (%v) and %q", a.Status, a.Cause, b.Status)
	}
	if web.hits.Load() != 1 {
		t.Errorf("%d fetches: a list of just now was fetched again", web.hits.Load())
	}
	time0.forward(48 * time.Hour)
	restarted = inFolder(time0, folder)
	a, b := check(restarted, good, foreign()), check(restarted, revoked, foreign())
	if a.Status != trust.StatusUnknown || !a.LapsedAt.Equal(start.Add(24*time.Hour)) || b.Status != trust.StatusRevoked {
		t.Errorf("when it has ended: %q, lapsed at %v, and %q", a.Status, a.LapsedAt, b.Status)
	}
}

func TestAnOlderListIsRefusedAfterARestartToo(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	subject := named(t, foreign(), address)
	folder, time0 := t.TempDir(), &clock{}
	put := func(number int64, revoked ...*x509.Certificate) {
		web.put(listOf(t, foreign(), func(l *x509.RevocationList) { l.Number = big.NewInt(number) }, revoked...))
	}
	put(8, subject)
	inFolder(time0, folder).Refresh(t.Context(), pairs(subject))
	put(7)
	time0.forward(2 * time.Hour)
	restarted := inFolder(time0, folder)
	held := restarted.Refresh(t.Context(), pairs(subject))
	if got := check(restarted, subject, foreign()); got.Status != trust.StatusRevoked || web.hits.Load() != 2 || !strings.Contains(held[0].Err, "older") {
		t.Errorf("%q after %d fetches: %+v", got.Status, web.hits.Load(), held)
	}
}

func TestWhatLiesInTheFolderIsNotBelievedForLyingThere(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	subject := named(t, foreign(), address)
	revoked := listOf(t, foreign(), nil, subject)
	forged := bytes.Clone(revoked)
	forged[bytes.Index(forged, subject.SerialNumber.Bytes())] ^= 1
	for name, content := range map[string][]byte{
		"forged": forged, "another authority's": listOf(t, stranger(), nil), "half": revoked[:len(revoked)/2], "nothing": nil,
		"a delta list": signedBy(t, foreign().Issuing(), all(numbered(9), with(delta(7)))), "huge": make([]byte, 21<<20),
	} {
		folder := t.TempDir()
		web.put(revoked)
		inFolder(&clock{}, folder).Refresh(t.Context(), pairs(subject))
		files, _ := filepath.Glob(filepath.Join(folder, "*"))
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		if err := os.WriteFile(files[0], content, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		restarted := crl.New(crl.Deps{Now: (&clock{}).now, Client: client(), Folder: folder, Log: slog.New(slog.NewTextHandler(&log, nil))})
		before := web.hits.Load()
		if got := check(restarted, subject, foreign()); got.Status != trust.StatusRevoked || web.hits.Load() != before+1 {
			t.Errorf("%s: %q after %d fetches (%v)", name, got.Status, web.hits.Load()-before, got.Cause)
		}
		if !strings.Contains(log.String(), "kept revocation list") || strings.Contains(log.String(), "127.0.0.1") {
			t.Errorf("%s: the log says %s", name, log.String())
		}
		web.off.Store(true)
		if got := check(inFolder(&clock{}, folder), subject, foreign()); got.Status != trust.StatusRevoked {
			t.Errorf("%s: the fetched list did not take its place: %q (%v)", name, got.Status, got.Cause)
		}
		web.off.Store(false)
	}
}

func TestAFolderThatCannotBeWrittenFailsNobody(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	web.put(listOf(t, foreign(), nil))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := check(inFolder(&clock{}, filepath.Join(file, "in")), named(t, foreign(), address), foreign()); got.Status != trust.StatusGood {
		t.Errorf("%q (%v)", got.Status, got.Cause)
	}
}

func TestTheFolderNamesNobody(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	web.put(listOf(t, foreign(), nil))
	folder := filepath.Join(t.TempDir(), "made", "when needed")
	subject := named(t, foreign(), address+"?../../../etc/passwd")
	inFolder(&clock{}, folder).Refresh(t.Context(), pairs(subject))
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 || len(files[0].Name()) != len("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.crl") {
		t.Errorf("%v (%v)", files, err)
	}
}
