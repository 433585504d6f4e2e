package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAnOperatorLooksAfterTheDatabaseAndTheMasterKey(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	run := func(args ...string) said {
		t.Helper()
		return sendsikker("", append(args, "--data", data)...)
	}
	if got := run("migrate"); got.status != 0 || !strings.Contains(got.out, "up to date") {
		t.Fatalf("%+v", got)
	}
	identity := issueFor(t, shared.university.Danish, "box@unit.example")
	text, err := identity.PEM()
	if err != nil {
		t.Fatal(err)
	}
	pem := file(t, "box.pem", text)
	if got := run("mailbox", "add", "box@unit.example", "--name", "Unit", "--certificate", pem, "--key", pem, "--undo", "30s"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if got := run("mailbox", "add", "box@unit.example", "--name", "Unit", "--certificate", pem, "--key", pem, "--undo", "6m"); got.status != 1 || !strings.Contains(got.err, "take a mail back") {
		t.Errorf("%+v", got)
	}
	if got := run("db", "check"); got.status != 0 || !strings.Contains(got.out, "whole") {
		t.Errorf("%+v", got)
	}
	version := regexp.MustCompile(`file:[0-9a-f]+`)
	list := run("key", "list")
	first := version.FindString(list.out)
	if list.status != 0 || first == "" || !strings.Contains(list.out, "current  in use") {
		t.Fatalf("%+v", list)
	}
	if got := run("key", "forget", first); got.status != 1 {
		t.Errorf("the only key was forgotten: %+v", got)
	}
	rotated := run("key", "rotate")
	second := version.FindString(rotated.out)
	if rotated.status != 0 || second == "" || second == first {
		t.Fatalf("%+v", rotated)
	}
	if got := run("key", "list"); !strings.Contains(got.out, second+"  current  nothing is wrapped by it") || !strings.Contains(got.out, first+"  earlier  in use") {
		t.Errorf("%+v", got)
	}
	if got := run("key", "forget", first); got.status != 1 || !strings.Contains(got.err, "still wrapped") {
		t.Errorf("%+v", got)
	}
	// A lost key is told of before anything is done with a new one.
	if err := os.Remove(filepath.Join(data, "master.key")); err != nil {
		t.Fatal(err)
	}
	if got := run("db", "check"); got.status != 1 || !strings.Contains(got.err, "master key") {
		t.Errorf("%+v", got)
	}
	if got := sendsikker("", "migrate", "--database-url", "mysql://db.example/x"); got.status != 1 || strings.Contains(got.err, "db.example") {
		t.Errorf("%+v", got)
	}
}
