package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/addin"
	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs/directory"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/manifest"
	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

type demoCommand struct {
	Listen  string   `default:"127.0.0.1:8080" help:"Address of the service, on loopback." placeholder:"ADDR"`
	Sandbox string   `default:"127.0.0.1:8081" help:"Address of the pretend university, on loopback." placeholder:"ADDR"`
	Data    string   `help:"Keep the service's data in this folder instead of a temporary one." type:"path" placeholder:"DIR"`
	Once    bool     `help:"Send one mail, write what came out of it, and stop."`
	Send    string   `help:"With --once: the mail to send, an RFC 822 file." type:"existingfile" placeholder:"FILE"`
	To      []string `help:"With --once: a recipient. Repeat for several. Without it, those in the mail." placeholder:"ADDRESS"`
	Mailbox string   `default:"sikkermail@its.aau.example" help:"With --once: the function mailbox to send as." placeholder:"ADDRESS"`
	Out     string   `help:"With --once: folder for what came out of it." type:"path" placeholder:"DIR"`
}

// Validate is called by kong.
func (c *demoCommand) Validate() error {
	if c.Once != (c.Send != "") || c.Once != (c.Out != "") {
		return errors.New("--once, --send and --out belong together")
	}
	if !c.Once && len(c.To) > 0 {
		return errors.New("--to needs --once")
	}
	return nil
}

// world is the pretend university with our service in it.
type world struct {
	university *sandbox.University
	service    *service
	listener   net.Listener
	data       string
	temporary  bool
	undo       time.Duration // that the mailboxes give
	new        bool          // nobody has used it, but for the history that it was given
}

// Run starts the pretend university and the service, and either waits to be stopped or sends one mail.
func (c *demoCommand) Run(ctx context.Context, assets Assets) error {
	listen, where := c.Listen, c.Sandbox
	if c.Once {
		listen, where = "127.0.0.1:0", "" // any free port: nobody needs to know it
	}
	undo := mailbox.DefaultUndo
	if c.Once {
		undo = 0 // nobody is there to change their mind
	}
	w, err := openWorld(ctx, worldOptions{
		assets: assets, listen: listen, sandbox: where, data: c.Data, log: demoLog(c.Once), limits: sending.DefaultLimits(), undo: undo, past: !c.Once,
	})
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- w.service.serve(serving, w.listener) }()
	if c.Once {
		err = c.sendOnce(ctx, w)
	} else {
		w.welcome(os.Stdout)
		if w.new {
			err = w.today(ctx)
		}
		if err == nil {
			<-ctx.Done()
		}
	}
	stop()
	return errors.Join(err, <-served, w.close())
}

// demoLog keeps the log out of the way of what the demo prints: to a file is not needed, to standard error it is.
func demoLog(quiet bool) *slog.Logger {
	least := slog.LevelInfo
	if quiet {
		least = slog.LevelError
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: least}))
}

type worldOptions struct {
	assets          Assets
	listen, sandbox string
	data            string
	fast            bool
	log             *slog.Logger
	timing          sending.Timing
	limits          store.Limits
	undo            time.Duration // of every mailbox
	past            bool          // the university has used it for a while already
	signIn          string        // where browsers reach the pretend Entra ID; "" is where it is
	now             func() time.Time
}

// demoTiming looks quickly: the pretend Exchange has no queue to wait for.
func demoTiming() sending.Timing {
	return sending.Timing{LookPause: time.Second, GraceLooks: 2, MaxLooks: 5}
}

