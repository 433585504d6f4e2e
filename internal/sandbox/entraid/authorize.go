package entraid

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// codeLifetime is Entra's: codes last about ten minutes (also the most that RFC 6749 §4.1.2 advises).
	codeLifetime = 10 * time.Minute
	// maxCodes bounds the memory that unredeemed codes take.
	maxCodes = 1000
)

// grant is what a code stands for.
type grant struct {
	persona                            Persona
	client, redirect, nonce, challenge string
	scopes                             []string
	expires                            time.Time
}

// authorize is RFC 6749 §4.1.1 with PKCE: it shows who one can be, or sends the one in login_hint back with a code.
func (e *Entra) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	// Until client and address are known, nothing may be sent there (RFC 6749 §4.1.2.1).
	if !slices.Contains(e.allowedRedirects(), q.Get("redirect_uri")) {
		http.Error(w, "AADSTS50011: The redirect URI does not match those configured for the application.", http.StatusBadRequest)
		return
	}
	if !e.knows(q.Get("client_id")) {
		http.Error(w, "AADSTS700016: Application was not found in the directory.", http.StatusBadRequest)
		return
	}
	back := func(answer url.Values) {
		if state := q.Get("state"); state != "" {
			answer.Set("state", state)
		}
		separator := "?"
		if q.Get("response_mode") == "fragment" {
			separator = "#"
		} else if strings.Contains(q.Get("redirect_uri"), "?") {
			separator = "&"
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, q.Get("redirect_uri")+separator+answer.Encode(), http.StatusFound)
	}
	fail := func(code, say string) { back(url.Values{"error": {code}, "error_description": {say}}) }

	mode := q.Get("response_mode")
	switch {
	case q.Get("response_type") != "code":
		fail("unsupported_response_type", "AADSTS700054: only response_type code is supported.")
		return
	case mode != "" && mode != "query" && mode != "fragment":
		fail("invalid_request", "AADSTS90014: only response_mode query and fragment are supported.")
		return
	case q.Get("code_challenge") == "" || q.Get("code_challenge_method") != "S256":
		fail("invalid_request", "AADSTS9002325: Proof Key for Code Exchange with S256 is required.")
		return
	case q.Get("scope") == "":
		fail("invalid_request", "AADSTS900144: The request must contain scope.")
		return
	}
	persona, err := e.persona(q.Get("login_hint"))
	if err != nil && q.Get("prompt") == "none" {
		// OpenID Connect Core §3.1.2.6.
		fail("login_required", "AADSTS50058: A silent sign-in request was sent but no user is signed in.")
		return
	}
	if err != nil {
		e.choose(w, q)
		return
	}
	code := e.remember(grant{
		persona: persona, client: q.Get("client_id"), redirect: q.Get("redirect_uri"), nonce: q.Get("nonce"),
		challenge: q.Get("code_challenge"), scopes: strings.Fields(q.Get("scope")),
		expires: e.config.Now().Add(codeLifetime),
	})
	back(url.Values{"code": {code}, "session_state": {random(16)}})
}

func (e *Entra) knows(client string) bool {
	return client != "" && (client == e.config.AddIn || slices.ContainsFunc(e.config.Applications, func(a Application) bool {
		return a.ClientID == client
	}))
}

func (e *Entra) remember(g grant) (code string) {
	code = "0." + random(32)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.config.Now()
	for old, other := range e.codes {
		if now.After(other.expires) || len(e.codes) >= maxCodes {
			delete(e.codes, old)
		}
	}
	e.codes[code] = g
	return code
}

// choose shows the personas as links back here with a login_hint.
func (e *Entra) choose(w http.ResponseWriter, q url.Values) {
	type choice struct{ Name, Address, Link string }
	var choices []choice
	for _, p := range e.config.Personas {
		next := url.Values{}
		for name, values := range q {
			next[name] = values
		}
		next.Set("login_hint", p.Address)
		choices = append(choices, choice{p.Name, p.Address, "?" + next.Encode()})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	// The reader went away: there is nobody left to tell.
	_ = page().Execute(w, choices)
}

func page() *template.Template {
	return template.Must(template.New("choose").Parse(`<!doctype html>
<html lang="da">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log ind (sandkasse)</title>
<style>
  body { font: 16px/1.5 "Segoe UI", system-ui, sans-serif; color: #1b1b1b; background: #f3f4f6; margin: 0; }
  main { max-width: 26rem; margin: 8vh auto; padding: 1.5rem; background: #fff; border-radius: 8px; box-shadow: 0 1px 4px #0003; }
  h1 { font-size: 1.4rem; margin: 0; }
  p { margin: .25rem 0 1rem; color: #555; }
  ul { list-style: none; margin: 0; padding: 0; }
  a { display: block; padding: .6rem .8rem; margin: .4rem 0; border: 1px solid #c8c8c8; border-radius: 6px; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
  a:hover, a:focus-visible { border-color: #0f6cbd; background: #f0f6fc; outline: 2px solid #0f6cbd; }
  small { display: block; color: #555; }
</style>
<main>
  <h1>Hvem vil du logge ind som?</h1>
  <p lang="en">Who do you want to sign in as?</p>
  <ul>{{range .}}
    <li><a href="{{.Link}}">{{.Name}} <small>{{.Address}}</small></a></li>{{else}}
    <li>Der er ingen personer i sandkassen. <span lang="en">There are no people in the sandbox.</span></li>{{end}}
  </ul>
  <p>Alle personer er opdigtede, og der er ingen adgangskoder. <span lang="en">All people are invented, and there are no passwords.</span></p>
</main>
</html>
`))
}
