package smimea_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/smimea"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

var foreign = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(ca.Options{})) })

// bo and ida are ordinary certificates; large is an OCES3 one, which does not fit into a datagram with its signature.
var (
	bo    = sync.OnceValue(func() *x509.Certificate { return issue("bo@signed.example") })
	ida   = sync.OnceValue(func() *x509.Certificate { return issue("ida@signed.example") })
	large = sync.OnceValue(func() *x509.Certificate {
		danish := must(ca.NewDanish(ca.Options{BaseURL: "http://127.0.0.1:1/dk"}))
		return must(danish.Issue(ca.Request{CommonName: "Sikker mail", Organisation: "Prøvekøbing Kommune"})).Certificate
	})
)

func issue(address string) *x509.Certificate {
	return must(foreign().Issue(ca.Request{CommonName: "X", Address: address})).Certificate
}

// at is the name of an address.
func at(address string) string {
	name, ok := smimea.Owner(address)
	if !ok {
		panic("no name for " + address)
	}
	return name
}

// unbound starts a real resolver that validates, trusts the first of the zones, and knows where to ask for each.
func unbound(t *testing.T, anchor *zone, zones ...*zone) string {
	t.Helper()
	return start(t, "validator iterator", anchor, zones...)
}

// start starts unbound with these of its modules.
func start(t *testing.T, modules string, anchor *zone, zones ...*zone) string {
	t.Helper()
	peer.Need(t, "unbound", "unbound")
	authority := serve(t, append(zones, anchor)...)
	var stubs strings.Builder
	for _, z := range authority.zones {
		fmt.Fprintf(&stubs, "stub-zone:\n name: %q\n stub-addr: 127.0.0.1@%d\n", z.name, authority.port)
	}
	udp, tcp := bothPorts(t)
	resolver := udp.LocalAddr().String()
	_, port, _ := net.SplitHostPort(resolver)
	udp.Close()
	tcp.Close()
	folder := t.TempDir()
	path := filepath.Join(folder, "unbound.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, `
server:
 directory: %[1]q
 chroot: ""
 username: ""
 pidfile: ""
 use-syslog: no
 logfile: ""
 interface: 127.0.0.1
 port: %[2]s
 do-ip6: no
 do-daemonize: no
 do-not-query-localhost: no
 module-config: %[5]q
 trust-anchor: "%[3]s"
 trust-anchor-signaling: no
 target-fetch-policy: "0 0 0 0 0"
 ede: yes
remote-control:
 control-enable: no
%[4]s`, folder, port, strings.ReplaceAll(anchor.key.ToDS(dns.SHA256).String(), "\t", " "), stubs.String(), modules), 0o600); err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	command := exec.Command("unbound", "-d", "-c", path)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	up := func(transport string) error {
		_, _, err := (&dns.Client{Net: transport}).Exchange(new(dns.Msg).SetQuestion(anchor.name, dns.TypeSOA), resolver)
		return err
	}
	var err error
	for range 100 {
		if err = errors.Join(up("udp"), up("tcp")); err == nil {
			return resolver
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("unbound does not come up: %v", err)
	return ""
}

// raw is the resolver's answer over UDP as it comes, without the code under test.
func raw(t *testing.T, resolver, address string) *dns.Msg {
	t.Helper()
	answer, _, err := new(dns.Client).Exchange(smimea.Question(at(address), dns.TypeSMIMEA), resolver)
	if err != nil && (answer == nil || !answer.Truncated) {
		t.Fatal(err)
	}
	return answer
}

// bothPorts listens on one port with both transports.
func bothPorts(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 {
		tcp := must(net.Listen("tcp", "127.0.0.1:0"))
		if udp, err := net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			t.Cleanup(func() { udp.Close(); tcp.Close() })
			return udp, tcp
		}
		tcp.Close()
	}
	t.Fatal("no port is free")
	return nil, nil
}

func source(t testing.TB, config smimea.Config) *smimea.Source {
	t.Helper()
	if config.Timeout == 0 {
		config.Timeout = 20 * time.Second // the machine may be busy
	}
	s, err := smimea.New(config, smimea.Deps{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// find asks, and wants no error.
func find(t *testing.T, s *smimea.Source, addresses ...string) map[string][]certs.Candidate {
	t.Helper()
	found, err := s.Find(context.Background(), addresses)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}
