package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// domain is a DNS name with at least one dot, in A-label form (RFC 1035 §2.3.1, RFC 5890 §2.3.2.1).
var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)

// Check reads the secrets and looks for everything that is wrong with the settings that serving needs. The error names each
// setting, one a line.
func (c *Config) Check(getenv func(string) string) error {
	var faults []error
	bad := func(is bool, setting, what string) {
		if is {
			faults = append(faults, fmt.Errorf("%s: %s", setting, what))
		}
	}
	isGUID := func(s string) bool { return uuid.Validate(s) == nil && len(s) == 36 }

	_, _, err := net.SplitHostPort(c.Listen)
	bad(err != nil, "listen", "is not host:port")
	c.Front.check(bad, isGUID)
	bad(c.Data == "", "data", "must be a folder")

	pair := c.TLS.Certificate != "" || c.TLS.Key != ""
	bad(pair && c.TLS.Proxy, "tls-proxy", "cannot be used together with tls-certificate and tls-key")
	bad(!pair && !c.TLS.Proxy, "tls-certificate", "is missing: give tls-certificate and tls-key, or tls-proxy when a proxy does HTTPS")
	_, wrong := c.Networks()
	bad(wrong, "tls-proxies", "each must be an address or a network such as 10.0.4.0/28, not wider than /8 (IPv6: /16)")
	bad(c.TLS.Proxy && len(c.TLS.Proxies) == 0, "tls-proxies", "is missing: name the proxy's address or network, or all callers are counted as one")
	bad(!oneOf(c.TLS.Forwarded, "X-Forwarded-For", "Forwarded"), "tls-forwarded", "must be X-Forwarded-For or Forwarded")
	c.Limits.check(bad)
	if pair {
		bad(!readable(c.TLS.Certificate), "tls-certificate", "cannot be read")
		bad(!readable(c.TLS.Key), "tls-key", "cannot be read")
	}

	bad(!isGUID(c.Entra.Tenant), "entra-tenant", "must be the tenant's GUID")
	bad(!isGUID(c.Entra.Audience), "entra-audience", "must be the GUID of the API's app registration")
	bad(len(c.Entra.Clients) == 0, "entra-clients", "must name at least one client id: the add-in's")
	for _, id := range c.Entra.Clients {
		bad(!isGUID(id), "entra-clients", "each must be a client id (GUID)")
	}
	bad(c.Entra.Scope == "", "entra-scope", "must not be empty")
	bad(c.Entra.Role == "", "entra-role", "must not be empty")
	bad(c.Entra.AdminRole == "" || c.Entra.AdminRole == c.Entra.Role, "entra-admin-role", "must be a role of its own")
	bad(c.Entra.AuditorRole != "" && (c.Entra.AuditorRole == c.Entra.Role || c.Entra.AuditorRole == c.Entra.AdminRole), "entra-auditor-role", "must be a role of its own")
	bad(!isHTTPS(c.Entra.Authority), "entra-authority", "must be an https address")
	c.checkWeb(bad, isGUID, getenv)

	bad(!isHTTPS(c.Graph.URL), "graph-url", "must be an https address")
	bad(!oneOf(c.Graph.Credential, "workload-identity", "managed-identity", "certificate", "secret"), "graph-credential", "must be workload-identity, managed-identity, certificate or secret")
	bad(!oneOf(c.Graph.Large, "refuse", "upload", "smtp"), "graph-large", "must be refuse, upload or smtp")
	bad(c.Graph.MaxMegabytes < 1 || c.Graph.MaxMegabytes > 150, "graph-max-megabytes", "must be from 1 to 150")
	_, _, err = net.SplitHostPort(c.Graph.SMTP)
	bad(err != nil, "graph-smtp", "is not host:port")
	bad(c.Sending.PerMinute < 1, "sending-per-minute", "must be at least 1")
	bad(c.Sending.RecipientsPerDay < 1, "sending-recipients-per-day", "must be at least 1")
	bad(c.Sending.Backlog < time.Minute, "sending-backlog", "must be at least a minute")
	bad(c.Sending.KeepDays < 0, "sending-keep-days", "must not be negative")
	bad(c.Audit.KeepDays < 0 || c.Audit.KeepDays > 0 && c.Sending.KeepDays > c.Audit.KeepDays, "audit-keep-days", "must be 0, or at least sending-keep-days: the log outlives what it tells of")
	bad(c.Graph.Credential != "managed-identity" && !isGUID(c.Graph.ClientID), "graph-client-id", "must be the client id (GUID) that may send")
	bad(c.Graph.Credential == "certificate" && !readable(c.Graph.CertificateFile), "graph-certificate-file", "cannot be read")
	if value := getenv("SENDSIKKER_GRAPH_SECRET"); value != "" {
		_ = c.Graph.Secret.UnmarshalText([]byte(value))
	}
	if err := c.Graph.Secret.orFile(c.Graph.SecretFile); err != nil {
		bad(true, "graph-secret-file", err.Error())
	}
	bad(c.Graph.Credential == "secret" && !c.Graph.Secret.Set() && c.Graph.SecretFile == "", "graph-secret-file", "is missing, and so is SENDSIKKER_GRAPH_SECRET")

	bad(len(c.Mail.Domains) == 0, "mail-domains", "must name at least one domain of the organisation")
	for i, d := range c.Mail.Domains {
		c.Mail.Domains[i] = strings.ToLower(strings.TrimSpace(d))
		bad(!domain.MatchString(c.Mail.Domains[i]), "mail-domains", "each must be a domain such as example.dk")
	}
	bad(!oneOf(c.Mail.Encryption, "auto", "compat", "modern"), "mail-encryption", "must be auto, compat or modern")
	bad(!oneOf(c.Mail.Headers, "off", "sign", "hide"), "mail-headers", "must be off, sign or hide")
	bad(!isOuterSubject(c.Mail.OuterSubject), "mail-outer-subject", "must be one line of at most 100 characters")
	bad(c.AddIn.ClientID != "" && len(c.Entra.Clients) > 0 && !slices.Contains(c.Entra.Clients, c.AddIn.ClientID), "addin-client-id", "must be one of entra-clients, or its tokens are refused")
	c.Finding.check(bad)
	bad(!oneOf(c.Log, "debug", "info", "warn", "error"), "log", "must be debug, info, warn or error")
	bad(c.Drain < 0 || c.Drain > time.Minute, "drain", "must be from 0 to 1m")
	bad(c.Workers < 1 || c.Workers > 64, "workers", "must be from 1 to 64")
	return errors.Join(faults...)
}

