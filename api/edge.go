package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// uploadTime lets 150 MB through at 2 Mbit/s; everything else is small.
	uploadTime = 10 * time.Minute
	answerTime = 30 * time.Second
	// maxUploads on their way to one machine, and of them one caller's: each may take uploadTime, and holds a connection and half a
	// megabyte. A program that sends does so from a few dozen threads.
	maxUploads, maxUploadsEach = 1000, 64
	uploadRetry                = 5 * time.Second
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
	if s.Admin != nil && (r.URL.Path == adminPath || strings.HasPrefix(r.URL.Path, adminPath+"/")) {
		return s.Admin.Pattern(r)
	}
	if route, _, err := s.find(r); err == nil {
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
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // what was thrown, not an error that may be wrapped
				panic(v) // swallowed, it would end as an empty 200
			}
			// The panic's value may quote what it choked on; where it happened is enough.
			s.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request_id", requestIDOf(r.Context())), slog.String("stack", string(debug.Stack())))
			if out, ok := w.(middleware.WrapResponseWriter); ok && out.Status() != 0 {
				panic(http.ErrAbortHandler) // half an answer is out: breaking it off is all that is left to say
			}
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

// hurried gives everybody the time of a small answer. An upload gets more once its caller is known: a stranger, whose body is
// refused unread, does not hold a connection for it.
func hurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		patient(w, answerTime)
		next.ServeHTTP(w, r)
	})
}

func patient(w http.ResponseWriter, patience time.Duration) {
	deadline := time.Now().Add(patience)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(deadline) // a test's recorder has none
	_ = control.SetWriteDeadline(deadline.Add(answerTime))
}
