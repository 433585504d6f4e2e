package frame

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"aau.dk/sendsikker/api/admin/session"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
)

// maxForm bounds the body of a form that has no files.
const maxForm = 64 << 10

// Handler answers one rule's requests. Who asks may do so: it still has to see to which mailbox it is about.
type Handler func(r *http.Request, v Visitor) (Answer, error)

// Rule is one row of the table of who may what. A request that no rule allows reaches no handler.
type Rule struct {
	Method string
	Path   string // of net/http.ServeMux, such as /admin/messages/{id}
	Who    Role   // any of these
	Serve  Handler
	Body   int64 // the most that is read; 0 is a form without files
}

// Page is one entry of the navigation, with all that belongs to it.
type Page struct {
	Path  string // of its first page
	Name  fault.Sentence
	Who   Role  // to whom the navigation shows it
	Views fs.FS // *.html, each with a "content"; nil for none
	Rules []Rule
}

// Gate is how people sign in. *entra.SignIn is one.
type Gate interface {
	Begin(choose bool) (address string, a entra.Attempt)
	Finish(ctx context.Context, a entra.Attempt, answer url.Values) (entra.Person, error)
}

// Directory knows who is in which group. *graph.Client is one.
type Directory interface {
	MemberOf(ctx context.Context, person string, groups []string) ([]string, error)
}

// Limits counts requests, and knows who has tried to sign in too often. *limit.Limiter is one.
type Limits interface {
	Caller(id string, sends bool) error
	Public(r *http.Request) error
	SignIn(r *http.Request) error
	BadSignIn(r *http.Request)
}

// Store is what the frame itself asks of the database.
type Store interface {
	session.Store
	DeleteSessionsOf(ctx context.Context, person string, entry audit.Entry) error
	AdministeringGroups(ctx context.Context) ([]string, error)
	AdministeredBy(ctx context.Context, person string, groups []string) ([]string, error)
	Record(ctx context.Context, entry audit.Entry) error
}

// Deps is what the frame needs.
type Deps struct {
	Gate         Gate
	Store        Store
	Directory    Directory
	Limits       Limits
	AdminRole    string // app roles, as Entra has them; "" is nobody
	AuditorRole  string
	Organisation string
	Pages        []Page // in the order of the navigation; the first is where people arrive
	Now          func() time.Time
	Log          *slog.Logger
}

// Site is the administrators' page. It is safe for concurrent use.
type Site struct {
	Deps
	mux      *http.ServeMux
	rules    []Rule
	sessions *scs.SessionManager
	views    views
	zone     *time.Location
	style    string // the address of the style sheet
	handler  http.Handler
}

// New builds it. What is wrong with a page, such as a template that cannot be read or a route that is there twice, is an error here.
func New(d Deps) (_ *Site, err error) {
	if len(d.Pages) == 0 {
		return nil, errors.New("the administrators' page has no pages")
	}
	s := &Site{Deps: d, mux: http.NewServeMux()}
	if s.zone, err = time.LoadLocation("Europe/Copenhagen"); err != nil {
		return nil, fmt.Errorf("finding Danish time: %w", err)
	}
	if s.views, err = readViews(d.Pages); err != nil {
		return nil, err
	}
	s.style = styleAddress()
	s.sessions = session.New(d.Store, s.sessionsAway)
	s.rules = s.doorRules()
	for _, p := range d.Pages {
		s.rules = append(s.rules, p.Rules...)
	}
	if err := s.register(); err != nil {
		return nil, err
	}
	// What a page of ours sends is taken, what another site makes a browser send is not: by Sec-Fetch-Site, or by Origin where a
	// browser is older. Both name the sender, and no form needs a secret of its own.
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(s.crossed))
	s.handler = guarded(s.looked(s.sessions.LoadAndSave(cross.Handler(http.HandlerFunc(s.serve)))))
	return s, nil
}

// register makes the mux of the rules, which says of one that is there twice in a panic.
func (s *Site) register() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("registering the administrators' pages: %v", v)
		}
	}()
	for _, rule := range s.rules {
		if rule.Who == 0 || rule.Serve == nil || !strings.HasPrefix(rule.Path, "/admin") {
			return fmt.Errorf("%s %s: a rule says who may, has a handler and stands below /admin", rule.Method, rule.Path)
		}
		s.mux.Handle(rule.Method+" "+rule.Path, s.allowed(rule))
	}
	return nil
}

// Rules is the whole table, for the test that walks it.
func (s *Site) Rules() []Rule { return s.rules }

// Pattern is the rule's path that a request is for, or "other": a real path may hold what no log should.
func (s *Site) Pattern(r *http.Request) string {
	if _, pattern := s.mux.Handler(r); pattern != "" {
		_, path, _ := strings.Cut(pattern, " ")
		return path
	}
	return "other"
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// serve finds the rule. What there is none for does not exist, whatever the method.
func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		v, err := s.visitor(r)
		if err != nil {
			v = Visitor{Roles: Anybody}
		}
		if err := s.counted(r, v); err != nil {
			s.refuse(w, r, v, err)
			return
		}
		s.refuse(w, r, v, fault.New(fault.NotFound, "no_such_page", fault.Sentence{
			DA: "Den side findes ikke.", EN: "There is no such page.",
		}, nil))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// allowed is the one place that decides whether somebody may do what they ask for.
func (s *Site) allowed(rule Rule) http.Handler {
	most := rule.Body
	if most == 0 {
		most = maxForm
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		v, err := s.visitor(r)
		if err != nil {
			s.refuse(w, r, Visitor{Roles: Anybody}, err)
			return
		}
		if err := s.counted(r, v); err != nil {
			s.refuse(w, r, v, err)
			return
		}
		switch {
		case !v.Is(rule.Who) && !v.Is(SignedIn) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			http.Redirect(w, r, signInPath+"?"+url.Values{"to": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
			return
		case !v.Is(rule.Who):
			s.refuse(w, r, v, forbidden(v))
			return
		}
		answer, err := rule.Serve(r, v)
		if err != nil {
			s.refuse(w, r, v, err)
			return
		}
		s.write(w, r, v, answer)
	})
}

func forbidden(v Visitor) error {
	if !v.Is(SignedIn) {
		return fault.New(fault.Unauthenticated, "not_signed_in", fault.Sentence{
			DA: "Du er ikke logget ind længere, så intet er ændret. Log ind, og prøv igen.",
			EN: "You are no longer signed in, so nothing was changed. Sign in and try again.",
		}, nil)
	}
	if !v.Is(Readers) {
		return fault.New(fault.Forbidden, "no_role", fault.Sentence{
			DA: "Din konto har ingen rolle her. Bed den, der administrerer Send sikker, om at give dig en, og log så ind igen.",
			EN: "Your account has no role here. Ask an administrator of Send sikker to give you one, and then sign in again.",
		}, nil)
	}
	return fault.New(fault.Forbidden, "not_your_role", fault.Sentence{
		DA: "Det har din rolle ikke adgang til.", EN: "Your role has no access to that.",
	}, nil)
}
