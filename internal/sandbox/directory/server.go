package directory

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"
)

const (
	// connectionLife is how long one connection may last, so that one that a client has forgotten ends some day. Real
	// directories drop those who stay, too: a client must be ready to dial again.
	connectionLife = 10 * time.Minute
	// closeWait is for answers under way when the directory is closed. A client that stays connected holds up nobody: the
	// library waits for it (gldap.Server.Stop), and nothing more is answered to it.
	closeWait = 200 * time.Millisecond
)

// Options are what the wiring decides.
type Options struct {
	Listen  string // an address on loopback; "" is any free port of 127.0.0.1
	Entries []Entry
}

// Entry is somebody in the directory.
type Entry struct {
	Address      string   // mail
	Name         string   // cn
	Certificates [][]byte // userCertificate;binary: DER, in the order in which they are to be given
}

// Server is the running directory. It is safe for concurrent use.
type Server struct {
	ldap    *gldap.Server
	address string
	records []record
	weather atomic.Int32
	closed  chan struct{}
	close   sync.Once
}

// Open serves the entries until Close.
func Open(ctx context.Context, o Options) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if at, err := netip.ParseAddrPort(o.Listen); err != nil || !at.Addr().IsLoopback() {
		return nil, errors.New("the directory lets everybody in: it listens on loopback only")
	}
	s := &Server{closed: make(chan struct{})}
	var err error
	if s.records, err = tree(o.Entries); err != nil {
		return nil, err
	}
	listening := listener{hclog.NewNullLogger(), make(chan net.Addr, 1)}
	if s.ldap, err = gldap.NewServer(gldap.WithLogger(listening), gldap.WithReadTimeout(connectionLife)); err != nil {
		return nil, fmt.Errorf("making the directory: %w", err)
	}
	if err := s.route(); err != nil {
		return nil, fmt.Errorf("making the directory: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.ldap.Run(o.Listen) }()
	select {
	case at := <-listening.at:
		s.address = at.String()
		return s, nil
	case err := <-ended:
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
}

// Address is host and port.
func (s *Server) Address() string { return s.address }

// Close ends it: nobody new is let in, and who is still connected gets no more answers.
func (s *Server) Close() error {
	s.close.Do(func() { close(s.closed) })
	stopped := make(chan error, 1)
	go func() { stopped <- s.ldap.Stop() }()
	select {
	case err := <-stopped:
		return err
	case <-time.After(closeWait):
		return nil
	}
}

// listener learns where the server listens. QUIRK: gldap v0.1.14 (2025) makes its own listener and tells the address, and
// that it is ready, to its logger alone; a port picked beforehand could be taken by somebody else in the meantime.
// Everything else that it logs is dropped: it names what was asked for.
type listener struct {
	hclog.Logger
	at chan net.Addr
}

func (l listener) Info(_ string, args ...any) {
	for _, arg := range args {
		if at, is := arg.(net.Addr); is {
			select {
			case l.at <- at:
			default: // said once already
			}
		}
	}
}

// route says who answers what. Whatever is no bind and no search is refused, each in its own kind of answer (RFC 4511
// section 4.1.9), or a client would wait for one.
func (s *Server) route() error {
	mux, err := gldap.NewMux()
	if err != nil {
		return err
	}
	readOnly := func(answer int) gldap.HandlerFunc {
		return func(w *gldap.ResponseWriter, r *gldap.Request) {
			if _, answers := s.endure(); answers {
				_ = w.Write(r.NewResponse(gldap.WithApplicationCode(answer), gldap.WithResponseCode(gldap.ResultUnwillingToPerform)))
			}
		}
	}
	return errors.Join(
		mux.Bind(s.bind),
		mux.Search(s.search),
		mux.Add(readOnly(gldap.ApplicationAddResponse)),
		mux.Modify(readOnly(gldap.ApplicationModifyResponse)),
		mux.Delete(readOnly(gldap.ApplicationDelResponse)),
		mux.DefaultRoute(func(w *gldap.ResponseWriter, r *gldap.Request) {
			// StartTLS among them. RFC 4511 section 4.12: an extended request that is not recognised is a protocolError.
			if _, answers := s.endure(); answers {
				_ = w.Write(r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultProtocolError)))
			}
		}),
		s.ldap.Router(mux),
	)
}

// bind lets in whoever claims to be nobody.
func (s *Server) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	code, answers := s.endure()
	if !answers {
		return
	}
	message, err := r.GetSimpleBindMessage()
	switch {
	case err != nil:
		code = gldap.ResultProtocolError
	case code != gldap.ResultSuccess:
	case message.Password != "":
		code = gldap.ResultInvalidCredentials
	case message.UserName != "":
		// RFC 4513 section 5.1.2: a name without a password must not look like a login that went well.
		code = gldap.ResultUnwillingToPerform
	}
	_ = w.Write(r.NewBindResponse(gldap.WithResponseCode(code)))
}
