package app

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// blocks are the examples of a manual in one language, in order.
func blocks(t *testing.T, manual, language string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + manual)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, block := range strings.Split(string(text), "```"+language+"\n")[1:] {
		block, _, closed := strings.Cut(block, "```")
		if !closed {
			t.Fatalf("%s: an example that does not end", manual)
		}
		list = append(list, block)
	}
	return list
}

// asTheReader is the environment that the manual asks for.
func asTheReader() []string {
	u := shared.university
	program := u.Tenant.Applications[1]
	return append(os.Environ(), "SERVICE="+shared.url(), "AUTHORITY="+u.Entra.Authority(), "TENANT="+u.Tenant.Tenant, "API="+u.Tenant.API, "CLIENT="+program.ClientID, "SECRET="+program.Secret)
}

func TestTheManualsExamplesWithCurlDoWhatTheySay(t *testing.T) {
	t.Parallel()
	peer.Need(t, "curl", "curl")
	peer.Need(t, "jq", "jq")
	list := blocks(t, "integration.md", "sh")
	if len(list) < 9 {
		t.Fatalf("%d examples", len(list))
	}
	// One after another in one shell, as a reader types them; each must end well.
	command := exec.Command("bash", "-euo", "pipefail", "-c", strings.Join(list, "\n"))
	command.Dir, command.Env = t.TempDir(), asTheReader()
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	arrived := func() int { return len(shared.university.Exchange.Delivered("bo@partner.example")) }
	for deadline := time.Now().Add(30 * time.Second); arrived() < 2 && time.Now().Before(deadline); { // they were accepted, and are on their way
		time.Sleep(20 * time.Millisecond)
	}
	if n := arrived(); n < 2 {
		t.Errorf("%d mails have arrived", n)
	}
}

func TestTheManualsProgramInGoSends(t *testing.T) {
	t.Parallel()
	list := blocks(t, "integration.md", "go")
	if len(list) != 1 {
		t.Fatalf("%d programs", len(list))
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"main.go": list[0], "go.mod": "module example\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"vet", "."}, {"run", "."}} {
		command := exec.Command("go", args...)
		command.Dir, command.Env = folder, append(asTheReader(), "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		if args[0] == "run" && !strings.HasSuffix(strings.TrimSpace(string(out)), " sent") {
			t.Errorf("%s", out)
		}
	}
}

// A threat model that names a test which was taken away protects nobody.
func TestTheThreatModelNamesOnlyTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	exist := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(source, -1) {
			exist[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllSubmatch(text, -1)
	if len(named) < 30 {
		t.Fatalf("%d tests are named", len(named))
	}
	for _, m := range named {
		if !exist[string(m[1])] {
			t.Errorf("there is no %s", m[1])
		}
	}
}

// An alert on a figure that does not exist never rings.
func TestTheManualsAlertOnFiguresThatExist(t *testing.T) {
	t.Parallel()
	ended(t, send(t, letter("chen@uni.example")).message(t).Id.String()) // a figure is there from the first time on
	a := call(t, http.MethodGet, "/metrics", "", "", nil)
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`sendsikker_[a-z_]+`).FindAllString(string(text), -1)
	if len(names) < 6 {
		t.Fatalf("%d figures are named", len(names))
	}
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
		if !strings.Contains(string(a.body), "# HELP "+base+" ") {
			t.Errorf("there is no %s", name)
		}
	}
	for _, page := range blocks(t, "operations.md", "sh") {
		for line := range strings.Lines(page) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "sendsikker" {
				continue
			}
			var args []string
			for _, w := range words[1:] {
				if !regexp.MustCompile(`^[a-z]+$`).MatchString(w) {
					break
				}
				args = append(args, w)
			}
			if got := commandExists(args); got != "" {
				t.Errorf("%s: %s", strings.TrimSpace(line), got)
			}
		}
	}
}

// commandExists asks the program's own model; "" is yes.
func commandExists(args []string) string {
	var line commandLine
	parser, err := kong.New(&line, kong.Vars{"default_config": configFile})
	if err != nil {
		return err.Error()
	}
	node := parser.Model.Node
	for _, word := range args {
		next := (*kong.Node)(nil)
		for _, child := range node.Children {
			if child.Name == word {
				next = child
			}
		}
		if next == nil {
			if len(node.Positional) > 0 {
				return ""
			}
			return "there is no command " + word
		}
		node = next
	}
	return ""
}
