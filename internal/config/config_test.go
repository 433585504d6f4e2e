package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"aau.dk/sendsikker/internal/config"
)

func none(string) string { return "" }

// good is a configuration without a fault.
func good(t *testing.T) config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	const id = "7e4a4700-0000-4000-8000-000000000001"
	c := config.Config{Listen: ":8443", Workers: 4, Log: "info"}
	c.PublicURL, c.Organisation = "https://sikker.example.dk", "Universitetet Eksempel"
	c.AddIn = config.AddIn{ClientID: id, SupportURL: "https://hjaelp.example.dk/sikker?a=1", Version: "1.2.0.0", CPR: "off", Marked: "ask", Channel: "block",
		Office: "https://office.example/office.js", FrameAncestors: []string{"https://outlook.example.dk:8443"}}
	c.Data = t.TempDir()
	c.TLS.Proxy, c.TLS.Proxies, c.TLS.Forwarded = true, []string{"10.0.4.7", "2001:db8:4::/64"}, "X-Forwarded-For"
	c.Entra.Tenant, c.Entra.Audience, c.Entra.Scope, c.Entra.Role = id, id, "s", "r"
	c.Entra.AdminRole, c.Trust.Environment, c.Trust.Unpublished, c.Trust.OCES3 = "admin", "production", "stop", true
	c.Entra.Clients = []string{id}
	c.Entra.Authority, c.Graph.URL = "https://login.example", "https://graph.example/v1.0"
	c.Graph.Credential, c.Graph.ClientID, c.Graph.Large = "workload-identity", id, "refuse"
	c.Graph.MaxMegabytes, c.Graph.SMTP = 35, "smtp.example:587"
	c.Sending.PerMinute, c.Sending.RecipientsPerDay, c.Sending.Backlog, c.Sending.KeepDays = 30, 10_000, time.Hour, 400
	c.Mail.Encryption, c.Mail.Headers, c.Mail.OuterSubject = "auto", "hide", "Sikker mail fra Ærø"
	c.Mail.Domains, c.Trust.Roots, c.Trust.Deadline = []string{"Example.DK "}, []string{file}, time.Second
	return c
}

func TestAGoodConfigurationHasNoFault(t *testing.T) {
	t.Parallel()
	c := good(t)
	if err := c.Check(none); err != nil {
		t.Fatal(err)
	}
	if c.Mail.Domains[0] != "example.dk" {
		t.Errorf("domain %q was not made canonical", c.Mail.Domains[0])
	}
}

func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	var c config.Config
	err := c.Check(none)
	if err == nil {
		t.Fatal("nothing at all is a good configuration")
	}
	for _, setting := range []string{
		"listen", "public-url", "data", "tls-certificate", "entra-tenant", "entra-audience", "entra-clients", "entra-scope", "entra-role", "entra-admin-role", "entra-authority",
		"graph-url", "graph-credential", "graph-large", "graph-max-megabytes", "graph-smtp", "sending-per-minute", "sending-recipients-per-day", "sending-backlog", "graph-client-id", "mail-domains", "mail-encryption", "mail-headers", "mail-outer-subject", "trust-environment", "trust-roots", "trust-unpublished", "trust-deadline", "workers", "log",
		"addin-version", "addin-cpr", "addin-marked", "addin-channel", "addin-office",
	} {
		if !strings.Contains(err.Error(), setting+": ") {
			t.Errorf("%s is not named in:\n%v", setting, err)
		}
	}
}

