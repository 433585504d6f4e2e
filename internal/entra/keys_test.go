package entra_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

func TestStartingNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *entra.Config) { c.HTTPClient = &http.Client{Transport: noNetwork{t}} })
	k.want(t, "rubbish", entra.CodeMalformed)
	if k.KeyFetches() != 0 {
		t.Error("keys were fetched before a token needed one")
	}
}

func TestKeysAreFetchedOnceForManyTokens(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for range 50 {
		k.want(t, user(k), "")
	}
	if got := k.KeyFetches(); got != 1 {
		t.Errorf("%d fetches", got)
	}
}

func TestANewKeyIsTakenIntoUse(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	before := user(k)
	k.want(t, before, "")
	k.pass(11 * time.Second)
	rotate(t, k)
	after := user(k)
	k.want(t, after, "")
	k.want(t, before, "")
	if got := k.KeyFetches(); got != 2 {
		t.Errorf("%d fetches, want 2", got)
	}
}

func TestANewKeyWaitsSecondsAtMostInAFlood(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.want(t, headed(k, "kid", "nobodys"), entra.CodeUnknownKey) // the flood has just had its fetch
	rotate(t, k)
	k.want(t, user(k), entra.CodeUnknownKey)
	k.pass(10 * time.Second)
	k.want(t, user(k), "")
}

func TestAWithdrawnKeyIsTrustedAnHourAtMost(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	old := k.KeyID()
	day := func() string { return user(k, at("exp", k, 25*time.Hour)) }
	stolen := day()
	k.want(t, stolen, "")
	rotate(t, k)
	if err := k.WithdrawKey(old); err != nil {
		t.Fatal(err)
	}
	k.pass(59 * time.Minute)
	k.want(t, stolen, "") // the bound, not a wish
	k.pass(time.Minute)
	k.want(t, stolen, entra.CodeUnknownKey)
	k.want(t, user(k), "")
}

func TestKeysThatCannotBeCheckedForADayAreTrustedNoMore(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := user(k, at("exp", k, 27*time.Hour))
	k.want(t, token, "")
	k.SetDown(true)
	k.pass(23 * time.Hour)
	k.want(t, token, "") // Microsoft being away for a while stops nobody who has a token
	k.pass(time.Hour)
	k.want(t, token, entra.CodeKeysUnavailable)
	k.SetDown(false)
	k.pass(11 * time.Second)
	k.want(t, token, "")
}

func TestKeysThatCannotBeHadAtStartComeLater(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.SetDown(true)
	_, err := k.verifier.Verify(t.Context(), user(k))
	f := fault.From(err)
	if f.Kind != fault.Unavailable || f.Code != entra.CodeKeysUnavailable || f.RetryAfter <= 0 {
		t.Fatalf("%+v", f)
	}
	k.SetDown(false)
	k.want(t, user(k), entra.CodeKeysUnavailable) // not at once again
	k.pass(f.RetryAfter)
	k.want(t, user(k), "")
	if got := k.KeyFetches(); got != 2 {
		t.Errorf("%d fetches, want 2", got)
	}
}

func TestAClockSetBackDoesNotKeepOldKeysAlive(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.want(t, user(k), "")
	k.pass(-48 * time.Hour)
	k.want(t, user(k), "")
	if got := k.KeyFetches(); got != 2 {
		t.Errorf("%d fetches, want 2: a set from the future was believed", got)
	}
}

// A stranger decides neither how often we call Microsoft nor whether others get in.
func TestAFloodOfUnknownKeysCostsOneFetchInTenSeconds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := user(k)
	k.want(t, good, "")
	before := k.KeyFetches()
	for i := range 1000 {
		k.want(t, headed(k, "kid", fmt.Sprintf("unknown-%d", i)), entra.CodeUnknownKey)
		if i%100 == 0 {
			k.want(t, good, "")
			k.pass(time.Second) // the flood lasts ten seconds
		}
	}
	if got := k.KeyFetches() - before; got > 1 {
		t.Errorf("%d fetches for 1000 unknown keys in ten seconds", got)
	}
	k.want(t, good, "")
}

func TestAFloodOfBadSignaturesUnderAGoodKeyCostsNoFetch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.want(t, user(k), "")
	for range 100 {
		k.pass(time.Minute / 4)
		k.want(t, part(k, 2, strings.Repeat("\x01", 256)), entra.CodeBadSignature)
	}
	if got := k.KeyFetches(); got != 1 {
		t.Errorf("%d fetches", got)
	}
}

