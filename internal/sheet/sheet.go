package sheet

import (
	"cmp"
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/store"
)

// months are told of: a year, and the one that has begun.
const months = 13

// Store counts. *store.Store is one.
type Store interface {
	Mails(ctx context.Context, begins []time.Time, until time.Time) ([]store.Figure, error)
	Traffic(ctx context.Context, begins []time.Time, until time.Time) ([]store.Figure, error)
	Refusals(ctx context.Context, begins []time.Time, until time.Time) ([]store.Figure, error)
	Senders(ctx context.Context, since time.Time) ([]store.Sender, error)
	Granted(ctx context.Context) (persons, groups, applications int, err error)
	KeyVersions(ctx context.Context) ([]string, error)
}

// Ledger is the audit log as proof. *ledger.Ledger is one.
type Ledger interface {
	State(ctx context.Context) (ledger.State, error)
}

// Settings are what has been decided.
type Settings struct {
	Encryption  string        // auto, compat or modern
	Headers     string        // off, sign or hide
	KeepDetails time.Duration // what is known of a mail; 0 is for ever
	KeepRows    time.Duration // the audit log; 0 is for ever
}

// Deps is what a sheet is made of.
type Deps struct {
	Store    Store
	Ledger   Ledger
	Keys     func() []string // versions of the master key that are held, the current one first
	Settings Settings
	Now      func() time.Time
	Zone     *time.Location // of the months
}

// Sheet is the answers.
type Sheet struct {
	At, Since    time.Time
	Senders      []Sender
	Persons      int // with a right of their own, each once
	Groups       int
	Applications int
	Months       []Month // the newest first
	Total        Month
	Reasons      []Reason // the most frequent first
	Keys         []Key
	Vault        bool // the current master key is in a key vault, and not in a file
	Here         int  // mailboxes whose private key is in the database, encrypted
	Devices      []Device
	Log          ledger.State
	Settings     Settings
}

// Sender is a mailbox that can send encrypted.
type Sender struct {
	store.Sender
	ValidTo time.Time // of its certificate; zero where that cannot be read
}

// Device is one in which private keys of mailboxes stay.
type Device struct {
	Vault     bool   // Azure Key Vault; otherwise a PKCS #11 token
	Name      string // the vault's host, or the token's label
	Mailboxes int
}

// Month is how much went which way, by recipient.
type Month struct {
	Begins    time.Time
	Mails     int // that were accepted and not taken back
	Encrypted int // recipients reached by S/MIME
	Internal  int // recipients reached inside the organisation
	Other     int // recipients reached by any other way
	Waiting   int // recipients whose copy is still on its way
	Failed    int // recipients whose copy did not go out, or may not have
	Taken     int // mails that were taken back
	Stopped   int // mails that were refused before anything was sent
}

// Reason is why recipients, or whole mails, were stopped.
type Reason struct {
	Recipient bool // of a recipient, and not of the whole mail
	Code      string
	Times     int
}

// Key is a version of the master key.
type Key struct {
	Version string
	Current bool
	Used    bool // something is wrapped by it
}

// age is how old a sheet may be: making one counts the mail of a year, and whoever reads it presses more than once. It says when it
// was made.
const age = time.Minute

// Lately gives the sheet as it was a moment ago, made by one of those who ask while the others wait.
type Lately struct {
	Deps
	mu   sync.Mutex
	made Sheet
}

// Sheet is for reading alone: whoever asks at the same time has the same one.
func (l *Lately) Sheet(ctx context.Context) (Sheet, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.Now().Sub(l.made.At); old >= 0 && old < age {
		return l.made, nil
	}
	made, err := Make(ctx, l.Deps)
	if err == nil {
		l.made = made
	}
	return made, err
}

// Make asks for everything anew.
func Make(ctx context.Context, d Deps) (Sheet, error) {
	now := d.Now()
	begins := beginnings(now.In(d.Zone))
	s := Sheet{At: now, Since: begins[0], Settings: d.Settings}
	for _, part := range []func() error{
		func() error { return s.senders(ctx, d) },
		func() error { return s.figures(ctx, d, begins) },
		func() error { return s.keys(ctx, d) },
		func() (err error) { s.Log, err = d.Ledger.State(ctx); return err },
	} {
		if err := part(); err != nil {
			return Sheet{}, err
		}
	}
	return s, nil
}

