package peer_test

import (
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// verdict notes how a test was ended.
type verdict struct{ skipped, failed bool }

func (*verdict) Helper()                 {}
func (v *verdict) Fatalf(string, ...any) { v.failed = true }
func (v *verdict) Skipf(string, ...any)  { v.skipped = true }

func TestAMissingProgramIsSkippedAtHomeAndFailsInCI(t *testing.T) {
	for _, c := range []struct {
		ci, program string
		want        verdict
	}{
		{"", "no-such-program-anywhere", verdict{skipped: true}},
		{"true", "no-such-program-anywhere", verdict{failed: true}},
		{"", "go", verdict{}},
		{"true", "go", verdict{}},
	} {
		t.Setenv("CI", c.ci)
		var got verdict
		peer.Need(&got, c.program, "nothing")
		if got != c.want {
			t.Errorf("CI=%q, %s: %+v, want %+v", c.ci, c.program, got, c.want)
		}
	}
}

func TestAMissingFileIsSkippedAtHomeAndFailsInCI(t *testing.T) {
	for _, c := range []struct {
		ci, path string
		want     verdict
	}{
		{"", "/no/such/library.jar", verdict{skipped: true}},
		{"true", "/no/such/library.jar", verdict{failed: true}},
		{"true", "peer_test.go", verdict{}},
	} {
		t.Setenv("CI", c.ci)
		var got verdict
		peer.NeedFile(&got, c.path, "nothing")
		if got != c.want {
			t.Errorf("CI=%q, %s: %+v, want %+v", c.ci, c.path, got, c.want)
		}
	}
}
