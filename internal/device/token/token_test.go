//go:build cgo

package token

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
)

func TestAKeyInATokenSignsAsMailAsksForIt(t *testing.T) {
	pin := tokens(t).PIN
	l := library(t, pin)
	for _, reference := range []string{"pkcs11:token=mail;object=its", "pkcs11:token=mail;id=%02", "pkcs11:token=mail;object=law;id=%03;type=private"} {
		key := open(t, l, reference)
		if err := device.Prove(key); err != nil {
			t.Errorf("%s: %v", reference, err)
		}
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			digest := hash.New()
			digest.Write([]byte("Hej"))
			sum := digest.Sum(nil)
			signature, err := key.Sign(rand.Reader, sum, hash)
			if err != nil {
				t.Errorf("%s, %v: %v", reference, hash, err)
				continue
			}
			switch public := key.Public().(type) {
			case *ecdsa.PublicKey:
				if !ecdsa.VerifyASN1(public, sum, signature) {
					t.Errorf("%s, %v: it does not verify", reference, hash)
				}
			case *rsa.PublicKey:
				if err := rsa.VerifyPKCS1v15(public, hash, sum, signature); err != nil {
					t.Errorf("%s, %v: %v", reference, hash, err)
				}
				how := &rsa.PSSOptions{SaltLength: hash.Size(), Hash: hash}
				if signature, err = key.Sign(rand.Reader, sum, how); err != nil {
					t.Errorf("%s, PSS, %v: %v", reference, hash, err)
				} else if err := rsa.VerifyPSS(public, hash, sum, signature, how); err != nil {
					t.Errorf("%s, PSS, %v: %v", reference, hash, err)
				}
			}
		}
		if _, err := key.Sign(rand.Reader, []byte("short"), crypto.SHA256); err == nil {
			t.Errorf("%s: a digest of five octets was signed", reference)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestAKeyInATokenOpensEveryPaddingOfMail(t *testing.T) {
	pin := tokens(t).PIN
	key := open(t, library(t, pin), "pkcs11:token=mail;object=its")
	public, secret := key.Public().(*rsa.PublicKey), random(32)
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, mgf := range []crypto.Hash{hash, crypto.SHA1, crypto.SHA256} {
			for _, label := range []string{"", "a label"} {
				if hash == crypto.SHA1 && mgf == crypto.SHA1 && label != "" {
					continue // QUIRK: SoftHSM 2.6.1 (2020) has this one mechanism, and does not look at the label
				}
				options := &rsa.OAEPOptions{Hash: hash, MGFHash: mgf, Label: []byte(label)}
				encrypted, err := rsa.EncryptOAEPWithOptions(rand.Reader, public, secret, options)
				if err != nil {
					t.Fatal(err)
				}
				got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, options)
				if err != nil || !bytes.Equal(got, secret) {
					t.Errorf("OAEP, %v, %v, %q: %x, %v", hash, mgf, label, got, err)
				}
			}
		}
	}
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, public, secret)
	if err != nil {
		t.Fatal(err)
	}
	got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 32})
	if err != nil || !bytes.Equal(got, secret) {
		t.Errorf("PKCS #1 v1.5: %x, %v", got, err)
	}
}

// Whatever is wrong with the padding, a key of the size comes out, another each time, and no error (RFC 3218 §2.3.2).
func TestATokenTellsNothingOfAPadding(t *testing.T) {
	pin := tokens(t).PIN
	key := open(t, library(t, pin), "pkcs11:token=mail;object=its")
	public := key.Public().(*rsa.PublicKey)
	v15 := func(secret []byte) []byte {
		encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, public, secret)
		if err != nil {
			t.Fatal(err)
		}
		return encrypted
	}
	for name, encrypted := range map[string][]byte{
		"no padding": append([]byte{0}, random(public.Size()-1)...), "a key of 31 octets": v15(random(31)), "of none": v15(nil), "of 200": v15(random(200)),
		"zero": make([]byte, public.Size()), "the modulus": public.N.FillBytes(make([]byte, public.Size())), "too short": random(20), "too long": random(public.Size() + 1), "nothing": nil,
	} {
		var before []byte
		for range 2 {
			got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 32})
			if err != nil || len(got) != 32 || bytes.Equal(got, before) {
				t.Errorf("%s: %x, %v", name, got, err)
			}
			before = got
		}
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
			if got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.OAEPOptions{Hash: hash}); got != nil || err != errDecryption { //nolint:errorlint // the very one
				t.Errorf("%s, OAEP: %x, %v", name, got, err)
			}
		}
	}
}

