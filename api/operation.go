package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

const (
	// maxBody is above Exchange Online's largest message (150 MB): what is larger can never be sent.
	maxBody = 160 << 20
	// maxJSON holds 10,000 recipients, which are refused with a clear answer and not for their bytes.
	maxJSON = 2 << 20
)

// sendMessage is the one operation whose body is streamed.
const sendMessage = "sendMessage"

type matched struct {
	route  *routers.Route
	params map[string]string
}

// contracted finds the operation; what the contract does not have does not exist.
func (s *server) contracted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, params, err := s.find(r)
		if err != nil {
			s.noSuchCall(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), routeKey, matched{route, params})))
	})
}

// find is the operation that the contract has for the request. What answers HEAD at all answers it as GET (RFC 9110 §9.3.2).
func (s *server) find(r *http.Request) (*routers.Route, map[string]string, error) {
	if r.Method == http.MethodHead {
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	return s.router.FindRoute(r)
}

func (s *server) noSuchCall(w http.ResponseWriter, r *http.Request) {
	if err := s.Limits.Public(r); err != nil {
		s.problem(w, r, err)
		return
	}
	s.problem(w, r, fault.New(fault.NotFound, "no_such_call", fault.Sentence{
		DA: "Det kald findes ikke. Se API-beskrivelsen på /openapi.yaml.",
		EN: "There is no such call. See the API description at /openapi.yaml.",
	}, nil))
}

// authenticated proves who asks, for every operation that the contract does not leave open, before anything else is read.
func (s *server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, _ := r.Context().Value(routeKey).(matched)
		if security := m.route.Operation.Security; security != nil && len(*security) == 0 {
			if err := s.forAll(r, m.route.Operation.OperationID); err != nil {
				s.problem(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1: case-insensitive
			token = ""
		}
		proved, err := s.Verifier.Verify(r.Context(), strings.TrimSpace(token))
		if err != nil {
			s.problem(w, r, s.Limits.Unproven(r, err))
			return
		}
		caller := callerFrom(proved)
		caller.Administrator = s.AdminRole != "" && slices.Contains(proved.Roles, s.AdminRole)
		caller.Auditor = s.AuditorRole != "" && slices.Contains(proved.Roles, s.AuditorRole)
		if rec, ok := r.Context().Value(recordKey).(*record); ok {
			rec.caller = caller.ID
		}
		sends := m.route.Operation.OperationID == sendMessage
		if err := s.Limits.Caller(caller.ID, sends); err != nil {
			s.problem(w, r, err)
			return
		}
		if sends {
			leave, entered := s.uploads.enter(caller.ID)
			defer leave()
			if !entered {
				s.problem(w, r, tooManyUploads())
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey, caller)))
	})
}

func tooManyUploads() error {
	f := fault.New(fault.Throttled, "too_many_uploads", fault.Sentence{
		DA: "Der er for mange mails på vej hertil på én gang. Intet er sendt. Vent, til nogle af dem er modtaget.",
		EN: "Too many mails are on their way here at once. Nothing was sent. Wait until some of them have been accepted.",
	}, nil)
	f.RetryAfter = uploadRetry
	return f
}

// forAll counts a request for what is open to everybody, by address.
func (s *server) forAll(r *http.Request, operation string) error {
	switch operation {
	case "getHealth", "getReadiness":
		return nil // a probe that is refused takes the machine out of service
	case "getCertificatesPage", "getCertificatesFile":
		return nil // these count for themselves: package partners
	case "getManifest", "getAddInFile", "getAddInIcon", "getAddInAllowed":
		return s.Limits.File(r)
	}
	return s.Limits.Public(r)
}

func callerFrom(c entra.Caller) mailbox.Caller {
	kind := mailbox.User
	if c.Kind == entra.Application {
		kind = mailbox.Application
	}
	return mailbox.Caller{
		Kind: kind, ID: c.ID, Client: c.Client, Name: c.Name, TokenID: c.TokenID, Groups: c.Groups, Overage: c.Overage,
	}
}

func callerOf(ctx context.Context) mailbox.Caller {
	c, _ := ctx.Value(callerKey).(mailbox.Caller)
	return c
}

// validated holds the request against the contract. A message's body is not read here: it is streamed, and its parts are
// held against their schemas as they come.
func (s *server) validated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, _ := r.Context().Value(routeKey).(matched)
		streamed := m.route.Operation.OperationID == sendMessage
		limit, patience := int64(maxJSON), answerTime
		if streamed {
			limit, patience = maxBody, uploadTime
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if !streamed {
			r.Body = &thin{ReadCloser: r.Body}
		}
		patient(w, patience)
		if r.ContentLength > limit {
			s.problem(w, r, bodyTooLarge(nil))
			return
		}
		held := r
		if streamed {
			// The validator reads all of a body into memory for whoever checks the caller, which here nobody does by it.
			held = r.WithContext(r.Context())
			held.Body = http.NoBody
		}
		err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: held, PathParams: m.params, Route: m.route,
			Options: &openapi3filter.Options{
				ExcludeRequestBody: streamed,
				AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, // done above, with the real thing
			},
		})
		if err != nil {
			s.problem(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
