package graph_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/exchange"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	box    = "sikkermail@its.aau.example"
	bearer = "eyJ-a-secret-bearer"
)

// credential is azidentity's place: one method.
type credential struct{ err error }

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 || o.Scopes[0] != "https://graph.microsoft.com/.default" {
		return azcore.AccessToken{}, errors.New("wrong scope")
	}
	return azcore.AccessToken{Token: bearer, ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

// seen is one request as the server met it.
type seen struct {
	method, path, query string
	header              http.Header
	length              int64
}

// log counts what reached the server.
type log struct {
	mu   sync.Mutex
	list []seen
}

func (l *log) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.list = append(l.list, seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Clone(), r.ContentLength})
		l.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (l *log) all() []seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]seen(nil), l.list...)
}

// posts counts the requests of a method whose path ends so.
func (l *log) count(method, suffix string) int {
	n := 0
	for _, s := range l.all() {
		if s.method == method && strings.HasSuffix(s.path, suffix) {
			n++
		}
	}
	return n
}

type house struct {
	exchange *exchange.Server
	url      string
	log      *log
}

// open starts a pretend Exchange on a real socket.
func open(t *testing.T, change func(*exchange.Config)) house {
	t.Helper()
	config := exchange.Config{
		Verify: func(token string) (string, error) {
			if token != bearer {
				return "", errors.New("not ours")
			}
			return "app-1", nil
		},
		Mailboxes: []exchange.Mailbox{{Address: box, Name: "Sikker mail ITS"}, {Address: "o'brien/x+y@its.aau.example"}},
		Domains:   []string{"its.aau.example"},
		Seed:      1,
	}
	if change != nil {
		change(&config)
	}
	server, err := exchange.New(config)
	if err != nil {
		t.Fatal(err)
	}
	l := &log{}
	web := httptest.NewServer(l.wrap(server.Handler()))
	t.Cleanup(func() { web.Close(); server.Close() })
	return house{exchange: server, url: web.URL, log: l}
}

func client(t *testing.T, url string, change func(*graph.Options)) *graph.Client {
	t.Helper()
	options := graph.Options{BaseURL: url + "/v1.0", Credential: credential{}}
	if change != nil {
		change(&options)
	}
	c, err := graph.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answering is a server that gives every request the same answer.
func answering(t *testing.T, handle http.HandlerFunc) (url string, l *log) {
	t.Helper()
	l = &log{}
	web := httptest.NewServer(l.wrap(handle))
	t.Cleanup(web.Close)
	return web.URL, l
}

const messageID = "<9f1c@its.aau.example>"

// sealed is a message such as package smime makes, with cms as its content.
func sealed(to string, cms []byte) []byte {
	var out bytes.Buffer
	out.WriteString("From: =?utf-8?q?Sikker_mail_=C3=A6=C3=B8=C3=A5?= <" + box + ">\r\nTo: " + to + "\r\nCc: \"Kopi, Modtager\" <kopi@partner.example>\r\n" +
		"Subject: =?utf-8?q?Sp=C3=B8rgsm=C3=A5l_om_l=C3=B8n?=\r\nDate: Mon, 23 Nov 2026 12:00:00 +0100\r\nMessage-ID: " + messageID + "\r\n" +
		"In-Reply-To: <first@partner.example>\r\nReferences: <zero@partner.example>\r\n <first@partner.example>\r\nImportance: high\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n" +
		"Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n")
	text := base64.StdEncoding.EncodeToString(cms)
	for len(text) > 0 {
		n := min(76, len(text))
		out.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return out.Bytes()
}

// big is a sealed message above every limit of the MIME way, made once.
var big = sync.OnceValue(func() []byte { return sealed("bo@partner.example", noise(3_500_000)) })

func noise(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(out)
	return out
}

func wait(t *testing.T, h house, address string, n int) []exchange.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := h.exchange.Wait(ctx, address, n)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// want checks a fault, and that nothing of Graph or of ours leaks through it.
func want(t *testing.T, err error, kind fault.Kind, code string) *fault.Fault {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	if f.Kind != kind || f.Code != code {
		t.Errorf("got %s %s, want %s %s (%v)", f.Kind, f.Code, kind, code, f)
	}
	if f.Say.DA == "" || f.Say.EN == "" {
		t.Error("a fault without a sentence")
	}
	text := f.Error() + f.Say.DA + f.Say.EN
	for _, secret := range []string{bearer, box, "its.aau.example", "partner.example", "127.0.0.1", "/v1.0", "AAkA", "AAMk", "Graph's own words"} {
		if strings.Contains(text, secret) {
			t.Errorf("the fault holds %q: %s", secret, text)
		}
	}
	return f
}
