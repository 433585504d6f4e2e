package frame

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/session"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
)

const (
	signInPath    = "/admin/sign-in"
	signedOutPath = "/admin/signed-out"
	homePath      = "/admin/"
	// AnswerPath is where Entra sends people back to: the redirect address of the registration.
	AnswerPath = "/admin/sign-in/answer"

	// attemptCookie holds what a sign-in must bring back. There is no session before it: a stranger makes us store nothing.
	attemptCookie = "__Host-sendsikker-signin"
	attemptTime   = 10 * time.Minute // codes last as long
	maxTo         = 1000             // octets of the address to go to after it

	visitorKey  = "visitor"
	languageKey = "lang"
	toldKey     = "told"
)

// doorRules are the way in and out.
func (s *Site) doorRules() []Rule {
	return []Rule{
		{Method: http.MethodGet, Path: stylePath, Who: Anybody, Serve: s.styled},
		{Method: http.MethodGet, Path: "/admin", Who: Anybody, Serve: func(*http.Request, Visitor) (Answer, error) { return Go(homePath), nil }},
		{Method: http.MethodGet, Path: signInPath, Who: Anybody, Serve: s.signIn},
		{Method: http.MethodGet, Path: AnswerPath, Who: Anybody, Serve: s.signedIn},
		{Method: http.MethodGet, Path: signedOutPath, Who: Anybody, Serve: s.signedOut},
		{Method: http.MethodPost, Path: "/admin/sign-out", Who: Anybody, Serve: s.signOut},
		{Method: http.MethodPost, Path: "/admin/sign-out-everywhere", Who: SignedIn, Serve: s.signOutEverywhere},
	}
}

// attempt is a sign-in under way, in its cookie.
type attempt struct {
	entra.Attempt
	To string `json:"to"`
}

func (s *Site) signIn(r *http.Request, _ Visitor) (Answer, error) {
	address, a := s.Gate.Begin(r.URL.Query().Has("choose"))
	text, err := json.Marshal(attempt{Attempt: a, To: local(r.URL.Query().Get("to"))})
	if err != nil {
		return Answer{}, err
	}
	answer := Go(address)
	answer.cookie = cookie(base64.RawURLEncoding.EncodeToString(text), int(attemptTime.Seconds()))
	return answer, nil
}

func cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: attemptCookie, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// local is an address of ours to go to after the sign-in, or the first page: somebody else's would make us a signpost to it.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > maxTo || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, homePath) || strings.HasPrefix(to, signInPath) ||
		strings.ContainsAny(to, "\\\r\n") {
		return homePath
	}
	return u.RequestURI()
}

// signedIn takes Entra's answer.
func (s *Site) signedIn(r *http.Request, _ Visitor) (Answer, error) {
	var a attempt
	if c, err := r.Cookie(attemptCookie); err == nil {
		text, err := base64.RawURLEncoding.DecodeString(c.Value)
		if err != nil || json.Unmarshal(text, &a) != nil {
			a = attempt{} // not ours: no answer fits it
		}
	}
	ctx := r.Context()
	person, err := s.Gate.Finish(ctx, a.Attempt, r.URL.Query())
	if err != nil {
		// Who changes their mind at the sign-in has guessed nothing.
		if f := fault.From(err); f.Kind == fault.Unauthenticated && f.Code != entra.CodeSignInRefused {
			s.Limits.BadSignIn(r)
		}
		return Answer{}, err
	}
	groups, err := s.groups(ctx, person)
	if err != nil {
		return Answer{}, err
	}
	known, err := json.Marshal(remembered{ID: person.ID, Name: person.Name, Roles: person.Roles, Groups: groups})
	if err != nil {
		return Answer{}, err
	}
	// A new token, or one that somebody else has put into the browser would now be signed in.
	if err := s.sessions.RenewToken(ctx); err != nil {
		return Answer{}, Away(err)
	}
	s.sessions.SetDeadline(ctx, time.Now().Add(session.Lifetime)) // of the sign-in; whoever signs in again begins a new day
	s.sessions.Put(ctx, session.PersonKey, person.ID)
	s.sessions.Put(ctx, visitorKey, string(known))
	entry := audit.Entry{At: s.Now(), Actor: audit.Actor{Kind: "user", ID: person.ID}, Action: audit.SignedIn, Detail: map[string][]string{"roles": person.Roles}}
	if err := s.Store.Record(ctx, entry); err != nil {
		return Answer{}, Away(errors.Join(err, s.sessions.Destroy(ctx)))
	}
	answer := Go(local(a.To))
	answer.cookie = cookie("", -1)
	return answer, nil
}

