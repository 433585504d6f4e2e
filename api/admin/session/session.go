package session

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"aau.dk/sendsikker/internal/store"
)

const (
	// Idle and Lifetime are a coffee break and a working day: OWASP's session management cheat sheet has 15–30 minutes and 4–8 hours
	// for office work.
	Idle     = 30 * time.Minute
	Lifetime = 8 * time.Hour
	// Cookie is its name. The prefix makes a browser take it only over HTTPS (or from this machine), for this host alone and for all
	// its paths (RFC 6265bis section 4.1.3.2): no neighbour in our domain can set it.
	Cookie = "__Host-sendsikker"
	// PersonKey is the value of a session that says whose it is.
	PersonKey = "person"
)

// Store keeps sessions. *store.Store is one.
type Store interface {
	PutSession(ctx context.Context, one store.Session) error
	SessionData(ctx context.Context, token string) ([]byte, error)
	DeleteSession(ctx context.Context, token string) error
}

// New makes the manager. Values are text.
func New(s Store, failed func(w http.ResponseWriter, r *http.Request, err error)) *scs.SessionManager {
	// Not scs.New: it starts a goroutine that tidies up, for ever, a store in memory that nobody uses. What else New gives is the key of
	// the session in a context, which tells several managers in one request apart, and there is one.
	return &scs.SessionManager{
		Store: kept{s}, Codec: text{}, ErrorFunc: failed, IdleTimeout: Idle, Lifetime: Lifetime, HashTokenInStore: true,
		Cookie: scs.SessionCookie{
			Name: Cookie, Path: "/", Secure: true, HttpOnly: true,
			// Strict would not come along when Entra sends people back, and they would seem not to be signed in.
			SameSite: http.SameSiteLaxMode,
			Persist:  false, // gone with the browser
		},
	}
}

// IsToken says whether a cookie's value has the form of those that scs makes: 32 random octets in base64url, without padding.
func IsToken(value string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	return err == nil && len(raw) == 32
}

// kept is our store as scs wants it.
type kept struct{ store Store }

func (k kept) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := k.store.SessionData(ctx, token)
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (k kept) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	_, values, err := text{}.Decode(data)
	if err != nil {
		return err
	}
	person, _ := values[PersonKey].(string)
	return k.store.PutSession(ctx, store.Session{Token: token, Person: person, Data: data, Expires: expires})
}

func (k kept) DeleteCtx(ctx context.Context, token string) error {
	return k.store.DeleteSession(ctx, token)
}

// scs has these from before contexts, and calls the ones above.
func (k kept) Find(token string) ([]byte, bool, error) { return k.FindCtx(context.Background(), token) }

func (k kept) Commit(token string, data []byte, expires time.Time) error {
	return k.CommitCtx(context.Background(), token, data, expires)
}

func (k kept) Delete(token string) error { return k.DeleteCtx(context.Background(), token) }

// text writes sessions as JSON: gob builds whatever types the bytes ask for.
type text struct{}

type written struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

var errNotText = errors.New("a session holds text only")

func (text) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	w := written{Deadline: deadline, Values: map[string]string{}}
	for name, value := range values {
		s, is := value.(string)
		if !is {
			return nil, errNotText
		}
		w.Values[name] = s
	}
	return json.Marshal(w)
}

func (text) Decode(data []byte) (time.Time, map[string]any, error) {
	var w written
	if err := json.Unmarshal(data, &w); err != nil {
		return time.Time{}, nil, errors.New("a session cannot be read")
	}
	values := make(map[string]any, len(w.Values))
	for name, value := range w.Values {
		values[name] = value
	}
	return w.Deadline, values, nil
}