func TestManyAtOnceShareOneFetch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := user(k)
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			if i%2 == 0 {
				k.want(t, good, "")
			} else {
				k.want(t, headed(k, "kid", fmt.Sprintf("unknown-%d", i)), entra.CodeUnknownKey)
			}
		})
	}
	group.Wait()
	if got := k.KeyFetches(); got > 1 {
		t.Errorf("%d fetches", got)
	}
}

func TestACallerWhoGoesAwayDoesNotSpoilTheFetchForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := bubbleKit(t)
		waiting := make(chan string)
		go func() { waiting <- k.code(t, k.good) }()
		synctest.Wait()
		// A second one gives up; the first one's fetch goes on.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := k.verifier.Verify(ctx, k.good); fault.From(err).Code != entra.CodeKeysUnavailable {
			t.Errorf("the one who went away got %v", err)
		}
		k.release()
		if got := <-waiting; got != "" {
			t.Errorf("the one who stayed got %q", got)
		}
		if got := k.asked.Load(); got != 1 {
			t.Errorf("%d fetches", got)
		}
	})
}

func TestAKnownKeyIsNotDelayedWhileMicrosoftHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := bubbleKit(t)
		k.release()
		if got := k.code(t, k.good); got != "" {
			t.Fatalf("got %q", got)
		}
		k.hang()
		time.Sleep(11 * time.Second)
		stranger := make(chan string)
		go func() { stranger <- k.code(t, k.unknown) }()
		synctest.Wait()
		start := time.Now()
		for range 100 {
			if got := k.code(t, k.good); got != "" {
				t.Fatalf("got %q", got)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("known keys waited %s for a stranger's fetch", waited)
		}
		if got := <-stranger; got != entra.CodeKeysUnavailable {
			t.Errorf("the stranger got %q", got)
		}
		if waited := time.Since(start); waited != 5*time.Second {
			t.Errorf("the fetch was given up after %s, want 5 s", waited)
		}
	})
}

func TestTheDueCheckHoldsUpOneTokenOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := bubbleKit(t)
		k.release()
		if got := k.code(t, k.good); got != "" {
			t.Fatalf("got %q", got)
		}
		k.hang()
		time.Sleep(time.Hour)
		start := time.Now()
		first := make(chan time.Duration)
		go func() {
			if got := k.code(t, k.good); got != "" {
				t.Errorf("got %q although the key is known", got)
			}
			first <- time.Since(start)
		}()
		synctest.Wait()
		if got := k.code(t, k.good); got != "" || time.Since(start) != 0 {
			t.Errorf("the second one got %q after %s", got, time.Since(start))
		}
		if waited := <-first; waited != 5*time.Second {
			t.Errorf("the first one waited %s", waited)
		}
	})
}

func TestAnAnswerThatIsNoKeySetChangesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	huge := keySetOf(t, k) + strings.Repeat(" ", 256<<10)
	cases := map[string]string{
		"nothing": "", "a page": "<html>Log ind på netværket</html>", "no keys": `{"keys":[]}`, "null": "null",
		"too much": huge, "keys as a word": `{"keys":"x"}`,
		"keys that cannot be used": `{"keys":[{"kty":"EC","kid":"a"},7,{"kty":"RSA","kid":"b","n":"AQAB","e":"AQAB"},{"kty":"RSA","kid":"c","n":"!","e":"AQAB"}]}`,
	}
	for name, body := range cases {
		answer := &answers{body: body, status: http.StatusOK}
		v := verifierOver(t, k, answer)
		if _, err := v.Verify(t.Context(), user(k)); fault.From(err).Code != entra.CodeKeysUnavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Where it points to there is a good set, and still it is not fetched.
	redirect := &answers{status: http.StatusFound, body: keySetOf(t, k), location: k.Authority() + "/" + k.config.Tenant + "/discovery/v2.0/keys"}
	if _, err := verifierOver(t, k, redirect).Verify(t.Context(), user(k)); fault.From(err).Code != entra.CodeKeysUnavailable {
		t.Errorf("a redirect was followed: %v", err)
	}
}

