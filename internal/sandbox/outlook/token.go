package outlook

import (
	"encoding/json"
	"net/http"
	"strings"
)

// maxRequest bounds a small request.
const maxRequest = 64 << 10

type tokenRequest struct {
	Persona string `json:"persona"` // an address
	Client  string `json:"client"`  // the application that asks
	Scope   string `json:"scope"`
	Wrong   bool   `json:"wrong"` // one that the service does not take
}

// token plays the broker of Outlook: it gives what nested app authentication gives.
func (p *page) token(w http.ResponseWriter, r *http.Request) {
	var asked tokenRequest
	if !read(w, r, &asked) {
		return
	}
	t, err := p.People.Token(asked.Persona, asked.Client, asked.Wrong)
	if err != nil {
		http.Error(w, "nobody here has that address", http.StatusNotFound)
		return
	}
	var who Person
	for _, one := range p.People.People() {
		if strings.EqualFold(one.Address, asked.Persona) {
			who = one
		}
	}
	answer(w, map[string]any{
		"accessToken": t.Access, "idToken": t.ID, "expiresIn": int64(t.Lifetime.Seconds()), "scope": asked.Scope,
		"object": who.Object, "tenant": who.Tenant, "name": who.Name, "username": who.Address,
	})
}

// world is what the page shows to choose from.
func (p *page) world(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"people": p.People.People(), "boxes": p.Mail.Boxes()})
}

// read takes a request in JSON. The type is asked for: another site's page cannot send it here without asking first.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	return readUpTo(w, r, into, maxRequest)
}

func readUpTo(w http.ResponseWriter, r *http.Request, into any, most int64) bool {
	if r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "this takes application/json", http.StatusUnsupportedMediaType)
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, most)).Decode(into); err != nil {
		http.Error(w, "this is not the JSON that was asked for", http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body) // the reader went away: there is nobody left to tell
}
