package auditlog

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/fault"
)

// file is the same search as a file. It is streamed: what goes wrong on the way breaks it off, and a file of JSON Lines that was broken
// off says so by lacking its signed end.
func (p page) file(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	asked := r.URL.Query()
	var l listed
	selection := ledger.Selection{AuditFilter: p.read(asked, &l)}
	format := ledger.Format(asked.Get("format"))
	if format != ledger.JSONLines && format != ledger.CSV {
		l.wrong("Den slags fil findes ikke.", "There is no such kind of file.")
	}
	if len(l.Wrong) > 0 {
		return frame.Answer{}, fault.New(fault.Invalid, "audit_filter_invalid", l.Wrong[0], nil)
	}
	select {
	case p.exports <- struct{}{}:
	default:
		f := fault.New(fault.Throttled, "too_many_exports", fault.Sentence{
			DA: "Der hentes allerede så meget af loggen, som der kan på én gang. Prøv igen om lidt.",
			EN: "As much of the log is being fetched as can be at a time. Try again shortly.",
		}, nil)
		f.RetryAfter = time.Minute
		return frame.Answer{}, f
	}
	return frame.File(func(w http.ResponseWriter) {
		defer func() { <-p.exports }()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTime)) // a test's recorder has none
		h := w.Header()
		h.Set("Content-Type", map[ledger.Format]string{ledger.JSONLines: "application/x-ndjson", ledger.CSV: "text/csv; charset=utf-8; header=present"}[format])
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="sendsikker-audit-%s.%s"`, p.Now().UTC().Format("20060102-150405"), format))
		if err := p.Ledger.Export(r.Context(), v.Actor(), w, format, selection); err != nil {
			p.Log.LogAttrs(r.Context(), slog.LevelWarn, "an export of the audit log was broken off", slog.Any("err", err))
			panic(http.ErrAbortHandler) // half a file may be out: breaking it off is all that is left to say
		}
	}), nil
}
