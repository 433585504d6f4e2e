package app

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"aau.dk/sendsikker/api/admin/directories"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/directory"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/certs/smimea"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/aia"
	"aau.dk/sendsikker/internal/trust/anchor"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/fetch"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

// finding is how recipients' certificates are found and judged: whom it trusts, and whom it asks.
type finding struct {
	Profiles     []trust.Profile
	Loopback     bool // the pretend authorities publish what they have on this machine
	FetchIssuers bool
	Production   bool   // test authorities never count
	Lists        string // folder where revocation lists survive a restart
	Directories  []directory.Config
	DNS          *smimea.Config // nil: nobody is asked
	Deadline     time.Duration
}

// finders is what came of it.
type finders struct {
	judge       *trust.Judge
	lists       *crl.Source
	responders  *ocsp.Source
	shelf       *shelf.Shelf
	finder      *certs.Finder
	directories []*directory.Directory
	watched     []*watched
	authorities []*x509.Certificate // of the profiles, below their roots and the roots
}

// open uses no network.
func (f finding) open(s *store.Store, own certs.Source, now func() time.Time, log *slog.Logger) (_ *finders, err error) {
	o := &finders{}
	for _, profile := range f.Profiles {
		o.authorities = append(o.authorities, slices.Concat(profile.Intermediates, profile.Roots)...)
	}
	client := fetch.New(fetch.Options{AllowLoopback: f.Loopback})
	o.lists = crl.New(crl.Deps{Now: now, Client: client, Issuers: o.named, Folder: f.Lists, Log: log})
	o.responders = ocsp.New(ocsp.Deps{Now: now, Client: client, Revocation: o.lists})
	deps := trust.Deps{
		Profiles: f.Profiles, Now: now, Log: log,
		Revocation: trust.InOrder(o.lists, o.responders),
	}
	if f.FetchIssuers {
		deps.Issuers = aia.New(aia.Deps{Now: now, Client: client})
	}
	o.judge = trust.NewJudge(deps)
	settled := shelf.Deps{Store: s, Judge: o.judge, Profiles: f.Profiles, Now: now, Log: log}
	if f.Production {
		settled.MayTrust = func(profile trust.Profile) error { return anchor.Production(profile) }
	}
	o.shelf = shelf.New(settled)

	sources := []certs.Source{o.shelf.Pinned(), o.shelf.Harvested(), own}
	memory := certs.DefaultMemory(now)
	for _, c := range f.Directories {
		d, err := directory.New(c, directory.Deps{Now: now, Log: log})
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		o.directories = append(o.directories, d)
		sources = append(sources, certs.Remember(o.watch(d, directoryFacts(d), now), memory))
	}
	if f.DNS != nil {
		d, err := smimea.New(*f.DNS, smimea.Deps{Now: now, Log: log})
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		// A domain takes back what it vouches for by taking the record away. Nothing is given on while nobody can see that.
		memory.Stale = 0
		sources = append(sources, certs.Remember(o.watch(d, directories.Source{Server: f.DNS.Resolver}, now), memory))
	}
	o.finder = certs.NewFinder(certs.Deps{Sources: sources, Judge: o.judge, Deadline: f.Deadline, Now: now, Log: log})
	return o, nil
}

// named are the authorities of ours with that subject.
func (o *finders) named(rawSubject []byte) []*x509.Certificate {
	var list []*x509.Certificate
	for _, c := range o.authorities {
		if string(c.RawSubject) == string(rawSubject) {
			list = append(list, c)
		}
	}
	return list
}

func (o *finders) close() error {
	var err error
	for _, d := range o.directories {
		err = errors.Join(err, d.Close())
	}
	return err
}

