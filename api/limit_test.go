package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"aau.dk/sendsikker/api/limit"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
)

func reading() useCase {
	return useCase{
		usable: []mailbox.Mailbox{}, read: watched,
		submit: func(sending.Submission) (string, error) { return "", errors.New("told so") },
	}
}

func TestACallerWhoAsksTooOftenIsToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	h, log := openWith(t, reading(), limit.Rates{Read: limit.Rate{PerMinute: 6, Burst: 3}, Send: limit.Rate{PerMinute: 6, Burst: 2}})
	send := func(bearer string) int {
		return ask(t, h, http.MethodPost, "/v1/messages?mailbox=a@b.example", strings.NewReader("To: a@b.example\r\n\r\nx"), "Content-Type", "message/rfc822", "Authorization", "Bearer "+bearer).Code
	}
	for range 3 {
		if w := ask(t, h, http.MethodGet, "/v1/me", nil); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	for language, want := range map[string]string{"da": "Der kommer for meget på én gang.", "en": "Too much is coming at once."} {
		w := ask(t, h, http.MethodGet, "/v1/me", nil, "Accept-Language", language)
		p := problemOf(t, w)
		seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
		if w.Code != http.StatusTooManyRequests || p.Code != "too_many_requests" || !strings.HasPrefix(p.Detail, want) || err != nil || seconds < 1 || seconds > 10 {
			t.Errorf("%d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
	// Sending has a count of its own, and so has somebody else at the same address.
	if a, b, c := send(good), send(good), send(good); a != 500 || b != 500 || c != 429 {
		t.Errorf("mails: %d, %d, %d", a, b, c)
	}
	if code := send(good + "x"); code != 500 {
		t.Errorf("somebody else: %d", code)
	}
	if w := ask(t, h, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer "+good+"x"); w.Code != http.StatusOK {
		t.Errorf("somebody else: %d", w.Code)
	}
	if !strings.Contains(log.String(), `"code":"too_many_requests"`) {
		t.Error("the log does not say so")
	}
}

func TestProbesAreNeverRefused(t *testing.T) {
	t.Parallel()
	one := limit.Rate{PerMinute: 1, Burst: 1}
	h, _ := openWith(t, reading(), limit.Rates{Read: one, Send: one, Public: one, Files: one, SignIn: one, BadSignIns: 1})
	for range 50 {
		ask(t, h, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer rubbish")
		for _, probe := range []string{"/healthz", "/readyz"} {
			if w := ask(t, h, http.MethodGet, probe, nil); w.Code != http.StatusOK {
				t.Fatalf("%s: %d", probe, w.Code)
			}
		}
	}
}

func TestEveryOtherOpenCallIsCountedByAddress(t *testing.T) {
	t.Parallel()
	one := limit.Rate{PerMinute: 1, Burst: 1}
	for _, target := range []string{"/openapi.yaml", "/metrics", "/manifest.xml", "/addin/pane.html", "/addin/icons/x.png", "/v1/nowhere", "/nowhere", "/v1/me%00"} {
		h, _ := openWith(t, reading(), limit.Rates{Public: one, Files: one})
		first := ask(t, h, http.MethodGet, target, nil).Code
		if second := ask(t, h, http.MethodGet, target, nil); first == 429 || second.Code != 429 || second.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d, then %d", target, first, second.Code)
		}
	}
	h, _ := openWith(t, reading(), limit.Rates{Public: one, Files: one})
	for range 3 { // a flood of calls does not keep the pane from opening, nor a caller from working
		ask(t, h, http.MethodGet, "/openapi.yaml", nil)
		ask(t, h, http.MethodGet, "/v1/me", nil, "Authorization", "")
	}
	for _, target := range []string{"/addin/pane.html", "/v1/me"} {
		if w := ask(t, h, http.MethodGet, target, nil); w.Code != http.StatusOK {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestAPaneThatIsRefusedIsAPageThatOutlookMayShow(t *testing.T) {
	t.Parallel()
	h, _ := openWith(t, reading(), limit.Rates{Files: limit.Rate{PerMinute: 1, Burst: 1}})
	ask(t, h, http.MethodGet, "/addin/pane.html", nil)
	for language, want := range map[string]string{"da": "<h1>Prøv igen om lidt</h1>", "en": "<h1>Try again shortly</h1>"} {
		w := ask(t, h, http.MethodGet, "/addin/pane.html", nil, "Accept-Language", language)
		header := w.Header()
		if w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), want) || header.Get("Content-Language") != language || header.Get("Retry-After") == "" ||
			!strings.Contains(header.Get("Content-Security-Policy"), "frame-ancestors https://outlook.example") || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v %s", w.Code, header, w.Body)
		}
	}
	if w := ask(t, h, http.MethodGet, "/addin/pane.js", nil); problemOf(t, w).Code != "too_many_requests" {
		t.Error("a script is answered with a page")
	}
}

// One bad client behind the address of a university.
func TestAGoodTokenWorksFromAnAddressThatIsLockedOut(t *testing.T) {
	t.Parallel()
	h, log := openWith(t, reading(), limit.Rates{BadSignIns: 5})
	me := func(bearer string) (int, string) {
		w := ask(t, h, http.MethodGet, "/v1/me", nil, "Authorization", "Bearer "+bearer)
		if w.Code == http.StatusOK {
			return w.Code, ""
		}
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("nobody says when to come again")
		}
		return w.Code, problemOf(t, w).Code
	}
	for range 6 {
		if code, what := me("forged"); code != http.StatusUnauthorized || what != entra.CodeMalformed {
			t.Fatalf("a bad token: %d %s", code, what)
		}
	}
	if code, what := me("forged"); code != http.StatusTooManyRequests || what != "address_locked_out" {
		t.Errorf("one too many: %d %s", code, what)
	}
	if code, what := me("expired"); code != http.StatusUnauthorized || what != entra.CodeExpired {
		t.Errorf("an expired token: %d %s: nobody would fetch a new one", code, what)
	}
	for range 20 {
		if code, what := me(good); code != http.StatusOK {
			t.Fatalf("a good token: %d %s", code, what)
		}
	}
	if w := ask(t, h, http.MethodGet, "/addin/pane.html", nil); w.Code != http.StatusOK {
		t.Errorf("the pane: %d", w.Code)
	}
	if text := log.String(); strings.Count(text, "an address is locked out of signing in") != 1 || strings.Contains(text, "192.0.2") {
		t.Errorf("the log: %s", text)
	}
}

// Each recipient is looked for in directories of others.
func TestManyRecipientsCountAsManyRequests(t *testing.T) {
	t.Parallel()
	u := reading()
	u.preflight = func(*draft.Draft) sending.Preflight { return sending.Preflight{} }
	list := make([]string, 250)
	for i := range list {
		list[i] = fmt.Sprintf("p%d@partner.example", i)
	}
	body := `{"mailbox":"a@b.example","to":[{"address":"` + strings.Join(list, `"},{"address":"`) + `"}]}`
	rate := limit.Rate{PerMinute: 6, Burst: 30} // twice 1 for the request and 10 for the people, and not a third time
	h, _ := openWith(t, u, limit.Rates{Read: rate, Send: rate})
	form := "--b\r\nContent-Disposition: form-data; name=\"draft\"\r\n\r\n" + strings.Replace(body, "}]}", `}],"body":{"text":"x"}}`, 1) + "\r\n--b--\r\n"
	for name, ask := range map[string]func() int{
		"a preflight": func() int {
			return ask(t, h, http.MethodPost, "/v1/preflight", strings.NewReader(body), "Content-Type", "application/json").Code
		},
		"a form": func() int {
			return ask(t, h, http.MethodPost, "/v1/messages", strings.NewReader(form), "Content-Type", "multipart/form-data; boundary=b").Code
		},
	} {
		if a, b, c := ask(), ask(), ask(); a == 429 || b == 429 || c != 429 {
			t.Errorf("%s: %d, %d, %d", name, a, b, c)
		}
	}
	h, _ = openWith(t, u, limit.Rates{Send: rate})
	mail := func() int {
		return ask(t, h, http.MethodPost, "/v1/messages?mailbox=a@b.example", strings.NewReader("To: "+strings.Join(list, ",\r\n ")+"\r\n\r\nx"), "Content-Type", "message/rfc822").Code
	}
	if a, b, c := mail(), mail(), mail(); a == 429 || b == 429 || c != 429 {
		t.Errorf("a mail: %d, %d, %d", a, b, c)
	}
}
