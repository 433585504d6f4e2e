package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/api/admin/session"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

func TestASignInThatIsNotThisBrowsersComesToNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	victim := h.visit(t)
	back := victim.toEntra("iben", "/admin/sign-in?to=/admin/messages%3Fstate%3Dsent")
	stolen := victim.cookies["__Host-sendsikker-signin"]
	cases := map[string]func(v *visit) string{
		"another browser that got the address": func(*visit) string { return back },
		"a browser with a sign-in of its own":  func(v *visit) string { v.get("/admin/sign-in"); return back },
		"without a code": func(v *visit) string {
			return strings.Replace(v.toEntra("iben", "/admin/sign-in"), "code=", "cude=", 1)
		},
		"a code that is made up": func(v *visit) string {
			return strings.Replace(v.toEntra("iben", "/admin/sign-in"), "code=0.", "code=0.x", 1)
		},
		"no state on either side": func(v *visit) string {
			v.cookies["__Host-sendsikker-signin"] = "e30"
			return frame.AnswerPath + "?code=x&state="
		},
		"a cookie that is none": func(v *visit) string { v.cookies["__Host-sendsikker-signin"] = "%%%"; return back },
		"somebody who says no at the sign-in": func(v *visit) string {
			return frame.AnswerPath + "?error=access_denied&state=" + stateOf(t, v.toEntra("iben", "/admin/sign-in"))
		},
		"a code of one sign-in in another's name": func(v *visit) string {
			mine := v.toEntra("anna", "/admin/sign-in")
			other := h.visit(t).toEntra("iben", "/admin/sign-in")
			return frame.AnswerPath + "?" + url.Values{"code": {codeOf(t, other)}, "state": {stateOf(t, mine)}}.Encode()
		},
	}
	for name, arrive := range cases {
		v := h.visit(t)
		if w := v.get(arrive(v)); w.Code != http.StatusUnauthorized || v.cookies["__Host-sendsikker"] != "" {
			t.Errorf("%s: %d, cookies %v", name, w.Code, v.cookies)
		}
		if w := v.get("/admin/"); w.Code != http.StatusSeeOther {
			t.Errorf("%s: and is let in: %d", name, w.Code)
		}
	}
	// The one whose it is gets in, to where they wanted to go, and once.
	w := victim.get(back)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/messages?state=sent" {
		t.Fatalf("the right one: %d %s %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	again := h.visit(t)
	again.cookies["__Host-sendsikker-signin"] = stolen
	if w := again.get(back); w.Code != http.StatusUnauthorized {
		t.Errorf("a code counts twice: %d", w.Code)
	}
	if strings.Contains(h.log.String(), codeOf(t, back)) {
		t.Error("the log has a code")
	}
}

func stateOf(t *testing.T, address string) string { return parameter(t, address, "state") }
func codeOf(t *testing.T, address string) string  { return parameter(t, address, "code") }

func parameter(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get(name) == "" {
		t.Fatalf("no %s in %s", name, address)
	}
	return u.Query().Get(name)
}

func TestTheWayBackLeadsToOurOwnPagesOnly(t *testing.T) {
	t.Parallel()
	h := open(t)
	for to, want := range map[string]string{
		"/admin/messages?state=sent": "/admin/messages?state=sent", "": "/admin/", "https://evil.example/admin/": "/admin/", "//evil.example/admin/": "/admin/", "/\\evil.example": "/admin/",
		"/admin/../v1/me": "/admin/../v1/me", "/v1/me": "/admin/", "/admin/sign-in": "/admin/", "javascript:alert(1)": "/admin/", "/admin/\r\nSet-Cookie: x=y": "/admin/",
		"/admin/" + strings.Repeat("x", 2000): "/admin/", "/administrator": "/admin/",
	} {
		v := h.visit(t)
		w := v.get(v.toEntra("iben", "/admin/sign-in?to="+url.QueryEscape(to)))
		got := w.Header().Get("Location")
		if to == "/admin/../v1/me" {
			want = got // the browser takes the dots away itself, and stays with us
		}
		if u, err := url.Parse(got); got != want || err != nil || u.Host != "" {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestTheCookieIsForThisHostAndNoScript(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t)
	planted := "planted-by-somebody-else"
	v.cookies["__Host-sendsikker"] = planted
	w := v.get(v.toEntra("iben", "/admin/sign-in"))
	found := false
	for _, c := range w.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie %+v", c)
		}
		found = found || c.Name == session.Cookie && c.Value != planted && c.Expires.IsZero()
	}
	if !found {
		t.Fatalf("no new session: %v", w.Result().Cookies())
	}
	// At rest there is nothing that a browser could bring.
	held := v.cookies[session.Cookie]
	if _, err := h.store.SessionData(t.Context(), held); err == nil {
		t.Error("the token itself is in the database")
	}
	before := held
	if v.signIn("iben"); v.cookies[session.Cookie] == before {
		t.Error("who signs in again keeps the token")
	}
	old := h.visit(t)
	old.cookies[session.Cookie] = before
	if w := old.get("/admin/"); w.Code != http.StatusSeeOther {
		t.Errorf("the old token still counts: %d", w.Code)
	}
}

