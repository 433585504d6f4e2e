package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// pastDays are behind the demo when a visitor comes.
const pastDays = 30

// past writes what a university has done before the visitor came: the steps that the service takes, through the store that it uses,
// at the hours when it would have taken them. The copies themselves have been sent and are gone, as they are from any service.
type past struct {
	*world
	store   *store.Store
	at      time.Time // the clock of the store
	dice    *rand.Rand
	boxes   map[string]string               // ids by address
	outside map[string]*sending.Certificate // that each recipient is reached with
}

// habit is who writes as a mailbox, and about what.
type habit struct {
	mailbox  string
	senders  []string
	subjects []string
	outside  []string
	inside   string
}

func habits() []habit {
	return []habit{
		{
			"sikkermail@its.aau.example", []string{"anna", "birk"}, []string{"Adgang til forskningsdata", "Databehandleraftale til underskrift", "Hændelse på server: logudtræk"},
			[]string{"bo@partner.example", "chen@uni.example", "sikkerpost@region.example"}, "clara@aau.example",
		},
		{
			"sikkermail@hr.aau.example", []string{"birk", "clara"}, []string{"Ansættelsesbrev", "Lægeerklæring", "Indkaldelse til samtale", "Børneattest"},
			[]string{"eva@klinik.example", "frans@kommune.example", "hans@kommune.example", "gitte@region.example"}, "anna@aau.example",
		},
		{
			"sikkermail@studie.aau.example", []string{"ellen"}, []string{"Dispensation", "Specialpædagogisk støtte", "Eksamensbevis"},
			[]string{"frans@kommune.example", "chen@uni.example", "bo@partner.example", "skifter@partner.example"}, "birk@aau.example",
		},
	}
}

// remember writes the history. The service does not work yet: nobody else steps into it.
func (w *world) remember(ctx context.Context, database string, now time.Time) (err error) {
	dice := rand.New(rand.NewPCG(pastDays, 2)) //nolint:gosec // the same month for everybody
	p := &past{world: w, dice: dice, boxes: map[string]string{}, outside: map[string]*sending.Certificate{}}
	if p.store, err = store.Open(ctx, database, func() time.Time { return p.at }); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.store.Close()) }()
	boxes, err := p.store.Mailboxes(ctx)
	if err != nil {
		return err
	}
	for _, b := range boxes {
		p.boxes[b.Address] = b.ID
	}
	for _, r := range w.university.Recipients {
		if r.Identity != nil {
			source := "pinned"
			if r.InDirectory {
				source = "ldap:region"
			}
			p.outside[r.Address] = sending.Describe(certs.Candidate{Certificate: r.Identity.Certificate, Source: source})
		}
	}
	book := ledger.New(ledger.Deps{Store: p.store, Keeper: w.service.keeper, Now: func() time.Time { return p.at }, Log: slog.New(slog.DiscardHandler)})
	midnight := now.UTC().Truncate(24 * time.Hour)
	for n := pastDays; n > 0; n-- {
		day := midnight.AddDate(0, 0, -n)
		if err := errors.Join(p.day(ctx, day), p.administrators(ctx, day, n)); err != nil {
			return fmt.Errorf("%d days ago: %w", n, err)
		}
		p.at = day.Add(23*time.Hour + 30*time.Minute)
		if err := book.Keep(ctx); err != nil {
			return fmt.Errorf("%d days ago: %w", n, err)
		}
	}
	return nil
}

