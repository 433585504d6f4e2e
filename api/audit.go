package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

const (
	// maxExports at a time on one machine: each reads the log from end to end.
	maxExports = 2
	// exportTime lets a million rows through at 10 Mbit/s.
	exportTime = 10 * time.Minute
	// exportRetry is what the one after these is told to wait.
	exportRetry = time.Minute
)

// auditor lets pass who may read the audit log.
func auditor(ctx context.Context) (audit.Actor, error) {
	if caller := callerOf(ctx); caller.Auditor {
		return actorOf(caller), nil
	}
	actor, err := administrator(ctx)
	if err == nil {
		return actor, nil
	}
	return actor, fault.New(fault.Forbidden, "not_auditor", fault.Sentence{
		DA: "Det kræver rollen som revisor eller administrator af Send sikker. Bed jeres it-afdeling om den, hvis du skal have den.",
		EN: "That takes the role of an auditor or administrator of Send sikker. Ask your IT department for it if you should have it.",
	}, nil)
}

func actorOf(c mailbox.Caller) audit.Actor { return audit.Actor{Kind: string(c.Kind), ID: c.ID} }

// exportAudit streams the log.
func (s *server) exportAudit(w http.ResponseWriter, r *http.Request) {
	actor, err := auditor(r.Context())
	if err != nil {
		s.problem(w, r, err)
		return
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		f := fault.New(fault.Throttled, "too_many_exports", fault.Sentence{
			DA: "Der hentes allerede så meget af loggen, som der kan på én gang. Prøv igen om lidt.",
			EN: "As much of the log is being fetched as can be at a time. Try again shortly.",
		}, nil)
		f.RetryAfter = exportRetry
		s.problem(w, r, f)
		return
	}
	selection, format := selected(r)
	patient(w, exportTime)
	out := &export{to: w, format: format, at: s.Now()}
	if err := s.Audit.Export(r.Context(), actor, out, format, selection); err != nil {
		if !out.begun {
			s.problem(w, r, unreadableLog(err))
			return
		}
		s.Log.LogAttrs(r.Context(), slog.LevelWarn, "an export of the audit log was broken off", slog.String("request_id", requestIDOf(r.Context())), slog.Any("err", err))
		panic(http.ErrAbortHandler) // half a file is out: breaking it off is all that is left to say
	}
}

// selected reads what the contract has let through.
func selected(r *http.Request) (ledger.Selection, ledger.Format) {
	q := r.URL.Query()
	var selection ledger.Selection
	selection.Since, _ = time.Parse(time.RFC3339, q.Get("since"))
	selection.Until, _ = time.Parse(time.RFC3339, q.Get("until"))
	selection.Mailbox, selection.Actor, selection.Action = mailbox.Canonical(q.Get("mailbox")), q.Get("actor"), q.Get("action")
	selection.After, _ = strconv.ParseUint(q.Get("after"), 10, 63)
	selection.Limit, _ = strconv.Atoi(q.Get("limit"))
	format := ledger.Format(q.Get("format"))
	if format == "" {
		format = accepted(strings.Join(r.Header.Values("Accept"), ","))
	}
	return selection, format
}

// accepted is the first of our two forms that the list names (RFC 9110 §12.5.1); a caller who cares for neither gets the one that
// can be verified.
func accepted(list string) ledger.Format {
	for name := range strings.SplitSeq(list, ",") {
		name, _, _ = strings.Cut(name, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "application/x-ndjson":
			return ledger.JSONLines
		case "text/csv":
			return ledger.CSV
		}
	}
	return ledger.JSONLines
}

// export is an answer that begins with its first byte: until then it can still be an error.
type export struct {
	to     http.ResponseWriter
	format ledger.Format
	at     time.Time
	begun  bool
}

func (e *export) Write(p []byte) (int, error) {
	if !e.begun {
		e.begun = true
		h := e.to.Header()
		h.Set("Content-Type", map[ledger.Format]string{ledger.JSONLines: "application/x-ndjson", ledger.CSV: "text/csv; charset=utf-8; header=present"}[e.format])
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="sendsikker-audit-%s.%s"`, e.at.UTC().Format("20060102-150405"), e.format))
	}
	return e.to.Write(p)
}

func unreadableLog(cause error) error {
	f := fault.New(fault.Unavailable, "audit_unavailable", fault.Sentence{
		DA: "Loggen kan ikke læses lige nu. Prøv igen om lidt.",
		EN: "The log cannot be read just now. Try again shortly.",
	}, cause)
	f.RetryAfter = exportRetry
	return f
}
