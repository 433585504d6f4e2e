package entra_test

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

func goodConfig() entra.Config {
	c := entraid.University()
	return entra.Config{
		Tenant: c.Tenant, Audience: c.API, Clients: []string{c.AddIn}, Scope: c.Scope, Role: c.Role,
		Authority: "https://login.microsoftonline.com",
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*entra.Config)
		named  string // "" is accepted
	}{
		{"all is right", func(*entra.Config) {}, ""},
		{"a slash after the authority", func(c *entra.Config) { c.Authority += "/" }, ""},
		{"another cloud", func(c *entra.Config) { c.Authority = "https://login.microsoftonline.us" }, ""},
		{"http on loopback", func(c *entra.Config) { c.Authority = "http://127.0.0.1:8001" }, ""},
		{"http on loopback, IPv6", func(c *entra.Config) { c.Authority = "http://[::1]:8001" }, ""},
		{"no role", func(c *entra.Config) { c.Role = "" }, ""},
		{"the tenant common", func(c *entra.Config) { c.Tenant = "common" }, "tenant:"},
		{"a tenant by name", func(c *entra.Config) { c.Tenant = "uni.example" }, "tenant:"},
		{"an audience with api://", func(c *entra.Config) { c.Audience = "api://" + c.Audience }, "audience:"},
		{"no clients", func(c *entra.Config) { c.Clients = nil }, "clients:"},
		{"a client that is a name", func(c *entra.Config) { c.Clients = append(c.Clients, "tilføjelse") }, "clients[1]:"},
		{"no scope", func(c *entra.Config) { c.Scope = "" }, "scope:"},
		{"a scope with api://", func(c *entra.Config) { c.Scope = "api://x/Mail.SendSecure" }, "scope:"},
		{"two scopes", func(c *entra.Config) { c.Scope = "A B" }, "scope:"},
		{"http across the network", func(c *entra.Config) { c.Authority = "http://login.example" }, "authority:"},
		{"a host that begins like loopback", func(c *entra.Config) { c.Authority = "http://127.0.0.1.example" }, "authority:"},
		{"a path in the authority", func(c *entra.Config) { c.Authority += "/common" }, "authority:"},
		{"no authority", func(c *entra.Config) { c.Authority = "" }, "authority:"},
		{"an authority with a name in it", func(c *entra.Config) { c.Authority = "https://a:b@login.example" }, "authority:"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := goodConfig()
			c.change(&config)
			_, err := entra.NewVerifier(config)
			if (err == nil) != (c.named == "") || err != nil && !strings.Contains(err.Error(), c.named) {
				t.Errorf("got %v, want it to name %q", err, c.named)
			}
		})
	}
}

func TestAllWrongSettingsAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := entra.NewVerifier(entra.Config{})
	if err == nil {
		t.Fatal("an empty configuration was accepted")
	}
	for _, setting := range []string{"tenant:", "audience:", "clients:", "scope:", "authority:"} {
		if !strings.Contains(err.Error(), setting) {
			t.Errorf("%s is not named: %v", setting, err)
		}
	}
}

func TestTheVerifierDoesNotShareItsCallersList(t *testing.T) {
	t.Parallel()
	clients := []string{strings.ToUpper(entraid.University().AddIn)}
	first := clients[0]
	config := goodConfig()
	config.Clients = clients
	if _, err := entra.NewVerifier(config); err != nil || clients[0] != first {
		t.Errorf("%v, %v", clients, err)
	}
}
