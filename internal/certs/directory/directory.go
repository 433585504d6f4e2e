package directory

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/go-ldap/ldap/v3"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
)

// Deps is what a Directory needs.
type Deps struct {
	Now func() time.Time
	Log *slog.Logger // nil: not logged
}

// Directory is a certs.Source. It is safe for concurrent use.
type Directory struct {
	config  Config
	reader  reader
	dialer  dialer
	pool    *pool
	breaker *breaker
	now     func() time.Time
	log     *slog.Logger
}

// New makes a Directory that has not been asked yet: one that is down hinders nobody from starting.
func New(config Config, deps Deps) (*Directory, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	config = config.filled()
	dialer, err := newDialer(config)
	if err != nil {
		return nil, err
	}
	log := deps.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	d := &Directory{config: config, dialer: dialer, now: deps.Now}
	d.log = log.With("source", d.Name())
	d.reader = newReader(config, d.Name())
	d.pool = newPool(config.Connections, deps.Now, dialer.connect)
	d.breaker = &breaker{now: deps.Now, log: d.log}
	return d, nil
}

// Name is the source that candidates bear.
func (d *Directory) Name() string { return certs.SourceLDAP + ":" + d.config.Name }

// Find gives the certificates of entries that name the addresses, under the addresses as they were asked for. The error is a
// *fault.Fault; what was found before it comes along, and says nothing about what was not.
func (d *Directory) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	asked := byKey(addresses)
	found := finding{candidates: map[string][]certs.Candidate{}}
	var failed error
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(asked)), maxBatch) {
		entries, err := d.ask(ctx, batch)
		for _, entry := range entries {
			if ctx.Err() != nil { // reading them takes time as well
				err = ended(ctx)
				break
			}
			d.reader.take(&found, entry, asked, d.now())
		}
		if err != nil {
			failed = err
			if fault.From(err).Code != CodePartial {
				break // one that does not answer is not asked again
			}
		}
	}
	if failed == nil && found.more {
		failed = trouble(CodePartial, errMore)
	}
	if found.unread > 0 {
		d.log.DebugContext(ctx, "a directory has values that are no certificates", "count", found.unread)
	}
	answer := make(map[string][]certs.Candidate, len(found.candidates))
	for k, candidates := range found.candidates {
		for _, address := range asked[k] {
			answer[address] = slices.Clone(candidates)
		}
	}
	return answer, failed
}

// ask is one search, if the breaker lets it through.
func (d *Directory) ask(ctx context.Context, keys []string) (entries []*ldap.Entry, err error) {
	if ctx.Err() != nil {
		return nil, ended(ctx) // says nothing about the directory
	}
	trial, err := d.breaker.enter()
	if err != nil {
		return nil, err
	}
	defer func() { d.breaker.leave(ctx, trial, err) }()
	err = d.pool.use(ctx, func(ctx context.Context, on *connection) error {
		var err error
		entries, err = d.config.search(ctx, on, keys)
		return err
	})
	return entries, err
}

// Check is for administrators: it connects anew, logs in and reads the base, whatever the breaker says, and tells the first
// thing that is wrong as a *fault.Fault. A directory that passes is asked again at once.
func (d *Directory) Check(ctx context.Context) error {
	on, err := d.dialer.connect(ctx)
	if err != nil {
		return err
	}
	defer on.drop()
	if err := d.config.readBase(ctx, on); err != nil {
		return err
	}
	d.breaker.leave(ctx, false, nil)
	return nil
}

// Close ends the connections; what is under way ends with them as it comes back.
func (d *Directory) Close() error {
	d.pool.close()
	return nil
}

// Description is what an administrator sees of the settings. The password is not in it.
type Description struct {
	Server  string // host:port
	TLS     string // LDAPS, StartTLS or Off
	Base    string
	LogsIn  bool
	Vouches []string // the trust profiles whose authorities may vouch for what is found; nil is all
}

// Describe tells it.
func (d *Directory) Describe() Description {
	c := d.config
	server, _, err := c.address()
	if err != nil {
		server = c.Host // New has checked it
	}
	return Description{Server: server, TLS: c.TLS, Base: c.Base, LogsIn: c.BindDN != "", Vouches: slices.Clone(c.Trust)}
}
