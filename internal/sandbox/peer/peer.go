package peer

import (
	"os"
	"os/exec"
)

// Test is the part of *testing.T that is needed.
type Test interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Need ends the test where the program is missing: skipped, or failed where CI=true. debian is the package that has it.
func Need(t Test, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program, debian)
	}
}

// NeedFile is Need for what is no program: a library, as of Java.
func NeedFile(t Test, path, debian string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		missing(t, path, debian)
	}
}

func missing(t Test, what, debian string) {
	t.Helper()
	stop := t.Skipf
	if os.Getenv("CI") == "true" {
		stop = t.Fatalf
	}
	stop("%s is missing: apt-get install -y --no-install-recommends %s", what, debian)
}