// day is a day's mail: much on a weekday, from eight to four, and little on the others.
func (p *past) day(ctx context.Context, day time.Time) error {
	mails := 8 + p.dice.IntN(9)
	if at := day.Weekday(); at == time.Saturday || at == time.Sunday {
		mails = p.dice.IntN(3)
	}
	times := make([]time.Time, mails)
	for i := range times {
		times[i] = day.Add(7*time.Hour + time.Duration(p.dice.Int64N(int64(9*time.Hour))))
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range times {
		if p.dice.IntN(12) == 0 {
			if err := p.store.CountRefusals(ctx, at, "recipients_refused", []string{pick(p, []string{"no_certificate", "no_certificate", "expired", "revoked"})}); err != nil {
				return err
			}
			continue
		}
		if err := p.mail(ctx, at); err != nil {
			return err
		}
	}
	return nil
}

func pick[T any](p *past, list []T) T { return list[p.dice.IntN(len(list))] }

// mail is one that was sent, or nearly always.
func (p *past) mail(ctx context.Context, at time.Time) error {
	h := pick(p, habits())
	sender, _ := p.university.Persona(pick(p, h.senders))
	m, entry, err := p.message(ctx, h, sender, at)
	if err != nil {
		return err
	}
	p.at = at
	if _, _, err := p.store.InsertMessage(ctx, m, entry); err != nil {
		return err
	}
	if p.dice.IntN(40) == 0 {
		p.at = at.Add(4 * time.Second)
		say := fault.Sentence{DA: "Afsenderen fortrød, før mailen blev sendt. Intet er sendt.", EN: "The sender took the mail back before it was sent. Nothing was sent."}
		return p.store.CancelMessage(ctx, m.ID, say, audit.Entry{At: p.at, Actor: entry.Actor, Action: audit.MessageCancelled, Mailbox: h.mailbox, MessageID: m.ID, Detail: struct{}{}})
	}
	kind := "receipt"
	for _, d := range m.Deliveries {
		end := store.Change{To: store.Sent, RequestIDs: []string{uuid.NewString()}}
		if d.Kind == "sealed" && p.dice.IntN(60) == 0 {
			kind, end = "report", store.Change{To: store.Rejected, Code: "graph_invalid_recipients", Say: fault.Sentence{
				DA: "Microsoft afviste en af adresserne. Ret den, og send igen.", EN: "Microsoft refused one of the addresses. Correct it and send again.",
			}}
		}
		if err := p.deliver(ctx, d, end); err != nil {
			return err
		}
	}
	p.at = p.at.Add(time.Second)
	return p.store.SetNotice(ctx, m.ID, kind)
}

func (p *past) deliver(ctx context.Context, d store.Delivery, end store.Change) error {
	for _, step := range []store.Change{{To: store.Drafting}, {To: store.Sending, DraftID: "AAMkAD-" + d.ID, RequestIDs: []string{uuid.NewString()}}, end} {
		p.at = p.at.Add(300*time.Millisecond + time.Duration(p.dice.Int64N(int64(time.Second))))
		step.From = d.State
		if err := p.store.ChangeDelivery(ctx, d, step); err != nil {
			return err
		}
		d.State = step.To
	}
	return nil
}

// message is the mail as the service accepts it, with the line that it writes into the log.
func (p *past) message(ctx context.Context, h habit, sender entraid.Persona, at time.Time) (store.Message, audit.Entry, error) {
	key, wrapped, err := p.service.keeper.NewKey(ctx)
	if err != nil {
		return store.Message{}, audit.Entry{}, err
	}
	id, err := idAt(at)
	if err != nil {
		return store.Message{}, audit.Entry{}, err
	}
	_, domain, _ := strings.Cut(h.mailbox, "@")
	m := store.Message{
		ID: id, MailboxID: p.boxes[h.mailbox], MailboxAddress: h.mailbox, CallerKind: string(mailbox.User), CallerID: sender.ID,
		HeaderID: "<" + id + "@" + domain + ">", WrappedKey: wrapped.Bytes, KeyVersion: wrapped.Version, Language: "da",
		Digest: []byte(id), AcceptedAt: at, HeldUntil: at.Add(p.undo),
	}
	var err2 error
	m.Subject, err = key.EncryptBytes([]byte(pick(p, h.subjects)))
	m.CallerName, err2 = key.EncryptBytes([]byte(sender.Name))
	if err := errors.Join(err, err2); err != nil {
		return store.Message{}, audit.Entry{}, err
	}
	detail := audit.Message{HeaderID: m.HeaderID, Client: p.university.Tenant.AddIn, Profile: "compat", Headers: "sign"}
	summary := audit.Summary{Profile: detail.Profile, Headers: detail.Headers, Routes: map[string]int{}}
	sealed := p.copyOf(m, "sealed")
	for _, n := range p.dice.Perm(len(h.outside))[:1+p.dice.IntN(2)] {
		address := h.outside[n]
		evidence, err := json.Marshal(sending.Evidence{Certificate: p.outside[address]})
		if err != nil {
			return store.Message{}, audit.Entry{}, err
		}
		position := len(sealed.Recipients)
		sealed.Recipients = append(sealed.Recipients, store.Recipient{Position: position, Field: "to", Address: address, Route: "smime", Evidence: evidence})
		detail.Recipients = append(detail.Recipients, audit.Recipient{Address: address, Field: "to", Route: "smime", Certificate: p.outside[address].SHA256, Source: p.outside[address].Source})
		summary.Routes["smime"]++
	}
	m.Deliveries = append(m.Deliveries, sealed)
	if p.dice.IntN(4) == 0 {
		plain := p.copyOf(m, "plain")
		plain.Recipients = []store.Recipient{{Position: len(sealed.Recipients), Field: "cc", Address: h.inside, Route: "internal", Evidence: []byte("{}")}}
		detail.Recipients = append(detail.Recipients, audit.Recipient{Address: h.inside, Field: "cc", Route: "internal"})
		summary.Routes["internal"]++
		m.Deliveries = append(m.Deliveries, plain)
	}
	return m, audit.Entry{
		At: at, Actor: audit.Actor{Kind: m.CallerKind, ID: m.CallerID}, Action: audit.MessageAccepted, Mailbox: h.mailbox, MessageID: m.ID, Detail: detail, Summary: summary,
	}, nil
}

func (p *past) copyOf(m store.Message, kind string) store.Delivery {
	n := len(m.Deliveries)
	return store.Delivery{
		ID: uuid.NewString(), MessageID: m.ID, Position: n, Kind: kind, SpoolName: fmt.Sprintf("%s/%d", m.ID, n), Size: 4096 + int64(p.dice.IntN(1<<20)), State: store.Queued,
	}
}

// idAt is a UUID of version 7 that was made then: lists are in the order of their ids.
func idAt(at time.Time) (string, error) {
	id, err := uuid.NewV7()
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String(), err
}

// administrators look in now and then, and change something. n days are left until the visitor comes.
func (p *past) administrators(ctx context.Context, day time.Time, n int) error {
	p.at = day.Add(16*time.Hour + 20*time.Minute)
	iben, _ := p.university.Persona("iben")
	admin := mailbox.Admin{Store: p.store, Keeper: p.service.keeper, Now: func() time.Time { return p.at }, Actor: audit.Actor{Kind: "user", ID: iben.ID}}
	if n%7 == 2 {
		if err := p.store.Record(ctx, audit.Entry{At: p.at, Actor: admin.Actor, Action: audit.SignedIn, Detail: map[string][]string{"roles": {p.wiring(worldOptions{}).AdminRole}}}); err != nil {
			return err
		}
	}
	birk, _ := p.university.Persona("birk")
	const hr = "sikkermail@hr.aau.example"
	switch n {
	case 23:
		return admin.Grant(ctx, "sikkermail@studie.aau.example", store.Grant{Kind: "person", Subject: birk.ID})
	case 16:
		set, err := admin.Settings(ctx, hr)
		if err != nil {
			return err
		}
		set.Language = "da"
		return admin.Set(ctx, hr, set)
	case 9:
		return admin.Revoke(ctx, "sikkermail@studie.aau.example", store.Grant{Kind: "person", Subject: birk.ID})
	}
	return nil
}

// today is what a visitor finds to do: mails that end while they look, one that arrives, one that is refused, and one of which
// nobody knows; and a certificate that has come with a signed mail, whose issuer nobody has decided about.
func (w *world) today(ctx context.Context) error {
	const from = "sikkermail@its.aau.example"
	client, err := w.clientFor(from)
	if err != nil {
		return err
	}
	for _, to := range []string{"bo@partner.example", "rejected@vejr.example", "vanished@vejr.example"} {
		mail := "To: " + to + "\r\nSubject: Databehandleraftale til underskrift\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nAftalen ligger klar.\r\n"
		_, problem, err := client.send(ctx, from, []byte(mail))
		if err == nil && problem != nil {
			err = errors.New(problem.Say.En)
		}
		if err != nil {
			return fmt.Errorf("to %s: %w", to, err)
		}
	}
	if _, err := w.service.finders.shelf.Recheck(ctx); err != nil { // as every night
		return err
	}
	const writer = "kontakt@ukendt.example" // of whom nobody has pinned anything
	identity, err := w.university.Stranger.Issue(ca.Request{CommonName: "Kontakt Ukendt", Organisation: "Ukendt", Address: writer, Key: ca.P256})
	if err != nil {
		return err
	}
	_, err = w.service.finders.shelf.Harvest(ctx, shelf.SignedMail{From: writer, Signer: identity.Certificate, Bag: identity.Chain, SignedAt: time.Now()})
	return err
}