func TestOneFaultAtATime(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, setting string
		spoil         func(c *config.Config)
	}{
		{"a proxy that nobody named", "tls-proxies", func(c *config.Config) { c.TLS.Proxies = nil }},
		{"a proxy by name", "tls-proxies", func(c *config.Config) { c.TLS.Proxies = []string{"proxy.example"} }},
		{"the whole Internet as a proxy", "tls-proxies", func(c *config.Config) { c.TLS.Proxies = []string{"10.0.4.7", "0.0.0.0/0"} }},
		{"the whole Internet as an IPv6 proxy", "tls-proxies", func(c *config.Config) { c.TLS.Proxies = []string{"::/0"} }},
		{"IPv4 in IPv6 as a proxy", "tls-proxies", func(c *config.Config) { c.TLS.Proxies = []string{"::ffff:10.0.4.7/120"} }},
		{"a field that any client writes", "tls-forwarded", func(c *config.Config) { c.TLS.Forwarded = "X-Real-IP" }},
		{"a limit below nothing", "limits-bad-sign-ins", func(c *config.Config) { c.Limits.BadSignIns = -1 }},
		{"a limit that is none", "limits-public-per-minute", func(c *config.Config) { c.Limits.PublicPerMinute = 2_000_000 }},
		{"a limit that lets nothing through", "limits-read-burst", func(c *config.Config) { c.Limits.ReadPerMinute = 10 }},
		{"another", "limits-send-burst", func(c *config.Config) { c.Limits.SendPerMinute = 10 }},
		{"a proxy and certificates", "tls-proxy", func(c *config.Config) { c.TLS.Certificate = "x" }},
		{"http to the world", "public-url", func(c *config.Config) { c.PublicURL = "http://sikker.example.dk" }},
		{"a path beside which there is no API", "public-url", func(c *config.Config) { c.PublicURL += "/sikker" }},
		{"capitals in an address", "public-url", func(c *config.Config) { c.PublicURL = "https://Sikker.example.dk" }},
		{"a name that no manifest holds", "organisation", func(c *config.Config) { c.Organisation = strings.Repeat("å", 126) }},
		{"a name in two lines", "organisation", func(c *config.Config) { c.Organisation = "a\nb" }},
		{"an add-in that is nobody", "addin-client-id", func(c *config.Config) { c.AddIn.ClientID = "add-in" }},
		{"an add-in whose tokens are refused", "addin-client-id", func(c *config.Config) { c.AddIn.ClientID = "7e4a4700-0000-4000-8000-000000000002" }},
		{"help by mail", "addin-support-url", func(c *config.Config) { c.AddIn.SupportURL = "mailto:hjaelp@example.dk" }},
		{"a version that Microsoft refuses", "addin-version", func(c *config.Config) { c.AddIn.Version = "0.9" }},
		{"a rule that is none", "addin-channel", func(c *config.Config) { c.AddIn.Channel = "warn" }},
		{"office.js over http", "addin-office", func(c *config.Config) { c.AddIn.Office = "http://office.example/office.js" }},
		{"everybody as a frame", "addin-frame-ancestors", func(c *config.Config) { c.AddIn.FrameAncestors = []string{"https://*.example"} }},
		{"a path as a frame", "addin-frame-ancestors", func(c *config.Config) { c.AddIn.FrameAncestors = []string{"https://a.example/"} }},
		{"a password in an address", "graph-url", func(c *config.Config) { c.Graph.URL = "https://me:secret@graph.example" }},
		{"the common tenant", "entra-tenant", func(c *config.Config) { c.Entra.Tenant = "common" }},
		{"a client by name", "entra-clients", func(c *config.Config) { c.Entra.Clients = []string{"outlook"} }},
		{"an address for a domain", "mail-domains", func(c *config.Config) { c.Mail.Domains = []string{"a@example.dk"} }},
		{"a bare top level", "mail-domains", func(c *config.Config) { c.Mail.Domains = []string{"dk"} }},
		{"encryption that nobody knows", "mail-encryption", func(c *config.Config) { c.Mail.Encryption = "Modern" }},
		{"headers that are encrypted", "mail-headers", func(c *config.Config) { c.Mail.Headers = "encrypt" }},
		{"an outer subject of two lines", "mail-outer-subject", func(c *config.Config) { c.Mail.OuterSubject = "Sikker mail\r\nBcc: x@y.dk" }},
		{"an outer subject of spaces", "mail-outer-subject", func(c *config.Config) { c.Mail.OuterSubject = "  " }},
		{"a letter for an outer subject", "mail-outer-subject", func(c *config.Config) { c.Mail.OuterSubject = strings.Repeat("æ", 101) }},
		{"an outer subject in no character set", "mail-outer-subject", func(c *config.Config) { c.Mail.OuterSubject = "\xe6" }},
		{"an environment that nobody knows", "trust-environment", func(c *config.Config) { c.Trust.Environment = "staging" }},
		{"test authorities in production", "trust-oces3-test", func(c *config.Config) { c.Trust.OCES3Test = c.Trust.Roots }},
		{"a test environment that trusts nobody", "trust-oces3-test", func(c *config.Config) { c.Trust.Environment, c.Trust.Roots = "test", nil }},
		{"nobody to trust", "trust-roots", func(c *config.Config) { c.Trust.OCES3, c.Trust.Roots = false, nil }},
		{"a grace of a week", "trust-grace", func(c *config.Config) { c.Trust.Grace = 7 * 24 * time.Hour }},
		{"a directory without a name", "directories[0]", func(c *config.Config) { c.Directories = []config.Directory{{Host: "ldap.example"}} }},
		{"two directories of one name", "directories[1]", func(c *config.Config) { c.Directories = []config.Directory{{Name: "a"}, {Name: "a"}} }},
		{"somebody to bind as, and no password", "directories[0]", func(c *config.Config) { c.Directories = []config.Directory{{Name: "a", BindDN: "cn=x"}} }},
		{"one role for two administrators", "entra-auditor-role", func(c *config.Config) { c.Entra.AuditorRole = c.Entra.AdminRole }},
		{"a page that is no client", "entra-web-client-id", func(c *config.Config) {
			c.Entra.WebClientID, c.Entra.WebCertificateFile = "send-sikker", "config_test.go"
		}},
		{"a page without a proof", "entra-web-certificate-file", func(c *config.Config) { c.Entra.WebClientID = c.Entra.Audience }},
		{"a page with a missing proof", "entra-web-secret-file", func(c *config.Config) {
			c.Entra.WebClientID, c.Entra.WebSecretFile = c.Entra.Audience, "/nowhere/secret"
		}},
		{"a page with two proofs", "entra-web-secret-file", func(c *config.Config) {
			c.Entra.WebClientID, c.Entra.WebCertificateFile, c.Entra.WebSecretFile = c.Entra.Audience, "config_test.go", "config_test.go"
		}},
		{"one role for two things", "entra-admin-role", func(c *config.Config) { c.Entra.AdminRole = c.Entra.Role }},
		{"a missing roots file", "trust-roots", func(c *config.Config) { c.Trust.Roots = []string{"/nowhere/roots.pem"} }},
		{"a secret way without one", "graph-secret-file", func(c *config.Config) { c.Graph.Credential = "secret" }},
		{"a missing secret file", "graph-secret-file", func(c *config.Config) { c.Graph.Credential = "secret"; c.Graph.SecretFile = "/nowhere/secret" }},
		{"intermediates that would be used for nothing", "trust-intermediates", func(c *config.Config) { c.Trust.Intermediates = []string{c.TLS.Key} }},
		{"a deadline longer than a caller waits", "trust-deadline", func(c *config.Config) { c.Trust.Deadline = time.Minute }},
		{"too many workers", "workers", func(c *config.Config) { c.Workers = 1000 }},
	}
	for _, one := range cases {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			c := good(t)
			one.spoil(&c)
			err := c.Check(none)
			if err == nil || !strings.HasPrefix(err.Error(), one.setting+": ") {
				t.Errorf("got %v, want a fault of %s", err, one.setting)
			}
		})
	}
}

