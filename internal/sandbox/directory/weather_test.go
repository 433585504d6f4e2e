package directory_test

import (
	"net"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"aau.dk/sendsikker/internal/sandbox/directory"
)

func TestASilentDirectoryTakesTheConnectionAndSaysNothing(t *testing.T) {
	t.Parallel()
	server := open(t)
	c := dial(t, server)
	server.SetWeather(directory.Silent)
	c.SetTimeout(200 * time.Millisecond)
	if _, err := c.Search(query("(mail=gitte@region.example)")); !ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		t.Errorf("a search: %v", err)
	}
	another, err := ldap.DialURL("ldap://" + server.Address())
	if err != nil {
		t.Fatalf("the connection was not taken: %v", err)
	}
	defer func() { _ = another.Close() }()
	another.SetTimeout(200 * time.Millisecond)
	if err := another.UnauthenticatedBind(""); !ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		t.Errorf("a bind: %v", err)
	}
	server.SetWeather(directory.None)
	if _, err := dial(t, server).Search(query("(mail=gitte@region.example)")); err != nil {
		t.Errorf("when the weather is over: %v", err)
	}
}

func TestARefusingDirectorySaysThatItIsBusy(t *testing.T) {
	t.Parallel()
	server := open(t)
	c := dial(t, server)
	server.SetWeather(directory.Refusing)
	got, err := c.Search(query("(mail=gitte@region.example)"))
	if !ldap.IsErrorWithCode(err, ldap.LDAPResultBusy) || len(got.Entries) != 0 {
		t.Errorf("a search: %v", err)
	}
	if err := c.UnauthenticatedBind(""); !ldap.IsErrorWithCode(err, ldap.LDAPResultBusy) {
		t.Errorf("a bind: %v", err)
	}
}

func TestASlowDirectoryAnswersInTheEnd(t *testing.T) {
	t.Parallel()
	server := open(t)
	c := dial(t, server)
	server.SetWeather(directory.Slow)
	start := time.Now()
	got, err := c.Search(query("(mail=gitte@region.example)"))
	if err != nil || len(got.Entries) != 1 || time.Since(start) < time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}

func TestAClosedDirectoryAnswersNobodyWhoIsStillConnected(t *testing.T) {
	t.Parallel()
	server, err := directory.Open(t.Context(), directory.Options{Entries: people()})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, server)
	start := time.Now()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if waited := time.Since(start); waited > 2*time.Second {
		t.Errorf("closing took %v", waited)
	}
	c.SetTimeout(200 * time.Millisecond)
	if _, err := c.Search(query("(mail=gitte@region.example)")); err == nil {
		t.Error("it answers")
	}
	if n, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", server.Address()); err == nil {
		_ = n.Close()
		t.Error("it lets somebody in")
	}
	if err := server.Close(); err != nil {
		t.Errorf("closing it again: %v", err)
	}
}
