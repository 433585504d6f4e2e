package backup_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/backup"
)

const (
	name   = "spool/0199d1d0-0000-7000-8000-000000000001"
	plenty = 1 << 30
)

func written(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, backup.Head{Made: time.Unix(1_800_000_000, 0), Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ name, text string }{{backup.Database, "rows"}, {name, "a copy"}} {
		if err := w.Add(f.name, int64(len(f.text)), strings.NewReader(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	w.Gone("0199d1d0-0000-7000-8000-000000000002")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatIsWrittenComesBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	got, err := backup.Extract(bytes.NewReader(written(t)), folder, plenty)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Items) != 2 || len(got.Gone) != 1 || got.Version != "v1" || got.Made.Unix() != 1_800_000_000 {
		t.Errorf("%+v", got)
	}
	for file, want := range map[string]string{backup.Database: "rows", name: "a copy"} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		info, _ := os.Stat(filepath.Join(folder, file))
		if err != nil || string(text) != want || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %q, %v", file, text, err)
		}
	}
}

func TestTheWriterTakesNothingThatCannotBeReadBack(t *testing.T) {
	t.Parallel()
	w, err := backup.NewWriter(io.Discard, backup.Head{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", "spool/", "spool/..", "spool/../x", "spool/a/b", "/etc/passwd", "master.key", "spool/.hidden", "spool/a..b", "spool/a.", "spool/" + strings.Repeat("a", 101), "contents.json"} {
		if w.Add(bad, 1, strings.NewReader("x")) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if w.Add(name, 1, strings.NewReader("x")) != nil || w.Add(name, 1, strings.NewReader("x")) == nil {
		t.Error("twice")
	}
	if err := w.Add(backup.Database, 5, strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a file that shrinks: %v", err)
	}
}

// entry is one of an archive that somebody else made.
type entry struct {
	name, text string
	kind       byte
	claims     int64 // a size that is not the text's
}

func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Size: int64(len(e.text)), Mode: 0o600}
		if e.kind != 0 {
			h.Typeflag, h.Linkname, h.Size = e.kind, "/etc/passwd", 0
		}
		if e.claims != 0 {
			h.Size = e.claims
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == 0 {
			_, _ = io.WriteString(w, e.text)
		}
	}
	_ = w.Flush()
	return out.Bytes()
}

func list(items ...entry) entry {
	var c backup.Contents
	for _, i := range items {
		sum := sha256.Sum256([]byte(i.text))
		c.Items = append(c.Items, backup.Item{Name: i.name, Size: int64(len(i.text)), SHA256: hex.EncodeToString(sum[:])})
	}
	text, _ := json.Marshal(c)
	return entry{name: "contents.json", text: string(text)}
}

func TestAHostileArchiveLeavesNothingOutsideAndIsRefused(t *testing.T) {
	t.Parallel()
	head := entry{name: "sendsikker-backup.json", text: `{"format":1}`}
	db, copied := entry{name: backup.Database, text: "rows"}, entry{name: name, text: "a copy"}
	altered := copied
	altered.text = "a copY"
	cases := map[string]struct {
		archive []byte
		most    int64
		says    string
	}{
		"nothing":                    {nil, plenty, "no backup"},
		"something else":             {[]byte(strings.Repeat("x", 4096)), plenty, "no backup"},
		"no head":                    {archive(t, db, list(db)), plenty, "no backup"},
		"another format":             {archive(t, entry{name: head.name, text: `{"format":2,"version":"v9"}`}), plenty, "v9"},
		"a head without end":         {archive(t, entry{name: head.name, text: strings.Repeat(" ", 70<<10)}), plenty, "no file of at most"},
		"a path that climbs":         {archive(t, head, entry{name: "../evil", text: "x"}), plenty, "no backup of Send sikker does"},
		"one that climbs deeper":     {archive(t, head, entry{name: "spool/../../evil", text: "x"}), plenty, "no backup of Send sikker does"},
		"an absolute path":           {archive(t, head, entry{name: "/tmp/evil", text: "x"}), plenty, "no backup of Send sikker does"},
		"a key in clear":             {archive(t, head, entry{name: "master.key", text: "x"}), plenty, "no backup of Send sikker does"},
		"a symbolic link":            {archive(t, head, entry{name: name, kind: tar.TypeSymlink}), plenty, "no backup of Send sikker does"},
		"a hard link":                {archive(t, head, entry{name: name, kind: tar.TypeLink}), plenty, "no backup of Send sikker does"},
		"a folder in a file's place": {archive(t, head, entry{name: backup.Database, kind: tar.TypeDir}), plenty, "no backup of Send sikker does"},
		"a device":                   {archive(t, head, entry{name: name, kind: tar.TypeChar}), plenty, "no backup of Send sikker does"},
		"a file twice":               {archive(t, head, db, db, list(db)), plenty, "twice"},
		"more than is allowed":       {archive(t, head, db, copied, list(db, copied)), 9, "max-gigabytes"},
		"a size that is a lie":       {archive(t, head, entry{name: backup.Database, text: "rows", claims: 1 << 40}), plenty, "max-gigabytes"},
		"cut off in a file":          {archive(t, head, entry{name: backup.Database, text: "rows", claims: 4000}), plenty, "cut off"},
		"cut off before the list":    {archive(t, head, db, copied), plenty, ""},
		"an altered byte":            {archive(t, head, db, altered, list(db, copied)), plenty, "altered or damaged"},
		"a missing file":             {archive(t, head, db, list(db, copied)), plenty, "not in the backup"},
		"a file too many":            {archive(t, head, db, copied, list(db)), plenty, "not in its list"},
		"no database":                {archive(t, head, copied, list(copied)), plenty, "no database"},
		"something behind the end":   {archive(t, head, db, list(db), copied), plenty, "behind"},
		"a list that is none":        {archive(t, head, db, entry{name: "contents.json", text: "{"}), plenty, "contents.json"},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			around := t.TempDir()
			folder := filepath.Join(around, "in", "here")
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := backup.Extract(bytes.NewReader(c.archive), folder, c.most)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			for _, outside := range []string{"evil", "in/evil", "/tmp/evil"} {
				if !filepath.IsAbs(outside) {
					outside = filepath.Join(around, outside)
				}
				if _, err := os.Lstat(outside); err == nil {
					t.Errorf("%s was written", outside)
				}
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// FuzzExtract: whatever stands in the file, nothing is written outside of the folder, and what is taken holds a database.
func FuzzExtract(f *testing.F) {
	var out bytes.Buffer
	w, _ := backup.NewWriter(&out, backup.Head{})
	_ = w.Add(backup.Database, 4, strings.NewReader("rows"))
	_ = w.Close()
	f.Add(out.Bytes())
	f.Add(out.Bytes()[:700])
	f.Fuzz(func(t *testing.T, archive []byte) {
		around := t.TempDir()
		folder := filepath.Join(around, "here")
		_ = os.Mkdir(folder, 0o700)
		_, err := backup.Extract(bytes.NewReader(archive), folder, 1<<20)
		outside, _ := os.ReadDir(around)
		if len(outside) != 1 {
			t.Fatalf("written outside: %v", outside)
		}
		if _, missing := os.Stat(filepath.Join(folder, backup.Database)); err == nil && missing != nil {
			t.Fatal("taken without a database")
		}
	})
}
