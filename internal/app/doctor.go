package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/doctor"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
)

type doctorCommand struct {
	Check doctorCheck `cmd:"" default:"withargs" help:"Look at everything, line by line: settings, storage, certificates, Entra, Graph and its limits, mailboxes, directories, the add-in."`
	Large doctorLarge `cmd:"" help:"Prove that large sealed mail arrives as it was sent, by the way that the settings choose."`
}

type doctorCheck struct {
	config.Config
	Outside string `env:"-" help:"A mailbox of the organisation that the service must not reach, such as your own: proves that Exchange's scope holds." placeholder:"ADDRESS"`
	Token   string `env:"-" help:"File with an access token that somebody's program holds for this API, or - for standard input. It is decoded and checked, and never printed." placeholder:"FILE"`
	JSON    bool   `env:"-" name:"json" help:"Print the report as JSON."`
}

// Help is shown by --help.
func (doctorCheck) Help() string {
	return "Run it on the machine of the service, as its user and with its settings, while the service runs. It changes nothing: it writes a test object into the spool and removes it, and sends no mail. " +
		"Each line that is not well says how it is mended. The exit status is 0 where nothing is to be mended, else 1."
}

// maxTokenFile is more than any token.
const maxTokenFile = 64 << 10

// Run looks at everything.
func (c *doctorCheck) Run(ctx context.Context, console console, assets Assets) error {
	var report doctor.Report
	token, err := c.token(console.in)
	if err != nil {
		return err
	}
	if err := c.examine(ctx, &report, assets, token); err != nil {
		return err
	}
	write := report.Print
	if c.JSON {
		write = report.JSON
	}
	if err := write(console.out); err != nil {
		return err
	}
	if n := report.Count(doctor.Fail); n > 0 {
		return fmt.Errorf("%d things are to be mended", n)
	}
	return nil
}

func (c *doctorCheck) token(in io.Reader) (string, error) {
	if c.Token == "" {
		return "", nil
	}
	if c.Token != "-" {
		f, err := os.Open(c.Token)
		if err != nil {
			return "", fmt.Errorf("--token wants a file with the token in it: %w", errors.Unwrap(err)) // what was given may be the token itself
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxTokenFile))
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(text)), "Bearer ")), err
}

