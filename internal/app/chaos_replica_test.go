package app

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs/directory"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// replicaVariable makes a replica of this test binary: a process of its own is what can be killed.
const replicaVariable = "SENDSIKKER_TEST_REPLICA"

// replicaPlan is what a replica is told. It holds no secret but the database's address, which here has none.
type replicaPlan struct {
	Database   string
	Spool      string
	MasterKey  string
	Lists      string // a folder of its own
	Log        string // a file of its own
	University string // where it is
	Directory  string
	Anchors    []anchorPEM
	Timing     sending.Timing
	Limits     store.Limits
	Workers    int
	Rescue     time.Duration
}

// anchorPEM is a trust.Profile on its way to another process.
type anchorPEM struct{ Name, Roots, Intermediates string }

func writeCertificates(list []*x509.Certificate) string {
	var text strings.Builder
	for _, c := range list {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return text.String()
}

func readCertificates(text string) (list []*x509.Certificate, err error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return list, nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
}

// runReplica is the life of a replica: it serves until it is killed, is told to stop, or its parent is gone.
func runReplica(text string) error {
	var p replicaPlan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // the parent's end of the pipe is closed: nobody is left who could stop this one
	}()
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	w, err := p.wiring(slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := wire(ctx, w)
	if err != nil {
		return err
	}
	var settings net.ListenConfig
	listener, err := settings.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Println(listener.Addr()) // to the parent
	return s.serve(ctx, listener)
}

func (p replicaPlan) wiring(log *slog.Logger) (wiring, error) {
	contract, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		return wiring{}, err
	}
	tenant := entraid.University()
	tenant.Base, tenant.Now = p.University, time.Now
	w := wiring{
		Contract: contract, Database: p.Database, Spool: p.Spool, MasterKey: p.MasterKey,
		Entra: entra.Config{
			Tenant: tenant.Tenant, Audience: tenant.API, Clients: []string{tenant.AddIn}, Scope: tenant.Scope, Role: tenant.Role,
			Authority: p.University, Now: time.Now,
		},
		Credential: entraid.NewCredential(tenant, tenant.Applications[0]),
		GraphURL:   p.University + "/v1.0", GraphLarge: graph.LargeUpload, UploadHosts: []string{"127.0.0.1"},
		Domains: sandbox.Domains(), Encryption: smime.RuleAuto, Headers: sending.SignHeaders,
		Finding: finding{
			Loopback: true, FetchIssuers: true, Lists: p.Lists, Deadline: 10 * time.Second,
			Directories: []directory.Config{{Name: "region", Host: p.Directory, TLS: directory.Off, Base: "c=dk", Timeout: 2 * time.Second}},
		},
		AdminRole: "SendSikker.Administrator", Organisation: "Universitetet Eksempel",
		Timing: p.Timing, Limits: p.Limits, Workers: p.Workers, Rescue: p.Rescue, Now: time.Now, Log: log,
	}
	for _, a := range p.Anchors {
		roots, err1 := readCertificates(a.Roots)
		issuers, err2 := readCertificates(a.Intermediates)
		if err := errors.Join(err1, err2); err != nil {
			return wiring{}, err
		}
		w.Finding.Profiles = append(w.Finding.Profiles, trust.Profile{Name: a.Name, Roots: roots, Intermediates: issuers})
	}
	return w, nil
}

// replica is a process that serves, and is started again whenever it ends.
type replica struct {
	plan    replicaPlan
	mu      sync.Mutex
	process *os.Process // nil between two lives
	address string      // "" until it serves
	ended   chan struct{}
	starts  int
	posting atomic.Int64 // requests that are under way
	last    bool         // of its lives
	done    chan struct{}
}

func startReplica(t *testing.T, p replicaPlan) *replica {
	t.Helper()
	r := &replica{plan: p, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		for r.live(t) {
			time.Sleep(50 * time.Millisecond) // a database that is away ends a start at once
		}
	}()
	t.Cleanup(r.stop)
	return r
}

// live is one life of the process. It is false when there is to be no other.
func (r *replica) live(t *testing.T) bool {
	text, err := json.Marshal(r.plan)
	if err != nil {
		t.Error(err)
		return false
	}
	c := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), replicaVariable+"="+string(text))
	in, err := c.StdinPipe()
	if err != nil {
		t.Error(err)
		return false
	}
	defer func() { _ = in.Close() }()
	said, err := os.OpenFile(r.plan.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Error(err)
		return false
	}
	defer func() { _ = said.Close() }()
	c.Stderr = said
	out, err := c.StdoutPipe()
	if err != nil {
		t.Error(err)
		return false
	}
	r.mu.Lock()
	if r.last {
		r.mu.Unlock()
		return false
	}
	if err := c.Start(); err != nil {
		r.mu.Unlock()
		t.Error(err)
		return false
	}
	r.process, r.ended = c.Process, make(chan struct{})
	r.starts++
	r.mu.Unlock()
	if line, err := bufio.NewReader(out).ReadString('\n'); err == nil {
		r.mu.Lock()
		r.address = strings.TrimSpace(line)
		r.mu.Unlock()
	}
	_ = c.Wait() // killed, or it could not start: its log says why
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process, r.address = nil, ""
	close(r.ended)
	return !r.last
}

// url is where it serves; "" while it does not.
func (r *replica) url() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.address == "" {
		return ""
	}
	return "http://" + r.address
}

// signal reaches the process if it lives, and says whether it did.
func (r *replica) signal(s os.Signal) (ended <-chan struct{}, reached bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil {
		return nil, false
	}
	return r.ended, r.process.Signal(s) == nil
}

// kill ends it at once, as a crash does, and says whether there was something to end.
func (r *replica) kill() bool {
	ended, reached := r.signal(syscall.SIGKILL)
	if reached {
		<-ended
	}
	return reached
}

// restart lets it finish what it is doing, as a new version's arrival does.
func (r *replica) restart() {
	if ended, reached := r.signal(syscall.SIGTERM); reached {
		<-ended
	}
}

// stop ends it for good.
func (r *replica) stop() {
	r.mu.Lock()
	r.last = true
	r.mu.Unlock()
	r.kill()
	<-r.done
}

// numberIn finds what is different in every line.
var numberIn = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|127\.0\.0\.1:\d+(->127\.0\.0\.1:\d+)?`)
})

// logged counts what the replicas said above information level, by message and code.
func (r *replica) logged(t *testing.T, into map[string]int) {
	t.Helper()
	text, err := os.ReadFile(r.plan.Log)
	if err != nil {
		t.Error(err)
		return
	}
	for line := range strings.Lines(string(text)) {
		var entry struct{ Level, Msg, Code, Err string }
		switch {
		case json.Unmarshal([]byte(line), &entry) != nil:
			into["(no log line) "+strings.TrimSpace(line)]++
		case entry.Level == "WARN" || entry.Level == "ERROR":
			into[strings.TrimSpace(numberIn().ReplaceAllString(fmt.Sprintf("%s %s %s %s", entry.Level, entry.Msg, entry.Code, entry.Err), "…"))]++
		}
	}
}

func logOf(data string, n int) string { return filepath.Join(data, fmt.Sprintf("replica%d.log", n)) }