// trustFrom reads the settings' profiles. Test authorities never stand beside real ones.
func trustFrom(c config.Finding) ([]trust.Profile, error) {
	read := func(setting string, files []string) ([]*x509.Certificate, error) {
		list, err := readPEM(files)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
		return list, nil
	}
	public, err := read("trust-public-roots", c.Trust.PublicRoots)
	if err != nil {
		return nil, err
	}
	roots, err := read("trust-roots", c.Trust.Roots)
	if err != nil {
		return nil, err
	}
	intermediates, err := read("trust-intermediates", c.Trust.Intermediates)
	if err != nil {
		return nil, err
	}
	var profiles []trust.Profile
	if c.Trust.Environment == "test" {
		test, err := read("trust-oces3-test", c.Trust.OCES3Test)
		if err != nil {
			return nil, err
		}
		if len(test) > 0 {
			profile, err := anchor.OCES3Test(selfSigned(test, true), selfSigned(test, false))
			if err != nil {
				return nil, fmt.Errorf("trust-oces3-test: %w", err)
			}
			profiles = append(profiles, profile)
		}
	} else if c.Trust.OCES3 {
		profiles = append(profiles, anchor.OCES3())
	}
	if len(public) > 0 {
		profiles = append(profiles, anchor.Public(public))
	}
	if len(roots) > 0 {
		own := anchor.Own("own", roots, intermediates)
		if c.Trust.Unpublished == "warn" {
			own.WhenUnpublished = trust.Warn
		}
		profiles = append(profiles, own)
	}
	for i := range profiles {
		profiles[i].Grace = c.Trust.Grace
	}
	if c.Trust.Environment != "test" {
		if err := anchor.Production(profiles...); err != nil {
			return nil, err
		}
	}
	return profiles, nil
}

func selfSigned(list []*x509.Certificate, want bool) []*x509.Certificate {
	return slices.DeleteFunc(slices.Clone(list), func(c *x509.Certificate) bool { return (string(c.RawSubject) == string(c.RawIssuer)) != want })
}

// findingFrom is how the settings have certificates found.
func findingFrom(c config.Finding) (finding, error) {
	profiles, err := trustFrom(c)
	if err != nil {
		return finding{}, err
	}
	f := finding{Profiles: profiles, Production: c.Trust.Environment != "test", FetchIssuers: c.Trust.FetchIssuers, Lists: c.Lists(), Deadline: c.Trust.Deadline}
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	var faults []error
	for i, d := range c.Directories {
		setting := fmt.Sprintf("directories[%d]", i)
		for _, name := range d.Trust {
			if !slices.Contains(names, name) {
				faults = append(faults, fmt.Errorf("%s: trust names %q, which is none of the profiles %v", setting, name, names))
			}
		}
		one, err := directoryFrom(d)
		if err == nil {
			err = one.Check()
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", setting, err))
		}
		f.Directories = append(f.Directories, one)
	}
	if c.DNS.Resolver != "" {
		// A little less than everybody's deadline: what has been answered by then is used.
		f.DNS = &smimea.Config{Resolver: c.DNS.Resolver, Timeout: c.Trust.Deadline * 9 / 10, TrustUsage3: c.DNS.TrustDomain}
		if err := f.DNS.Check(); err != nil {
			faults = append(faults, fmt.Errorf("dns-resolver: %w", err))
		}
	}
	return f, errors.Join(faults...)
}

func directoryFrom(d config.Directory) (directory.Config, error) {
	out := directory.Config{
		Name: d.Name, Profile: d.Profile, Host: d.Host, TLS: d.TLS, CAFile: d.CAFile, Base: d.Base, Scope: d.Scope, Filter: d.Filter,
		AddressAttributes: d.AddressAttributes, CertificateAttributes: d.CertificateAttributes, BindDN: d.BindDN,
		PageSize: d.PageSize, SizeLimit: d.SizeLimit, Timeout: time.Duration(d.Timeout), Connections: d.Connections, Trust: d.Trust,
	}
	password, err := d.Password()
	if err != nil {
		return out, err
	}
	if d.BindDN != "" {
		secret := config.Secret{}
		if err := secret.UnmarshalText([]byte(password)); err != nil {
			return out, err
		}
		out.Password = secret.Reveal
	}
	return out, nil
}
