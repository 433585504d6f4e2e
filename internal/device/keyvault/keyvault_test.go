package keyvault_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/device/keyvault"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/vault"
)

const version = "0123456789abcdef0123456789abcdef"

var private = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		panic(err)
	}
	return key
})

// rig is a vault with one key, and what opens it.
func rig(t *testing.T) (*vault.Vault, *device.Opener, string) {
	t.Helper()
	v := vault.Start()
	t.Cleanup(v.Close)
	return v, &device.Opener{Vault: keyvault.New(keyvault.Config{Credential: v.Credential(), Transport: v.Client()})}, v.Put("its", version, vault.Key{Private: private()})
}

func open(t *testing.T, o *device.Opener, reference string) crypto.Signer {
	t.Helper()
	key, err := o.Open(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAKeyInAVaultSignsAndOpensAsMailAsksForIt(t *testing.T) {
	t.Parallel()
	v, o, reference := rig(t)
	key := open(t, o, reference)
	if !private().PublicKey.Equal(key.Public()) {
		t.Fatal("another key was opened")
	}
	if err := device.Prove(key); err != nil {
		t.Error(err)
	}
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		digest := hash.New()
		digest.Write([]byte("Hej"))
		sum := digest.Sum(nil)
		signature, err := key.Sign(rand.Reader, sum, hash)
		if err != nil || rsa.VerifyPKCS1v15(&private().PublicKey, hash, sum, signature) != nil {
			t.Errorf("%v: %v", hash, err)
		}
		how := &rsa.PSSOptions{SaltLength: hash.Size(), Hash: hash}
		signature, err = key.Sign(rand.Reader, sum, how)
		if err != nil || rsa.VerifyPSS(&private().PublicKey, hash, sum, signature, how) != nil {
			t.Errorf("PSS, %v: %v", hash, err)
		}
	}
	secret := []byte("a content key of 32 octets......")
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		options := &rsa.OAEPOptions{Hash: hash, MGFHash: hash}
		encrypted, err := rsa.EncryptOAEPWithOptions(rand.Reader, &private().PublicKey, secret, options)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, options); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("OAEP, %v: %x, %v", hash, got, err)
		}
	}
	for _, call := range v.Calls() {
		if strings.HasSuffix(call.Path, "/backup") || strings.HasSuffix(call.Path, "/release") || !strings.HasPrefix(call.Path, "/keys/its/"+version) {
			t.Errorf("the vault was asked for %s", call.Path)
		}
	}
}

// What a vault never does is said, and the vault is not asked.
func TestWhatAVaultCannotDoIsRefusedBeforeItIsAsked(t *testing.T) {
	t.Parallel()
	v, o, reference := rig(t)
	key := open(t, o, reference)
	v.SetWeather(nil)
	encrypted := make([]byte, private().Size())
	for name, options := range map[string]crypto.DecrypterOpts{
		"OAEP with SHA-384":      &rsa.OAEPOptions{Hash: crypto.SHA384},
		"OAEP with two digests":  &rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA1},
		"OAEP with a label":      &rsa.OAEPOptions{Hash: crypto.SHA256, Label: []byte("x")},
		"something else":         struct{}{},
		"nothing that was named": nil,
	} {
		if _, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, options); fault.From(err).Code != device.CodeCannot || !errors.Is(err, cms.ErrNotAsked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := key.Sign(rand.Reader, make([]byte, 20), crypto.SHA1); fault.From(err).Code != device.CodeCannot {
		t.Errorf("SHA-1: %v", err)
	}
	if _, err := key.Sign(rand.Reader, make([]byte, 32), &rsa.PSSOptions{SaltLength: 8, Hash: crypto.SHA256}); fault.From(err).Code != device.CodeCannot {
		t.Errorf("a short salt: %v", err)
	}
	if _, err := key.Sign(rand.Reader, make([]byte, 31), crypto.SHA256); err == nil {
		t.Error("a digest of 31 octets was signed")
	}
	if calls := v.Calls(); len(calls) != 0 {
		t.Errorf("the vault was asked: %v", calls)
	}
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if _, err := o.Open(t.Context(), v.Put("ec", version, vault.Key{Private: ec})); fault.From(err).Code != device.CodeCannot || !strings.Contains(err.Error(), "use RSA") {
		t.Errorf("a key on a curve: %v", err)
	}
}

// Whatever is wrong with the padding, a key of the size comes out, another each time, and no error (RFC 3218 §2.3.2).
func TestAVaultTellsNothingOfAPadding(t *testing.T) {
	t.Parallel()
	v, o, reference := rig(t)
	key := open(t, o, reference)
	public := &private().PublicKey
	v15 := func(secret []byte) []byte {
		encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, public, secret)
		if err != nil {
			t.Fatal(err)
		}
		return encrypted
	}
	noise := make([]byte, public.Size())
	rand.Read(noise[1:])
	v.SetWeather(nil)
	cases := map[string][]byte{
		"no padding": noise, "a key of 31 octets": v15(noise[:31]), "of none": v15(nil), "of 200": v15(noise[:200]), "zero": make([]byte, public.Size()),
		"the modulus": public.N.FillBytes(make([]byte, public.Size())), "too short": noise[:20], "too long": append([]byte{0}, noise...), "nothing": nil,
	}
	for name, encrypted := range cases {
		var before []byte
		for range 2 {
			got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 32})
			if err != nil || len(got) != 32 || bytes.Equal(got, before) {
				t.Errorf("%s: %x, %v", name, got, err)
			}
			before = got
		}
		got, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.OAEPOptions{Hash: crypto.SHA256})
		if got != nil || err == nil || err.Error() != "keyvault: decryption failed" {
			t.Errorf("%s, OAEP: %x, %v", name, got, err)
		}
	}
	// Nor by how often it is asked: once, whatever came out.
	if calls := v.Calls(); len(calls) != 3*(len(cases)-3) {
		t.Errorf("asked %d times", len(calls))
	}
}