// beginnings are those of the months, the oldest first.
func beginnings(now time.Time) []time.Time {
	list := make([]time.Time, months)
	for i := range list {
		list[i] = time.Date(now.Year(), now.Month()-time.Month(months-1-i), 1, 0, 0, 0, 0, now.Location())
	}
	return list
}

func (s *Sheet) senders(ctx context.Context, d Deps) error {
	list, err := d.Store.Senders(ctx, s.Since)
	if err != nil {
		return err
	}
	for _, one := range list {
		sender := Sender{Sender: one}
		if c, err := x509.ParseCertificate(one.Certificate); err == nil {
			sender.ValidTo = c.NotAfter
		}
		s.Senders = append(s.Senders, sender)
		s.place(one.Reference)
	}
	s.Persons, s.Groups, s.Applications, err = d.Store.Granted(ctx)
	return err
}

// place counts a mailbox's key where it is.
func (s *Sheet) place(reference string) {
	if reference == "" {
		s.Here++
		return
	}
	d := Device{Name: reference, Mailboxes: 1}
	if r, err := device.Parse(reference); err == nil { // what cannot be read is told as it stands
		d.Vault, d.Name = r.Kind == device.KeyVault, cmp.Or(r.Host, r.Token)
	}
	for i, known := range s.Devices {
		if known.Vault == d.Vault && known.Name == d.Name {
			s.Devices[i].Mailboxes++
			return
		}
	}
	s.Devices = append(s.Devices, d)
}

func (s *Sheet) figures(ctx context.Context, d Deps, begins []time.Time) error {
	until := s.At.Add(time.Minute) // a clock of another machine's may be ahead
	mails, err := d.Store.Mails(ctx, begins, until)
	if err != nil {
		return err
	}
	traffic, err := d.Store.Traffic(ctx, begins, until)
	if err != nil {
		return err
	}
	refusals, err := d.Store.Refusals(ctx, begins, until)
	if err != nil {
		return err
	}
	all := make([]Month, len(begins))
	for i := range all {
		all[i].Begins = begins[i]
	}
	for _, f := range mails {
		if f.Code == "cancelled" {
			all[f.Period].Taken += f.Count
		} else {
			all[f.Period].Mails += f.Count
		}
	}
	for _, f := range traffic {
		all[f.Period].add(f.Of, f.Code, f.Count)
	}
	reasons := map[Reason]int{}
	for _, f := range refusals {
		if f.Of == "mail" {
			all[f.Period].Stopped += f.Count
		}
		reasons[Reason{Recipient: f.Of == "recipient", Code: f.Code}] += f.Count
	}
	for reason, times := range reasons {
		reason.Times = times
		s.Reasons = append(s.Reasons, reason)
	}
	slices.SortFunc(s.Reasons, func(a, b Reason) int {
		if a.Recipient != b.Recipient {
			return map[bool]int{false: -1, true: 1}[a.Recipient]
		}
		return cmp.Or(cmp.Compare(b.Times, a.Times), strings.Compare(a.Code, b.Code))
	})
	for _, m := range all {
		s.Total.sum(m)
	}
	slices.Reverse(all)
	s.Months = all
	return nil
}

// add counts recipients by what became of their copies.
func (m *Month) add(route, state string, n int) {
	switch {
	case state == "cancelled": // the mail is counted, not whom it was to
	case state == "rejected" || state == "unknown":
		m.Failed += n
	case state != "sent":
		m.Waiting += n
	case route == "smime":
		m.Encrypted += n
	case route == "internal":
		m.Internal += n
	default:
		m.Other += n
	}
}

func (m *Month) sum(o Month) {
	m.Mails += o.Mails
	m.Encrypted += o.Encrypted
	m.Internal += o.Internal
	m.Other += o.Other
	m.Waiting += o.Waiting
	m.Failed += o.Failed
	m.Taken += o.Taken
	m.Stopped += o.Stopped
}

func (s *Sheet) keys(ctx context.Context, d Deps) error {
	used, err := d.Store.KeyVersions(ctx)
	if err != nil {
		return err
	}
	for i, version := range d.Keys() {
		s.Keys = append(s.Keys, Key{Version: version, Current: i == 0, Used: slices.Contains(used, version)})
	}
	s.Vault = len(s.Keys) > 0 && !strings.HasPrefix(s.Keys[0].Version, "file:")
	return nil
}
