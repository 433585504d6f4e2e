package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/api/limit"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// Verifier proves who a token belongs to.
type Verifier interface {
	Verify(ctx context.Context, token string) (entra.Caller, error)
}

// Mailboxes lists what a caller may send as.
type Mailboxes interface {
	Usable(ctx context.Context, c mailbox.Caller) ([]mailbox.Mailbox, error)
}

// Sending is the use case.
type Sending interface {
	Preflight(ctx context.Context, c mailbox.Caller, d *draft.Draft) (sending.Preflight, error)
	Submit(ctx context.Context, s sending.Submission) (sending.Accepted, error)
	Message(ctx context.Context, c mailbox.Caller, id string) (sending.Message, error)
	Messages(ctx context.Context, c mailbox.Caller, q store.MessageQuery) ([]sending.Message, error)
	Cancel(ctx context.Context, c mailbox.Caller, id string) error
	Events(ctx context.Context, c mailbox.Caller, id string, after int) (events []store.Event, ended bool, err error)
	Doubts(ctx context.Context) ([]sending.Doubt, error)
	Resolve(ctx context.Context, c mailbox.Caller, deliveryID string, arrived bool) error
	Recipient(ctx context.Context, address string) (sending.Known, error)
	Room(p sending.Plan) int64
}

// Certificates is the recipients' certificates that administrators look after.
type Certificates interface {
	Pin(ctx context.Context, actor audit.Actor, p shelf.Pinning) (shelf.Entry, trust.Verdict, error)
	List(ctx context.Context, q store.CertificateQuery) ([]shelf.Entry, error)
	Delete(ctx context.Context, actor audit.Actor, id string) error
	Approve(ctx context.Context, actor audit.Actor, id string, how shelf.Trust) (shelf.Entry, error)
	Authorities(ctx context.Context) ([]shelf.Authority, error)
	TrustAuthority(ctx context.Context, actor audit.Actor, file []byte) error
	DistrustAuthority(ctx context.Context, actor audit.Actor, fingerprint string) error
}

// Audit is the log that administrators and auditors read.
type Audit interface {
	Export(ctx context.Context, actor audit.Actor, to io.Writer, format ledger.Format, s ledger.Selection) error
}

// AddIn is the Outlook add-in's files. Serve answers with one; false is that there is no such file, and nothing was written.
type AddIn interface {
	Serve(w http.ResponseWriter, r *http.Request) bool
	Policy(path string) string // the content security policy of the page there
}

// Admin is the administrators' web page. Pattern is what the log calls a path of it: a real one may hold what no log should.
type Admin interface {
	http.Handler
	Pattern(r *http.Request) string
}

// Part is something the service cannot do without.
type Part struct {
	Name  string
	Ready func(ctx context.Context) error
}

// Deps is all that the edge needs.
type Deps struct {
	Contract     []byte // openapi.yaml
	Verifier     Verifier
	AdminRole    string // app role of administrators; "" is nobody
	AuditorRole  string // of those who read the audit log
	Mailboxes    Mailboxes
	Sending      Sending
	Certificates Certificates
	Audit        Audit
	Partners     http.Handler // the public page of our mailboxes' certificates
	AddIn        AddIn
	Admin        Admin // nil: there is none
	Limits       *limit.Limiter
	MaxMessage   int64 // of a sealed copy
	Parts        []Part
	Metrics      http.Handler
	Registry     prometheus.Registerer
	Now          func() time.Time
	Log          *slog.Logger
}

// adminPath is where the administrators' page is, and everything below it.
const adminPath = "/admin"

type server struct {
	Deps
	document *openapi3.T
	router   routers.Router
	looks    singleflight.Group // of /readyz
	streams  *seats             // of those who watch
	uploads  *seats             // of those who send
	exports  chan struct{}      // places for those who fetch the audit log
}

// New builds the handler for every path of the contract.
func New(d Deps) (http.Handler, error) {
	document, err := openapi3.NewLoader().LoadFromData(d.Contract)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	s := &server{Deps: d, document: document, router: router, streams: newSeats(maxStreams, maxStreamsEach), uploads: newSeats(maxUploads, maxUploadsEach), exports: make(chan struct{}, maxExports)}
	observe, err := newObserver(d.Registry)
	if err != nil {
		return nil, err
	}

	// Every route on one screen. Those of the contract's operations are in contract.HandlerFromMux.
	root := chi.NewRouter()
	root.Use(requestID, d.Limits.Address, hurried, s.logged(observe), s.recovered, secured)
	root.NotFound(s.noSuchCall) // a method that chi does not know gets no further
	root.MethodNotAllowed(s.noSuchCall)
	if d.Admin != nil {
		root.Handle(adminPath, d.Admin) // pages for browsers: no operations of the contract
		root.Handle(adminPath+"/*", d.Admin)
	}
	r := chi.NewRouter()
	r.Use(s.contracted, s.authenticated, s.validated)
	root.Mount("/", r)
	r.NotFound(s.noSuchCall) // what the contract and chi read differently, such as an escaped slash
	r.MethodNotAllowed(s.noSuchCall)
	r.Get("/openapi.yaml", s.getContract)
	r.Method(http.MethodGet, "/metrics", d.Metrics)
	r.Get("/v1/messages/{id}/events", s.streamEvents)
	r.Get("/v1/audit", s.exportAudit)
	for _, path := range []string{"/certificates", "/certificates/{file}"} {
		r.Method(http.MethodGet, path, d.Partners)
		r.Method(http.MethodHead, path, d.Partners)
	}
	for _, path := range []string{"/manifest.xml", "/addin/{file}", "/addin/icons/{file}", "/.well-known/microsoft-officeaddins-allowed.json"} {
		r.Get(path, s.getAddIn)
		r.Head(path, s.getAddIn)
	}
	contract.HandlerWithOptions(
		contract.NewStrictHandlerWithOptions(s, nil, contract.StrictHTTPServerOptions{
			RequestErrorHandlerFunc:  s.badRequest,
			ResponseErrorHandlerFunc: s.problem,
		}),
		contract.ChiServerOptions{BaseRouter: r, ErrorHandlerFunc: s.badRequest},
	)
	return root, nil
}
