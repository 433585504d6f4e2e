package directory_test

import (
	"os/exec"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/directory"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

func TestLdapsearchFindsACertificate(t *testing.T) {
	t.Parallel()
	peer.Need(t, "ldapsearch", "ldap-utils")
	server := open(t)
	ask := func(arguments ...string) (string, int) {
		command := exec.CommandContext(t.Context(), "ldapsearch", append([]string{"-x", "-LLL", "-o", "ldif-wrap=no", "-H", "ldap://" + server.Address()}, arguments...)...)
		out, _ := command.CombinedOutput()
		return string(out), command.ProcessState.ExitCode()
	}
	cases := []struct {
		name      string
		arguments []string
		want      []string
		code      int // ldapsearch ends with the result code
	}{
		{"by address", []string{"-b", "c=DK", "(mail=Gitte@Region.example)", "userCertificate;binary", "mail"},
			[]string{"dn: mail=gitte@region.example,c=dk", "mail: gitte@region.example", "userCertificate;binary:: MAD/"}, 0},
		{"the root DSE", []string{"-b", "", "-s", "base", "namingContexts"}, []string{"namingContexts: c=dk"}, 0},
		{"names of attributes alone", []string{"-A", "-b", "c=dk", "(mail=hans@kommune.example)"}, []string{"mail:\n", "userCertificate;binary:\n"}, 0},
		{"in pages that must be obeyed", []string{"-E", "!pr=1/noprompt", "-b", "c=dk", "(mail=*)", "cn"},
			[]string{"dn: mail=gitte@", "dn: mail=hans@", "dn: mail=tom@"}, 0},
		{"fewer than there are", []string{"-z", "1", "-b", "c=dk", "(mail=*)", "mail"}, []string{"mail: gitte@region.example", "Size limit exceeded (4)"}, 4},
		{"somewhere else", []string{"-b", "c=se", "(mail=*)"}, []string{"No such object (32)"}, 32},
		{"a part of an address", []string{"-b", "c=dk", "(mail=g*)"}, []string{"unwilling to perform (53)"}, 53},
		{"with a password", []string{"-D", "cn=admin,c=dk", "-w", "x", "-b", "c=dk", "(mail=*)"}, []string{"Invalid credentials (49)"}, 49},
	}
	for _, c := range cases {
		out, code := ask(c.arguments...)
		if code != c.code {
			t.Errorf("%s: ended with %d, want %d", c.name, code, c.code)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in\n%s", c.name, want, out)
			}
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	server.SetWeather(directory.Refusing)
	if out, code := ask("-b", "c=dk", "(mail=gitte@region.example)"); code != 51 {
		t.Errorf("refusing: ended with %d: %s", code, out)
	}
}
