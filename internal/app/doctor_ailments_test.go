package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs/smimea"
	"aau.dk/sendsikker/internal/doctor"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// ailment is one thing that is wrong, the line that must be printed of it, and the fix.
type ailment struct {
	spoil func(t *testing.T, p *patient)
	area  string
	state doctor.State
	says  string
	fix   string
}

func ailments() map[string]ailment {
	all := map[string]ailment{}
	for _, some := range []map[string]ailment{ailmentsOfStorage(), ailmentsOfMailboxes(), ailmentsOfEntra(), ailmentsOfHTTPS()} {
		for name, a := range some {
			all[name] = a
		}
	}
	return all
}

func ailmentsOfStorage() map[string]ailment {
	meddle := func(statements ...string) func(*testing.T, *patient) {
		return func(t *testing.T, p *patient) { p.meddle(t, statements...) }
	}
	// A message with one copy that waits, as the service stores it.
	waits := func(at string, state string) []string {
		return []string{
			`INSERT INTO message (id, mailbox_id, caller_kind, caller_id, caller_name, header_id, subject, wrapped_key, key_version, language, digest, accepted_at)
				SELECT 'm', id, 'user', 'c', x'00', '<m@x.example>', x'00', wrapped_key, key_version, 'da', x'00', ` + at + ` FROM mailbox LIMIT 1`,
			`INSERT INTO delivery (id, message_id, position, kind, state, spool_name, size, draft_id, code, say_da, say_en, changed_at)
				VALUES ('d', 'm', 0, 'sealed', '` + state + `', 'copy', 1, 'x', ` + map[bool]string{true: `'c', 'd', 'e'`, false: `NULL, NULL, NULL`}[state == "unknown"] + `, 0)`,
			`INSERT INTO recipient VALUES ('m', 0, 'd', 'to', 'bo@partner.example', '', 'smime', '{}')`,
		}
	}
	return map[string]ailment{
		"no database": {func(_ *testing.T, p *patient) { p.wiring.Database = filepath.Join(p.data, "nowhere.db") }, "database", doctor.Fail, "none yet", "sendsikker migrate"},
		"a database server that is away": {func(_ *testing.T, p *patient) {
			p.wiring.Database = "postgres://nobody@127.0.0.1:1/x?connect_timeout=2"
		},
			"database", doctor.Fail, "does not answer", "server runs"},
		"an earlier schema":     {meddle(`DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)`), "database", doctor.Fail, "this program wants", "sendsikker migrate"},
		"a later schema":        {meddle(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, 1)`), "database", doctor.Fail, "newer than", "newer one"},
		"a database with holes": {meddle(waits(`0`, "sent")[0]), "database", doctor.Fail, "messages without a copy", "Restore a backup"},
		"no master key":         {func(_ *testing.T, p *patient) { _ = os.Remove(filepath.Join(p.data, "master.key")) }, "master key", doctor.Fail, "master key", "right one back"},
		"another master key": {func(_ *testing.T, p *patient) {
			_ = os.WriteFile(filepath.Join(p.data, "master.key"), []byte("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n"), 0o600)
		}, "master key", doctor.Fail, "another", "right one back"},
		"a master key that all may read": {func(_ *testing.T, p *patient) { _ = os.Chmod(filepath.Join(p.data, "master.key"), 0o644) }, "master key", doctor.Fail, "read by others", "0600"},
		"a key that was left over": {func(t *testing.T, p *patient) {
			path := filepath.Join(p.data, "master.key")
			text, _ := os.ReadFile(path)
			_ = os.WriteFile(path, append(text, []byte("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")...), 0o600)
		}, "master key", doctor.Warn, "Nothing is wrapped by", "key forget"},
		"a rotation under way": {func(t *testing.T, p *patient) {
			path := filepath.Join(p.data, "master.key")
			text, _ := os.ReadFile(path)
			_ = os.WriteFile(path, append([]byte("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n"), text...), 0o600)
		}, "master key", doctor.Warn, "earlier version", "quarter of an hour"},
		"a spool that is a file": {func(_ *testing.T, p *patient) {
			p.wiring.Spool = filepath.Join(p.data, "file")
			_ = os.WriteFile(p.wiring.Spool, nil, 0o600)
		}, "spool", doctor.Fail, "cannot be opened", "spool-url"},
		"another machine's spool":          {meddle(waits(`0`, "unknown")...), "spool", doctor.Fail, "1 of 1 copies", "same spool"},
		"an old queue":                     {meddle(waits(`0`, "sending")...), "queue", doctor.Fail, "1 copies wait, the oldest for", "service runs"},
		"a queue that grows old":           {meddle(waits(`CAST(strftime('%s', 'now') AS INTEGER) * 1000 - 1200000`, "sending")...), "queue", doctor.Warn, "20m", "service runs"},
		"a doubt":                          {meddle(waits(`0`, "unknown")...), "queue", doctor.Warn, "nobody knows", "/v1/doubts"},
		"an audit log that can be altered": {meddle(`DROP TRIGGER audit_is_never_altered`), "audit log", doctor.Fail, "can be altered", "audit_is_never_altered"},
		"an audit entry of tomorrow": {meddle(`INSERT INTO audit (at, actor_kind, actor_id, action, mailbox, detail) VALUES (4000000000000, 'system', '', 'x', '', '{}')`),
			"audit log", doctor.Warn, "future", "clocks"},
		"an audit row that was altered":  {meddle(`DROP TRIGGER audit_is_never_altered`, `UPDATE audit SET actor_id = 'bo' WHERE id = 2`), "audit chain", doctor.Fail, "the first at row 2: altered", "audit verify"},
		"an end of the log that is gone": {meddle(`DROP TRIGGER audit_is_only_shortened`, `DELETE FROM audit WHERE id > 3`), "audit chain", doctor.Fail, "missing", "audit verify"},
		"another key for the log":        {meddle(`UPDATE audit_key SET public = zeroblob(32)`), "audit chain", doctor.Fail, "not the one that its name says", "audit verify"},
		"a log that nobody has signed":   {meddle(`DELETE FROM audit_key`), "audit chain", doctor.Warn, "never been signed", "Start the service"},
		"a log that is signed no more":   {func(_ *testing.T, p *patient) { p.wiring.Now = func() time.Time { return time.Now().AddDate(0, 0, 2) } }, "audit chain", doctor.Warn, "signed last on", "service runs"},
		"rows that wait for the chain": {meddle(`INSERT INTO audit (at, actor_kind, actor_id, action, mailbox, detail) VALUES (1000, 'system', '', 'x', '', '{}')`),
			"audit chain", doctor.Warn, "chain: 1,", "service runs"},
	}
}

func ailmentsOfMailboxes() map[string]ailment {
	const its = "sikkermail@its.aau.example"
	meddle := func(statement string) func(*testing.T, *patient) {
		return func(t *testing.T, p *patient) { p.meddle(t, statement) }
	}
	at := func(move func(c *x509.Certificate) time.Time) func(*testing.T, *patient) {
		return func(t *testing.T, p *patient) {
			rows, err := p.clinic.house.store.Mailboxes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := x509.ParseCertificate(rows[0].Certificate)
			if err != nil {
				t.Fatal(err)
			}
			when := move(leaf)
			p.wiring.Now = func() time.Time { return when }
		}
	}
	return map[string]ailment{
		"no mailbox":             {func(t *testing.T, p *patient) { p.meddle(t, `DELETE FROM mailbox_grant`, `DELETE FROM mailbox`) }, "mailboxes", doctor.Warn, "none yet", "mailbox add"},
		"a key that was altered": {meddle(`UPDATE mailbox SET key = x'00' WHERE address = '` + its + `'`), "mailbox " + its, doctor.Fail, "cannot be opened", "mailbox add"},
		"another's certificate": {meddle(`UPDATE mailbox SET certificate = (SELECT der FROM recipient_certificate WHERE subject = 'chen@uni.example') WHERE address = '` + its + `'`),
			"mailbox " + its, doctor.Fail, "not that of its certificate", "belong together"},
		"a certificate that expires":          {at(func(c *x509.Certificate) time.Time { return c.NotAfter.AddDate(0, 0, -30) }), "mailbox", doctor.Warn, "expires on", "new certificate"},
		"one that has expired":                {at(func(c *x509.Certificate) time.Time { return c.NotAfter.AddDate(0, 0, 1) }), "mailbox", doctor.Fail, "expired on", "new certificate"},
		"an authority that nobody trusts":     {func(_ *testing.T, p *patient) { p.wiring.Finding.Profiles = p.wiring.Finding.Profiles[1:] }, "mailbox " + its, doctor.Warn, "unknown_issuer", "trust.roots"},
		"revocation lists that cannot be had": {func(_ *testing.T, p *patient) { p.wiring.Finding.Loopback = false }, "mailbox " + its, doctor.Fail, "revocation lists cannot be had", "port 80"},
		"a mailbox outside the scope":         {meddle(`UPDATE mailbox SET address = 'birk@aau.example' WHERE address = '` + its + `'`), "graph birk@", doctor.Fail, "graph_forbidden", "management scope"},
		"a mailbox that does not exist":       {meddle(`UPDATE mailbox SET address = 'nobody@nowhere.example' WHERE address = '` + its + `'`), "graph nobody@", doctor.Fail, "graph_mailbox_unknown", "shared mailbox"},
		"Graph away":                          {func(_ *testing.T, p *patient) { p.wiring.GraphURL = "http://127.0.0.1:1/v1.0" }, "graph " + its, doctor.Fail, "graph_unavailable", "443"},
		"no Graph at all": {func(_ *testing.T, p *patient) {
			p.wiring.GraphURL, p.wiring.GraphLarge = "http://graph.example/v1.0", graph.LargeRefuse
		}, "mailboxes", doctor.Fail, "https", "graph.url"},
		"a scope that is too wide": {func(t *testing.T, p *patient) {
			p.meddle(t, `DELETE FROM mailbox_grant WHERE mailbox_id IN (SELECT id FROM mailbox WHERE address = '`+its+`')`, `DELETE FROM mailbox WHERE address = '`+its+`'`)
			p.outside = its // which the pretend Exchange lets the service into
		}, "graph's limits", doctor.Fail, "can read the mailbox " + its, "Test-ServicePrincipalAuthorization"},
		"nothing to prove the limits with":  {func(_ *testing.T, p *patient) { p.outside = "" }, "graph's limits", doctor.Warn, "was not proved", "--outside"},
		"one of our own to prove them with": {func(_ *testing.T, p *patient) { p.outside = its }, "graph's limits", doctor.Fail, "one of the service's own", "--outside"},
		"nobody to prove them with":         {func(_ *testing.T, p *patient) { p.outside = "nobody@nowhere.example" }, "graph's limits", doctor.Fail, "no mailbox", "that exists"},
		"a resolver that is away": {func(_ *testing.T, p *patient) {
			p.wiring.Finding.DNS = &smimea.Config{Resolver: "127.0.0.1:1", Timeout: time.Second}
		}, "dns resolver", doctor.Fail, "", "validates DNSSEC"},
		"a directory that is away": {func(_ *testing.T, p *patient) {
			p.wiring.Finding.Directories[0].Host = "127.0.0.1:1"
		}, "directory", doctor.Fail, "", "host and port"},
	}
}

func ailmentsOfEntra() map[string]ailment {
	caller := func(change entraid.Option) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) { p.callers(change) }
	}
	own := func(change entraid.Option) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) { p.tokens(change) }
	}
	program := func(roles []string, change ...entraid.Option) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) {
			u := p.clinic.university
			a := u.Tenant.Applications[1]
			a.Roles = roles
			p.token = u.Entra.IssueApplication(a, change...)
		}
	}
	ahead := func(by time.Duration) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) { p.wiring.Now = func() time.Time { return time.Now().Add(by) } }
	}
	redirect := func(status int) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) {
			p.meet("/"+p.wiring.Entra.Tenant+"/oauth2/v2.0/authorize", func(r *http.Response) { r.StatusCode = status })
		}
	}
	return map[string]ailment{
		"Entra away":          {func(_ *testing.T, p *patient) { p.wiring.Entra.Authority = "http://127.0.0.1:1" }, "entra tenant", doctor.Fail, "no connection", "login.microsoftonline.com"},
		"another tenant":      {func(_ *testing.T, p *patient) { p.wiring.Entra.Tenant = "7e4a4700-0000-4000-8000-00000000ffff" }, "entra tenant", doctor.Fail, "knows no tenant", "entra.tenant"},
		"a clock far ahead":   {ahead(6 * time.Minute), "clock", doctor.Fail, "ahead", "NTP"},
		"a clock far behind":  {ahead(-6 * time.Minute), "clock", doctor.Fail, "behind", "NTP"},
		"a clock that drifts": {ahead(time.Minute), "clock", doctor.Warn, "ahead", "NTP"},
		"an answer without a date": {func(_ *testing.T, p *patient) {
			p.meet("/"+p.wiring.Entra.Tenant+"/v2.0", func(r *http.Response) { r.Header.Del("Date") })
		}, "clock", doctor.Warn, "no readable date", "by hand"},
		"a redirect that is missing":         {func(_ *testing.T, p *patient) { p.wiring.PublicURL = "https://other.example" }, "redirect addresses", doctor.Fail, "brk-multihub://other.example is not registered", "single-page"},
		"an add-in that Entra does not know": {func(_ *testing.T, p *patient) { p.wiring.AddIn.ClientID = "add10000-0000-4000-8000-00000000ffff" }, "redirect addresses", doctor.Fail, "knows no program", "addin.client-id"},
		"a page whose redirect is missing":   {func(_ *testing.T, p *patient) { p.wiring.PublicURL = "https://other.example" }, "redirect addresses", doctor.Fail, "https://other.example/admin/sign-in/answer is not registered", "platform Web"},
		"no administrators' page":            {func(_ *testing.T, p *patient) { p.wiring.SignIn = nil }, "redirect addresses", doctor.Warn, "no administrators' page", "entra.web-client-id"},
		"a page that Entra does not know": {func(_ *testing.T, p *patient) {
			settings := *p.wiring.SignIn
			settings.Client = "adb10000-0000-4000-8000-00000000ffff"
			p.wiring.SignIn = &settings
		}, "redirect addresses", doctor.Fail, "knows no program adb1", "entra.web-client-id"},
		"an unclear answer about redirects": {redirect(http.StatusInternalServerError), "redirect addresses", doctor.Warn, "unclear", "Authentication"},
		"version 1 tokens of the API":       {own(entraid.With("ver", "1.0")), "api registration", doctor.Fail, `"1.0"`, "requestedAccessTokenVersion"},
		"no token for the API": {func(_ *testing.T, p *patient) {
			u := p.clinic.university
			p.wiring.Credential = holder(func(scope string) (string, error) {
				if strings.HasPrefix(scope, "https://graph") {
					return u.Entra.IssueGraph(u.Service(), nil), nil
				}
				return "", errors.New("no")
			})
		}, "api registration", doctor.Warn, "no token for this API", "--token"},
		"no token at all": {func(_ *testing.T, p *patient) {
			p.wiring.Credential = holder(func(string) (string, error) { return "", errors.New("no") })
		}, "rights in Entra", doctor.Fail, "no token for Microsoft Graph", "graph.credential"},
		"the right to send as everybody":   {own(entraid.With("roles", []string{"User.Read.All", "Mail.Send"})), "rights in Entra", doctor.Fail, "holds Mail.Send:", "Take these application permissions away"},
		"the right over whole mailboxes":   {own(entraid.With("roles", []string{"full_access_as_app"})), "rights in Entra", doctor.Fail, "full_access_as_app", "Take these"},
		"another program's credential":     {func(_ *testing.T, p *patient) { p.sender = "a9900000-0000-4000-8000-00000000ffff" }, "rights in Entra", doctor.Fail, "not to graph.client-id", "graph.client-id"},
		"a credential of another tenant":   {own(entraid.With("tid", "7e4a4700-0000-4000-8000-00000000ffff")), "rights in Entra", doctor.Fail, "another tenant", "same tenant"},
		"a caller's token of version 1":    {caller(entraid.With("ver", "1.0")), "caller's token", doctor.Fail, `version "1.0"`, "requestedAccessTokenVersion"},
		"one for somebody else":            {caller(entraid.With("aud", "https://graph.microsoft.com")), "caller's token", doctor.Fail, "not for this API", "api://"},
		"one of another tenant":            {caller(entraid.With("tid", "7e4a4700-0000-4000-8000-00000000ffff")), "caller's token", doctor.Fail, "another tenant", "Sign in to tenant"},
		"one that has expired":             {caller(entraid.With("exp", time.Now().Add(-time.Hour).Unix())), "caller's token", doctor.Fail, "expired", "new one"},
		"one without the scope":            {caller(entraid.With("scp", "User.Read")), "caller's token", doctor.Fail, "does not hold the scope", "Expose the scope"},
		"one of a program nobody named":    {caller(entraid.With("azp", "a9900000-0000-4000-8000-00000000ffff")), "caller's token", doctor.Fail, "not among entra.clients", "entra.clients"},
		"one without groups":               {caller(entraid.Without("groups")), "caller's token", doctor.Warn, "names no groups", "groups claim"},
		"a program's without the role":     {program(nil), "caller's token", doctor.Fail, "nor the role", "app role"},
		"a program's that does not say so": {program([]string{"Mail.SendSecure.All"}, entraid.Without("idtyp")), "caller's token", doctor.Warn, "whether it is a program's", "idtyp"},
		"one that was altered": {func(_ *testing.T, p *patient) {
			p.token = p.token[:strings.LastIndex(p.token, ".")+1] + strings.Repeat("A", 342)
		}, "caller's token", doctor.Fail, "The service refuses it", "altered"},
		"what is no token": {func(_ *testing.T, p *patient) { p.token = "gibberish" }, "caller's token", doctor.Fail, "no token", "access token"},
	}
}

func ailmentsOfHTTPS() map[string]ailment {
	served := func(path string, change func(http.Header)) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) { p.meet(path, func(r *http.Response) { change(r.Header) }) }
	}
	later := func(left time.Duration) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) {
			at := p.clinic.server.Certificate().NotAfter.Add(-left)
			p.wiring.Now = func() time.Time { return at }
		}
	}
	return map[string]ailment{
		"a key of another certificate": {func(t *testing.T, p *patient) {
			identity := issueFor(t, p.clinic.university.Danish, "x@unit.example")
			text, err := identity.PEM()
			if err != nil {
				t.Fatal(err)
			}
			p.key = file(t, "other.key", text)
		}, "https certificate", doctor.Fail, "cannot be used together", "PEM chain"},
		"a certificate for another name":         {func(_ *testing.T, p *patient) { p.wiring.PublicURL = "https://other.example" }, "https certificate", doctor.Fail, "not for other.example", "public-url"},
		"HTTPS that expires":                     {later(5 * 24 * time.Hour), "https certificate", doctor.Warn, "expires on", "Renew"},
		"HTTPS that has expired":                 {later(-time.Hour), "https from outside", doctor.Fail, "expired on", "Renew"},
		"an authority that machines do not know": {func(_ *testing.T, p *patient) { p.roots = x509.NewCertPool() }, "https certificate", doctor.Fail, "does not end at an authority", "intermediate"},
		"nobody at the public address":           {func(_ *testing.T, p *patient) { p.wiring.PublicURL = "https://127.0.0.1:1" }, "https from outside", doctor.Fail, "no connection", "DNS"},
		"a name that does not exist":             {func(_ *testing.T, p *patient) { p.wiring.PublicURL = "https://sikker.invalid" }, "https from outside", doctor.Fail, "cannot be reached", "DNS"},
		"a public address without HTTPS":         {func(_ *testing.T, p *patient) { p.wiring.PublicURL = "http://127.0.0.1" }, "https from outside", doctor.Fail, "not https", "public-url"},
		"another certificate outside":            {func(t *testing.T, p *patient) { p.certificate, p.key = otherPair(t) }, "https from outside", doctor.Warn, "Another certificate", "tls.proxy"},
		"a proxy that hides the manifest": {func(_ *testing.T, p *patient) {
			p.meet("/manifest.xml", func(r *http.Response) { r.StatusCode = http.StatusForbidden })
		}, "add-in's manifest", doctor.Fail, "status 403", "proxy"},
		"a proxy that hides the pages": {func(_ *testing.T, p *patient) {
			p.meet("/addin/", func(r *http.Response) { r.StatusCode = http.StatusForbidden })
		}, "add-in's manifest", doctor.Fail, "no file at", "proxy"},
		"a service with earlier settings":  {func(_ *testing.T, p *patient) { p.wiring.Organisation = "Et andet navn" }, "add-in's manifest", doctor.Warn, "another manifest", "Restart"},
		"a manifest that cannot be made":   {func(_ *testing.T, p *patient) { p.wiring.AddIn.Version = "0.1" }, "add-in's manifest", doctor.Fail, "cannot be made", "settings"},
		"a proxy that forbids frames":      {served("/addin/pane.html", func(h http.Header) { h.Set("X-Frame-Options", "DENY") }), "add-in's pages", doctor.Fail, "X-Frame-Options", "proxy"},
		"a proxy with a policy of its own": {served("/addin/pane.html", func(h http.Header) { h.Add("Content-Security-Policy", "default-src 'self'") }), "add-in's pages", doctor.Fail, "2 content security policies", "proxy"},
		"a proxy with another policy":      {served("/addin/pane.html", func(h http.Header) { h.Set("Content-Security-Policy", "frame-ancestors 'none'") }), "add-in's pages", doctor.Fail, "frame-ancestors", "proxy"},
		"a proxy that caches icons":        {served("/addin/icons/", func(h http.Header) { h.Set("Cache-Control", "no-cache") }), "add-in's icons", doctor.Fail, "Cache-Control", "proxy"},
	}
}

// otherPair is a certificate for the same place.
func otherPair(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, "other.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		file(t, "other.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}
