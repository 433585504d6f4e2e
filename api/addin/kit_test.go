package addin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"aau.dk/sendsikker/api/addin"
)

const page = `<!doctype html><meta name="sendsikker" content="{{settings}}"><script src="{{office}}"></script><script type="module" src="pane.js"></script>`

func deps() addin.Deps {
	return addin.Deps{
		Manifest: []byte("<OfficeApp/>"), PublicURL: "https://sikker.aau.example", Office: "https://appsforoffice.microsoft.com/lib/1/hosted/office.js",
		Settings: addin.Settings{
			ClientID: "add10000-0000-4000-8000-000000000001", Authority: "https://login.microsoftonline.com/7e4a4700-0000-4000-8000-000000000001",
			Scope: "api://5e0d5e0d-0000-4000-8000-00000000a001/Mail.SendSecure", Organisation: `"Ærø" & <Søn>`, Domains: []string{"aau.example"},
			CertificatesPage: "https://sikker.aau.example/certificates",
		},
		Rules: addin.Rules{CPR: "block", Marked: "block", Channel: "ask"},
		Files: fstest.MapFS{
			"pane.html":             {Data: []byte(page)},
			"signin.html":           {Data: []byte(page)},
			"guard.html":            {Data: []byte(`<!doctype html><script src="{{office}}"></script><script src="guard.js"></script>`)},
			"guard.js":              {Data: []byte("(()=>{})();\n")},
			"pane.js":               {Data: make([]byte, 9000)},
			"pane.css":              {Data: []byte("body{}")},
			"msal-AB12CD34.js":      {Data: []byte("export{}")},
			"icons/icon-16.png":     {Data: []byte("\x89PNG\r\n\x1a\n")},
			"icons/icon-a-hash.png": {Data: []byte("\x89PNG\r\n\x1a\n")},
		},
	}
}

// serve asks as api does, whose own header fields stand there first.
func serve(t *testing.T, d addin.Deps, method, target string, fields ...string) (*httptest.ResponseRecorder, bool) {
	t.Helper()
	s, err := addin.New(d)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	return w, s.Serve(w, r)
}

func get(t *testing.T, target string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	w, found := serve(t, deps(), http.MethodGet, target, fields...)
	if !found {
		t.Fatalf("%s: there is no such file", target)
	}
	return w
}
