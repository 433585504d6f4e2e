package fetch_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/trust/fetch"
)

// Some authorities give every certificate an address of its own, so it tells whom a mail is for. Errors go to the log.
func TestErrorsDoNotHoldTheAddress(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("do") {
		case "redirect":
			http.Redirect(w, r, "http://10.0.0.1/bo?secret", http.StatusFound)
		case "circle":
			http.Redirect(w, r, "?do=circle&bo=secret", http.StatusFound)
		case "hang up":
			panic(http.ErrAbortHandler)
		default:
			http.Error(w, "no", http.StatusTeapot)
		}
	}))
	t.Cleanup(web.Close)
	client := fetch.New(fetch.Options{AllowLoopback: true})
	cases := []string{"http://10.0.0.1/bo?secret", web.URL + "/bo?secret", web.URL + "/bo?secret&do=redirect", web.URL + "/bo?do=circle&secret",
		web.URL + "/bo?secret&do=hang+up", "http://127.0.0.1:1/bo?secret", "http://bo.secret\x7f/", "ldap://bo/secret", "http://%zz/bo?secret"}
	for _, address := range cases {
		_, got := client.Get(t.Context(), address, 1)
		_, posted := client.Post(t.Context(), address, "text/plain", []byte("x"), 1)
		for _, err := range []error{got, posted} {
			if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "bo?") {
				t.Errorf("%v", err)
			}
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
