package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"aau.dk/sendsikker/api"
	"aau.dk/sendsikker/api/partners"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/submission"
)

// wiring is what differs between one service and another: where things are, and whom it trusts.
type wiring struct {
	Assets       Assets
	Database     string
	Spool        string
	MasterKey    string // as keeper.Source has it
	Devices      deviceSettings
	Entra        entra.Config
	Credential   azcore.TokenCredential
	GraphURL     string
	GraphLarge   graph.LargeMode
	MaxMessage   int64              // of a large sealed copy; 0 is the way's own
	Submission   *submission.Client // what sends large copies; nil: Graph does, or nobody
	UploadHosts  []string           // nil is Microsoft's
	Domains      []string
	Encryption   smime.Rule
	Headers      sending.HeaderRule
	OuterSubject string
	Finding      finding
	AdminRole    string
	AuditorRole  string
	SignIn       *entra.SignInConfig // to the administrators' page; nil: there is none. Its Redirect is set here
	Organisation string
	PublicURL    string
	AddIn        addInSettings
	Extra        map[string]http.Handler // by path: what is served beside the API
	Callers      callerLimits
	Timing       sending.Timing
	Limits       store.Limits
	Backlog      time.Duration
	Keep         time.Duration
	KeepAudit    time.Duration
	Workers      int
	Rescue       time.Duration // 0 is the queue's own
	Drain        time.Duration // between not being ready and letting nobody in
	Now          func() time.Time
	Log          *slog.Logger
}

// service is the running program, less its listener.
type service struct {
	handler http.Handler
	store   *store.Store
	keeper  *keeper.Keeper
	devices *devices
	sending *sending.Service
	ledger  *ledger.Ledger
	finders *finders
	workers int
	rescue  time.Duration
	drain   time.Duration
	now     func() time.Time
	leaving atomic.Bool // it is about to stop: not ready for anything new
	log     *slog.Logger
	queue   *store.Queue
	closers []func() error
}

// scrapes of the figures are answered at a time, the others with 503: each asks the database, and anybody who reaches us may ask.
const scrapes = 3

// wire opens everything. It uses no network: a service that cannot reach Microsoft starts, says so in /readyz, and recovers.
func wire(ctx context.Context, w wiring) (_ *service, err error) {
	s := &service{workers: w.Workers, rescue: w.Rescue, drain: w.Drain, now: w.Now, log: w.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.store, s.keeper, err = openVault(ctx, w.Database, w.MasterKey, w.Now); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.store.Close, s.keeper.Close)
	if s.devices, err = w.Devices.open(); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.devices.close)
	box, err := spool.Open(ctx, w.Spool)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, box.Close)

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	measure, err := newMeasures(registry, s.store, w.Now)
	if err != nil {
		return nil, err
	}
	verifier, err := entra.NewVerifier(w.Entra)
	if err != nil {
		return nil, fmt.Errorf("checking callers' tokens: %w", err)
	}
	outlook, err := w.outlook(measure.graph)
	if err != nil {
		return nil, err
	}
	mailboxes := mailbox.NewRegistry(mailbox.Deps{Store: s.store, Keeper: s.keeper, Devices: s.devices, Directory: outlook, Now: w.Now})
	if s.finders, err = w.Finding.open(s.store, ownSource{s.store}, w.Now, w.Log); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.finders.close)
	if err := s.finders.shelf.Reload(ctx); err != nil {
		return nil, fmt.Errorf("reading the approved authorities: %w", err)
	}
	s.sending = sending.New(sending.Deps{
		Mailboxes: mailboxes, Certificates: s.finders.finder, Policy: route.NewPolicy(w.Domains),
		Encryption: w.Encryption, Headers: w.Headers, OuterSubject: w.OuterSubject,
		Store: s.store, Spool: box, Keeper: s.keeper, Post: post{client: outlook, large: w.Submission}, Timing: w.Timing, Limits: w.Limits, Backlog: w.Backlog, Keep: w.Keep,
		Now: w.Now, Log: w.Log, Ended: measure.ended,
	})
	s.ledger = ledger.New(ledger.Deps{Store: s.store, Keeper: s.keeper, KeepDetails: w.Keep, KeepRows: w.KeepAudit, Now: w.Now, Log: w.Log})
	parts := []api.Part{{Name: "program", Ready: s.staying}, {Name: "database", Ready: s.store.Ready}, {Name: "spool", Ready: box.Ready}, {Name: "graph", Ready: outlook.Ready}}
	limits, err := w.Callers.open(registry, w.Now, w.Log)
	if err != nil {
		return nil, fmt.Errorf("the limits of callers: %w", err)
	}
	pages, err := w.adminPage(s, outlook, mailboxes, limits, parts)
	if err != nil {
		return nil, fmt.Errorf("the administrators' page: %w", err)
	}
	office, err := w.addIn()
	if err != nil {
		return nil, fmt.Errorf("the add-in: %w", err)
	}
	handler, err := api.New(api.Deps{
		Contract: w.Assets.Contract, AddIn: office, Verifier: verifier, AdminRole: w.AdminRole, AuditorRole: w.AuditorRole, Audit: s.ledger, Mailboxes: mailboxes, Sending: s.sending, Certificates: s.finders.shelf,
		Partners: partners.New(partners.Deps{
			Mailboxes: mailboxes, Organisation: w.Organisation, PublicURL: w.PublicURL, Now: w.Now, Log: w.Log,
		}),
		Limits: limits, MaxMessage: outlook.MaxMessage(), Now: w.Now,
		Parts: parts, Admin: pages,
		Metrics:  promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes}),
		Registry: registry, Log: w.Log,
	})
	if err != nil {
		return nil, err
	}
	s.handler = mounted(handler, w.Extra)
	return s, nil
}

// start puts the workers on.
func (s *service) start(ctx context.Context) (err error) {
	s.queue, err = s.store.StartQueue(ctx, store.Handlers{
		Deliver: s.sending.Deliver, GiveUp: s.sending.GiveUp, Notice: s.sending.Notify, NoticeAgain: s.sending.NotifyAgain, Nightly: s.nightly, Tidy: s.sending.Tidy, Audit: s.ledger.Keep,
	}, store.QueueOptions{Workers: s.workers, Rescue: s.rescue, Log: s.log})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var wait sync.WaitGroup
		wait.Go(func() { s.finders.run(ctx, s.log) })
		wait.Go(func() { every(ctx, reloadEvery, s.switchKeys) })
		wait.Wait()
	}()
	s.closers = append(s.closers, func() error { cancel(); <-ended; return nil })
	return nil
}

// staying is not ready when the program is about to stop.
func (s *service) staying(context.Context) error {
	if s.leaving.Load() {
		return errors.New("the program is about to stop")
	}
	return nil
}

// nightly looks at every stored certificate again, and forgets who is no longer signed in.
func (s *service) nightly(ctx context.Context) error {
	_, err := s.finders.shelf.Recheck(ctx)
	return errors.Join(err, s.store.DeleteExpiredSessions(ctx))
}

// close lets go of everything, the last opened first. Workers get until ctx's end elsewhere: see stop.
func (s *service) close() error {
	var err error
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i]())
	}
	s.closers = nil
	return err
}

// stop lets running jobs finish, hands the others back, and closes everything.
func (s *service) stop(ctx context.Context) error {
	var err error
	if s.queue != nil {
		err = s.queue.Stop(ctx)
	}
	return errors.Join(err, s.close())
}
