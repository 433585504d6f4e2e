//go:build cgo

package token

import (
	"context"
	"crypto"
	"crypto/rand"
	"os"
	"sync"
	"testing"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

// hsm is the one device of this test program.
var hsm struct {
	once sync.Once
	*peer.SoftHSM
	folder string
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if hsm.folder != "" {
		_ = os.RemoveAll(hsm.folder)
	}
	os.Exit(code)
}

// tokens is the device with everything that the tests use in it.
func tokens(t *testing.T) *peer.SoftHSM {
	t.Helper()
	peer.NeedSoftHSM(t)
	hsm.once.Do(func() {
		if hsm.folder, hsm.err = os.MkdirTemp("", "softhsm"); hsm.err != nil {
			return
		}
		if hsm.SoftHSM, hsm.err = peer.StartSoftHSM(hsm.folder); hsm.err != nil {
			return
		}
		for _, do := range []func() error{
			func() error { return hsm.Token("mail") },
			func() error { return hsm.Generate("mail", "its", "01", "rsa:3072") },
			func() error { return hsm.Generate("mail", "hr", "02", "EC:prime256v1") },
			func() error { return hsm.Generate("mail", "law", "03", "EC:secp384r1") },
			func() error { return hsm.Generate("mail", "twice", "04", "EC:prime256v1") },
			func() error { return hsm.Generate("mail", "twice", "05", "EC:prime256v1") },
		} {
			if hsm.err = do(); hsm.err != nil {
				return
			}
		}
	})
	if hsm.err != nil {
		t.Fatal(hsm.err)
	}
	return hsm.SoftHSM
}

func library(t *testing.T, pin string) *Library {
	t.Helper()
	l, err := New(Config{Module: hsm.Library, PIN: func() (string, error) { return pin, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func at(t *testing.T, reference string) device.Reference {
	t.Helper()
	r, err := device.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t *testing.T, l *Library, reference string) crypto.Signer {
	t.Helper()
	key, err := l.Open(context.Background(), at(t, reference))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
