package app

import (
	"bytes"
	"encoding/json"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"aau.dk/sendsikker/internal/manifest"
)

const addInOfTests = "add10000-0000-4000-8000-000000000001"

// builtAddIn is an add-in with the real pictures, and pages that do just what the manifest says of them.
func builtAddIn(t *testing.T) Assets {
	t.Helper()
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"pane.html":  {Data: []byte(`<!doctype html><script src="{{office}}"></script>`)},
		"guard.html": {Data: []byte(`<!doctype html><script src="{{office}}"></script><script src="guard.js"></script>`)},
		"guard.js":   {Data: []byte(`Office.actions.associate("onMessageSendHandler",function(){});`)},
	}
	icons, err := fs.Glob(assets.AddIn, "icons/*.png")
	if err != nil || len(icons) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	for _, name := range icons {
		picture, err := fs.ReadFile(assets.AddIn, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: picture}
	}
	assets.AddIn = files
	return assets
}

func runManifest(t *testing.T, assets Assets, args ...string) (status int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = start(append([]string{"manifest"}, args...), assets, console{strings.NewReader(""), &stdout, &stderr})
	return status, stdout.String(), stderr.String()
}

func TestTheManifestIsWrittenWhenNothingIsWrongWithIt(t *testing.T) {
	t.Parallel()
	assets := builtAddIn(t)
	status, out, said := runManifest(t, assets, "--base-url", "https://sikker.aau.example/", "--client-id", addInOfTests)
	if status != 0 || said != "" || !strings.HasPrefix(out, "<?xml") || !strings.Contains(out, `"https://sikker.aau.example/addin/guard.js"`) || !strings.Contains(out, "<ProviderName>Send sikker<") {
		t.Fatalf("%d %s\n%s", status, said, out)
	}
	// The settings give the same, and what else they say.
	folder := t.TempDir()
	settings, file := filepath.Join(folder, "s.yaml"), filepath.Join(folder, "manifest.xml")
	put(t, folder, "s.yaml", []byte("public-url: https://sikker.aau.example\norganisation: Ærø & Søn\nentra: {clients: ["+addInOfTests+"], authority: 'https://login.aau.example'}\n"+
		"addin: {version: 1.2.0.0, support-url: 'https://hjaelp.aau.example'}\n"))
	status, out, said = runManifest(t, assets, "--config", settings, "--out", file)
	written, err := os.ReadFile(file)
	if status != 0 || err != nil || !strings.Contains(out, "Written to "+file) {
		t.Fatalf("%d %v %s%s", status, err, out, said)
	}
	for _, has := range []string{"<ProviderName>Ærø &amp; Søn<", "<Version>1.2.0.0<", `"https://hjaelp.aau.example"`, "<AppDomain>https://login.aau.example<", `"https://sikker.aau.example/addin/pane.html"`} {
		if !strings.Contains(string(written), has) {
			t.Errorf("%s is missing", has)
		}
	}
}

func TestAManifestWithAFaultIsNotWritten(t *testing.T) {
	t.Parallel()
	whole := []string{"--base-url", "https://sikker.aau.example", "--client-id", addInOfTests}
	cases := []struct {
		name  string
		args  []string
		spoil func(a *Assets)
		says  []string
	}{
		{"no address", whole[2:], nil, []string{"--base-url is missing"}},
		{"nobody to sign in with", whole[:2], nil, []string{"--client-id is missing"}},
		{"http", []string{"--base-url", "http://sikker.aau.example", "--client-id", addInOfTests}, nil, []string{"must begin with https"}},
		{"a path and no id", []string{"--base-url", "https://sikker.aau.example/x", "--client-id", "me"}, nil, []string{"base url: ", "client id: "}},
		{"an early version", append(slices.Clone(whole), "--addin-version", "0.1"), nil, []string{"version: "}},
		{"two files that are not there", whole, func(a *Assets) {
			files, _ := a.AddIn.(fstest.MapFS)
			delete(files, "guard.js")
			delete(files, "icons/icon-20.png")
		}, []string{"icon-20.png", "guard.js"}},
	}
	for _, c := range cases {
		assets, file := builtAddIn(t), filepath.Join(t.TempDir(), "manifest.xml")
		if c.spoil != nil {
			c.spoil(&assets)
		}
		status, out, said := runManifest(t, assets, slices.Concat(c.args, []string{"--out", file})...)
		if _, err := os.Stat(file); status != 1 || out != "" || err == nil {
			t.Errorf("%s: %d, %q; it was written: %v", c.name, status, out, err == nil)
		}
		for _, want := range c.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q does not say %q", c.name, said, want)
			}
		}
	}
}