func TestAKeyOnACurveAgreesInTheToken(t *testing.T) {
	pin := tokens(t).PIN
	l := library(t, pin)
	key := open(t, l, "pkcs11:token=mail;object=hr")
	ours, err := key.Public().(*ecdsa.PublicKey).ECDH()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // a secret begins with a zero now and then
		theirs, _ := ecdh.P256().GenerateKey(rand.Reader)
		want, _ := theirs.ECDH(ours)
		got, err := key.(interface {
			ECDH(*ecdh.PublicKey) ([]byte, error)
		}).ECDH(theirs.PublicKey())
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%x, %v; want %x", got, err, want)
		}
	}
	other, _ := ecdh.P384().GenerateKey(rand.Reader)
	if _, err := key.(*ecKey).ECDH(other.PublicKey()); err == nil {
		t.Error("agreed across curves")
	}
	if _, decrypts := key.(crypto.Decrypter); decrypts {
		t.Error("a key on a curve claims to decrypt")
	}
}

func TestATokenThatDoesNotLetUsInSaysWhy(t *testing.T) {
	pin := tokens(t).PIN
	for name, c := range map[string]struct{ pin, reference, code, says string }{
		"no such token": {pin, "pkcs11:token=other;object=its", device.CodeAway, "no such token"},
		"no such key":   {pin, "pkcs11:token=mail;object=nobody", device.CodeRefused, "no such private key"},
		"two such keys": {pin, "pkcs11:token=mail;object=twice", device.CodeRefused, "add id="},
		"another one":   {pin, "pkcs11:token=mail;object=its;id=%02", device.CodeRefused, "no such private key"},
		"a serial":      {pin, "pkcs11:token=mail;serial=0000;object=its", device.CodeAway, "no such token"},
	} {
		_, err := library(t, c.pin).Open(t.Context(), at(t, c.reference))
		if fault.From(err).Code != c.code || !strings.Contains(err.Error(), c.says) || !errors.Is(err, cms.ErrNotAsked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Module: "/no/such/library.so"}); err == nil {
		t.Error("a library that is not there was taken")
	}
	l, err := New(Config{Module: "token_test.go", PIN: func() (string, error) { return pin, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(t.Context(), at(t, "pkcs11:token=mail;object=its")); fault.From(err).Code != device.CodeRefused {
		t.Errorf("a file that is no library: %v", err)
	}
}

// A token locks after a few wrong PINs, so one is not tried twice.
func TestAPINThatWasRefusedIsNotTriedAgain(t *testing.T) {
	right := tokens(t).PIN
	asked, pin := 0, "0000-wrong"
	l, err := New(Config{Module: hsm.Library, PIN: func() (string, error) { asked++; return pin, nil }})
	if err != nil {
		t.Fatal(err)
	}
	// Whoever is logged in already is asked for no PIN: another test may be.
	if err := library(t, right).reset(); err != nil {
		t.Fatal(err)
	}
	for try := range 2 {
		_, err := l.Open(t.Context(), at(t, "pkcs11:token=mail;object=its"))
		if fault.From(err).Code != device.CodeRefused || strings.Contains(err.Error(), pin) {
			t.Fatalf("try %d: %v", try, err)
		}
		if again := strings.Contains(err.Error(), "not tried again"); again != (try == 1) {
			t.Errorf("try %d: %v", try, err)
		}
	}
	if pin = right; asked != 2 {
		t.Errorf("asked for the PIN %d times", asked)
	}
	if _, err := l.Open(t.Context(), at(t, "pkcs11:token=mail;object=its")); err != nil {
		t.Errorf("the right one, afterwards: %v", err)
	}
}

// reset ends everybody's sessions in this process, as a library does that lost its device.
func (l *Library) reset() error {
	if err := l.load(unloaded); err != nil {
		return err
	}
	_ = l.lib.Finalize()
	return l.lib.Initialize()
}

func TestASessionThatWentStaleIsOpenedAnew(t *testing.T) {
	pin := tokens(t).PIN
	l := library(t, pin)
	key := open(t, l, "pkcs11:token=mail;object=its")
	slot := func() uint {
		found, err := l.slot(at(t, "pkcs11:token=mail;object=its"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for name, spoil := range map[string]func() error{
		"its sessions were closed":        func() error { return l.lib.CloseAllSessions(slot()) },
		"it was logged out":               func() error { return l.lib.Logout(l.idle[0].handle) },
		"the library was let go":          func() error { return l.lib.Finalize() },
		"the library was started anew":    func() error { return errors.Join(l.lib.Finalize(), l.lib.Initialize()) },
		"its handles belong to something": func() error { l.idle[0].keys[at(t, "pkcs11:token=mail;object=its")] = 4711; return nil },
	} {
		if err := device.Prove(key); err != nil {
			t.Fatalf("before %s: %v", name, err)
		}
		if err := spoil(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := device.Prove(key); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

func TestATokenThatIsAwayIsToldAndFoundAgain(t *testing.T) {
	h := tokens(t)
	l := library(t, h.PIN)
	key := open(t, l, "pkcs11:token=mail;object=its")
	if err := h.Hide(); err != nil {
		t.Fatal(err)
	}
	if err := l.lib.Finalize(); err != nil { // as when the connection breaks
		t.Fatal(err)
	}
	encrypted, _ := rsa.EncryptPKCS1v15(rand.Reader, key.Public().(*rsa.PublicKey), random(32))
	for range 3 {
		_, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 32})
		f := fault.From(err)
		if f.Kind != fault.Unavailable || f.Code != device.CodeAway || f.RetryAfter <= 0 || !errors.Is(err, cms.ErrNotAsked) {
			t.Errorf("%v", err)
		}
	}
	if err := h.Show(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(rest)
	if err := device.Prove(key); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestATokenIsUsedByManyAtOnce(t *testing.T) {
	pin := tokens(t).PIN
	l := library(t, pin)
	rsaKey, ecKey := open(t, l, "pkcs11:token=mail;object=its"), open(t, l, "pkcs11:token=mail;object=hr")
	var wg sync.WaitGroup
	for range 4 * maxSessions {
		wg.Go(func() {
			for _, key := range []crypto.Signer{rsaKey, ecKey} {
				if err := device.Prove(key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(l.idle); n == 0 || n > maxSessions {
		t.Errorf("%d sessions are open", n)
	}
}

func TestACallerDoesNotWaitForADeviceForEver(t *testing.T) {
	pin := tokens(t).PIN
	l := library(t, pin)
	open(t, l, "pkcs11:token=mail;object=its")
	for range maxSessions {
		l.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Open(ctx, at(t, "pkcs11:token=mail;object=its")); fault.From(err).Code != device.CodeAway {
		t.Errorf("who gave up waiting: %v", err)
	}
	start := time.Now()
	_, err := l.Open(t.Context(), at(t, "pkcs11:token=mail;object=its"))
	if waited := time.Since(start); fault.From(err).Code != device.CodeAway || waited < turn || waited > 2*turn {
		t.Errorf("after %v: %v", waited, err)
	}
}

// The private attributes of the key are never asked for; that the token would not give them is seen here.
func TestTheTokenKeepsTheKey(t *testing.T) {
	pin := tokens(t).PIN
	l := library(t, pin)
	open(t, l, "pkcs11:token=mail;object=its")
	s := l.idle[0]
	key, err := s.find(l.lib, at(t, "pkcs11:token=mail;object=its"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := l.lib.GetAttributeValue(s.handle, key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_PRIVATE_EXPONENT, nil)}); err == nil {
		t.Errorf("%d octets of the private key came out", len(got[0].Value))
	}
}