func TestAVaultThatRefusesAndOneThatIsAwayAreTold(t *testing.T) {
	t.Parallel()
	v, o, reference := rig(t)
	key := open(t, o, reference)
	encrypted, _ := rsa.EncryptPKCS1v15(rand.Reader, &private().PublicKey, make([]byte, 32))
	cut := func(w http.ResponseWriter, _ *http.Request) bool {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
		return true
	}
	for name, c := range map[string]struct {
		weather vault.Weather
		code    string
		after   time.Duration
		calls   int
	}{
		"throttled for long":   {vault.Always(429, "Throttled", "Retry-After", "600"), device.CodeAway, 10 * time.Minute, 1},
		"throttled":            {vault.Always(429, "Throttled", "Retry-After", "1"), device.CodeAway, time.Second, 3},
		"broken":               {vault.Always(503, "ServiceUnavailable"), device.CodeAway, 30 * time.Second, 3},
		"cut off":              {cut, device.CodeAway, 30 * time.Second, 3},
		"no right":             {vault.Always(403, "Forbidden"), device.CodeRefused, 0, 1},
		"another tenant":       {vault.Always(401, "Unauthorized"), device.CodeRefused, 0, 1},
		"the key is gone":      {vault.Always(404, "KeyNotFound"), device.CodeRefused, 0, 1},
		"an odd error's name":  {vault.Always(403, "<script> 251248-9996"), device.CodeRefused, 0, 1},
		"throttled for a year": {vault.Always(429, "Throttled", "Retry-After", "31536000"), device.CodeAway, time.Hour, 1},
	} {
		for what, do := range map[string]func() error{
			"signing": func() error { _, err := key.Sign(rand.Reader, make([]byte, 32), crypto.SHA256); return err },
			"opening": func() error {
				_, err := key.(crypto.Decrypter).Decrypt(rand.Reader, encrypted, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 32})
				return err
			},
			"reading": func() error { _, err := o.Open(t.Context(), reference); return err },
		} {
			v.SetWeather(c.weather)
			err := do()
			f := fault.From(err)
			if f.Code != c.code || f.RetryAfter != c.after || !errors.Is(err, cms.ErrNotAsked) || strings.Contains(err.Error(), "own words") || strings.Contains(err.Error(), "script") {
				t.Errorf("%s, %s: %v, after %v", name, what, err, f.RetryAfter)
			}
			if n := len(v.Calls()); n != c.calls && name != "cut off" {
				t.Errorf("%s, %s: asked %d times", name, what, n)
			}
		}
	}
	v.SetWeather(nil)
	if err := device.Prove(key); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestAVersionThatIsDisabledOrAnotherIsNotUsed(t *testing.T) {
	t.Parallel()
	v, o, reference := rig(t)
	disabled := v.Put("its", "disabled", vault.Key{Private: private(), Disabled: true})
	if _, err := o.Open(t.Context(), disabled); fault.From(err).Code != device.CodeRefused || !strings.Contains(err.Error(), "disabled") {
		t.Errorf("opened: %v", err)
	}
	if _, err := o.Open(t.Context(), strings.Replace(reference, version, "nosuchversion", 1)); fault.From(err).Code != device.CodeRefused || !strings.Contains(err.Error(), "404") {
		t.Errorf("a version that is none: %v", err)
	}
	key := open(t, o, reference)
	v.Put("its", version, vault.Key{Private: private(), Disabled: true}) // afterwards
	if err := device.Prove(key); fault.From(err).Code != device.CodeRefused || errors.Is(err, device.ErrUnproved) {
		t.Errorf("disabled afterwards: %v", err)
	}
	v.Put("its", version, vault.Key{Private: private(), Ops: []string{"sign"}})
	if err := device.Prove(key); fault.From(err).Code != device.CodeRefused {
		t.Errorf("may sign alone: %v", err)
	}
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	v.Put("its", version, vault.Key{Private: other})
	if err := device.Prove(key); !errors.Is(err, device.ErrUnproved) {
		t.Errorf("another key in its place: %v", err)
	}
}

func TestAVaultThatDoesNotAnswerIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	v, o, reference := rig(t)
	stop := make(chan struct{})
	v.SetWeather(func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
		return true
	})
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := o.Open(ctx, reference); fault.From(err).Code != device.CodeAway || time.Since(start) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}

func TestAVaultIsUsedByManyAtOnce(t *testing.T) {
	t.Parallel()
	_, o, reference := rig(t)
	key := open(t, o, reference)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := device.Prove(key); err != nil {
				t.Error(err)
			}
			if _, err := o.Open(t.Context(), reference); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