// What is embedded is what Outlook gets: the built add-in must be all that its manifest says.
func TestTheManifestOfTheBuiltAddInHasNoFault(t *testing.T) {
	t.Parallel()
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(assets.AddIn, "guard.js"); err != nil {
		t.Fatal("the send guard is not built: cd addin && npm run build")
	}
	if status, _, said := runManifest(t, assets, "--base-url", "https://sikker.aau.example", "--client-id", addInOfTests); status != 0 {
		t.Error(said)
	}
}

func TestTheDemoServesTheAddIn(t *testing.T) {
	t.Parallel()
	a := call(t, http.MethodGet, "/manifest.xml", "", "", nil)
	id, err := manifest.ID(shared.university.Tenant.AddIn)
	if err != nil {
		t.Fatal(err)
	}
	if a.status != http.StatusOK || !strings.Contains(string(a.body), "<Id>"+id+"<") || !strings.Contains(string(a.body), shared.url()+"/addin/pane.html") {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = call(t, http.MethodGet, "/addin/icons/icon-64.png", "", "", nil)
	if a.status != http.StatusOK || !strings.HasPrefix(string(a.body), "\x89PNG") || a.header.Get("Cache-Control") != "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	a = call(t, http.MethodGet, "/.well-known/microsoft-officeaddins-allowed.json", "", "", nil)
	if !strings.Contains(string(a.body), shared.url()+"/addin/guard.js") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a = call(t, http.MethodGet, "/addin/other.js", "", "", nil); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAPageIsToldWhatItMustKnowOfThisService(t *testing.T) {
	t.Parallel()
	w := shared.wiring(worldOptions{assets: builtAddIn(t)})
	files, _ := w.Assets.AddIn.(fstest.MapFS)
	files["pane.html"] = &fstest.MapFile{Data: []byte(`<meta name="sendsikker" content="{{settings}}"><script src="{{office}}"></script>`)}
	w.PublicURL = "https://sikker.aau.example/"
	site, err := w.addIn()
	if err != nil {
		t.Fatal(err)
	}
	page := string(served(t, site, "/addin/pane.html"))
	meta := regexp.MustCompile(`content="([^"]*)"`).FindStringSubmatch(page)
	var told map[string]any
	if len(meta) == 0 || json.Unmarshal([]byte(html.UnescapeString(meta[1])), &told) != nil {
		t.Fatal(page)
	}
	tenant := shared.university.Tenant
	for name, want := range map[string]string{
		"clientId": tenant.AddIn, "authority": shared.university.Entra.Authority() + "/" + tenant.Tenant, "scope": "api://" + tenant.API + "/" + tenant.Scope,
		"organisation": "Universitetet Eksempel", "certificatesPage": "https://sikker.aau.example/certificates", "supportURL": "",
	} {
		if told[name] != want {
			t.Errorf("%s is %v, want %s", name, told[name], want)
		}
	}
	if guard := string(served(t, site, "/addin/guard.js")); !strings.HasPrefix(guard, `var SendSikkerSettings={"domains":["aau.example"`) || !strings.Contains(guard, `"rules":{"cpr":"block","marked":"block","channel":"ask"}};`) {
		t.Error(guard)
	}
}

func TestWhatIsMountedBesideTheAPITakesItsPathAlone(t *testing.T) {
	t.Parallel()
	say := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	}
	h := mounted(say("own"), map[string]http.Handler{"/outlook/": say("outlook")})
	for target, want := range map[string]string{"/outlook": "outlook", "/outlook/": "outlook", "/outlook/office.js": "outlook", "/outlooks": "own", "/": "own", "//v1/me": "own", "/v1/outlook/": "own"} {
		if got := string(served(t, handled{h}, target)); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}

// handled is a handler as the add-in's files are one.
type handled struct{ http.Handler }

func (h handled) Serve(w http.ResponseWriter, r *http.Request) bool { h.ServeHTTP(w, r); return true }

func served(t *testing.T, s interface {
	Serve(w http.ResponseWriter, r *http.Request) bool
}, target string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	if !s.Serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)) {
		t.Fatalf("%s: there is no such file", target)
	}
	return w.Body.Bytes()
}
