package admin_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/api/admin/session"
	"aau.dk/sendsikker/api/limit"
)

// refusedFor holds a page against what somebody who must wait has to be told.
func refusedFor(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != http.StatusTooManyRequests || err != nil || seconds < 1 || !strings.Contains(w.Body.String(), want) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("%d, Retry-After %q, want %q:\n%s", w.Code, w.Header().Get("Retry-After"), want, w.Body)
	}
}

func TestAVisitorIsCountedAsWhoTheyAre(t *testing.T) {
	t.Parallel()
	h := openWith(t, limit.Rates{Read: limit.Rate{PerMinute: 1, Burst: 5}})
	busy, other := h.visit(t).signIn("iben"), h.visit(t).signIn("jonna")
	for range 5 {
		if w := busy.get("/admin/messages"); w.Code != http.StatusOK {
			t.Fatalf("%d", w.Code)
		}
	}
	refusedFor(t, busy.get("/admin/messages"), "Der kommer for meget på én gang.")
	refusedFor(t, busy.get("/admin/nowhere?lang=en"), "Too much is coming at once.")
	refusedFor(t, h.visit(t).signIn("iben").get("/admin/"), "Prøv igen om lidt") // with another session, too
	if w := other.get("/admin/messages"); w.Code != http.StatusOK {
		t.Errorf("somebody else at the same address: %d", w.Code)
	}
}

func TestStrangersAreCountedByAddress(t *testing.T) {
	t.Parallel()
	h := openWith(t, limit.Rates{Public: limit.Rate{PerMinute: 1, Burst: 4}, SignIn: limit.Rate{PerMinute: 1, Burst: 5}})
	inside := h.visit(t).signIn("iben") // two steps of a sign-in
	for i, path := range []string{"/admin/", "/admin/style.css", "/admin/nowhere", "/admin/messages"} {
		if w := h.visit(t).get(path); w.Code == http.StatusTooManyRequests {
			t.Fatalf("request %d: %d", i, w.Code)
		}
	}
	refusedFor(t, h.visit(t).get("/admin/"), "Prøv igen om lidt")
	for range 3 {
		if w := h.visit(t).get("/admin/sign-in"); w.Code != http.StatusSeeOther {
			t.Errorf("a sign-in has a count of its own: %d", w.Code)
		}
	}
	refusedFor(t, h.visit(t).get("/admin/sign-in"), "Prøv igen om lidt")
	refusedFor(t, h.visit(t).get(frame.AnswerPath+"?code=x&state=y"), "Prøv igen om lidt")
	if w := inside.get("/admin/"); w.Code != http.StatusOK {
		t.Errorf("somebody who is signed in: %d", w.Code)
	}
}

func TestBadSignInsLockTheAddressOutAndNobodyWhoIsIn(t *testing.T) {
	t.Parallel()
	ways := map[string]func(t *testing.T, h *house){
		"answers to no question": func(t *testing.T, h *house) { h.visit(t).get(frame.AnswerPath + "?code=x&state=y") },
		"codes that are made up": func(t *testing.T, h *house) {
			v := h.visit(t)
			v.get(strings.Replace(v.toEntra("anna", "/admin/sign-in"), "code=0.", "code=0.x", 1))
		},
		"cookies that we never made": func(t *testing.T, h *house) {
			v := h.visit(t)
			v.cookies[session.Cookie] = "' or 1=1 --"
			v.get("/admin/")
		},
	}
	for name, wrong := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openWith(t, limit.Rates{BadSignIns: 3})
			inside := h.visit(t).signIn("iben")
			for range 3 {
				wrong(t, h)
			}
			if w := h.visit(t).get("/admin/sign-in"); w.Code != http.StatusSeeOther {
				t.Fatalf("as many as are allowed: %d", w.Code)
			}
			wrong(t, h)
			refusedFor(t, h.visit(t).get("/admin/sign-in"), "for mange mislykkede logins fra jeres netværk")
			refusedFor(t, h.visit(t).get("/admin/sign-in?lang=en"), "Too many failed sign-ins have come from your network.")
			refusedFor(t, h.visit(t).get(frame.AnswerPath+"?code=x&state=y"), "logins")
			if w := inside.get("/admin/messages"); w.Code != http.StatusOK {
				t.Errorf("somebody who is signed in: %d", w.Code)
			}
			if w := h.visit(t).get("/admin/style.css"); w.Code != http.StatusOK {
				t.Errorf("the style of the page that says so: %d", w.Code)
			}
			if strings.Contains(h.log.String(), "192.0.2") || !strings.Contains(h.log.String(), "locked out") {
				t.Error("the log says who, or not that")
			}
		})
	}
	if len(ways) == 0 {
		t.Fatal("no cases")
	}
}

func TestWhatHonestPeopleDoLocksNobodyOut(t *testing.T) {
	t.Parallel()
	h := openWith(t, limit.Rates{BadSignIns: 3})
	for range 20 {
		v := h.visit(t)
		v.get(frame.AnswerPath + "?error=access_denied&state=" + stateOf(t, v.toEntra("anna", "/admin/sign-in"))) // changes their mind
		old := h.visit(t)
		old.cookies[session.Cookie] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // of last week
		old.get("/admin/")
	}
	h.visit(t).signIn("iben")
}
