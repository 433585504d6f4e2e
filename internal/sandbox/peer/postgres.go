package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// postgresPrograms is where Debian keeps them, one folder a version; elsewhere they are on the PATH.
const postgresPrograms = "/usr/lib/postgresql/*/bin"

// startTime is the wait for a new server on a busy machine.
const startTime = 30 * time.Second

// Postgres is a PostgreSQL server of a test's own, on loopback.
type Postgres struct {
	programs, folder string
	port             int
	credential       *syscall.Credential // PostgreSQL does not run as root
	process          *exec.Cmd
	ended            chan struct{}
	databases        atomic.Int64
}

// NeedPostgres ends the test where PostgreSQL is missing, as Need does.
func NeedPostgres(t Test) {
	t.Helper()
	if _, err := postgresFolder(); err != nil {
		missing(t, "PostgreSQL's initdb", "postgresql")
	}
}

func postgresFolder() (string, error) {
	if found, err := filepath.Glob(postgresPrograms); err == nil && len(found) > 0 {
		return slices.Max(found), nil
	}
	path, err := exec.LookPath("initdb")
	if err == nil {
		path, err = filepath.EvalSymlinks(path) // its companions lie where it is itself
	}
	if err != nil {
		return "", errors.New("there is no PostgreSQL here")
	}
	return filepath.Dir(path), nil
}

// StartPostgres makes a server with nothing in it. Stop ends it and removes all that it had.
func StartPostgres(settings ...string) (_ *Postgres, err error) {
	p := &Postgres{}
	if p.programs, err = postgresFolder(); err != nil {
		return nil, err
	}
	if p.folder, err = os.MkdirTemp("", "postgres-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(p.folder)
		}
	}()
	if os.Getuid() == 0 {
		if p.credential, err = owner(p.folder); err != nil {
			return nil, err
		}
	}
	made := p.command("initdb", "-D", p.data(), "-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
	if text, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, text)
	}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	return p, p.Start(settings...)
}

func owner(folder string) (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2, os.Chown(folder, int(uid), int(gid))); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func (p *Postgres) data() string { return filepath.Join(p.folder, "data") }

func (p *Postgres) command(program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), filepath.Join(p.programs, program), args...)
	c.Dir, c.Env = p.folder, append(os.Environ(), "LC_ALL=C")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential}
	return c
}

// Start starts it again after Kill.
func (p *Postgres) Start(settings ...string) error {
	args := []string{"-D", p.data(), "-p", strconv.Itoa(p.port), "-h", "127.0.0.1", "-k", p.folder}
	// A test's server outlives no power cut, and nobody waits for a disk.
	for _, s := range append([]string{"fsync=off", "max_connections=200", "log_min_messages=panic"}, settings...) {
		args = append(args, "-c", s)
	}
	p.process = p.command("postgres", args...)
	if err := p.process.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.ended = ended
	go func() {
		_ = p.process.Wait()
		close(ended)
	}()
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if p.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "test").Run() == nil {
			return nil
		}
		select {
		case <-ended:
			return errors.New("the server ended at once")
		default:
		}
	}
	return errors.New("the server did not start in time")
}

// Kill ends it at once, as a crash does: what was committed is there after Start.
func (p *Postgres) Kill() {
	_ = p.process.Process.Signal(syscall.SIGQUIT) // "immediate shutdown"
	<-p.ended
}

// Stop ends it for good.
func (p *Postgres) Stop() {
	p.Kill()
	_ = os.RemoveAll(p.folder)
}

// Database makes an empty one and gives its address.
func (p *Postgres) Database() (string, error) {
	name := fmt.Sprintf("test%d", p.databases.Add(1))
	if text, err := p.command("createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "test", name).CombinedOutput(); err != nil {
		return "", fmt.Errorf("createdb: %w: %s", err, text)
	}
	return fmt.Sprintf("postgres://test@127.0.0.1:%d/%s?sslmode=disable", p.port, name), nil
}

func freePort() (int, error) {
	var settings net.ListenConfig
	l, err := settings.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
