package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
)

// backedUpAs runs sendsikker backup beside a service that runs.
func backedUpAs(t *testing.T, data string, more ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.tar")
	if got := sendsikker("", append([]string{"backup", "--data", data, "--out", file}, more...)...); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	return file
}

// restoredFrom puts it into an empty folder, with the master key of the other one.
func restoredFrom(t *testing.T, file, keyFrom string, more ...string) string {
	t.Helper()
	data := t.TempDir()
	key, err := os.ReadFile(filepath.Join(keyFrom, "master.key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(data, "master.key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := sendsikker("", append([]string{"restore", "--data", data, "--from", file}, more...)...); got.status != 0 || !strings.Contains(got.out, "Restored as of") {
		t.Fatalf("%+v", got)
	}
	return data
}

// The machine burns down after the backup, either at once or after it has sent everything that the backup holds.
func TestEverythingInABackupIsSentOnceWhateverWasSentSince(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]bool{"nothing was sent since": false, "everything was sent since": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			first := openHouse(t, data)
			letters := [][]string{{"chen@uni.example"}, {"eva@klinik.example", "anna@aau.example"}}
			var ids []uuid.UUID
			for _, to := range letters {
				ids = append(ids, first.send(t, letter(to...)).message(t).Id)
			}
			file := backedUpAs(t, data)
			if since {
				first.work(t)
				for i, id := range ids {
					first.once(t, id, letters[i]...)
				}
			}
			if err := first.leave(10 * time.Second); err != nil {
				t.Fatal(err)
			}
			again := restoredFrom(t, file, data)
			if got := sendsikker("", "db", "check", "--data", again); got.status != 0 {
				t.Errorf("%+v", got)
			}
			second := openHouse(t, again)
			if n := second.count(t, `SELECT COUNT(*) FROM delivery WHERE state = 'sending' AND draft_id = 'restored'`); n != 3 {
				t.Errorf("%d copies are looked for first, want 3", n)
			}
			second.work(t)
			for i, id := range ids {
				second.once(t, id, letters[i]...)
			}
			if n := second.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'backup_restored'`); n != 1 {
				t.Errorf("%d entries in the audit log", n)
			}
		})
	}
}

// While it is backed up the service takes and sends mail; what it held for the undo window is in the backup, too.
func TestABackupOfAServiceThatWorksIsRestoredWhole(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	h := openHouse(t, data)
	if _, err := h.database(t).ExecContext(t.Context(), `UPDATE mailbox SET undo_seconds = 3`); err != nil {
		t.Fatal(err)
	}
	h.work(t)
	held := h.send(t, letter("bo@partner.example")).message(t).Id
	file := backedUpAs(t, data)
	waited := h.count(t, `SELECT COUNT(*) FROM delivery WHERE state = 'queued'`)
	h.once(t, held, "bo@partner.example")
	if err := h.leave(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if waited == 0 {
		t.Fatal("nothing was held while the backup was made")
	}
	second := openHouse(t, restoredFrom(t, file, data))
	second.work(t)
	second.once(t, held, "bo@partner.example")
}

func TestWithAnOldBackupAPersonDecides(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := openHouse(t, data)
	id := first.send(t, letter("chen@uni.example")).message(t)
	file := backedUpAs(t, data)
	second := openHouse(t, restoredFrom(t, file, data, "--undelivered", "ask"))
	second.work(t)
	if m := second.ended(t, id.Id); m.Recipients[0].State != "unknown" || m.Notice.Kind != "report" {
		t.Errorf("%+v", m)
	}
	if n := len(arrivedIn("chen@uni.example", id.MessageId)); n != 0 {
		t.Errorf("%d copies went out without anybody's decision", n)
	}
}

func TestTheMasterKeyTravelsOnlyEncrypted(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	h := openHouse(t, data)
	id := h.send(t, letter("chen@uni.example")).message(t).Id
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := age.GenerateX25519Identity()
	key, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	bare, with := backedUpAs(t, data), backedUpAs(t, data, "--with-key", "--recipient", mine.Recipient().String())
	for _, name := range []string{bare, with} {
		text, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(text), strings.TrimSpace(string(key))) {
			t.Fatalf("the master key stands in %s: %v", name, err)
		}
	}
	right, wrong := file(t, "right.txt", []byte(mine.String()+"\n")), file(t, "wrong.txt", []byte(other.String()+"\n"))
	empty := filepath.Join(t.TempDir(), "data")
	for what, c := range map[string]struct {
		from, identity, says string
	}{
		"another's identity":  {with, wrong, "another age identity"},
		"no key in it":        {bare, right, "holds no master key"},
		"what is no identity": {with, file(t, "no.txt", []byte("nothing")), "cannot be read"},
	} {
		got := sendsikker("", "restore", "--data", empty, "--from", c.from, "--key-identity", c.identity)
		if got.status != 1 || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: %+v", what, got)
		}
		if list, _ := os.ReadDir(empty); len(list) != 0 {
			t.Errorf("%s: left %v", what, list)
		}
	}
	if got := sendsikker("", "restore", "--data", empty, "--from", with, "--key-identity", right); got.status != 0 || strings.Contains(got.out, "missing") {
		t.Fatalf("%+v", got)
	}
	second := openHouse(t, empty)
	second.work(t)
	second.once(t, id, "chen@uni.example")
}

func TestABackupIsNotRestoredOverAnythingNorHalf(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	openHouse(t, data).send(t, letter("chen@uni.example")).message(t)
	good := backedUpAs(t, data)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	altered := append([]byte(nil), text...)
	altered[len(altered)/2] ^= 1
	stranger := t.TempDir()
	if err := os.WriteFile(filepath.Join(stranger, "master.key"), []byte("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		args []string
		says string
	}{
		"over a database":          {[]string{"restore", "--data", data, "--from", good}, "is there already"},
		"cut off":                  {[]string{"restore", "--data", t.TempDir(), "--from", file(t, "cut.tar", text[:len(text)-3000])}, "cut off"},
		"altered":                  {[]string{"restore", "--data", t.TempDir(), "--from", file(t, "altered.tar", altered)}, "altered"},
		"larger than allowed":      {[]string{"restore", "--data", t.TempDir(), "--from", good, "--max-gigabytes", "0"}, "max-gigabytes"},
		"beside another's key":     {[]string{"restore", "--data", stranger, "--from", good}, "master key"},
		"with PostgreSQL":          {[]string{"restore", "--data", t.TempDir(), "--from", good, "--database-url", "postgres://db.example/x"}, "backups of their own"},
		"a spool in a store":       {[]string{"backup", "--data", data, "--out", filepath.Join(t.TempDir(), "x"), "--spool-url", "s3://bucket"}, "backups of their own"},
		"over another backup":      {[]string{"backup", "--data", data, "--out", good}, "exists"},
		"of nothing":               {[]string{"backup", "--data", t.TempDir(), "--out", filepath.Join(t.TempDir(), "x")}, "no database"},
		"a key without recipient":  {[]string{"backup", "--data", data, "--out", filepath.Join(t.TempDir(), "x"), "--with-key"}, "belong together"},
		"a recipient that is none": {[]string{"backup", "--data", data, "--out", filepath.Join(t.TempDir(), "x"), "--with-key", "--recipient", "age1x"}, "age public key"},
	} {
		got := sendsikker("", c.args...)
		if got.status != 1 || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: %+v", what, got)
		}
		for i, arg := range c.args {
			if arg != "--data" || c.args[i+1] == data {
				continue
			}
			list, _ := filepath.Glob(filepath.Join(c.args[i+1], "*"))
			hidden, _ := filepath.Glob(filepath.Join(c.args[i+1], ".r*"))
			if len(list)+len(hidden) > 1 || len(list) == 1 && c.args[i+1] != stranger {
				t.Errorf("%s: left %v %v", what, list, hidden)
			}
		}
	}
}

// A copy that the snapshot waits for, and that was sent before the spool was read, is found where it went; one that is nowhere is asked about.
func TestACopyThatEndedWhileTheBackupWasMadeIsNotLost(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	h := openHouse(t, data)
	m := h.send(t, letter("chen@uni.example")).message(t)
	var copied string
	if err := h.database(t).QueryRowContext(t.Context(), `SELECT spool_name FROM delivery`).Scan(&copied); err != nil {
		t.Fatal(err)
	}
	// As if it had been sent between the database and the spool.
	if err := os.Rename(filepath.Join(data, "spool", copied), filepath.Join(data, "aside")); err != nil {
		t.Fatal(err)
	}
	file := backedUpAs(t, data)
	second := openHouse(t, restoredFrom(t, file, data))
	second.work(t)
	if got := second.ended(t, m.Id); got.Recipients[0].State != "unknown" {
		t.Errorf("nowhere, and %s", got.Recipients[0].State)
	}
	if err := os.Rename(filepath.Join(data, "aside"), filepath.Join(data, "spool", copied)); err != nil {
		t.Fatal(err)
	}
	h.work(t)
	h.once(t, m.Id, "chen@uni.example")
	third := openHouse(t, restoredFrom(t, file, data))
	third.work(t)
	third.once(t, m.Id, "chen@uni.example")
}

// On PostgreSQL it is the same step, after pg_restore.
func TestADatabaseThatWasPutBackByItsOwnToolsIsToldSo(t *testing.T) {
	t.Parallel()
	address, on := onPostgres(t)
	data := t.TempDir()
	h := openHouse(t, data, on)
	here, gone := h.send(t, letter("chen@uni.example")).message(t).Id, h.send(t, letter("bo@partner.example")).message(t).Id
	var copied string
	if err := h.database(t).QueryRowContext(t.Context(), `SELECT spool_name FROM delivery WHERE message_id = $1`, gone.String()).Scan(&copied); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "spool", copied)); err != nil {
		t.Fatal(err)
	}
	if got := sendsikker("", "db", "restored", "--data", data, "--database-url", address); got.status != 0 || !strings.Contains(got.out, "2 copies wait") {
		t.Fatalf("%+v", got)
	}
	h.work(t)
	h.once(t, here, "chen@uni.example")
	if m := h.ended(t, gone); m.Recipients[0].State != "unknown" {
		t.Errorf("%+v", m.Recipients)
	}
	if got := sendsikker("", "backup", "--data", data, "--database-url", address, "--out", filepath.Join(t.TempDir(), "x")); got.status != 1 {
		t.Errorf("%+v", got)
	}
}
