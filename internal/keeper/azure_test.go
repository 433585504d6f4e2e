package keeper_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"aau.dk/sendsikker/internal/keeper"
)

func openVault(t *testing.T, v keeper.Vault, urls ...string) *keeper.Keeper {
	t.Helper()
	k, err := keeper.OpenAzure(v, urls[0], urls[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAKeyInAVaultIsRotatedWithoutLosingAnything(t *testing.T) {
	t.Parallel()
	_, v := startVault(t)
	old, sealed := wrap(t, openVault(t, v, keyURL(v1)))
	if want := "https://" + vaultHost + "/keys/sendsikker/" + v1; old.Version != want {
		t.Errorf("version %q, want %q", old.Version, want)
	}
	both := openVault(t, v, keyURL(v2), keyURL(v1))
	opens(t, both, old, sealed)
	renewed, changed, err := both.Rewrap(t.Context(), old)
	if err != nil || !changed || !strings.HasSuffix(renewed.Version, v2) {
		t.Fatalf("%q, %v, %v", renewed.Version, changed, err)
	}
	only := openVault(t, v, keyURL(v2))
	opens(t, only, renewed, sealed)
	if _, err := only.Unwrap(t.Context(), old); !errors.Is(err, keeper.ErrVersion) {
		t.Errorf("a version that is not in the list: %v", err)
	}
	if _, changed, err := only.Rewrap(t.Context(), renewed); changed || err != nil {
		t.Errorf("what is current was wrapped again: %v", err)
	}
}

func TestWhatIsWrappedInAVaultFitsIntoOneRSABlock(t *testing.T) {
	t.Parallel()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(identity.String()); n != 74 {
		t.Errorf("an age identity is %d characters; OpenAzure says 74", n)
	}
}

func TestOneMovesFromAFileToAVault(t *testing.T) {
	t.Parallel()
	_, v := startVault(t)
	path, k := made(t)
	old, sealed := wrap(t, k)
	both, err := keeper.Open(keeper.Source{Where: keyURL(v1) + ", " + path, Vault: v})
	if err != nil {
		t.Fatal(err)
	}
	renewed, changed, err := both.Rewrap(t.Context(), old)
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	opens(t, both, old, sealed)
	opens(t, openVault(t, v, keyURL(v1)), renewed, sealed)
}

func TestOpenKnowsAFileFromAVault(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a folder, with spaces")
	path := filepath.Join(folder, "master.key")
	if _, err := keeper.Open(keeper.Source{Where: path}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	k, err := keeper.Open(keeper.Source{Where: path, Make: true})
	if err != nil {
		t.Fatal(err)
	}
	again, err := keeper.Open(keeper.Source{Where: path})
	if err != nil || !slices.Equal(again.Versions(), k.Versions()) {
		t.Errorf("another key: %v", err)
	}
	if _, err := keeper.Open(keeper.Source{Where: keyURL(v1) + " " + keyURL(v1)}); err == nil {
		t.Error("one key in two places of the list")
	}
	if _, err := keeper.Open(keeper.Source{}); err == nil {
		t.Error("no key at all")
	}
}

func TestAVaultInBadWeather(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		weather func(http.ResponseWriter, *http.Request) bool
		says    string
		calls   int // how often the vault is asked
	}{
		{"forbids", always(http.StatusForbidden, "Forbidden"), "answered 403 Forbidden", 1},
		{"has no such key", always(http.StatusNotFound, "KeyNotFound"), "answered 404 KeyNotFound", 1},
		{"throttles, and asks for a minute", always(http.StatusTooManyRequests, "Throttled", "Retry-After", "60"), "answered 429 Throttled", 1},
		{"fails", always(http.StatusServiceUnavailable, "ServiceUnavailable"), "answered 503 ServiceUnavailable", 3},
		{"breaks off", cut, "cannot be reached", 3},
		{"answers with what it was asked", echo, "answered 400", 1},
		{"answers with a code that is none", always(http.StatusForbidden, "AGE SECRET\n"), "answered 403 ", 1},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, v := startVault(t)
			k := openVault(t, v, keyURL(v1))
			w, sealed := wrap(t, k)
			server.set(c.weather)
			_, _, err := k.NewKey(t.Context())
			tellsNothing(t, err, c.says)
			if n := server.count(); n != c.calls {
				t.Errorf("the vault was asked %d times, want %d", n, c.calls)
			}
			_, err = k.Unwrap(t.Context(), w)
			tellsNothing(t, err, c.says)
			server.set(nil) // and then it is back
			opens(t, k, w, sealed)
			wrap(t, k)
		})
	}
}

// tellsNothing: an error says what happened, and repeats no key, no token and nobody's own words.
func tellsNothing(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}
	for _, secret := range []string{bearer, "AGE", "QUdF", "own words", `"value"`, "\n"} { // QUdF is AGE in base64
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q in the error: %v", secret, err)
		}
	}
}