// groups are those of the person's that look after some mailbox.
func (s *Site) groups(ctx context.Context, person entra.Person) ([]string, error) {
	all, err := s.Store.AdministeringGroups(ctx)
	if err != nil || len(all) == 0 {
		return nil, Away(err)
	}
	if person.Overage {
		return s.Directory.MemberOf(ctx, person.ID, all)
	}
	return slices.DeleteFunc(all, func(g string) bool {
		return !slices.ContainsFunc(person.Groups, func(of string) bool { return strings.EqualFold(of, g) })
	}), nil
}

// remembered is what a session holds of its person.
type remembered struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles"`
	Groups []string `json:"groups"`
}

// visitor says who asks. Which mailboxes they look after is asked anew each time: what is taken away is gone at once.
func (s *Site) visitor(r *http.Request) (Visitor, error) {
	v := Visitor{Roles: Anybody}
	text := s.sessions.GetString(r.Context(), visitorKey)
	if text == "" {
		return v, nil
	}
	known := recalled(text)
	if known.ID == "" {
		return v, nil
	}
	v.ID, v.Name = known.ID, known.Name
	v.Roles |= SignedIn
	if s.AdminRole != "" && slices.Contains(known.Roles, s.AdminRole) {
		v.Roles |= Administrator
	}
	if s.AuditorRole != "" && slices.Contains(known.Roles, s.AuditorRole) {
		v.Roles |= Auditor
	}
	var err error
	if v.Local, err = s.Store.AdministeredBy(r.Context(), known.ID, known.Groups); err != nil {
		return Visitor{}, Away(err)
	}
	if len(v.Local) > 0 {
		v.Roles |= Local
	}
	return v, nil
}

// recalled is nobody for what is not ours, or an older program's.
func recalled(text string) (known remembered) {
	if json.Unmarshal([]byte(text), &known) != nil {
		return remembered{}
	}
	return known
}

func (s *Site) signOut(r *http.Request, v Visitor) (Answer, error) {
	lang := s.spoken(r, v) // goes with the session
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return Answer{}, Away(err)
	}
	return Go(signedOutPath + "?lang=" + lang), nil
}

func (s *Site) signOutEverywhere(r *http.Request, v Visitor) (Answer, error) {
	entry := audit.Entry{At: s.Now(), Actor: v.Actor(), Action: audit.SignedOutEverywhere}
	if err := s.Store.DeleteSessionsOf(r.Context(), v.ID, entry); err != nil {
		return Answer{}, Away(err)
	}
	return s.signOut(r, v)
}

func (s *Site) signedOut(_ *http.Request, v Visitor) (Answer, error) {
	if v.Is(SignedIn) {
		return Go(homePath), nil // the page would not be true
	}
	return Show("signed-out.html", fault.Sentence{DA: "Du er logget ud", EN: "You are signed out"}, nil), nil
}

// storageRetry is what a visitor is told to wait when the database is away.
const storageRetry = 30 * time.Second

// Away is the fault of a database that does not answer. It is nil for nil, and for what is a fault already the fault.
func Away(cause error) error {
	if cause == nil {
		return nil
	}
	f := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{
		DA: "Vi kan ikke nå databasen lige nu. Prøv igen om lidt.", EN: "We cannot reach the database just now. Try again shortly.",
	}, cause)
	f.RetryAfter = storageRetry
	return f
}
