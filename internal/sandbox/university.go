package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/directory"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

// Domains are the university's own mail domains.
func Domains() []string {
	return []string{"aau.example", "its.aau.example", "hr.aau.example", "studie.aau.example"}
}

// Mailbox is a function mailbox of the university, with its key.
type Mailbox struct {
	Address  string
	Name     string
	Identity *ca.Identity
	People   []string // object ids
	Groups   []string
	Programs []string // client ids

	Local, LocalGroups []string // who looks after it: object ids
}

// Recipient is somebody outside who may be written to.
type Recipient struct {
	Address  string
	Danish   string // what is special about them, for the one who tries the demo
	English  string
	Identity *ca.Identity // nil: has no certificate
	Older    *ca.Identity // what Identity renews, still valid and with another key; nil for nearly everybody

	// InDirectory: the certificate is in the directory and nowhere else. Nobody is to give it to the service beforehand.
	InDirectory bool
}

// University is the running pretend world.
type University struct {
	URL        string
	Entra      *entraid.Entra
	Tenant     entraid.Config
	Exchange   *exchange.Server
	Danish     *ca.Authority
	Foreign    *ca.Authority
	Stranger   *ca.Authority // nobody trusts it
	Directory  *directory.Server
	Mailboxes  []Mailbox
	Recipients []Recipient

	server *http.Server
	now    func() time.Time
}

// Options are what may differ between one world and another.
type Options struct {
	Listen string // on loopback; "" is any free port
	Now    func() time.Time
	Fast   bool // shorter keys: for tests

	Redirects []string // addresses that people may be sent back to after they have signed in

	MoreMailboxes int             // that the case-handling application may send as: sikkermail@enhed01.aau.example and on
	Chance        exchange.Chance // of bad weather in Exchange
	CallTime      time.Duration   // that Exchange takes for a call
}

// Open makes the world and serves it until Close.
func Open(ctx context.Context, o Options) (_ *University, err error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var settings net.ListenConfig
	listener, err := settings.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox: %w", err)
	}
	if host, _, _ := net.SplitHostPort(listener.Addr().String()); !net.ParseIP(host).IsLoopback() {
		return nil, errors.Join(errors.New("the sandbox lets everybody in: it listens on loopback only"), listener.Close())
	}
	u := &University{URL: "http://" + listener.Addr().String(), now: o.Now}
	defer func() {
		if err != nil {
			err = errors.Join(err, listener.Close())
		}
	}()
	if err := u.populate(o); err != nil {
		return nil, err
	}
	if u.Directory, err = directory.Open(ctx, directory.Options{Entries: u.entries()}); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/ca/dk/", http.StripPrefix("/ca/dk", u.Danish.Handler()))
	mux.Handle("/ca/int/", http.StripPrefix("/ca/int", u.Foreign.Handler()))
	mux.Handle("/ca/stranger/", http.StripPrefix("/ca/stranger", u.Stranger.Handler()))
	mux.Handle("/v1.0/", u.Exchange.Handler())
	mux.Handle("/upload/", u.Exchange.Handler())
	mux.Handle("/"+u.Tenant.Tenant+"/", u.Entra.Handler())
	u.pages(mux)
	u.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = u.server.Serve(listener) }()
	return u, nil
}

// Close ends it.
func (u *University) Close() error {
	u.Exchange.Close()
	return errors.Join(u.Directory.Close(), u.server.Close())
}

func (u *University) populate(o Options) (err error) {
	if err := u.authorities(o); err != nil {
		return err
	}
	if err := u.issue(o); err != nil {
		return err
	}
	u.Tenant = entraid.University()
	u.Tenant.Base, u.Tenant.Now, u.Tenant.Redirects = u.URL, o.Now, o.Redirects
	if u.Entra, err = entraid.New(u.Tenant); err != nil {
		return err
	}
	boxes := make([]exchange.Mailbox, len(u.Mailboxes))
	for i, m := range u.Mailboxes {
		boxes[i] = exchange.Mailbox{Address: m.Address, Name: m.Name}
	}
	u.Exchange, err = exchange.New(exchange.Config{
		Verify: u.Entra.VerifyGraphToken, Mailboxes: boxes, Domains: Domains(), Now: o.Now, SendDelay: 20 * time.Millisecond,
		Allowed: func(app, mailbox string) bool { return app == u.Tenant.API && u.isFunctionMailbox(mailbox) },
		Members: u.members, Chance: o.Chance, CallTime: o.CallTime, Directory: u.searchable(),
		ReadsDirectory: func(app string) bool { return app == u.Tenant.API },
	})
	return err
}

func (u *University) authorities(o Options) (err error) {
	at := func(path string) ca.Options { return ca.Options{BaseURL: u.URL + path, Now: o.Now, Fast: o.Fast} }
	if u.Danish, err = ca.NewDanish(at("/ca/dk")); err != nil {
		return err
	}
	if u.Foreign, err = ca.NewForeign(at("/ca/int")); err != nil {
		return err
	}
	strange := at("/ca/stranger")
	strange.Name = "Ukendt"
	u.Stranger, err = ca.NewForeign(strange)
	return err
}

func (u *University) isFunctionMailbox(address string) bool {
	for _, m := range u.Mailboxes {
		if strings.EqualFold(m.Address, address) {
			return true
		}
	}
	return false
}

// searchable is everybody that an administrator can find by name.
func (u *University) searchable() []exchange.Entry {
	var list []exchange.Entry
	for _, p := range u.Tenant.Personas {
		list = append(list, exchange.Entry{Kind: "user", ID: p.ID, Name: p.Name, Address: p.Address})
	}
	for n, name := range []string{"It-afdelingen, medarbejdere", "HR, sagsbehandlere", "Studieadministrationen"} {
		list = append(list, exchange.Entry{Kind: "group", ID: entraid.Group(n + 1), Name: name})
	}
	for _, a := range u.Tenant.Applications {
		list = append(list, exchange.Entry{Kind: "servicePrincipal", ID: a.ObjectID, AppID: a.ClientID, Name: a.Name})
	}
	return list
}

func (u *University) members(person string) []string {
	for _, p := range u.Tenant.Personas {
		if p.ID == person {
			return p.Groups
		}
	}
	return nil
}

// Persona finds an invented person by the first part of their address.
func (u *University) Persona(local string) (entraid.Persona, bool) {
	for _, p := range u.Tenant.Personas {
		if name, _, _ := strings.Cut(p.Address, "@"); name == local {
			return p, true
		}
	}
	return entraid.Persona{}, false
}

// Web is the registration that people sign in to the administrators' page with.
func (u *University) Web() entraid.Application { return u.Tenant.Applications[3] }

// Service is the program that proves itself to the sandbox's Graph.
func (u *University) Service() entraid.Application { return u.Tenant.Applications[0] }