func TestSigningOutEndsItHereAndEverywhere(t *testing.T) {
	t.Parallel()
	h := open(t)
	desk, home, somebody := h.visit(t).signIn("iben"), h.visit(t).signIn("iben"), h.visit(t).signIn("jonna")
	token := desk.cookies[session.Cookie]
	in := func(v *visit) bool { return v.get("/admin/").Code == http.StatusOK }
	if w := desk.do(http.MethodPost, "/admin/sign-out", url.Values{}); w.Header().Get("Location") != "/admin/signed-out?lang=da" || desk.cookies[session.Cookie] != "" {
		t.Errorf("signing out: %d %v", w.Code, desk.cookies)
	}
	desk.cookies[session.Cookie] = token
	if in(desk) || !in(home) || !in(somebody) {
		t.Error("signing out here is not that")
	}
	desk = h.visit(t).signIn("iben")
	home.do(http.MethodPost, "/admin/sign-out-everywhere", url.Values{})
	if in(desk) || in(home) || !in(somebody) {
		t.Error("signing out everywhere is not that")
	}
	if w := h.visit(t).get("/admin/signed-out"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Log ind igen") {
		t.Errorf("the page after it: %d", w.Code)
	}
}

func TestWhatIsTakenAwayIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.visit(t).signIn("david")
	if w := v.get("/admin/"); w.Code != http.StatusOK {
		t.Fatalf("before: %d", w.Code)
	}
	err := h.store.DeleteLocalAdministrator(t.Context(), store.LocalAdministrator{MailboxID: "hr", Kind: "person", Subject: h.people["david"].ID},
		audit.Entry{At: time.Now(), Actor: audit.Actor{Kind: "system"}, Action: audit.LocalAdministratorDeleted})
	if err != nil {
		t.Fatal(err)
	}
	if w := v.get("/admin/"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "ingen rolle") {
		t.Errorf("after: %d", w.Code)
	}
}

// Time passes only in here: a session ends when nobody comes for half an hour, and after eight hours however busy it is.
func TestASessionEndsWithRestAndWithTheDay(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pause  time.Duration
		visits int
		lasts  int
	}{"somebody who is busy all day": {25 * time.Minute, 25, 19}, "somebody who goes to lunch": {31 * time.Minute, 1, 0}}
	for name, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			kept := memory{}
			m := session.New(kept, func(http.ResponseWriter, *http.Request, error) { t.Error("failed") })
			ctx, err := m.Load(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			m.Put(ctx, session.PersonKey, "iben")
			token, _, err := m.Commit(ctx)
			if err != nil || len(kept) != 1 || kept[token].Token == token {
				t.Fatalf("%v, kept %v", err, kept)
			}
			lasted := 0
			for range c.visits {
				time.Sleep(c.pause)
				ctx, err := m.Load(t.Context(), token)
				if err != nil {
					t.Fatal(err)
				}
				if m.GetString(ctx, session.PersonKey) != "iben" {
					break
				}
				lasted++
				if _, _, err := m.Commit(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if lasted != c.lasts {
				t.Errorf("%s: %d visits, want %d", name, lasted, c.lasts)
			}
		})
	}
}

// memory is the table of sessions, in the time of a bubble.
type memory map[string]store.Session

func (m memory) PutSession(_ context.Context, one store.Session) error {
	m[one.Token] = one
	return nil
}

func (m memory) SessionData(_ context.Context, token string) ([]byte, error) {
	if one, there := m[token]; there && time.Now().Before(one.Expires) {
		return one.Data, nil
	}
	return nil, store.ErrNotFound
}

func (m memory) DeleteSession(_ context.Context, token string) error {
	delete(m, token)
	return nil
}
