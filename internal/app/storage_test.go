package app

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
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
	if got := run("mailbox", "add", "box@unit.example", "--name", "Unit", "--key", pem, "--undo", "30s"); got.status != 1 || !strings.Contains(got.err, "--accept CODE") || !strings.Contains(got.err, "unknown_issuer: None of") {
		t.Errorf("an issuer that nobody trusts: %+v", got)
	}
	if got := run("mailbox", "add", "box@unit.example", "--name", "Unit", "--certificate", pem, "--key", pem, "--undo", "30s", "--accept", "unknown_issuer"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if got := run("mailbox", "set", "box@unit.example", "--undo", "6m"); got.status != 1 || !strings.Contains(got.err, "take a mail back") {
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

// While a machine is being replaced no request fails: it says that it leaves, and goes on answering until nobody comes any more.
func TestAMachineThatIsToldToStopSaysSoAndGoesOnAnswering(t *testing.T) {
	t.Parallel()
	w, err := openTestWorld(t.Context(), io.Discard, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.close() }()
	w.service.drain = 700 * time.Millisecond
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- w.service.serve(ctx, w.listener) }()
	status := func(path string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	for status("/readyz") != http.StatusOK {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	left, gone := false, false
	for round := 0; round < 40 && !gone; round++ {
		ready, healthy := status("/readyz"), status("/healthz")
		left = left || ready == http.StatusServiceUnavailable
		gone = ready == 0 || healthy == 0
		time.Sleep(50 * time.Millisecond)
	}
	if err := <-served; err != nil || !left {
		t.Errorf("%v, said that it leaves: %v", err, left)
	}
}
