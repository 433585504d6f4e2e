package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"aau.dk/sendsikker/api/addin"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/submission"
)

const (
	// stopTime is how long running requests and jobs get to end. Kubernetes kills after 30 seconds unless told otherwise.
	stopTime = 25 * time.Second
	// headerTime and maxHeader end a caller who opens a connection and says little or too much. An Entra token with 200 groups
	// is about 9 KB.
	headerTime = 10 * time.Second
	maxHeader  = 64 << 10
	idleTime   = 2 * time.Minute
	// garbage is how much may lie about before it is collected, in percent of what is used (GOGC). Mails stream, so that little
	// is used: 20 mails of 100 MB at once take 26 MB of heap when it is collected as often as Go does by itself, which takes some
	// eight percent of the processors while mails are accepted; at this they take 54 MB (make load).
	garbage = 400
)

type serveCommand struct {
	config.Config `embed:""`
}

// Run serves until the program is told to stop.
func (c *serveCommand) Run(ctx context.Context, assets Assets) error {
	if os.Getenv("GOGC") == "" { // who runs it knows the machine better
		debug.SetGCPercent(garbage)
	}
	if err := c.Check(os.Getenv); err != nil {
		return fmt.Errorf("these settings need mending:\n%w", err)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level(c.Log)}))
	w, err := c.wiring(assets, log)
	if err != nil {
		return err
	}
	if _, err := w.checkedManifest(); err != nil {
		return err
	}
	s, err := wire(ctx, w)
	if err != nil {
		return err
	}
	listener, err := c.listen(ctx)
	if err != nil {
		return errors.Join(err, s.close())
	}
	log.Info("serving", "address", listener.Addr().String(), "version", version())
	return s.serve(ctx, listener)
}

func (c *serveCommand) wiring(assets Assets, log *slog.Logger) (wiring, error) {
	finding, err := findingFrom(c.Finding)
	if err != nil {
		return wiring{}, fmt.Errorf("these settings need mending:\n%w", err)
	}
	secret := c.Graph.Secret.Reveal
	credential, err := entra.NewCredential(entra.CredentialConfig{
		Method: entra.Method(c.Graph.Credential), Tenant: c.Entra.Tenant, Client: c.Graph.ClientID, Authority: c.Entra.Authority,
		Identity: managedIdentity(c.Config), CertificateFile: c.Graph.CertificateFile, Secret: secret,
	})
	if err != nil {
		return wiring{}, fmt.Errorf("graph-credential: %w", err)
	}
	large, largest := graph.LargeRefuse, int64(c.Graph.MaxMegabytes)*1_000_000
	var direct *submission.Client
	switch c.Graph.Large {
	case "upload":
		large = graph.LargeUpload
	case "smtp":
		if direct, err = submission.New(submission.Options{Address: c.Graph.SMTP, Credential: credential, MaxMessage: largest, Now: time.Now}); err != nil {
			return wiring{}, fmt.Errorf("graph-smtp: %w", err)
		}
	}
	limits := sending.DefaultLimits()
	limits.PerMinute, limits.Recipients = c.Sending.PerMinute, c.Sending.RecipientsPerDay
	return wiring{
		Assets: assets, Database: c.Database(), Spool: c.Spool(), MasterKey: c.MasterKey(), Devices: devicesFrom(c.Storage),
		Entra: entra.Config{
			Tenant: c.Entra.Tenant, Audience: c.Entra.Audience, Clients: c.Entra.Clients, Scope: c.Entra.Scope, Role: c.Entra.Role,
			Authority: c.Entra.Authority,
		},
		Credential: credential, GraphURL: c.Graph.URL, GraphLarge: large, Domains: c.Mail.Domains,
		Encryption: smime.Rule(c.Mail.Encryption), Headers: sending.HeaderRule(c.Mail.Headers), OuterSubject: c.Mail.OuterSubject,
		Finding: finding, AdminRole: c.Entra.AdminRole, AuditorRole: c.Entra.AuditorRole, SignIn: signInSettings(c.Config), Organisation: c.Organisation, PublicURL: c.PublicURL, Callers: callerLimitsFrom(c.Config),
		AddIn: addInSettings{
			ClientID: addInClient(c.AddIn, c.Entra.Clients), Authority: c.Entra.Authority + "/" + c.Entra.Tenant, SupportURL: c.AddIn.SupportURL,
			Version: c.AddIn.Version, Office: c.AddIn.Office, Ancestors: c.AddIn.FrameAncestors,
			Rules: addin.Rules{CPR: c.AddIn.CPR, Marked: c.AddIn.Marked, Channel: c.AddIn.Channel},
		},
		Timing: sending.DefaultTiming(), Limits: limits, Backlog: c.Sending.Backlog, Keep: time.Duration(c.Sending.KeepDays) * 24 * time.Hour, KeepAudit: time.Duration(c.Audit.KeepDays) * 24 * time.Hour,
		MaxMessage: largest, Submission: direct, Workers: c.Workers, Drain: c.Drain, Now: time.Now, Log: log,
	}, nil
}

// managedIdentity is the client id of a user-assigned identity; none is the machine's own.
func managedIdentity(c config.Config) string {
	if c.Graph.Credential == "managed-identity" {
		return c.Graph.ClientID
	}
	return ""
}

func (c *serveCommand) listen(ctx context.Context) (net.Listener, error) {
	var settings net.ListenConfig
	listener, err := settings.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if c.TLS.Proxy {
		return listener, nil
	}
	pair, err := newReloadingPair(c.TLS.Certificate, c.TLS.Key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tls-certificate: %w", err), listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// server ends whoever says nothing, or too much. How long a body and an answer may take depends on the call: package api.
func (s *service) server() *http.Server {
	return &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// serve runs until ctx ends: then no new requests, the running ones end, jobs end or are handed back.
func (s *service) serve(ctx context.Context, listener net.Listener) error {
	// The workers outlive ctx: they are stopped after the last request, not with the first signal.
	if err := s.start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, listener.Close(), s.close())
	}
	server := s.server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	// First no load balancer may think of us any more, then nobody is let in: a request that comes in between is answered.
	s.leaving.Store(true)
	server.SetKeepAlivesEnabled(false)
	s.log.Info("stopping", "after", s.drain)
	if err == nil {
		time.Sleep(s.drain)
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(stopTime-s.drain, stopTime/2))
	defer cancel()
	err = errors.Join(err, server.Shutdown(within))
	return errors.Join(err, s.stop(within))
}

func level(name string) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(name)) // checked with the other settings; info otherwise
	return l
}
