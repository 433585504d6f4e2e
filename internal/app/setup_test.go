package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/config"
)

// What setup writes, with the ids that the first script fills in, is what serve takes.
func TestTheSettingsThatSetupWritesAreWithoutAFault(t *testing.T) {
	t.Parallel()
	for name, organisation := range map[string]string{"plain": "Universitetet Eksempel", "hostile": "x\"\n#: {}'`$(calc)&<>", "æøå": "Åse Æbler ‘’ 😀: - [x]", "none": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "out")
			args := []string{"setup", "--base-url", "https://sikker.example.dk", "--tenant", "7e4a4700-0000-4000-8000-000000000001", "--domain", "example.dk", "--domain", "its.example.dk",
				"--organisation", organisation, "--mailbox", "sikkermail@its.example.dk", "--outside", "anna@example.dk", "--out", out}
			got := sendsikker("", args...)
			if strings.Contains(organisation, "\n") {
				if got.status != 1 || !strings.Contains(got.err, "--organisation") {
					t.Errorf("%+v", got)
				}
				organisation = strings.ReplaceAll(organisation, "\n", " ")
				args[10] = organisation
				got = sendsikker("", args...)
			}
			if got.status != 0 || !strings.Contains(got.out, "nothing has been run") {
				t.Fatalf("%+v", got)
			}
			if again := sendsikker("", args...); again.status != 1 || !strings.Contains(again.err, "there already") {
				t.Errorf("over the first: %+v", again)
			}
			text, err := os.ReadFile(filepath.Join(out, "sendsikker.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			some := file(t, "some.pem", nil)
			filled := strings.NewReplacer("@API@", "5e0d5e0d-0000-4000-8000-00000000a001", "@ADDIN@", "add10000-0000-4000-8000-000000000001", "@SENDER@", "5e0d5e0d-0000-4000-8000-00000000c001",
				"/etc/sendsikker/tls.pem", some, "/etc/sendsikker/tls.key", some, "/etc/sendsikker/sender.pem", some).Replace(string(text))
			var c config.Config
			parser, err := kong.New(&c, kong.Configuration(config.File, file(t, "c.yaml", []byte(filled))))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(nil); err != nil {
				t.Fatalf("%v:\n%s", err, filled)
			}
			if err := c.Check(func(string) string { return "" }); err != nil || c.Organisation != organisation || len(c.Mail.Domains) != 2 || c.PublicURL != "https://sikker.example.dk" {
				t.Errorf("%v: %+v", err, c)
			}
			if c.Entra.WebClientID != c.Entra.Audience || signInSettings(c) == nil {
				t.Errorf("there is no administrators' page: %+v", c.Entra)
			}
			script, err := os.ReadFile(filepath.Join(out, "1-entra.ps1"))
			if err != nil {
				t.Fatal(err)
			}
			for _, address := range []string{`"brk-multihub://$HostName"`, `"$BaseUrl/addin/signin.html"`, `"$BaseUrl` + frame.AnswerPath + `"`} {
				if !strings.Contains(string(script), address) {
					t.Errorf("the script registers no %s", address)
				}
			}
			// As it was written it is not taken for finished.
			unfilled, err := kong.New(&c, kong.Configuration(config.File, filepath.Join(out, "sendsikker.yaml")))
			if err == nil {
				_, err = unfilled.Parse(nil)
			}
			if err != nil || c.Check(func(string) string { return "" }) == nil {
				t.Errorf("settings without ids were taken: %v", err)
			}
		})
	}
}
