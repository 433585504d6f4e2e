//go:build !cgo

package token

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
)

func TestAProgramWithoutCgoSaysSoAtTheStart(t *testing.T) {
	t.Parallel()
	l, err := New(Config{Module: "/usr/lib/softhsm/libsofthsm2.so"})
	if l != nil || err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("%v", err)
	}
	if _, err := new(Library).Open(t.Context(), device.Reference{}); fault.From(err).Code != device.CodeCannot {
		t.Errorf("%v", err)
	}
}
