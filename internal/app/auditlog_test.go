package app

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestAnOperatorExportsAndVerifiesTheAuditLog(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	run := func(args ...string) said {
		t.Helper()
		return sendsikker("", append(args, "--data", data)...)
	}
	identity := issueFor(t, shared.university.Danish, "box@unit.example")
	text, err := identity.PEM()
	if err != nil {
		t.Fatal(err)
	}
	pem := file(t, "box.pem", text)
	person := "11111111-0000-4000-8000-000000000001"
	for _, args := range [][]string{
		{"mailbox", "add", "box@unit.example", "--name", "Unit", "--certificate", pem, "--key", pem, "--accept", "unknown_issuer", "--accept", "revocation_unpublished"},
		{"grant", "add", "box@unit.example", "--person", person},
		{"grant", "remove", "box@unit.example", "--person", person},
	} {
		if got := run(args...); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	export := run("audit", "export")
	if export.status != 0 || !strings.Contains(export.out, `"action":"grant_deleted"`) || !strings.Contains(export.out, `"before":{"kind":"person"`) || !strings.Contains(export.out, `"action":"log_exported"`) {
		t.Fatalf("%+v", export)
	}
	state := run("audit", "state")
	key := regexp.MustCompile(`Public key (\S{44}) `).FindStringSubmatch(state.out)
	head := regexp.MustCompile(`Chained to sequence (\d+), hash ([0-9a-f]{64})`).FindStringSubmatch(state.out)
	if state.status != 0 || key == nil || head == nil {
		t.Fatalf("%+v", state)
	}
	whole := file(t, "audit.ndjson", []byte(export.out))
	// On any machine, with nothing but the file.
	verify := func(args ...string) said { return sendsikker("", append([]string{"audit", "verify"}, args...)...) }
	if got := verify(whole, "--key", key[1], "--head", head[1]+":"+head[2]); got.status != 0 || !strings.Contains(got.out, "✓ Whole, from after sequence 0 to sequence 5") || strings.Contains(got.out, "file's own") {
		t.Errorf("%+v", got)
	}
	if got := verify(whole); got.status != 0 || !strings.Contains(got.out, "file's own") {
		t.Errorf("%+v", got)
	}
	if got := sendsikker(export.out, "audit", "verify", "-"); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := run("audit", "verify", "--key", key[1]); got.status != 0 {
		t.Errorf("of the database itself: %+v", got)
	}
	lines := strings.SplitAfter(export.out, "\n")
	for name, c := range map[string]struct{ text, want string }{
		"altered":   {strings.Replace(export.out, person[:8], "22222222", 1), "✗ line 4, sequence 3: altered"},
		"missing":   {strings.Join(append(append([]string{}, lines[:2]...), lines[3:]...), ""), "✗ line 3, sequence 2: missing"},
		"truncated": {strings.Join(lines[:3], ""), "✗ line 4, sequence 2: truncated"},
	} {
		if got := verify(file(t, name+".ndjson", []byte(c.text)), "--key", key[1]); got.status == 0 || !strings.Contains(got.out, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, args := range [][]string{{whole, "--key", "short"}, {whole, "--head", "7"}, {whole + ".none"}} {
		if got := verify(args...); got.status == 0 {
			t.Errorf("%v: %+v", args, got)
		}
	}
	part := run("audit", "export", "--action", "grant_put", "--since", "2020-01-01", "--until", "2099-12-31T00:00:00Z", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(part.out)).ReadAll()
	if part.status != 0 || err != nil || len(rows) != 2 || rows[1][4] != "grant_put" {
		t.Errorf("%+v %v", part, err)
	}
	if got := run("audit", "export", "--since", "yesterday"); got.status == 0 {
		t.Errorf("%+v", got)
	}
}

func TestAuditorsAndAdministratorsFetchTheAuditLog(t *testing.T) {
	t.Parallel()
	for persona, want := range map[string]int{"iben": http.StatusOK, "jonna": http.StatusOK, "anna": http.StatusForbidden, "david": http.StatusForbidden, "": http.StatusUnauthorized} {
		bearer := ""
		if persona != "" {
			bearer = token(t, persona)
		}
		if a := call(t, http.MethodGet, "/v1/audit?action=mailbox_put", bearer, "", nil); a.status != want {
			t.Errorf("%q: %d %.300s", persona, a.status, a.body)
		}
	}
	jonna := token(t, "jonna")
	a := call(t, http.MethodGet, "/v1/audit?action=mailbox_put&limit=2&since=2020-01-01T00:00:00Z", jonna, "", nil)
	if a.header.Get("Content-Type") != "application/x-ndjson" || !strings.Contains(a.header.Get("Content-Disposition"), ".ndjson") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", a.header)
	}
	if got := sendsikker(string(a.body), "audit", "verify", "-"); got.status != 0 || !strings.Contains(got.out, "2 rows as they were written") {
		t.Errorf("%+v\n%.500s", got, a.body)
	}
	table := call(t, http.MethodGet, "/v1/audit?action=mailbox_put", jonna, "", nil, "Accept", "text/csv;q=0.9, */*;q=0.1")
	rows, err := csv.NewReader(strings.NewReader(string(table.body))).ReadAll()
	if err != nil || len(rows) < 3 || !strings.HasPrefix(table.header.Get("Content-Type"), "text/csv") {
		t.Errorf("%v %v", table.header, err)
	}
	for _, query := range []string{"since=yesterday", "action=DROP%20TABLE", "limit=0", "after=-1", "format=xml", "mailbox=" + strings.Repeat("a", 321)} {
		if a := call(t, http.MethodGet, "/v1/audit?"+query, jonna, "", nil); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, a.status)
		}
	}
}

// Within a minute of its start the service has made its key and signed.
func TestTheServiceChainsAndSignsByItself(t *testing.T) {
	t.Parallel()
	for until := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		s, err := shared.service.ledger.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Signed.Number > 0 && s.Sequence > 0 && len(s.Keys) == 1 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%+v", s)
		}
	}
}
