package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

const back = "http://127.0.0.1:1/admin/sign-in/answer"

// issuer answers at the token endpoint with whatever ID token it is told to, and everything else as the pretend Entra does.
func issuer(t *testing.T, token func(e *entraid.Entra, c entraid.Config) string) (*entra.SignIn, *url.Values) {
	t.Helper()
	c := entraid.University()
	var e *entraid.Entra
	asked := &url.Values{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/token") {
			e.Handler().ServeHTTP(w, r)
			return
		}
		_ = r.ParseForm()
		*asked = r.PostForm
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"x","token_type":"Bearer","id_token":"` + token(e, c) + `"}`))
	}))
	t.Cleanup(server.Close)
	c.Base = server.URL
	var err error
	if e, err = entraid.New(c); err != nil {
		t.Fatal(err)
	}
	s, err := entra.NewSignIn(entra.SignInConfig{Tenant: c.Tenant, Client: c.API, Authority: server.URL, Redirect: back, Secret: func() string { return "secret" }})
	if err != nil {
		t.Fatal(err)
	}
	return s, asked
}

// The tokens are all signed with the tenant's key.
func TestAnIDTokenThatIsNotTheAnswerIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func() []entraid.Option
		good   bool
	}{
		"the answer":    {func() []entraid.Option { return nil }, true},
		"another nonce": {func() []entraid.Option { return []entraid.Option{entraid.With("nonce", "another")} }, false},
		"no nonce":      {func() []entraid.Option { return []entraid.Option{entraid.Without("nonce")} }, false},
		"for another client": {func() []entraid.Option {
			return []entraid.Option{entraid.With("aud", "5e0d5e0d-0000-4000-8000-00000000ffff")}
		}, false},
		"of another tenant": {func() []entraid.Option {
			return []entraid.Option{entraid.With("tid", "7e4a4700-0000-4000-8000-00000000ffff")}
		}, false},
		"from another issuer": {func() []entraid.Option {
			return []entraid.Option{entraid.With("iss", "https://evil.example/v2.0")}
		}, false},
		"of the old version": {func() []entraid.Option { return []entraid.Option{entraid.With("ver", "1.0")} }, false},
		"about nobody":       {func() []entraid.Option { return []entraid.Option{entraid.Without("oid")} }, false},
		"expired": {func() []entraid.Option {
			return []entraid.Option{entraid.With("exp", time.Now().Add(-time.Hour).Unix())}
		}, false},
		"with roles that are one": {func() []entraid.Option {
			return []entraid.Option{entraid.With("roles", "SendSikker.Administrator")}
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var nonce string
			s, asked := issuer(t, func(e *entraid.Entra, config entraid.Config) string {
				return e.IssueID(config.Personas[6], config.API, nonce, c.change()...)
			})
			address, attempt := s.Begin(false)
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			nonce = q.Get("nonce")
			if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") != attempt.State || len(attempt.State) < 20 || q.Get("redirect_uri") != back || strings.Contains(address, attempt.Verifier) {
				t.Fatalf("the question is %v", q)
			}
			person, err := s.Finish(t.Context(), attempt, url.Values{"code": {"the code"}, "state": {attempt.State}})
			if c.good != (err == nil) {
				t.Fatalf("got %v, %v", person, err)
			}
			if asked.Get("code_verifier") != attempt.Verifier || asked.Get("client_secret") != "secret" {
				t.Errorf("the code is redeemed with %v", asked)
			}
			if c.good && (person.Name != "Iben Eksempel" || len(person.Roles) != 1) {
				t.Errorf("got %+v", person)
			}
			if err != nil && fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("the fault is %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "evil.example") {
				t.Errorf("the error quotes a claim: %v", err)
			}
		})
	}
}

func TestACertificateProvesWhoRedeemsACode(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "web"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "web.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var form url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"AADSTS700027: secret text"}`))
	}))
	t.Cleanup(server.Close)
	c := entraid.University()
	s, err := entra.NewSignIn(entra.SignInConfig{Tenant: c.Tenant, Client: c.API, Authority: server.URL, Redirect: back, CertificateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	_, attempt := s.Begin(true)
	_, err = s.Finish(t.Context(), attempt, url.Values{"code": {"x"}, "state": {attempt.State}})
	if err == nil || fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "invalid_client") || strings.Contains(err.Error(), "secret text") {
		t.Errorf("our own proof is not taken: %v", err)
	}
	if form.Get("client_secret") != "" || form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		t.Fatalf("the proof is %v", form)
	}
	token, err := jwt.ParseSigned(form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.PS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.Claims
	if err := token.Claims(key.Public(), &claims); err != nil {
		t.Fatal(err)
	}
	endpoint := server.URL + "/" + c.Tenant + "/oauth2/v2.0/token"
	if err := claims.Validate(jwt.Expected{Issuer: c.API, Subject: c.API, AnyAudience: jwt.Audience{endpoint}, Time: time.Now()}); err != nil || claims.ID == "" {
		t.Errorf("the claims are %+v: %v", claims, err)
	}
}

func TestASignInSaysWhatOfItsSettingsIsWrong(t *testing.T) {
	t.Parallel()
	c := entraid.University()
	good := entra.SignInConfig{Tenant: c.Tenant, Client: c.API, Authority: "https://login.example", Redirect: "https://sikker.example/admin/sign-in/answer", Secret: func() string { return "x" }}
	if _, err := entra.NewSignIn(good); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(s *entra.SignInConfig){
		"tenant": func(s *entra.SignInConfig) { s.Tenant = "common" }, "client": func(s *entra.SignInConfig) { s.Client = "" }, "authority": func(s *entra.SignInConfig) { s.Authority = "http://login.example" },
		"redirect": func(s *entra.SignInConfig) { s.Redirect = "http://sikker.example/" }, "secret": func(s *entra.SignInConfig) { s.Secret = nil }, "certificate-file": func(s *entra.SignInConfig) { s.CertificateFile = "/nowhere" },
	}
	for setting, spoil := range cases {
		one := good
		spoil(&one)
		if _, err := entra.NewSignIn(one); err == nil || !strings.HasPrefix(err.Error(), setting+": ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// A name is shown to other people, and a group is one by its id alone.
func TestANameOfASignInIsCleanAndGroupsAreIDs(t *testing.T) {
	t.Parallel()
	var nonce string
	s, _ := issuer(t, func(e *entraid.Entra, c entraid.Config) string {
		return e.IssueID(c.Personas[0], c.API, nonce, entraid.With("name", "\u202eanen\u200b\r\nA"+strings.Repeat("x", 1000)), entraid.With("groups", []string{"Direktionen", entraid.Group(1)}))
	})
	address, attempt := s.Begin(false)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	nonce = u.Query().Get("nonce")
	person, err := s.Finish(t.Context(), attempt, url.Values{"code": {"the code"}, "state": {attempt.State}})
	if err != nil || !strings.HasPrefix(person.Name, "anen A") || len(person.Name) > 256 || len(person.Groups) != 1 || person.Groups[0] != entraid.Group(1) {
		t.Errorf("%+v, %v", person, err)
	}
}
