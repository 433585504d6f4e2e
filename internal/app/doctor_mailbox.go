package app

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/certs/smimea"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// certificateWarn is the time that ordering a new certificate, and partners' getting hold of it, takes.
const certificateWarn = 60 * 24 * time.Hour

// mailboxes looks at each function mailbox: its key, its certificate, and whether Graph opens it and no other.
func (e *examination) mailboxes(ctx context.Context, s *store.Store, k *keeper.Keeper) {
	const area = "mailboxes"
	outlook, err := e.wiring.outlook(nil)
	if err != nil {
		e.report.Fail(area, "Mend graph.url.", "%v.", err)
		return
	}
	finders, err := e.wiring.Finding.open(s, ownSource{s}, e.wiring.Now, e.wiring.Log)
	if err != nil {
		e.report.Fail("directories", "Mend the settings of directories and dns.", "%v.", err)
		return
	}
	defer func() { _ = finders.close() }()
	if err := finders.shelf.Reload(ctx); err != nil {
		e.report.Fail("trust", "Mend the database.", "The approved authorities could not be read.")
	}
	rows, err := s.Mailboxes(ctx)
	if err != nil {
		e.report.Fail(area, "Mend the database.", "They could not be read.")
		return
	}
	if len(rows) == 0 {
		e.report.Warn(area, "sendsikker mailbox add ADDRESS --name NAME --certificate FILE --key FILE", "There is none yet, so nobody can send.")
	}
	held, err := e.wiring.Devices.open()
	if err != nil {
		e.report.Fail("devices", "Set pkcs11-module to the device's library, and see that it can be read; or take it out of the settings.", "%v.", err)
		return
	}
	defer func() { _ = held.close() }()
	registry := mailbox.NewRegistry(mailbox.Deps{Store: s, Keeper: k, Devices: held, Directory: outlook, Now: e.wiring.Now})
	for _, row := range rows {
		e.mailbox(ctx, registry, finders.judge, row)
		e.otherKeys(ctx, s, held, row.Address)
		e.reach(ctx, outlook, row.Address)
	}
	e.tooFar(ctx, outlook, rows)
	e.directories(ctx, finders)
}

func (e *examination) mailbox(ctx context.Context, registry *mailbox.Registry, judge *trust.Judge, row store.Mailbox) {
	address, area := row.Address, "mailbox "+row.Address
	identity, err := registry.Lend(ctx, address)
	if err == nil && row.Reference != "" {
		err = opensItsOwn(identity)
	}
	if err != nil && row.Reference != "" {
		e.report.Fail(area, fixOf(err), "Its key, %s, cannot be used: %v.", row.Reference, inOurWords(err))
		return
	}
	if err != nil {
		e.report.Fail(area, "Add the mailbox again with the certificate and the key that belong together (sendsikker mailbox add).", "Its key cannot be opened, or is not that of its certificate.")
		return
	}
	now, ends := e.wiring.Now(), identity.Certificate.NotAfter
	const renew = "Order a new certificate; sendsikker mailbox add with it replaces the old one. Tell partners who do not look at /certificates."
	switch left := ends.Sub(now); {
	case left <= 0:
		e.report.Fail(area, renew, "Its certificate expired on %s, and nothing can be sent as it.", ends.Format(time.DateOnly))
		return
	case left < certificateWarn:
		e.report.Warn(area, renew, "Its certificate expires on %s, in %s.", ends.Format(time.DateOnly), howLong(left))
	}
	// As a partner would judge it. This is also how lists and responders are reached that recipients' certificates name.
	verdict := judge.Judge(ctx, trust.Subject{Certificate: identity.Certificate, Address: address, Issuers: identity.Chain})
	switch {
	case verdict.Code == trust.RevocationUnknown || slices.ContainsFunc(verdict.Warnings, func(w trust.Warning) bool {
		return w.Code == trust.RevocationUnknown || w.Code == trust.RevocationGrace
	}):
		e.report.Fail(area, "Let this machine reach the addresses in the certificate (CRL distribution points, OCSP) by HTTP, port 80: recipients' certificates of the same authority cannot be used either.", "Its authority's revocation lists cannot be had.")
	case verdict.Code == trust.Revoked:
		e.report.Fail(area, "Find out why, and order a new one at once: partners refuse it.", "Its certificate has been revoked.")
	case !verdict.Good:
		e.report.Warn(area, "See 'sendsikker cert check FILE'. If its authority is right, name its root in trust.roots, and its issuers in the file that was added.", "Its certificate would not be used by us if it were a partner's: %s.", string(verdict.Code))
	default:
		e.report.OK(area, "Key and certificate belong together, valid to %s, not revoked%s.", ends.Format(time.DateOnly), whereIs(row))
	}
}