func TestAVaultThatThrottlesBrieflyIsWaitedFor(t *testing.T) {
	t.Parallel()
	server, v := startVault(t)
	k := openVault(t, v, keyURL(v1))
	server.set(func(w http.ResponseWriter, r *http.Request) bool {
		return server.count() == 1 && always(http.StatusTooManyRequests, "Throttled", "Retry-After-Ms", "10")(w, r)
	})
	w, sealed := wrap(t, k)
	opens(t, k, w, sealed)
}

func TestACallerWhoGoesAwayDoesNotWaitForTheVault(t *testing.T) {
	t.Parallel()
	server, v := startVault(t)
	k := openVault(t, v, keyURL(v1))
	ctx, cancel := context.WithCancel(t.Context())
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	server.set(func(http.ResponseWriter, *http.Request) bool { cancel(); <-hang; return true })
	began := time.Now()
	if _, _, err := k.NewKey(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if waited := time.Since(began); waited > 3*time.Second {
		t.Errorf("it waited %v", waited)
	}
}

func TestACredentialThatGivesNoTokenIsTold(t *testing.T) {
	t.Parallel()
	_, v := startVault(t)
	v.Credential = credential{err: &url.Error{Op: "Post", URL: "https://login.example/?secret=" + bearer, Err: errors.New("no route to host")}}
	_, _, err := openVault(t, v, keyURL(v1)).NewKey(t.Context())
	tellsNothing(t, err, "cannot be reached: no route to host")
}

// A version that may encrypt and not decrypt would swallow what is wrapped anew: the old form is what still opens.
func TestAVersionThatGivesNothingBackGetsNothing(t *testing.T) {
	t.Parallel()
	server, v := startVault(t)
	both := openVault(t, v, keyURL(v2), keyURL(v1))
	old, _ := wrap(t, openVault(t, v, keyURL(v1)))
	server.set(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, v2+"/decrypt") && always(http.StatusForbidden, "Forbidden")(w, r)
	})
	if _, changed, err := both.Rewrap(t.Context(), old); err == nil || changed {
		t.Error("a key was wrapped so that nobody can unwrap it")
	}
}

func TestAVaultKeyWithoutAVersionIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url, says string }{
		{"no version", "azurekeyvault://" + vaultHost + "/keys/sendsikker", "version"},
		{"an empty version", "azurekeyvault://" + vaultHost + "/keys/sendsikker/", "version"},
		{"no key", "azurekeyvault://" + vaultHost, "version"},
		{"a secret", "azurekeyvault://" + vaultHost + "/secrets/sendsikker/" + v1, "version"},
		{"more after the version", keyURL(v1) + "/decrypt", "version"},
		{"another algorithm", keyURL(v1) + "?algorithm=RSA1_5", "RSA-OAEP-256"},
		{"a password", "azurekeyvault://u:hemmelig@" + vaultHost + "/keys/sendsikker/" + v1, "azurekeyvault://"},
		{"a file", "/var/lib/sendsikker/master.key", "no such file"},
		{"no vault of Azure's", "azurekeyvault://vault.example/keys/sendsikker/" + v1, "invalid keyID"},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := keeper.OpenAzure(keeper.Vault{Credential: credential{}}, c.url)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hemmelig") {
				t.Errorf("%v", err)
			}
		})
	}
}

// FuzzKeyIdentifier: what is accepted names one vault, one key and one version, and means the same when it is read again.
func FuzzKeyIdentifier(f *testing.F) {
	f.Add(keyURL(v1))
	f.Add("azurekeyvault://" + vaultHost + "/keys/sendsikker")
	f.Add("azurekeyvault://A.VAULT.azure.net/keys/a%2Fb/c?x#y")
	f.Fuzz(func(t *testing.T, where string) {
		id, err := keeper.KeyIdentifier(where)
		if err != nil {
			return
		}
		rest, is := strings.CutPrefix(id, "https://")
		if !is || strings.Count(rest, "/") != 3 || strings.ContainsAny(rest, "?#@ \n") {
			t.Fatalf("%q became %q", where, id)
		}
		if again, err := keeper.KeyIdentifier("azurekeyvault://" + rest); err != nil || again != id {
			t.Fatalf("%q became %q, and that %q: %v", where, id, again, err)
		}
	})
}