func (c *doctorCheck) examine(ctx context.Context, report *doctor.Report, assets Assets, token string) error {
	if err := c.Check(os.Getenv); err != nil {
		for line := range strings.Lines(err.Error()) {
			report.Fail("settings", "Mend it in the file, the variable or the flag; 'sendsikker serve --help' explains each.", "%s.", strings.TrimSpace(line))
		}
		report.Warn("everything else", "Mend the settings, and run the doctor again.", "Nothing else was looked at.")
		return nil
	}
	serve := serveCommand{Config: c.Config}
	w, err := serve.wiring(assets, slog.New(slog.DiscardHandler))
	if err != nil {
		report.Fail("settings", "Mend it in the file, the variable or the flag.", "%v.", err)
		report.Warn("everything else", "Mend the settings, and run the doctor again.", "Nothing else was looked at.")
		return nil
	}
	report.OK("settings", "Complete, and nothing contradicts itself.")
	e := &examination{
		report: report, wiring: w, sender: c.Graph.ClientID, outside: c.Outside, token: token,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	if !c.TLS.Proxy {
		e.certificate, e.key = c.TLS.Certificate, c.TLS.Key
	}
	e.run(ctx)
	return nil
}

// examination is one visit of the doctor.
type examination struct {
	report           *doctor.Report
	wiring           wiring
	certificate, key string // of HTTPS; "" where a proxy does it
	sender           string // client id of who sends; "" is whoever the machine is
	outside          string // a mailbox that must be refused
	token            string // of a caller
	client           *http.Client
	roots            *x509.CertPool // nil: the machine's
}

func (e *examination) run(ctx context.Context) {
	now := e.wiring.Now()
	var leaf *x509.Certificate
	if e.certificate != "" {
		leaf = doctor.Certificate(e.report, e.certificate, e.key, e.wiring.PublicURL, e.roots, now)
	}
	doctor.Public(ctx, e.report, e.wiring.PublicURL, leaf, e.roots, now)
	e.storage(ctx) // with all that lies in it: queue, audit, mailboxes
	e.entra(ctx)
	e.addIn(ctx)
}

func (e *examination) entra(ctx context.Context) {
	w := e.wiring
	tenant := doctor.Tenant{Client: e.client, Authority: w.Entra.Authority, ID: w.Entra.Tenant, Now: w.Now}
	if tenant.Discovery(ctx, e.report) {
		base := strings.TrimSuffix(w.PublicURL, "/")
		_, host, _ := strings.Cut(base, "://")
		tenant.Redirects(ctx, e.report, doctor.Registration{
			Name: "the add-in's app registration", Platform: "single-page application", Setting: "addin.client-id",
			Client: w.AddIn.ClientID, Scope: "api://" + w.Entra.Audience + "/" + w.Entra.Scope,
		}, "brk-multihub://"+host, base+"/addin/signin.html")
		if w.SignIn == nil {
			e.report.Warn("redirect addresses", "Set entra.web-client-id, and web-certificate-file or web-secret-file, if there is to be one.", "There is no administrators' page, and so no address for it.")
		} else {
			tenant.Redirects(ctx, e.report, doctor.Registration{
				Name: "the app registration of the administrators' page", Platform: "Web", Setting: "entra.web-client-id", Client: w.SignIn.Client, Scope: "openid",
			}, base+frame.AnswerPath)
		}
		e.ownAPIToken(ctx)
	}
	e.graphToken(ctx)
	if e.token == "" {
		return
	}
	want := doctor.Expected{Tenant: w.Entra.Tenant, Audience: w.Entra.Audience, Scope: w.Entra.Scope, Role: w.Entra.Role, Clients: w.Entra.Clients}
	doctor.APIToken(e.report, e.token, want, w.Now())
	verifier, err := entra.NewVerifier(w.Entra)
	if err == nil {
		_, err = verifier.Verify(ctx, e.token)
	}
	if err != nil {
		e.report.Fail("caller's token", "Mend what the lines above say; where they say nothing, the token was altered or is not Entra's.", "The service refuses it: %s (%s).", fault.From(err).Say.EN, fault.From(err).Code)
		return
	}
	e.report.OK("caller's token", "The service takes it.")
}

// ownAPIToken asks for one for our own API, to see which version its registration makes.
func (e *examination) ownAPIToken(ctx context.Context) {
	const area = "api registration"
	w := e.wiring
	token, err := w.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{w.Entra.Audience + "/.default"}})
	if err != nil {
		e.report.Warn(area, "If entra.audience is right and the registration demands assignment of users, give a real token with --token instead.", "Entra gives the sender no token for this API, so its version could not be seen.")
		return
	}
	claims, err := doctor.Decode(token.Token)
	switch {
	case err != nil:
		e.report.Warn(area, "Give a real token with --token.", "The token for this API: %v.", err)
	case claims.Version != "2.0" || claims.Audience != w.Entra.Audience:
		e.report.Fail(area, `In the manifest of the API's app registration set "requestedAccessTokenVersion": 2.`, "It makes tokens of version %q for %q; the service takes version 2.0 for %s alone.", claims.Version, claims.Audience, w.Entra.Audience)
	default:
		e.report.OK(area, "It makes tokens of version 2.0.")
	}
}

func (e *examination) graphToken(ctx context.Context) {
	scope := "https://graph.microsoft.com/.default"
	token, err := e.wiring.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		// The library's words hold ids and dates of Entra's, and no secret; but they are a page long.
		e.report.Fail("rights in Entra", "Look at graph.credential: an expired secret or certificate, a federated identity that names another service account, or a client id of another tenant.", "Entra gives no token for Microsoft Graph.")
		return
	}
	doctor.GraphToken(e.report, token.Token, e.wiring.Entra.Tenant, e.sender)
}

func (e *examination) addIn(ctx context.Context) {
	ours, err := e.wiring.manifest()
	if err != nil {
		e.report.Fail("add-in's manifest", "Mend the settings that it names.", "It cannot be made: %v.", err)
		return
	}
	doctor.AddIn(ctx, e.report, e.client, e.wiring.PublicURL, ours)
}

// howLong is a time for people.
func howLong(d time.Duration) string {
	if d < 48*time.Hour {
		return d.Round(time.Minute).String()
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