// checkWeb is of the sign-in to the administrators' page.
func (c *Config) checkWeb(bad func(is bool, setting, what string), isGUID func(string) bool, getenv func(string) string) {
	e := &c.Entra
	if value := getenv("SENDSIKKER_ENTRA_WEB_SECRET"); value != "" {
		_ = e.WebSecret.UnmarshalText([]byte(value))
	}
	if err := e.WebSecret.orFile(e.WebSecretFile); err != nil {
		bad(true, "entra-web-secret-file", err.Error())
	}
	if e.WebClientID == "" {
		return
	}
	bad(!isGUID(e.WebClientID), "entra-web-client-id", "must be a client id (GUID)")
	secret := e.WebSecret.Set() || e.WebSecretFile != ""
	bad(e.WebCertificateFile == "" && !secret, "entra-web-certificate-file", "is missing, and so are entra-web-secret-file and SENDSIKKER_ENTRA_WEB_SECRET")
	bad(e.WebCertificateFile != "" && secret, "entra-web-secret-file", "is set, and so is entra-web-certificate-file: give one of them")
	bad(e.WebCertificateFile != "" && !readable(e.WebCertificateFile), "entra-web-certificate-file", "cannot be read")
}

// Check looks for everything that is wrong with these settings.
func (c *Finding) Check() error {
	var faults []error
	c.check(func(is bool, setting, what string) {
		if is {
			faults = append(faults, fmt.Errorf("%s: %s", setting, what))
		}
	})
	return errors.Join(faults...)
}

func (c *Finding) check(bad func(is bool, setting, what string)) {
	bad(c.KeyVault == "" && len(c.KeyOlder) > 0, "key-older", "needs key-vault; the file master.key holds its own earlier keys")
	bad(c.PKCS11.Module != "" && !readable(c.PKCS11.Module), "pkcs11-module", "cannot be read")
	bad(c.PKCS11.Module == "" && c.PKCS11.PINFile != "", "pkcs11-pin-file", "needs pkcs11-module, whose tokens it opens")
	bad(c.PKCS11.PINFile != "" && !readable(c.PKCS11.PINFile), "pkcs11-pin-file", "cannot be read")
	t := c.Trust
	bad(!oneOf(t.Environment, "production", "test"), "trust-environment", "must be production or test")
	bad(t.Environment != "test" && len(t.OCES3Test) > 0, "trust-oces3-test", "needs trust-environment test: test authorities never count in production")
	bad(t.Environment == "test" && len(t.OCES3Test)+len(t.Roots)+len(t.PublicRoots) == 0, "trust-oces3-test", "must name PEM files in the test environment, or nobody is trusted")
	bad(t.Environment != "test" && !t.OCES3 && len(t.Roots)+len(t.PublicRoots) == 0, "trust-roots", "must name at least one PEM file when OCES3 is not trusted")
	bad(len(t.Intermediates) > 0 && len(t.Roots) == 0, "trust-intermediates", "needs trust-roots, below which they stand")
	for _, named := range []struct {
		setting string
		files   []string
	}{{"trust-oces3-test", t.OCES3Test}, {"trust-public-roots", t.PublicRoots}, {"trust-roots", t.Roots}, {"trust-intermediates", t.Intermediates}} {
		for _, f := range named.files {
			bad(!readable(f), named.setting, "cannot be read: "+f)
		}
	}
	bad(!oneOf(t.Unpublished, "stop", "warn"), "trust-unpublished", "must be stop or warn")
	bad(t.Grace < 0 || t.Grace > maxGrace, "trust-grace", "must be from 0 to 72h")
	bad(t.Deadline <= 0 || t.Deadline > maxDeadline, "trust-deadline", "must be longer than nothing and at most 10s")
	names := map[string]bool{}
	for i, d := range c.Directories {
		d.check(i, bad)
		bad(names[d.Name], fmt.Sprintf("directories[%d]", i), "name is another directory's already")
		names[d.Name] = true
	}
}

// maxGrace: three days carry an authority's outage over a weekend. Longer would be a decision to do without revocation.
const maxGrace = 72 * time.Hour

// maxDeadline: the sources take it once and judging once more, and a caller is answered within half a minute (api.answerTime).
const maxDeadline = 10 * time.Second

// isOuterSubject: nothing at all would look like a mail without a subject, of which people are asked whether they meant it.
func isOuterSubject(s string) bool {
	const longest = 100 // what a list of mails shows on a wide screen
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= longest && !strings.ContainsFunc(s, unicode.IsControl)
}

func oneOf(s string, words ...string) bool { return slices.Contains(words, s) }

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}