func openWorld(ctx context.Context, o worldOptions) (_ *world, err error) {
	w := &world{data: o.data, undo: o.undo}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if o.now == nil {
		o.now = time.Now
	}
	if o.timing == (sending.Timing{}) {
		o.timing = demoTiming()
	}
	if w.university, err = sandbox.Open(ctx, sandbox.Options{Listen: o.sandbox, Fast: o.fast, Now: o.now}); err != nil {
		return nil, err
	}
	if w.data == "" {
		if w.data, err = os.MkdirTemp("", "sendsikker-demo-"); err != nil {
			return nil, err
		}
		w.temporary = true
	}
	// Before the service, which writes into the add-in where it is.
	var settings net.ListenConfig
	if w.listener, err = settings.Listen(ctx, "tcp", o.listen); err != nil {
		return nil, err
	}
	if host, _, _ := net.SplitHostPort(w.listener.Addr().String()); !net.ParseIP(host).IsLoopback() {
		return nil, errors.New("the demo lets everybody in: it listens on loopback only")
	}
	plan := w.wiring(o)
	plan.PublicURL = w.url()
	w.university.Entra.AllowRedirect(w.url() + frame.AnswerPath)
	if w.service, err = wire(ctx, plan); err != nil {
		return nil, err
	}
	w.service.handler = w.university.Outlook(w.service.handler)
	w.university.Entra.AllowRedirect(w.url() + "/addin/signin.html")
	entries, _, _, err := w.service.store.AuditLog(ctx)
	if err != nil {
		return nil, err
	}
	began := o.now()
	if w.new = o.past && entries == 0; w.new {
		began = began.AddDate(0, 0, -pastDays-1)
	}
	if err := w.furnish(ctx, began); err != nil {
		return nil, err
	}
	if w.new {
		if err := w.remember(ctx, plan.Database, o.now()); err != nil {
			return nil, fmt.Errorf("the history: %w", err)
		}
	}
	return w, nil
}

// wiring is the service as ever, with the pretend university in the place of the real one.
func (w *world) wiring(o worldOptions) wiring {
	u := w.university
	signIn := o.signIn
	if signIn == "" {
		signIn = u.Entra.Authority()
	}
	return wiring{
		Assets: o.assets, Database: filepath.Join(w.data, "sendsikker.db"), Spool: filepath.Join(w.data, "spool"),
		MasterKey: filepath.Join(w.data, "master.key"),
		Entra: entra.Config{
			Tenant: u.Tenant.Tenant, Audience: u.Tenant.API, Clients: []string{u.Tenant.AddIn}, Scope: u.Tenant.Scope, Role: u.Tenant.Role,
			Authority: u.Entra.Authority(), Now: o.now,
		},
		Credential: u.Entra.Credential(u.Service()), GraphURL: u.URL + "/v1.0", GraphLarge: graph.LargeUpload, UploadHosts: []string{"127.0.0.1"},
		Domains: sandbox.Domains(), Encryption: smime.RuleAuto, Headers: sending.SignHeaders,
		Finding: finding{
			Profiles: []trust.Profile{
				{Name: "sandbox-dk", Roots: []*x509.Certificate{u.Danish.Root()}, Intermediates: u.Danish.Intermediates()},
				{Name: "sandbox-int", Roots: []*x509.Certificate{u.Foreign.Root()}, Intermediates: u.Foreign.Intermediates()},
			},
			Loopback: true, FetchIssuers: true, Lists: filepath.Join(w.data, "lists"), Deadline: 10 * time.Second,
			Directories: []directory.Config{{
				Name: "region", Host: u.Directory.Address(), TLS: directory.Off, Base: "c=dk", Timeout: 2 * time.Second,
			}},
		},
		AdminRole: "SendSikker.Administrator", AuditorRole: "SendSikker.Auditor",
		SignIn: &entra.SignInConfig{
			Tenant: u.Tenant.Tenant, Client: u.Web().ClientID, Authority: u.Entra.Authority(), Secret: func() string { return u.Web().Secret },
		},
		Organisation: "Universitetet Eksempel",
		// The pretend Outlook is a page of the same origin: it brings its own office.js, and frames the pane.
		PublicURL: "http://127.0.0.1", AddIn: addInSettings{
			ClientID: u.Tenant.AddIn, Authority: signIn + "/" + u.Tenant.Tenant, Version: manifest.FirstVersion,
			Office: "/outlook/office.js", Ancestors: []string{"'self'"}, Rules: addin.Rules{CPR: "block", Marked: "block", Channel: "ask"},
		},
		Timing: o.timing, Limits: o.limits, Keep: 0, Workers: 4, Now: o.now, Log: o.log,
	}
}

