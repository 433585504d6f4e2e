package outlook

import "net/http"

// weatherCookie is how the page asks for bad weather. A cookie reaches every way of asking that a pane has: fetch, streams, uploads.
const weatherCookie = "sandbox-weather"

// weather lets requests through to the service, or does as the network between does on a bad day.
func (p *page) weather(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(weatherCookie)
	if err == nil && len(r.URL.Path) >= len("/v1/") && r.URL.Path[:len("/v1/")] == "/v1/" {
		switch cookie.Value {
		case "offline":
			panic(http.ErrAbortHandler) // the connection breaks, without an answer
		case "down":
			// As a proxy says it: not in the service's words, and not as a problem document.
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("<html><body><h1>503 Service Unavailable</h1></body></html>"))
			return
		}
	}
	p.Service.ServeHTTP(w, r)
}
