package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

const (
	// maxBody is above Exchange Online's largest message (150 MB): what is larger can never be sent.
	maxBody = 160 << 20
	// maxJSON holds 10,000 recipients, which are refused with a clear answer and not for their bytes.
	maxJSON = 2 << 20
	// uploadTime lets 150 MB through at 2 Mbit/s; everything else is small.
	uploadTime = 10 * time.Minute
	answerTime = 30 * time.Second
)

type key int

const (
	requestIDKey key = iota
	recordKey
	callerKey
	routeKey
)

// record is one request's line in the log, filled on the way and written once.
type record struct {
	caller string // object id
	fault  *fault.Fault
}

func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Ours, always: an id from outside could hold anything.
		id := uuid.NewString()
		w.Header().Set("X-Request-Id", id)
		ctx := context.WithValue(r.Context(), requestIDKey, id)
		ctx = context.WithValue(ctx, recordKey, &record{})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func requestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

func note(r *http.Request, f *fault.Fault) {
	if rec, ok := r.Context().Value(recordKey).(*record); ok {
		rec.fault = f
	}
}

// logged writes one line for each request. The path is the contract's pattern: a real one may hold an address.
func (s *server) logged(o *observer) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			out := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			pattern := s.pattern(r)
			defer func() {
				took := time.Since(start)
				status := out.Status()
				if status == 0 {
					status = http.StatusOK
				}
				o.request(r.Method, pattern, status, took)
				rec, _ := r.Context().Value(recordKey).(*record)
				level := slog.LevelInfo
				attrs := []slog.Attr{
					slog.String("request_id", requestIDOf(r.Context())), slog.String("method", method(r)), slog.String("path", pattern),
					slog.Int("status", status), slog.Duration("duration", took), slog.String("caller", rec.caller),
				}
				if f := rec.fault; f != nil {
					attrs = append(attrs, slog.String("kind", f.Kind.String()), slog.String("code", f.Code))
					if status >= http.StatusInternalServerError {
						level = slog.LevelError
						attrs = append(attrs, slog.Any("err", f.Cause))
					}
				}
				s.Log.LogAttrs(r.Context(), level, "request", attrs...)
			}()
			next.ServeHTTP(out, r)
		})
	}
}

// pattern is the request's path as the contract writes it, or "other".
func (s *server) pattern(r *http.Request) string {
	if route, _, err := s.router.FindRoute(r); err == nil {
		return route.Path
	}
	return "other"
}

// method keeps invented methods out of log lines and labels.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return r.Method
	}
	return "other"
}

func (s *server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil || v == http.ErrAbortHandler {
				return
			}
			// The panic's value may quote what it choked on; where it happened is enough.
			s.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request_id", requestIDOf(r.Context())), slog.String("stack", string(debug.Stack())))
			s.problem(w, r, errors.New("panic"))
		}()
		next.ServeHTTP(w, r)
	})
}

// secured sets the header fields that hold for every answer of an API that no browser page is made of.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

type matched struct {
	route  *routers.Route
	params map[string]string
}

// contracted finds the operation; what the contract does not have does not exist.
func (s *server) contracted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, params, err := s.router.FindRoute(r)
		if err != nil {
			s.problem(w, r, fault.New(fault.NotFound, "no_such_call", fault.Sentence{
				DA: "Det kald findes ikke. Se API-beskrivelsen på /openapi.yaml.",
				EN: "There is no such call. See the API description at /openapi.yaml.",
			}, nil))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), routeKey, matched{route, params})))
	})
}

// authenticated proves who asks, for every operation that the contract does not leave open, before anything else is read.
func (s *server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, _ := r.Context().Value(routeKey).(matched)
		if security := m.route.Operation.Security; security != nil && len(*security) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") { // RFC 9110 §11.1: case-insensitive
			token = ""
		}
		proved, err := s.Verifier.Verify(r.Context(), strings.TrimSpace(token))
		if err != nil {
			s.problem(w, r, err)
			return
		}
		caller := callerFrom(proved)
		if rec, ok := r.Context().Value(recordKey).(*record); ok {
			rec.caller = caller.ID
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey, caller)))
	})
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
		streamed := m.route.Operation.OperationID == "sendMessage"
		limit, patience := int64(maxJSON), answerTime
		if streamed {
			limit, patience = maxBody, uploadTime
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		deadline := time.Now().Add(patience)
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(deadline) // a test's recorder has none
		_ = control.SetWriteDeadline(deadline.Add(answerTime))
		if r.ContentLength > limit {
			s.problem(w, r, bodyTooLarge(nil))
			return
		}
		err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: r, PathParams: m.params, Route: m.route,
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