func TestASecretShowsNowhere(t *testing.T) {
	t.Parallel()
	const value = "meget-hemmeligt"
	c := good(t)
	c.Graph.Credential = "secret"
	if err := c.Check(func(name string) string { return map[string]string{"SENDSIKKER_GRAPH_SECRET": value}[name] }); err != nil {
		t.Fatal(err)
	}
	if c.Graph.Secret.Reveal() != value {
		t.Fatal("the secret is lost")
	}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		fmt.Fprintf(&shown, verb, c)
		fmt.Fprintf(&shown, verb, c.Graph.Secret)
	}
	slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "config", c, "secret", c.Graph.Secret)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "secret", c.Graph.Secret)
	if text, err := json.Marshal(c.Graph.Secret); err == nil { //nolint:staticcheck // that nothing is marshalled is the point
		shown.Write(text)
	}
	if strings.Contains(shown.String(), value) {
		t.Errorf("the secret shows in: %s", shown.String())
	}
}

func parse(t *testing.T, yaml string, args ...string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	var c config.Config
	parser, err := kong.New(&c, kong.Configuration(config.File, path), kong.Exit(func(int) {}))
	if err != nil {
		return c, err
	}
	_, err = parser.Parse(args)
	return c, err
}

func TestTheFileGivesSettingsInLevelsAndTheCommandLineWins(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "graph:\n  url: https://one.example\n  large: upload\nmail: {domains: [a.dk, b.dk], headers: hide, outer-subject: Sikker mail}\nworkers: 3\ntls-proxy: true\n", "--graph-url=https://two.example")
	if err != nil {
		t.Fatal(err)
	}
	if c.Graph.URL != "https://two.example" || c.Graph.Large != "upload" || len(c.Mail.Domains) != 2 || c.Workers != 3 || !c.TLS.Proxy || c.Entra.Scope != "Mail.SendSecure" ||
		c.Mail.Headers != "hide" || c.Mail.OuterSubject != "Sikker mail" || c.Mail.Encryption != "auto" {
		t.Errorf("got %+v", c)
	}
}

