package app

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sending"
)

// house is a service of its own, with its own data folder.
type house struct {
	*service
	university *sandbox.University
	data       string
	log        *logBook
	at         string // its database
}

// openHouse wires a service at the university that all tests share, without starting its workers. A database that is empty is
// furnished first.
func openHouse(t testing.TB, data string, change ...func(*wiring)) *house {
	t.Helper()
	return openHouseAt(t, shared.university, data, change...)
}

func openHouseAt(t testing.TB, u *sandbox.University, data string, change ...func(*wiring)) *house {
	t.Helper()
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	log := &logBook{}
	w := &world{university: u, data: data}
	plan := w.wiring(worldOptions{
		assets: assets, log: slog.New(slog.NewJSONHandler(log, nil)), now: time.Now,
		timing: sending.Timing{LookPause: 50 * time.Millisecond, GraceLooks: 2, MaxLooks: 20},
	})
	for _, c := range change {
		c(&plan)
	}
	if w.service, err = wire(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if wrapped, err := w.service.store.KeyVersions(t.Context()); err != nil {
		t.Fatal(err)
	} else if len(wrapped) == 0 {
		if err := w.furnish(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	h := &house{w.service, u, data, log, plan.Database}
	t.Cleanup(func() { _ = h.leave(time.Second) }) // does nothing when the test has done it
	return h
}

// work puts the workers on, as serve does.
func (h *house) work(t *testing.T) {
	t.Helper()
	if err := h.start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// leave stops as a signal does, with so much patience for what is under way.
func (h *house) leave(patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := h.stop(ctx)
	h.queue = nil
	return err
}

func (h *house) ask(t *testing.T, method, path, bearer, kind string, body io.Reader) answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, body)
	request.Header.Set("Content-Type", kind)
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	recorder := httptest.NewRecorder()
	h.handler.ServeHTTP(recorder, request)
	a := answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
	a.holdAgainstContract(t, request)
	return a
}

func (h *house) send(t *testing.T, draft any) answer {
	t.Helper()
	kind, body := form(t, draft)
	return h.ask(t, http.MethodPost, "/v1/messages", h.anna(t), kind, body)
}

// anna is the token of somebody of its university.
func (h *house) anna(t *testing.T) string {
	t.Helper()
	p, found := h.university.Persona("anna")
	if !found {
		t.Fatal("nobody is called anna")
	}
	return h.university.Entra.IssueUser(p)
}

func (h *house) ended(t *testing.T, id uuid.UUID) contract.Message {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // the queue looks for lost jobs twice a minute
		if m := h.ask(t, http.MethodGet, "/v1/messages/"+id.String(), h.anna(t), "", nil).message(t); m.Notice != nil {
			return m
		}
	}
	t.Fatalf("the message has not ended:\n%s", h.log)
	return contract.Message{}
}

// database opens the house's database beside it, to look and to meddle.
func (h *house) database(t testing.TB) *sql.DB {
	t.Helper()
	driver, where := "sqlite", h.at+"?_pragma=busy_timeout(10000)"
	if strings.HasPrefix(h.at, "postgres://") {
		driver, where = "pgx", h.at
	}
	db, err := sql.Open(driver, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (h *house) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := h.database(t).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// spooled lists what lies in the spool.
func (h *house) spooled(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(h.data, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// once fails unless the message ended well, reached everybody exactly once, and has one receipt.
func (h *house) once(t *testing.T, id uuid.UUID, addresses ...string) {
	t.Helper()
	m := h.ended(t, id)
	if m.State != contract.MessageStateSent || m.Notice.Kind != contract.NoticeKindReceipt || len(m.Recipients) != len(addresses) {
		t.Errorf("state %s, %s, %d recipients", m.State, m.Notice.Kind, len(m.Recipients))
	}
	for _, address := range addresses {
		waitFor(t, address, m.MessageId)
		if n := len(arrivedIn(address, m.MessageId)); n != 1 {
			t.Errorf("%s got %d copies, want 1", address, n)
		}
	}
	noticeOfMessage(t, m)
}

func TestWhatWasAcceptedBeforeARestartIsSentAfterIt(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := openHouse(t, data) // and nobody works in it
	letters := [][]string{
		{"chen@uni.example"},
		{"eva@klinik.example", "anna@aau.example"},
		{"timeout-but-sent@vejr.example"},
		{"timeout-not-sent@vejr.example", "bo@partner.example"},
	}
	var ids []uuid.UUID
	for _, to := range letters {
		m := first.send(t, letter(to...)).message(t)
		if m.State != contract.MessageStateSending {
			t.Errorf("a message that nobody has touched is %s", m.State)
		}
		ids = append(ids, m.Id)
	}
	if n := first.spooled(t); n != 5 {
		t.Errorf("%d copies in the spool, want 5", n)
	}
	if err := first.leave(time.Second); err != nil {
		t.Fatal(err)
	}
	second := openHouse(t, data)
	second.work(t)
	for i, id := range ids {
		second.once(t, id, letters[i]...)
	}
	if err := second.leave(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if n := second.spooled(t); n != 0 {
		t.Errorf("%d copies are left in the spool", n)
	}
	// And a third start finds nothing to do.
	third := openHouse(t, data)
	third.work(t)
	if n := third.count(t, `SELECT COUNT(*) FROM river_job WHERE state <> 'completed' AND kind IN ('deliver', 'notice')`); n != 0 {
		t.Errorf("%d jobs are left", n)
	}
}

func TestWhatGraphWasTooIllToTakeIsSentWhenItIsWell(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	ill := openHouse(t, data, func(w *wiring) { w.GraphURL = "http://127.0.0.1:1/v1.0" })
	ill.work(t)
	id := ill.send(t, letter("chen@uni.example")).message(t).Id
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(ill.log.String(), "graph_unavailable"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nobody noticed that Graph is away:\n%s", ill.log)
		}
	}
	if err := ill.leave(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	well := openHouse(t, data)
	well.work(t)
	well.once(t, id, "chen@uni.example")
}

// TestAStopHandsBackWhatIsUnderWay stops a service whose call to Graph does not come to an end.
func TestAStopHandsBackWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stalls  string // the call, by the end of its path
		arrives bool   // Graph does what it was asked before it falls silent
		state   string // of the delivery after the stop
	}{
		"while the draft is on its way":          {"/messages", false, "drafting"},
		"while it is being sent, and it was not": {"/send", false, "sending"},
		"while it is being sent, and it was":     {"/send", true, "sending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			stalled := make(chan struct{}, 8)
			h := openHouse(t, data, func(w *wiring) { w.GraphURL = stallingGraph(t, c.stalls, c.arrives, stalled) + "/v1.0" })
			h.work(t)
			id := h.send(t, letter("chen@uni.example")).message(t).Id
			select {
			case <-stalled:
			case <-time.After(10 * time.Second):
				t.Fatalf("the call was never made:\n%s", h.log)
			}
			begun := time.Now()
			if err := h.leave(100 * time.Millisecond); err != nil {
				t.Fatalf("stopping: %v\n%s", err, h.log)
			}
			if took := time.Since(begun); took > 4*time.Second {
				t.Errorf("stopping took %s", took)
			}
			// The job waits for whoever comes, and the attempt that was cut short does not count.
			db := h.database(t)
			var job, state string
			var attempt int
			err := errors.Join(
				db.QueryRowContext(t.Context(), `SELECT state, attempt FROM river_job WHERE kind = 'deliver'`).Scan(&job, &attempt),
				db.QueryRowContext(t.Context(), `SELECT state FROM delivery`).Scan(&state))
			if err != nil || job != "available" || attempt != 0 || state != c.state {
				t.Errorf("the job is %s at attempt %d, the delivery %s: %v\n%s", job, attempt, state, err, h.log)
			}
			next := openHouse(t, data)
			next.work(t)
			next.once(t, id, "chen@uni.example")
		})
	}
}

// stallingGraph is the way to the university's Graph, on which one kind of call gets no answer.
func stallingGraph(t *testing.T, ending string, arrives bool, stalled chan<- struct{}) string {
	t.Helper()
	target, err := url.Parse(shared.university.URL)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, ending) {
			through.ServeHTTP(w, r)
			return
		}
		if arrives {
			through.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
		}
		_, _ = io.Copy(io.Discard, r.Body) // read to its end, or nobody here sees the caller go
		stalled <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL
}
