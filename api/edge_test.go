package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/internal/sending"
)

func TestAPanicIsA500ThatTellsNothing(t *testing.T) {
	t.Parallel()
	h, log := open(t, useCase{read: func() (sending.Message, error) { panic("hemmeligt emne for bo@partner.example") }})
	w := ask(t, h, http.MethodGet, oneMessage, nil)
	p := problemOf(t, w)
	if w.Code != http.StatusInternalServerError || p.Code != "internal" || p.Status != 500 || p.RequestId == nil || *p.RequestId != w.Header().Get("X-Request-Id") {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	for _, trace := range []string{"hemmeligt", "partner", ".go:", "goroutine", "panic", "runtime"} {
		if strings.Contains(w.Body.String(), trace) {
			t.Errorf("the answer holds %q", trace)
		}
	}
	if text := log.String(); strings.Contains(text, "hemmeligt") || strings.Contains(text, "partner") || !strings.Contains(text, "edge_test.go") || !strings.Contains(text, *p.RequestId) {
		t.Errorf("the log tells what was panicked about, or not where:\n%s", text)
	}
}

func TestAnAnswerThatIsHalfOutIsBrokenOff(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"by a panic in the middle": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"half":`)
			panic("told so")
		},
		"by a handler that asks for it": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Deps: Deps{Log: slog.New(slog.DiscardHandler)}}
			observe, err := newObserver(prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			s.router = emptyRouter(t)
			outer := httptest.NewServer(requestID(s.logged(observe)(s.recovered(handler))))
			defer outer.Close()
			response, err := http.Get(outer.URL) //nolint:noctx // a test on loopback
			if err == nil {
				_, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			if err == nil {
				t.Error("the caller takes half an answer for a whole one")
			}
		})
	}
}

func TestTheLogHoldsNoParameterAddressOrToken(t *testing.T) {
	t.Parallel()
	broken := errors.New("cause for the log")
	h, log := open(t, useCase{
		read:   func() (sending.Message, error) { return sending.Message{}, broken },
		submit: func(sending.Submission) (string, error) { return "", broken },
	})
	asJSON := []string{"Content-Type", "application/json"}
	calls := []struct {
		method, target, body string
		headers              []string
	}{
		{http.MethodGet, oneMessage, "", nil},
		{http.MethodGet, "/v1/messages/bo@partner.example", "", nil},
		{http.MethodGet, "/v1/bo@partner.example?q=7e4a4700", "", nil},
		{http.MethodGet, "/v1/messages?before=bo@partner.example", "", nil},
		{http.MethodGet, "/v1/me", "", []string{"Authorization", "Bearer eyJ.bo@partner.example"}},
		{http.MethodGet, "/v1/me", "", []string{"User-Agent", "bo@partner.example", "Referer", "https://x.example/bo@partner.example"}},
		{"PARTNER", "/v1/me", "", nil},
		{http.MethodPost, "/v1/preflight", `{"mailbox":"bo@partner.example","to":[{"address":"bo@partner.example"}]}`, asJSON},
		{http.MethodPost, "/v1/preflight", `{"bo@partner.example":"bo@partner.example"}`, asJSON},
		{http.MethodPost, "/v1/preflight", `{"mailbox":["bo@partner.example"]`, asJSON},
		{http.MethodPost, "/v1/messages?mailbox=bo@partner.example", "To: bo@partner.example\r\n\r\nhej", []string{"Content-Type", "message/rfc822"}},
		{http.MethodPost, "/v1/messages?mailbox=bo@partner.example", "To bo@partner.example\r\n\r\nhej", []string{"Content-Type", "message/rfc822"}},
		{http.MethodPost, "/v1/messages", "--bo@partner.example", []string{"Content-Type", "multipart/form-data; boundary=bo@partner.example"}},
		{http.MethodPost, "/v1/messages", "", []string{"Content-Type", "text/plain", "Idempotency-Key", "bo@partner.example"}},
	}
	for _, c := range calls {
		if w := ask(t, h, c.method, c.target, strings.NewReader(c.body), c.headers...); w.Code < 400 {
			t.Errorf("%s %s: %d", c.method, c.target, w.Code)
		} else {
			problemOf(t, w)
		}
	}
	text := log.String()
	if lines := strings.Count(text, `"msg":"request"`); lines != len(calls) {
		t.Errorf("%d lines for %d requests", lines, len(calls))
	}
	for _, word := range []string{"partner", "PARTNER", "7e4a4700", "eyJ", "Bearer", "Anna"} {
		if i := strings.Index(text, word); i >= 0 {
			t.Errorf("the log holds %q: …%s", word, text[max(0, i-200):min(len(text), i+60)])
		}
	}
	if !strings.Contains(text, `"path":"/v1/messages/{id}"`) || !strings.Contains(text, `"method":"other"`) || !strings.Contains(text, "cause for the log") {
		t.Errorf("the log does not tell what there is to tell:\n%s", text)
	}
}

// timed is a connection that notes its deadlines.
type timed struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (c *timed) SetReadDeadline(at time.Time) error  { c.read = at; return nil }
func (c *timed) SetWriteDeadline(at time.Time) error { c.write = at; return nil }

func TestAStrangerGetsTheTimeOfASmallAnswer(t *testing.T) {
	t.Parallel()
	h, _ := open(t, useCase{submit: func(sending.Submission) (string, error) { return "", errors.New("told so") }})
	for _, c := range []struct {
		name, target, token string
		long                bool
	}{
		{"who is not signed in", "/v1/messages", "", false},
		{"who asks for what does not exist", "/v1/secrets", "", false},
		{"and a caller all that an upload takes", "/v1/messages", good, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.target, strings.NewReader("To: a@b.example\r\n\r\nx"))
			r.Header.Set("Authorization", "Bearer "+c.token)
			r.Header.Set("Content-Type", "message/rfc822")
			w := &timed{ResponseRecorder: httptest.NewRecorder()}
			h.ServeHTTP(w, r)
			left := time.Until(w.read)
			if long := left > answerTime; left <= 0 || left > uploadTime || long != c.long || !w.write.After(w.read) {
				t.Errorf("%d: %s to read, %s to write", w.Code, left, time.Until(w.write))
			}
		})
	}
}
