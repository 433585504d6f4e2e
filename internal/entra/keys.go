package entra

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// go-oidc's own RemoteKeySet keeps a key for ever and asks for the set again at every unknown key id and every bad
// signature, so a withdrawn key stays trusted until restart and a stranger decides how often we call Microsoft.
const (
	// keysCheckedEvery is how old the set may be before it is asked for again. With Entra reachable, a withdrawn key is
	// trusted this long and keysTimeout more, at most. Entra's own advice is a day (Microsoft, access tokens, "Validate
	// the signature"); an hour costs one small request.
	keysCheckedEvery = time.Hour
	// keysTrustedFor bounds it when Entra cannot be reached: after this the set is believed no more, and nobody gets in.
	keysTrustedFor = 24 * time.Hour
	// keysAskGap is the least time between two requests, whatever tokens arrive. It is also how long a new key may
	// have to wait in the middle of a flood; Entra announces its keys days before it signs with them.
	keysAskGap = 10 * time.Second
	// keysTimeout bounds one request.
	keysTimeout = 5 * time.Second
)

// keySet is the tenant's signing keys, fetched when needed.
type keySet struct {
	url, issuer string
	client      *http.Client
	now         func() time.Time

	mu       sync.Mutex
	keys     map[string]*rsa.PublicKey
	fetched  time.Time     // when the request that brought keys was sent
	asked    time.Time     // when a request was last sent, whatever came of it
	failure  error         // what the last request ended in; nil when it brought keys
	fetching chan struct{} // closed when the running request ends; nil when none runs
}

func newKeySet(url, issuer string, client *http.Client, now func() time.Time) *keySet {
	own := *client
	// The set is at a known address: an answer that points elsewhere comes from a captive portal or worse.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &keySet{url: url, issuer: issuer, client: &own, now: now}
}

// key finds the key of an id. A known key in a fresh set is answered at once, whatever else goes on. In a set that is
// due to be checked, the one token that starts the check waits for it, the others go on with the keys we have.
func (s *keySet) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	s.mu.Lock()
	now := s.now()
	key := s.trusted(id, now)
	starts := false
	if (key == nil || !since(s.fetched, now, keysCheckedEvery)) && s.fetching == nil && !since(s.asked, now, keysAskGap) {
		starts = true
		s.fetch(now)
	}
	running := s.fetching
	s.mu.Unlock()

	if key != nil && !starts {
		return key, nil
	}
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			return nil, refuse(CodeKeysUnavailable, ctx.Err())
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.now()
	if key := s.trusted(id, now); key != nil {
		return key, nil
	}
	if s.failure != nil {
		return nil, refuse(CodeKeysUnavailable, s.failure)
	}
	if !since(s.fetched, now, keysTrustedFor) {
		return nil, refuse(CodeKeysUnavailable, errors.New("the keys are too old to believe"))
	}
	return nil, refuse(CodeUnknownKey, errors.New("the tenant has no such key"))
}

// fetch starts one request, on nobody's behalf: the caller that happened to be first may go away, and the others wait
// for the same answer. A failed request leaves the known keys as they are. The caller holds mu.
func (s *keySet) fetch(now time.Time) {
	done := make(chan struct{})
	s.fetching, s.asked = done, now
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), keysTimeout)
		defer cancel()
		keys, err := fetchKeys(ctx, s.client, s.url, s.issuer)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.failure = err; err == nil {
			s.keys, s.fetched = keys, now
		}
		s.fetching = nil
		close(done)
	}()
}

// trusted is nil for a key that is not known, or not known recently enough. The caller holds mu.
func (s *keySet) trusted(id string, now time.Time) *rsa.PublicKey {
	if !since(s.fetched, now, keysTrustedFor) {
		return nil
	}
	return s.keys[id]
}

// since is whether then was less than d ago. A clock that was set back counts as long ago, so that a set fetched
// "tomorrow" is not believed until then.
func since(then, now time.Time, d time.Duration) bool {
	age := now.Sub(then)
	return !then.IsZero() && age >= 0 && age < d
}

// proof is the oidc.KeySet of one token. It remembers what go-oidc does not hand back: the payload that the signature
// was checked over, and the fault (go-oidc keeps only its text).
type proof struct {
	keys    *keySet
	keyID   string
	payload []byte
	err     error
}

func (p *proof) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	key, err := p.keys.key(ctx, p.keyID)
	if err != nil {
		p.err = err
		return nil, err
	}
	static := oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key}}
	payload, err := static.VerifySignature(ctx, token)
	if err != nil {
		// No new fetch here: key ids are no secret, so anybody can pair a good one with a bad signature.
		p.err = refuse(CodeBadSignature, errors.New("the signature is not by the key that it names"))
		return nil, p.err
	}
	p.payload = payload
	return withoutDistributedClaims(payload), nil
}

// withoutDistributedClaims hides _claim_names from go-oidc, which refuses a token where one has no source ("source does
// not exist"). Entra sends such tokens for users with many groups; overage reads the claim from the whole payload.
func withoutDistributedClaims(payload []byte) []byte {
	var raw map[string]json.RawMessage
	if json.Unmarshal(payload, &raw) != nil || raw["_claim_names"] == nil {
		return payload
	}
	delete(raw, "_claim_names")
	delete(raw, "_claim_sources")
	rest, err := json.Marshal(raw)
	if err != nil {
		return payload
	}
	return rest
}
