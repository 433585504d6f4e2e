package limit

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
)

// places is how many of each are remembered: all that work at a large university, with their programs. They take 4 to 5 MB when all are
// used, 27 MB for all six, which is what a stranger with addresses enough can make of us.
const places = 1 << 14

// Rates are the limits. The zero value has none.
type Rates struct {
	Read   Rate // of a caller: everything but sending
	Send   Rate // of a caller: mails
	Public Rate // of an address: what needs no proof of who asks, and what has none
	Files  Rate // of an address: the add-in's files, from memory
	SignIn Rate // of an address: beginning and ending a sign-in to the administrators' page

	BadSignIns int // from an address in five minutes, before it is locked out; 0: it never is
}

// Deps is what a Limiter needs.
type Deps struct {
	Rates
	Proxies  []netip.Prefix // whose word about who asks is believed; none is nobody's
	Header   string         // in which they say it: XForwardedFor or Forwarded
	Registry prometheus.Registerer
	Now      func() time.Time
	Log      *slog.Logger
}

// Limiter is safe for concurrent use.
type Limiter struct {
	proxies      proxies
	read, send   *buckets[string]
	public       *buckets[netip.Prefix]
	files        *buckets[netip.Prefix]
	signIn       *buckets[netip.Prefix]
	locks        *locks
	limited      *prometheus.CounterVec
	lockedOut    prometheus.Counter
	now          func() time.Time
	log          *slog.Logger
	pseudonymKey []byte
}

// New makes one.
func New(d Deps) (*Limiter, error) {
	l := &Limiter{
		proxies: proxies{d.Proxies, d.Header}, now: d.Now, log: d.Log, pseudonymKey: make([]byte, 32),
		limited:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sendsikker_limited_total", Help: "Requests that came too often, or from an address that is locked out."}, []string{"what"}),
		lockedOut: prometheus.NewCounter(prometheus.CounterOpts{Name: "sendsikker_lockouts_total", Help: "Addresses that were locked out of signing in."}),
	}
	for _, what := range []string{"read", "send", "public", "files", "sign_in", "locked"} {
		l.limited.WithLabelValues(what) // a figure that appears with the first refusal cannot be watched for it
	}
	_, _ = rand.Read(l.pseudonymKey) // never fails (package crypto/rand)
	var faults [6]error
	l.read, faults[0] = newBuckets[string](d.Read, places)
	l.send, faults[1] = newBuckets[string](d.Send, places)
	l.public, faults[2] = newBuckets[netip.Prefix](d.Public, places)
	l.files, faults[3] = newBuckets[netip.Prefix](d.Files, places)
	l.signIn, faults[4] = newBuckets[netip.Prefix](d.SignIn, places)
	l.locks, faults[5] = newLocks(d.BadSignIns, places)
	now := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sendsikker_locked_out", Help: "Addresses that are locked out now."}, func() float64 {
		return float64(l.locks.locked(l.now()))
	})
	return l, errors.Join(errors.Join(faults[:]...), d.Registry.Register(l.limited), d.Registry.Register(l.lockedOut), d.Registry.Register(now))
}

// Caller counts a request of somebody who has proved who they are.
func (l *Limiter) Caller(id string, sends bool) error {
	if sends {
		return l.tooMany("send", l.send.take(id, l.now()))
	}
	return l.tooMany("read", l.read.take(id, l.now()))
}

// peopleInOne recipients are one request more: each is looked for in directories of others, who would think that it is we who ask about
// everybody they have.
const peopleInOne = 25

// People counts the recipients that a caller asks about, after the request itself.
func (l *Limiter) People(id string, recipients int, sends bool) error {
	if sends {
		return l.tooMany("send", l.send.several(id, recipients/peopleInOne, l.now()))
	}
	return l.tooMany("read", l.read.several(id, recipients/peopleInOne, l.now()))
}

// Public counts a request of somebody unknown.
func (l *Limiter) Public(r *http.Request) error {
	return l.tooMany("public", l.public.take(network(peer(r)), l.now()))
}

// File counts a file of the add-in.
func (l *Limiter) File(r *http.Request) error {
	return l.tooMany("files", l.files.take(network(peer(r)), l.now()))
}

// SignIn counts a step of a sign-in, and refuses it to an address that is locked out.
func (l *Limiter) SignIn(r *http.Request) error {
	from, now := network(peer(r)), l.now()
	if left := l.locks.left(from, now); left > 0 {
		return l.lockedFor(left)
	}
	return l.tooMany("sign_in", l.signIn.take(from, now))
}

// Unproven is what a caller is told whose token proves nothing: err, or that they come too often.
func (l *Limiter) Unproven(r *http.Request, err error) error {
	f := fault.From(err)
	tooMany := l.Public(r)
	if f.Kind != fault.Unauthenticated || f.Code == entra.CodeMissing {
		// Who is known and may not has guessed nothing; nor has who says nothing, or whom we could not check.
		return first(tooMany, err)
	}
	locked := l.locks.left(network(peer(r)), l.now())
	l.BadSignIn(r)
	switch {
	case f.Code == entra.CodeExpired:
		// Read off the token before anything is computed, so that it tells a guesser nothing and costs no more than a refusal would.
		return err
	case locked > 0:
		return l.lockedFor(locked)
	}
	return first(tooMany, err)
}

func first(tooMany, err error) error {
	if tooMany != nil {
		return tooMany
	}
	return err
}

// BadSignIn counts a sign-in that proved nothing: a token that is not ours, an answer to no question, a cookie that we never made.
func (l *Limiter) BadSignIn(r *http.Request) {
	from := network(peer(r))
	long := l.locks.bad(from, l.now())
	if long == 0 {
		return
	}
	l.lockedOut.Inc()
	// An address is personal data, and the log holds none. The pseudonym says whether it is the same one again, until the program ends.
	sum := hmac.New(sha256.New, l.pseudonymKey)
	_, _ = sum.Write([]byte(from.String()))
	l.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelWarn, "an address is locked out of signing in",
		slog.String("client", hex.EncodeToString(sum.Sum(nil)[:6])), slog.Duration("for", long), slog.Int("bad_sign_ins", l.locks.allowed))
}

func (l *Limiter) tooMany(what string, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	l.limited.WithLabelValues(what).Inc()
	f := fault.New(fault.Throttled, "too_many_requests", fault.Sentence{
		DA: "Der kommer for meget på én gang. Intet er sendt. Vent lidt, og prøv igen.",
		EN: "Too much is coming at once. Nothing was sent. Wait a little, then try again.",
	}, nil)
	f.RetryAfter = wait
	return f
}

func (l *Limiter) lockedFor(left time.Duration) error {
	l.limited.WithLabelValues("locked").Inc()
	f := fault.New(fault.Throttled, "address_locked_out", fault.Sentence{
		DA: "Der er kommet for mange mislykkede logins fra jeres netværk. Intet er sendt. Vent, og prøv igen; er du logget ind allerede, kan du arbejde videre.",
		EN: "Too many failed sign-ins have come from your network. Nothing was sent. Wait, then try again; if you are signed in already, you can go on working.",
	}, nil)
	f.RetryAfter = left
	return f
}
