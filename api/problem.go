package api

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/fault"
)

// problem writes an error as RFC 9457, and notes it for the request's log line. It is the only place that does either.
func (s *server) problem(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(translate(err))
	status := f.Kind.Status()
	note(r, f)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if f.Kind == fault.Throttled && s.isPage(r) {
		s.busy(w, r, f)
		return
	}

	id := requestIDOf(r.Context())
	p := contract.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: f.Code,
		Say: say(f.Say), Detail: f.Say.In(language(r)), RequestId: &id,
	}
	if len(f.Fields) > 0 {
		p.Fields = new([]struct {
			Name string            `json:"name"`
			Say  contract.Sentence `json:"say"`
		})
		for _, field := range f.Fields {
			*p.Fields = append(*p.Fields, struct {
				Name string            `json:"name"`
				Say  contract.Sentence `json:"say"`
			}{field.Name, say(field.Say)})
		}
	}
	if len(f.Recipients) > 0 {
		p.Recipients = new([]struct {
			Address string            `json:"address"`
			Code    string            `json:"code"`
			Say     contract.Sentence `json:"say"`
		})
		for _, one := range f.Recipients {
			*p.Recipients = append(*p.Recipients, struct {
				Address string            `json:"address"`
				Code    string            `json:"code"`
				Say     contract.Sentence `json:"say"`
			}{one.Address, one.Code, say(one.Say)})
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer") // RFC 6750 §3
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.Log.LogAttrs(r.Context(), slog.LevelDebug, "the problem could not be written", slog.Any("err", err))
	}
}

func say(sentence fault.Sentence) contract.Sentence {
	return contract.Sentence{Da: sentence.DA, En: sentence.EN}
}

// language is the caller's: English where it is preferred to Danish (RFC 9110 §12.5.4; the first of equals), Danish otherwise.
func language(r *http.Request) string {
	preferred, most := "da", 0.0
	for one := range strings.SplitSeq(strings.ToLower(r.Header.Get("Accept-Language")), ",") {
		tag, parameter, _ := strings.Cut(one, ";")
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		weight := 1.0
		if value, found := strings.CutPrefix(strings.TrimSpace(parameter), "q="); found {
			weight, _ = strconv.ParseFloat(value, 64) // what is no number is no preference
		}
		if (primary == "da" || primary == "en") && weight > most {
			preferred, most = primary, weight
		}
	}
	return preferred
}