// reach reads in the mailbox: a question about a message that nobody has.
func (e *examination) reach(ctx context.Context, outlook *graph.Client, address string) {
	area := "graph " + address
	_, err := outlook.Find(ctx, address, "", probeID(), nil)
	if err == nil {
		e.report.OK(area, "It answers.")
		return
	}
	fix := "See whether graph.microsoft.com can be reached on port 443, and try again."
	switch fault.From(err).Code {
	case "graph_forbidden":
		fix = "In Exchange: put the mailbox into the management scope (CustomAttribute1), and give the sender the roles Application Mail.Send and Application Mail.ReadWrite in it. It takes up to two hours to hold."
	case "graph_mailbox_unknown":
		fix = "Make the shared mailbox in Exchange, or correct the address (sendsikker mailbox list)."
	case "graph_token_refused":
		fix = "Look at graph.credential and entra.tenant."
	}
	e.report.Fail(area, fix, "It cannot be used: %s (%s)", fault.From(err).Say.EN, fault.From(err).Code)
}

func probeID() string { return "<doctor-" + uuid.NewString() + "@sendsikker.invalid>" }

// tooFar asks for a mailbox that must be refused.
func (e *examination) tooFar(ctx context.Context, outlook *graph.Client, ours []store.Mailbox) {
	const area = "graph's limits"
	if e.outside == "" {
		e.report.Warn(area, "Run the doctor with --outside ADDRESS, a mailbox of the organisation that is no function mailbox of the service.", "That other mailboxes are closed to the service was not proved.")
		return
	}
	if slices.ContainsFunc(ours, func(m store.Mailbox) bool { return m.Address == mailbox.Canonical(e.outside) }) {
		e.report.Fail(area, "Give --outside a mailbox that the service must not reach.", "%s is one of the service's own.", e.outside)
		return
	}
	_, err := outlook.Find(ctx, e.outside, "", probeID(), nil)
	code := ""
	if err != nil {
		code = fault.From(err).Code
	}
	switch {
	case err == nil:
		e.report.Fail(area, "In Exchange: Test-ServicePrincipalAuthorization shows which assignment lets it in. Take roles without a scope away, correct the scope's filter, and remove all Mail permissions in Entra: they add up.",
			"The service can read the mailbox %s, which is none of its own.", e.outside)
	case code == "graph_forbidden":
		e.report.OK(area, "%s is refused, as it must be.", e.outside)
	case code == "graph_mailbox_unknown":
		e.report.Fail(area, "Give --outside a mailbox that exists: that one which does not exist is refused proves nothing.", "There is no mailbox %s.", e.outside)
	default:
		e.report.Fail(area, "Try again when Graph answers.", "Whether %s is closed could not be seen (%s).", e.outside, code)
	}
}

func (e *examination) directories(ctx context.Context, f *finders) {
	for _, d := range f.directories {
		area := "directory " + d.Name()
		if err := d.Check(ctx); err != nil {
			e.report.Fail(area, "See whether its host and port can be reached from here, and host, tls, base and login are right.", "%s", fault.From(err).Say.EN)
			continue
		}
		e.report.OK(area, "It answers.")
	}
	if e.wiring.Finding.DNS == nil {
		return
	}
	const area = "dns resolver"
	resolver, err := smimea.New(*e.wiring.Finding.DNS, smimea.Deps{Now: e.wiring.Now, Log: e.wiring.Log})
	if err == nil {
		err = resolver.Check(ctx)
	}
	if err != nil {
		e.report.Fail(area, "Run a resolver on this machine that validates DNSSEC (unbound, for one), and name it in dns.resolver; or leave the setting out.", "%s", fault.From(err).Say.EN)
		return
	}
	e.report.OK(area, "It answers, and validates.")
}
