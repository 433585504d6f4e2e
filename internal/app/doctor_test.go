package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/doctor"
	"aau.dk/sendsikker/internal/manifest"
	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// clinic is a whole installation at a pretend university, served by HTTPS; each patient is a copy of it with something wrong.
type clinic struct {
	house      *house
	server     *httptest.Server
	university *sandbox.University
	assets     Assets
	pem, key   string
}

func openClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{assets: builtAddIn(t)}
	c.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.house.handler.ServeHTTP(w, r) }))
	t.Cleanup(c.server.Close)
	host := strings.TrimPrefix(c.server.URL, "https://")
	var err error
	c.university, err = sandbox.Open(t.Context(), sandbox.Options{Fast: true, Redirects: []string{"brk-multihub://" + host, c.server.URL + "/addin/signin.html", c.server.URL + frame.AnswerPath}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.university.Close() })
	c.house = openHouseAt(t, c.university, t.TempDir(), c.settings)
	// Whoever got a mail has a mailbox there.
	c.house.work(t)
	c.house.ended(t, c.house.send(t, letter("anna@aau.example", "birk@aau.example")).message(t).Id)
	if err := errors.Join(c.house.queue.Stop(t.Context()), c.house.ledger.Keep(t.Context())); err != nil {
		t.Fatal(err)
	}
	pair := c.server.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	c.pem = file(t, "tls.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
	c.key = file(t, "tls.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return c
}

func (c *clinic) settings(w *wiring) {
	w.Assets, w.PublicURL = c.assets, c.server.URL
	w.AddIn.Office, w.AddIn.Ancestors, w.AddIn.Version = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js", nil, manifest.FirstVersion
	w.AddIn.Authority = "https://login.microsoftonline.com"
}

// patient is one visit, not yet made, to a copy of the house.
type patient struct {
	*examination
	clinic *clinic
	data   string
	report doctor.Report
}

func (c *clinic) admit(t *testing.T) *patient {
	t.Helper()
	p := &patient{clinic: c, data: t.TempDir()}
	if err := c.house.store.Snapshot(t.Context(), filepath.Join(p.data, "sendsikker.db")); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(c.house.data, "master.key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(p.data, "master.key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan := (&world{university: c.university, data: p.data}).wiring(worldOptions{log: slog.New(slog.DiscardHandler), now: time.Now})
	c.settings(&plan)
	roots := x509.NewCertPool()
	roots.AddCert(c.server.Certificate())
	anna, _ := c.university.Persona("anna")
	client := c.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.examination = &examination{
		report: &p.report, wiring: plan, certificate: c.pem, key: c.key, sender: c.university.Service().ClientID, outside: "anna@aau.example",
		token: c.university.Entra.IssueUser(anna), client: &http.Client{Transport: client.Transport, CheckRedirect: client.CheckRedirect}, roots: roots,
	}
	return p
}

// meddle changes the copied database by hand.
func (p *patient) meddle(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.data, "sendsikker.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// meet changes answers on their way.
func (p *patient) meet(path string, change func(*http.Response)) {
	next := p.client.Transport
	p.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil && strings.HasPrefix(r.URL.Path, path) {
			change(response)
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// holder gives out the tokens that a test makes.
type holder func(scope string) (string, error)

func (h holder) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := h(o.Scopes[0])
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, err
}

func (p *patient) tokens(change ...entraid.Option) {
	u := p.clinic.university
	p.wiring.Credential = holder(func(scope string) (string, error) {
		if strings.HasPrefix(scope, "https://graph") {
			return u.Entra.IssueGraph(u.Service(), nil, change...), nil
		}
		return u.Entra.IssueApplication(u.Service(), change...), nil
	})
}

func (p *patient) callers(change ...entraid.Option) {
	anna, _ := p.clinic.university.Persona("anna")
	p.token = p.clinic.university.Entra.IssueUser(anna, change...)
}

func TestTheDoctorFindsEachThingThatIsWrongAndSaysHowItIsMended(t *testing.T) {
	t.Parallel()
	c := openClinic(t)
	t.Run("nothing is wrong", func(t *testing.T) {
		p := c.admit(t)
		p.run(t.Context())
		areas := map[string]bool{}
		for _, l := range p.report.Lines {
			areas[strings.Fields(l.Area)[0]] = true
			if l.State != doctor.OK || l.Fix != "" {
				t.Errorf("%+v", l)
			}
		}
		if said := p.said("audit key"); !strings.Contains(said, chain.FormatKey(p.signs(t))) {
			t.Errorf("the key to note down is not shown: %q", said)
		}
		for _, address := range []string{"brk-multihub://", "/addin/signin.html", "/admin/sign-in/answer"} {
			if !strings.Contains(p.said("redirect addresses"), address) {
				t.Errorf("nothing was said of %s", address)
			}
		}
		for _, area := range []string{"https", "database", "master", "spool", "queue", "audit", "mailbox", "graph", "directory", "entra", "clock", "redirect", "api", "rights", "caller's", "add-in's"} {
			if !areas[area] {
				t.Errorf("nothing was said of %s", area)
			}
		}
		p.saysNoSecret(t)
	})
	cases := ailments()
	for name, a := range cases {
		t.Run(name, func(t *testing.T) {
			p := c.admit(t)
			a.spoil(t, p)
			p.run(t.Context())
			for _, l := range p.report.Lines {
				if strings.HasPrefix(l.Area, a.area) && l.State == a.state && strings.Contains(l.Say, a.says) && strings.Contains(l.Fix, a.fix) && l.Fix != "" {
					p.saysNoSecret(t)
					return
				}
			}
			var all bytes.Buffer
			_ = p.report.Print(&all)
			t.Errorf("no line of %q (%s) with %q and %q in:\n%s", a.area, a.state, a.says, a.fix, all.String())
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// said is what all lines of an area say.
func (p *patient) said(area string) (all string) {
	for _, l := range p.report.Lines {
		if l.Area == area {
			all += l.Say + "\n"
		}
	}
	return all
}

// signs is the key that the audit log of the house is signed by.
func (p *patient) signs(t *testing.T) ed25519.PublicKey {
	t.Helper()
	keys, err := p.clinic.house.store.AuditKeys(t.Context())
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys: %v", len(keys), err)
	}
	return keys[0].Public
}

func (p *patient) saysNoSecret(t *testing.T) {
	t.Helper()
	var all bytes.Buffer
	if err := errors.Join(p.report.Print(&all), p.report.JSON(&all)); err != nil {
		t.Fatal(err)
	}
	key, _ := os.ReadFile(filepath.Join(p.data, "master.key"))
	for _, secret := range []string{p.token, strings.TrimSpace(string(key)), p.clinic.university.Service().Secret, "eyJ"} {
		if secret != "" && strings.Contains(all.String(), secret) {
			t.Errorf("a secret is printed: %.20s…", secret)
		}
	}
	var read struct {
		Lines []doctor.Line `json:"lines"`
		Mend  int           `json:"to_mend"`
	}
	_, text, _ := strings.Cut(all.String(), "to mend.\n")
	if err := json.Unmarshal([]byte(text), &read); err != nil || len(read.Lines) != len(p.report.Lines) || read.Mend != p.report.Count(doctor.Fail) {
		t.Errorf("as JSON: %v", err)
	}
}

func TestTheDoctorNamesEverySettingThatIsWrongAndStopsThere(t *testing.T) {
	t.Parallel()
	got := sendsikker("", "doctor", "--data", t.TempDir(), "--graph-large", "maybe", "--json")
	var read struct{ Lines []doctor.Line }
	if err := json.Unmarshal([]byte(got.out), &read); err != nil || got.status != 1 || !strings.Contains(got.err, "to be mended") {
		t.Fatalf("%v %+v", err, got)
	}
	found := map[string]bool{}
	for _, l := range read.Lines {
		name, _, _ := strings.Cut(l.Say, ":")
		found[name] = true
		if l.Fix == "" {
			t.Errorf("%+v", l)
		}
	}
	for _, name := range []string{"entra-tenant", "graph-large", "mail-domains", "tls-certificate"} {
		if !found[name] {
			t.Errorf("nothing of %s in %+v", name, read.Lines)
		}
	}
	// A token on the command line is not taken for one, and not repeated.
	if got := sendsikker("", "doctor", "--data", t.TempDir(), "--token", "eyJhbGciOi.secret.x"); got.status != 1 || strings.Contains(got.err+got.out, "secret") {
		t.Errorf("%+v", got)
	}
}