// furnish does what an administrator would do on the first day.
func (w *world) furnish(ctx context.Context, began time.Time) error {
	actor := audit.Actor{Kind: "system", ID: "demo"}
	admin := mailbox.Admin{Store: w.service.store, Keeper: w.service.keeper, Devices: w.service.devices, Now: func() time.Time { return began }, Actor: actor}
	for _, m := range w.university.Mailboxes {
		signer := m.Identity
		err := admin.Put(ctx, mailbox.New{Address: m.Address, Name: m.Name, Certificate: signer.Certificate, Chain: signer.Chain, Key: signer.Key, Undo: w.undo,
			Accept: []string{string(trust.UnknownIssuer), string(trust.WrongAddress)}}) // by the service's own authorities, which are asked later
		if err != nil {
			return err
		}
		for kind, subjects := range map[string][]string{"person": m.People, "group": m.Groups, "application": m.Programs} {
			for _, subject := range subjects {
				if err := admin.Grant(ctx, m.Address, store.Grant{Kind: kind, Subject: subject}); err != nil {
					return err
				}
			}
		}
		for kind, subjects := range map[string][]string{"person": m.Local, "group": m.LocalGroups} {
			for _, subject := range subjects {
				if err := admin.Appoint(ctx, m.Address, kind, subject); err != nil {
					return err
				}
			}
		}
	}
	for _, r := range w.university.Recipients {
		if r.Identity == nil || r.InDirectory {
			continue
		}
		// Not through the shelf, which does not take what can never be used: a visitor should see what becomes of it.
		print := trust.Fingerprint(r.Identity.Certificate)
		err := w.service.store.PutPinned(ctx, store.Certificate{
			ID: uuid.Must(uuid.NewV7()).String(), Subject: r.Address, Fingerprint: print, DER: r.Identity.Certificate.Raw,
		}, audit.Entry{At: began, Actor: actor, Action: audit.CertificatePut, Detail: map[string]string{"for": r.Address, "certificate": print}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) close() error {
	var err error
	if w.listener != nil {
		_ = w.listener.Close() // the server has done it already when it ran
	}
	if w.service != nil {
		err = w.service.close()
	}
	if w.university != nil {
		err = errors.Join(err, w.university.Close())
	}
	if w.temporary {
		err = errors.Join(err, os.RemoveAll(w.data))
	}
	return err
}

func (w *world) url() string { return "http://" + w.listener.Addr().String() }

// welcome tells a visitor what there is to see and to try.
func (w *world) welcome(out io.Writer) {
	u := w.university
	anna, _ := u.Persona("anna")
	keys := filepath.Join(w.data, "keys")
	if err := writeKeys(u, keys, addressesOf(u)); err != nil {
		keys = "(could not be written: " + err.Error() + ")"
	}
	_, _ = fmt.Fprintf(out, `
Send sikker: a demo on this machine alone. Everybody in it is invented.

  Write a mail in Outlook    %[2]s/outlook
  Look into the mailboxes    %[1]s
  Certificates for partners  %[2]s/certificates
  The administrators' page   %[2]s/admin/   (sign in as Iben, who administers; Jonna, who audits; David or Åse, who look after a mailbox)
  The service                %[2]s   (openapi.yaml, healthz, readyz, metrics)
  Data folder                %[3]s
  The recipients' keys       %[4]s

Send a mail as %[5]s (the token lasts about an hour):

  TOKEN='%[6]s'

  curl -sS %[2]s/v1/messages -H "Authorization: Bearer $TOKEN" \
    -F 'draft={"mailbox":"sikkermail@its.aau.example","to":[{"address":"bo@partner.example"}],"subject":"Hej Bo","body":{"text":"Fortroligt."}};type=application/json'

Ask how it would go before it is sent: who cannot be reached, and who else there can; and, once somebody at region.example has been
written to, that regi0n.example is not the same:

  curl -sS %[2]s/v1/preflight -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"to":[{"address":"nocert@partner.example"},{"address":"sikkerpost@regi0n.example"}]}'

See why a certificate is used, while its owner changes keys:

  curl -sS %[2]s/v1/recipients/skifter@partner.example -H "Authorization: Bearer $TOKEN"

Ctrl-C stops it%[7]s.
`, u.URL, w.url(), w.data, keys, anna.Name, u.Entra.IssueUser(anna), map[bool]string{true: " and removes the data folder", false: ""}[w.temporary])
}
