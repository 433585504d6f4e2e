package app

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/sandbox/browser"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/sending"
)

// shared is one pretend university with the service in it, for all tests that only use it.
var shared struct {
	*world
	log *logBook
}

// server is a PostgreSQL for all tests that do not crash it, started by the first that needs it.
var server struct {
	once sync.Once
	*peer.Postgres
	err error
}

// onPostgres gives a service a database of its own on it.
func onPostgres(t testing.TB) (address string, change func(*wiring)) {
	t.Helper()
	peer.NeedPostgres(t)
	server.once.Do(func() { server.Postgres, server.err = peer.StartPostgres() })
	if server.err != nil {
		t.Fatal(server.err)
	}
	address, err := server.Database()
	if err != nil {
		t.Fatal(err)
	}
	return address, func(w *wiring) { w.Database = address }
}

// logBook keeps all that the program logged, for the tests that look for what must not be there.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestMain(m *testing.M) {
	if plan := os.Getenv(replicaVariable); plan != "" {
		if err := runReplica(plan); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(func() int {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		shared.log = &logBook{}
		w, err := openTestWorld(ctx, shared.log, "")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		shared.world = w
		served := make(chan error, 1)
		go func() { served <- w.service.serve(ctx, w.listener) }()
		manyAtOnce()
		code := m.Run()
		browser.Stop()
		cancel()
		if err := <-served; err != nil {
			fmt.Fprintln(os.Stderr, "stopping:", err)
			code = 1
		}
		_ = w.close()
		if server.Postgres != nil {
			server.Stop()
		}
		if hsm.folder != "" {
			_ = os.RemoveAll(hsm.folder)
		}
		return code
	}())
}

// manyAtOnce runs more tests at a time than there are processors, unless told otherwise: most of them wait for a clock, for a server
// that starts, or for a browser.
func manyAtOnce() {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		_ = flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	}
}

// readAssets is what main.go embeds.
func readAssets() (Assets, error) {
	contract, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		return Assets{}, err
	}
	template, err := os.ReadFile("../../manifest.xml")
	return Assets{Contract: contract, Manifest: template, AddIn: os.DirFS("../../addin/dist")}, err
}

func openTestWorld(ctx context.Context, log io.Writer, data string, change ...func(*worldOptions)) (*world, error) {
	assets, err := readAssets()
	if err != nil {
		return nil, err
	}
	o := worldOptions{
		assets: assets, listen: "127.0.0.1:0", fast: true, data: data,
		log:    slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		timing: sending.Timing{LookPause: 100 * time.Millisecond, GraceLooks: 2, MaxLooks: 5},
	}
	for _, c := range change {
		c(&o)
	}
	return openWorld(ctx, o)
}

// token is what an employee's add-in holds.
func token(t *testing.T, persona string) string {
	t.Helper()
	p, found := shared.university.Persona(persona)
	if !found {
		t.Fatalf("nobody is called %s", persona)
	}
	return shared.university.Entra.IssueUser(p)
}

// contractRouter knows the operations of openapi.yaml.
var contractRouter = sync.OnceValue(func() routers.Router {
	document, err := openapi3.NewLoader().LoadFromFile("../../openapi.yaml")
	if err != nil {
		panic(err)
	}
	if err := document.Validate(context.Background()); err != nil {
		panic(err)
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		panic(err)
	}
	return router
})

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem(t *testing.T) contract.Problem {
	t.Helper()
	var p contract.Problem
	if err := json.Unmarshal(a.body, &p); err != nil || p.Code == "" {
		t.Fatalf("no problem in %d %s", a.status, a.body)
	}
	return p
}

func (a answer) message(t *testing.T) contract.Message {
	t.Helper()
	var m contract.Message
	if err := json.Unmarshal(a.body, &m); err != nil || a.status >= 300 {
		t.Fatalf("no message in %d %s", a.status, a.body)
	}
	return m
}