func TestTheAddInHasRulesWithoutASetting(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "addin: {client-id: 7e4a4700-0000-4000-8000-000000000001, channel: block, frame-ancestors: [https://a.example, https://b.example]}\n")
	if err != nil {
		t.Fatal(err)
	}
	if a := c.AddIn; a.CPR != "block" || a.Marked != "block" || a.Channel != "block" || a.Version != "1.0.0.0" || len(a.FrameAncestors) != 2 || !strings.HasSuffix(a.Office, "/lib/1/hosted/office.js") {
		t.Errorf("got %+v", a)
	}
}

func TestASettingThatDoesNotExistIsAFault(t *testing.T) {
	t.Parallel()
	_, err := parse(t, "graph:\n  ulr: https://one.example\nworker: 3\n")
	if err == nil || !strings.Contains(err.Error(), "graph-ulr, worker") {
		t.Errorf("got %v", err)
	}
	if _, err := parse(t, "- not\n- settings\n"); err == nil {
		t.Error("a list was taken for settings")
	}
}

// What would silently not hold is a fault: half a file, one of two values, a second document.
func TestAFileThatWouldHoldInPartIsAFault(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ yaml, says string }{
		"larger than is read":       {strings.Repeat("# nothing\n", 120_000) + "workers: 3\n", "larger than"},
		"one setting in two ways":   {"graph: {url: https://one.example}\ngraph-url: https://two.example\n", "graph-url"},
		"deeper, in two ways":       {"a: {b-c: 1}\na-b: {c: 2}\n", "a-b-c"},
		"a second document":         {"workers: 3\n---\nlog: debug\n", "one document"},
		"a second, broken document": {"workers: 3\n---\n{\n", "one document"},
	}
	for name, c := range cases {
		if _, err := parse(t, c.yaml); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for name, yaml := range map[string]string{"only comments": "# nothing\n", "a mark at the end": "workers: 3\n---\n", "marks around": "---\nworkers: 3\n...\n"} {
		if _, err := parse(t, yaml); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDirectoriesAreAListInTheFile(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "directories:\n  - {name: oces, profile: oces3, host: ldap.example.dk, trust: [oces3], timeout: 1s}\n  - name: dfn\n    size-limit: 40\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Directories) != 2 || c.Directories[0].Host != "ldap.example.dk" || c.Directories[0].Trust[0] != "oces3" ||
		time.Duration(c.Directories[0].Timeout) != time.Second || c.Directories[1].SizeLimit != 40 {
		t.Errorf("got %+v", c.Directories)
	}
	if _, err := parse(t, "directories:\n  - {name: oces, hots: ldap.example.dk}\n"); err == nil || !strings.Contains(err.Error(), "hots") {
		t.Errorf("a misspelt setting of a directory: %v", err)
	}
	if c, err := parse(t, "", `--directories={"name":"oces","host":"ldap.example.dk"}`); err != nil || len(c.Directories) != 1 || c.Directories[0].Name != "oces" {
		t.Errorf("on the command line: %+v, %v", c.Directories, err)
	}
}

// What the manuals show must be what the program takes.
func TestTheManualsSettingsExist(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]int{"../../README.md": 1, "../../docs/certificates.md": 1, "../../docs/operations.md": 1} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```yaml\n")[1:]
		if len(blocks) < least {
			t.Errorf("%s: %d blocks of settings", name, len(blocks))
		}
		for _, block := range blocks {
			block, _, _ = strings.Cut(block, "```")
			if _, err := parse(t, block); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAProxyIsAnAddressOrANetwork(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "tls: {proxy: true, proxies: [10.0.4.7, 10.0.5.9/24, '2001:db8:4::1'], forwarded: Forwarded}\nlimits: {read-per-minute: 10, bad-sign-ins: 0}\n")
	if err != nil {
		t.Fatal(err)
	}
	list, wrong := c.Networks()
	if got := fmt.Sprint(list); wrong || got != "[10.0.4.7/32 10.0.5.0/24 2001:db8:4::1/128]" {
		t.Errorf("%s, %v", got, wrong)
	}
	if c.TLS.Forwarded != "Forwarded" || c.Limits.ReadPerMinute != 10 || c.Limits.ReadBurst != 200 || c.Limits.BadSignIns != 0 || c.Limits.SendPerMinute != 300 {
		t.Errorf("%+v", c.Limits)
	}
}