func TestAKeyOfAnotherIssuerOrPurposeIsNotOurs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	set := keySetOf(t, k)
	cases := map[string]struct{ old, new, code string }{
		"as it is":             {"", "", ""},
		"any tenant's":         {k.config.Tenant, "{tenantid}", ""},
		"no issuer named":      {`"issuer"`, `"other"`, ""},
		"use left out":         {`"use"`, `"other"`, ""},
		"consumer accounts'":   {k.config.Tenant, "9188040d-6c67-4c5b-b112-36a304b66dad", entra.CodeKeysUnavailable},
		"for encryption":       {`"sig"`, `"enc"`, entra.CodeKeysUnavailable},
		"with exponent 3":      {`"AQAB"`, `"Aw"`, entra.CodeKeysUnavailable},
		"with an even one":     {`"AQAB"`, `"AQAC"`, entra.CodeKeysUnavailable},
		"with a huge exponent": {`"AQAB"`, `"AQABAQAB"`, entra.CodeKeysUnavailable},
	}
	for name, c := range cases {
		v := verifierOver(t, k, &answers{body: strings.ReplaceAll(set, c.old, c.new), status: http.StatusOK})
		if c.old == "" {
			v = verifierOver(t, k, &answers{body: set, status: http.StatusOK})
		}
		_, err := v.Verify(t.Context(), user(k))
		if (err == nil) != (c.code == "") || err != nil && fault.From(err).Code != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

func rotate(t *testing.T, k *kit) {
	t.Helper()
	if _, err := k.RotateKeys(); err != nil {
		t.Fatal(err)
	}
}

func keySetOf(t *testing.T, k *kit) string {
	t.Helper()
	response, err := http.Get(k.Authority() + "/" + k.config.Tenant + "/discovery/v2.0/keys")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func verifierOver(t *testing.T, k *kit, transport http.RoundTripper) *entra.Verifier {
	t.Helper()
	v, err := entra.NewVerifier(entra.Config{
		Tenant: k.config.Tenant, Audience: k.config.API, Clients: []string{k.config.AddIn}, Scope: k.config.Scope,
		Role: k.config.Role, Authority: k.Authority(), HTTPClient: &http.Client{Transport: transport}, Now: k.ours.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type answers struct {
	body, location string
	status         int
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	if a.location != "" && r.Response == nil {
		recorder.Header().Set("Location", a.location)
		recorder.WriteHeader(a.status)
	}
	recorder.WriteString(a.body)
	return recorder.Result(), nil
}

type noNetwork struct{ t testing.TB }

func (n noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	n.t.Error("the network was used")
	return nil, errors.New("no network")
}

// bubble is a tenant without sockets, whose key set answers only when let: in a synctest bubble time stands still
// while everybody waits, which real sockets would prevent.
type bubble struct {
	*entraid.Entra
	verifier      *entra.Verifier
	good, unknown string
	asked         atomic.Int64
	mu            sync.Mutex
	open          chan struct{}
}

func bubbleKit(t *testing.T) *bubble {
	t.Helper()
	c := entraid.University()
	c.Base, c.NewKey = "http://127.0.0.1:1", newKeys()
	tenant, err := entraid.New(c)
	if err != nil {
		t.Fatal(err)
	}
	b := &bubble{Entra: tenant, open: make(chan struct{})}
	day := entraid.With("exp", time.Now().Add(24*time.Hour).Unix())
	b.good = tenant.IssueUser(c.Personas[0], day)
	b.unknown = tenant.Issue(tenant.UserClaims(c.Personas[0]), map[string]any{"kid": "nobodys"})
	b.verifier, err = entra.NewVerifier(entra.Config{
		Tenant: c.Tenant, Audience: c.API, Clients: []string{c.AddIn}, Scope: c.Scope,
		Authority: tenant.Authority(), HTTPClient: &http.Client{Transport: b},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bubble) RoundTrip(r *http.Request) (*http.Response, error) {
	b.asked.Add(1)
	b.mu.Lock()
	open := b.open
	b.mu.Unlock()
	select {
	case <-open:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	recorder := httptest.NewRecorder()
	b.Handler().ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func (b *bubble) release() { close(b.open) }

func (b *bubble) hang() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = make(chan struct{})
}

func (b *bubble) code(t *testing.T, token string) string {
	t.Helper()
	_, err := b.verifier.Verify(t.Context(), token)
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}