// call sends a request and holds the answer against the contract: every test of the API is a contract test.
func call(t *testing.T, method, path, bearer, contentType string, body io.Reader, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, shared.url()+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if length := request.Header.Get("X-Test-Length"); length != "" {
		request.Header.Del("X-Test-Length")
		request.ContentLength, _ = strconv.ParseInt(length, 10, 64)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{response.StatusCode, response.Header, text}
	a.holdAgainstContract(t, request)
	return a
}

func (a answer) holdAgainstContract(t *testing.T, request *http.Request) {
	t.Helper()
	noLeak(t, a.body)
	route, params, err := contractRouter().FindRoute(request)
	if err != nil {
		return // not a call of ours: the answer is a problem, and tests that ask for it look at it
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("%s %s: the answer does not fit the contract: %v", request.Method, request.URL.Path, err)
	}
}

// noLeak looks for what no answer may ever hold: Go's own words, SQL, paths.
func noLeak(t *testing.T, body []byte) {
	t.Helper()
	for _, word := range []string{".go:", "goroutine", "sql:", "SQL", "constraint", "panic", "/tmp/", "nil pointer", "json:", "unexpected EOF", "strconv", "multipart:", "mime:", "runtime error", "0xc0"} {
		if bytes.Contains(body, []byte(word)) && !bytes.Contains(body, []byte("openapi: 3")) && !bytes.Contains(body, []byte("# HELP")) {
			t.Errorf("the answer holds %q: %s", word, body)
		}
	}
}

// part is one part of a form.
type part struct {
	field, name, kind string
	content           []byte
}

func form(t *testing.T, draft any, parts ...part) (string, io.Reader) {
	t.Helper()
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	raw, isRaw := draft.(string)
	if !isRaw {
		encoded, err := json.Marshal(draft)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(encoded)
	}
	if err := w.WriteField("draft", raw); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition(p.field, p.name))
		if extended, is := strings.CutPrefix(p.name, "*="); is { // RFC 2231, which can say what quotes cannot
			h.Set("Content-Disposition", `form-data; name="`+p.field+`"; filename*=`+extended)
		}
		h.Set("Content-Type", p.kind)
		out, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), &text
}

type draftJSON map[string]any

// letter is a draft that can be sent.
func letter(to ...string) draftJSON {
	return draftJSON{"mailbox": "sikkermail@its.aau.example", "to": people(to...), "subject": "Afgørelse i sagen", "body": map[string]string{"text": "Kære modtager\n\nÆblerne er røde på Åsen."}}
}

func people(addresses ...string) []map[string]string {
	list := make([]map[string]string, len(addresses))
	for i, a := range addresses {
		list[i] = map[string]string{"address": a}
	}
	return list
}

func send(t *testing.T, draft any, parts ...part) answer {
	t.Helper()
	kind, body := form(t, draft, parts...)
	return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), kind, body)
}

// ended waits until every copy of the message has ended and the receipt or report is written.
func ended(t *testing.T, id string) contract.Message {
	t.Helper()
	deadline := time.Now().Add(time.Minute) // under the race detector, on two cores
	for time.Now().Before(deadline) {
		m := call(t, http.MethodGet, "/v1/messages/"+id, token(t, "anna"), "", nil).message(t)
		if m.Notice != nil {
			return m
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the message has not ended")
	return contract.Message{}
}

// arrivedIn gives the copies of one message that arrived for an address. Tests share the mailboxes; the Message-ID tells whose.
func arrivedIn(address, messageID string) [][]byte {
	var list [][]byte
	for _, d := range shared.university.Exchange.Delivered(address) {
		if bytes.Contains(d.Raw, []byte(messageID)) {
			list = append(list, d.Raw)
		}
	}
	return list
}

func waitFor(t *testing.T, address, messageID string) []byte {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if list := arrivedIn(address, messageID); len(list) > 0 {
			return list[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nothing arrived for %s", address)
	return nil
}
