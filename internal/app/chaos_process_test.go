package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

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
