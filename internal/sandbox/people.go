package sandbox

import (
	"crypto/x509"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/directory"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// someone is a recipient to be made: who signs their certificate, and what is odd about it.
type someone struct {
	address, danish, english string
	by                       *ca.Authority // nil: no certificate
	request                  ca.Request
	older                    *ca.Request // the certificate that request renews, with another key
	revoked                  bool
	listed                   bool // in the directory, and only there
}

// issue makes the certificates of the university's mailboxes and of everybody outside.
func (u *University) issue(o Options) error {
	u.Mailboxes = []Mailbox{
		{Address: "sikkermail@its.aau.example", Name: "ITS Sikker Mail", People: []string{personID(1)}, Groups: []string{entraid.Group(1)}, Programs: []string{programID()}},
		{Address: "sikkermail@hr.aau.example", Name: "HR Sikker Mail", People: []string{personID(3)}, Groups: []string{entraid.Group(2)}, Local: []string{personID(4)}},
		{Address: "sikkermail@studie.aau.example", Name: "Studieservice Sikker Mail", Groups: []string{entraid.Group(3), entraid.Group(249)}, LocalGroups: []string{entraid.Group(3)}},
	}
	requests := make([]ca.Request, len(u.Mailboxes))
	began := o.Now().AddDate(0, -2, 0) // the university has had them for a while
	for i, m := range u.Mailboxes {
		requests[i] = ca.Request{CommonName: m.Name, Organisation: "Universitetet Eksempel", Address: m.Address, NotBefore: began}
	}
	identities, err := u.Danish.IssueAll(requests)
	if err != nil {
		return fmt.Errorf("certificates of the mailboxes: %w", err)
	}
	for i := range u.Mailboxes {
		u.Mailboxes[i].Identity = identities[i]
	}
	if err := u.addMailboxes(o.MoreMailboxes); err != nil {
		return err
	}
	return u.issueOutside(append(u.outside(o.Now()), u.listed(o.Now())...))
}

// addMailboxes makes units that nothing is special about. Their keys are P-256: what many mails from many mailboxes are made for
// is not how long RSA takes.
func (u *University) addMailboxes(n int) error {
	requests := make([]ca.Request, n)
	for i := range requests {
		unit := fmt.Sprintf("enhed%02d", i+1)
		requests[i] = ca.Request{CommonName: unit, Organisation: "Universitetet Eksempel", Address: "sikkermail@" + unit + ".aau.example"}
	}
	identities, err := u.Foreign.IssueAll(requests)
	if err != nil {
		return fmt.Errorf("certificates of more mailboxes: %w", err)
	}
	for i, r := range requests {
		u.Mailboxes = append(u.Mailboxes, Mailbox{Address: r.Address, Name: r.CommonName + " Sikker Mail", Identity: identities[i], Programs: []string{programID()}})
	}
	return nil
}

func (u *University) outside(now time.Time) []someone {
	day := 24 * time.Hour
	good := func(address, who, danish, english string) someone {
		return someone{address: address, danish: danish, english: english, by: u.Foreign, request: ca.Request{CommonName: who, Organisation: who, Address: address}}
	}
	weather := func(local, danish, english string) someone {
		return good(local+"@vejr.example", "Vejrtjenesten", danish, english)
	}
	signOnly := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }
	return []someone{
		{
			address: "bo@partner.example", by: u.Danish, request: ca.Request{CommonName: "Partner Eksempel", Organisation: "Partner Eksempel A/S"},
			danish: "dansk OCES-certifikat uden mailadresse, bundet af en administrator", english: "Danish OCES certificate without an address, bound by an administrator",
		},
		{
			address: "sikkerpost@region.example", by: u.Danish, request: ca.Request{CommonName: "Region Eksempel", Organisation: "Region Eksempel", SubjectEmail: "sikkerpost@region.example"},
			danish: "dansk OCES-certifikat med mailadressen i emnet", english: "Danish OCES certificate with the address in its subject",
		},
		good("chen@uni.example", "Example University", "udenlandsk certifikat, P-256", "foreign certificate, P-256"),
		{
			address: "eva@klinik.example", by: u.Foreign, request: ca.Request{CommonName: "Klinik Eksempel", Organisation: "Klinik Eksempel", Address: "eva@klinik.example", Key: ca.P384},
			danish: "udenlandsk certifikat, P-384", english: "foreign certificate, P-384",
		},
		{
			address: "frans@kommune.example", by: u.Foreign, request: ca.Request{CommonName: "Eksempel Kommune", Organisation: "Eksempel Kommune", Address: "frans@kommune.example", Key: ca.RSA2048},
			danish: "udenlandsk certifikat, RSA-2048", english: "foreign certificate, RSA-2048",
		},
		{
			address: "snart@partner.example", by: u.Foreign, request: ca.Request{CommonName: "Snart Udløbet", Organisation: "Partner Eksempel A/S", Address: "snart@partner.example", NotAfter: now.Add(10 * day)},
			danish: "certifikatet udløber om ti dage", english: "the certificate expires in ten days",
		},
		{
			address: "expired@partner.example", by: u.Foreign,
			request: ca.Request{CommonName: "Udløbet", Organisation: "Partner Eksempel A/S", Address: "expired@partner.example", NotBefore: now.Add(-400 * day), NotAfter: now.Add(-35 * day)},
			danish:  "certifikatet er udløbet", english: "the certificate has expired",
		},
		{
			address: "revoked@partner.example", by: u.Foreign, request: ca.Request{CommonName: "Spærret", Organisation: "Partner Eksempel A/S", Address: "revoked@partner.example"}, revoked: true,
			danish: "certifikatet er spærret", english: "the certificate has been revoked",
		},
		{
			address: "signonly@partner.example", by: u.Foreign, request: ca.Request{CommonName: "Kun Signatur", Organisation: "Partner Eksempel A/S", Address: "signonly@partner.example", Shape: signOnly},
			danish: "certifikatet kan kun bruges til signatur", english: "the certificate is for signing only",
		},
		{
			address: "stranger@ukendt.example", by: u.Stranger, request: ca.Request{CommonName: "Ukendt Udsteder", Organisation: "Ukendt", Address: "stranger@ukendt.example"},
			danish: "udstederen er ukendt her", english: "the issuer is unknown here",
		},
		{
			address: "nocert@partner.example", danish: "har intet certifikat; andre samme sted har, og dem foreslås der",
			english: "has no certificate; others at the same place have, and are offered",
		},
		good("sikkerpost@regi0n.example", "Regi0n", "ligner sikkerpost@region.example med et nul; skriv til den ægte først, så advares der",
			"looks like sikkerpost@region.example with a zero; write to the real one first, and there is a warning"),
		weather("throttled", "Graph siger »for mange« de to første gange", "Graph says \"too many\" the first two times"),
		weather("busy", "Graph har travlt den første gang", "Graph is busy the first time"),
		weather("timeout-but-sent", "Graph svarer ikke, men mailen er sendt", "Graph does not answer, but the mail was sent"),
		weather("timeout-not-sent", "Graph svarer ikke, og mailen er ikke sendt", "Graph does not answer, and the mail was not sent"),
		weather("dropped", "forbindelsen falder ud midt i svaret; mailen er sendt", "the connection drops in the middle of the answer; the mail was sent"),
		weather("vanished", "Graph svarer ikke, og kladden er væk: ingen ved, om mailen er sendt", "Graph does not answer, and the draft is gone: nobody knows whether the mail was sent"),
		weather("rejected", "Exchange afviser modtageren", "Exchange rejects the recipient"),
		weather("bounces", "Exchange tager imod, men mailen kommer retur", "Exchange accepts, but the mail bounces"),
	}
}

// listed are those whom nobody has told the service about: their certificates are in the directory, with the address inside.
func (u *University) listed(now time.Time) []someone {
	day := 24 * time.Hour
	rollOver := ca.Request{CommonName: "Skifter Nøgle", Organisation: "Partner Eksempel A/S", Address: "skifter@partner.example"}
	older := rollOver
	older.NotBefore, older.NotAfter = now.Add(-640*day), now.Add(90*day)
	rollOver.NotBefore = now.Add(-7 * day)
	return []someone{
		{
			address: "gitte@region.example", by: u.Danish, request: ca.Request{CommonName: "Gitte Eksempel", Organisation: "Region Eksempel", SubjectEmail: "gitte@region.example"},
			listed: true, danish: "kun i kataloget: dansk OCES-certifikat med mailadressen i emnet", english: "only in the directory: Danish OCES certificate with the address in its subject",
		},
		{
			address: "spaerret@region.example", by: u.Danish, request: ca.Request{CommonName: "Spærret Eksempel", Organisation: "Region Eksempel", SubjectEmail: "spaerret@region.example"}, revoked: true,
			listed: true, danish: "kun i kataloget, og certifikatet er spærret", english: "only in the directory, and the certificate has been revoked",
		},
		{
			address: "hans@kommune.example", by: u.Foreign, request: ca.Request{CommonName: "Hans Eksempel", Organisation: "Eksempel Kommune", Address: "hans@kommune.example"},
			listed: true, danish: "kun i kataloget: udenlandsk certifikat, P-256", english: "only in the directory: foreign certificate, P-256",
		},
		{
			address: "ocsp@partner.example", by: u.Foreign, request: ca.Request{CommonName: "Kun OCSP", Organisation: "Partner Eksempel A/S", Address: "ocsp@partner.example", OnlyOCSP: true},
			listed: true, danish: "kun i kataloget: udstederen spørges med OCSP, for der er ingen spærreliste", english: "only in the directory: the issuer is asked by OCSP, for there is no revocation list",
		},
		{
			address: "skifter@partner.example", by: u.Foreign, request: rollOver, older: &older,
			listed: true, danish: "kun i kataloget: to gyldige certifikater, for nøglen er ved at blive skiftet", english: "only in the directory: two valid certificates, for the key is being changed",
		},
	}
}

// entries are the directory's. The older certificate comes first: whoever takes the first without looking takes the wrong one.
func (u *University) entries() []directory.Entry {
	var list []directory.Entry
	for _, r := range u.Recipients {
		if !r.InDirectory {
			continue
		}
		entry := directory.Entry{Address: r.Address, Name: r.Identity.Certificate.Subject.CommonName}
		for _, identity := range r.identities() {
			entry.Certificates = append(entry.Certificates, identity.Certificate.Raw)
		}
		list = append(list, entry)
	}
	return list
}

// identities are all that the recipient can open mail with, the oldest first.
func (r Recipient) identities() []*ca.Identity {
	var list []*ca.Identity
	for _, identity := range []*ca.Identity{r.Older, r.Identity} {
		if identity != nil {
			list = append(list, identity)
		}
	}
	return list
}

func (u *University) issueOutside(people []someone) error {
	for _, authority := range []*ca.Authority{u.Danish, u.Foreign, u.Stranger} {
		var requests []ca.Request
		var of []int
		for i, p := range people {
			if p.by == authority {
				requests, of = append(requests, p.request), append(of, i)
			}
		}
		identities, err := authority.IssueAll(requests)
		if err != nil {
			return fmt.Errorf("certificates of the recipients: %w", err)
		}
		for n, i := range of {
			if people[i].revoked {
				authority.Revoke(identities[n].Certificate)
			}
			r := Recipient{Address: people[i].address, Danish: people[i].danish, English: people[i].english, Identity: identities[n], InDirectory: people[i].listed}
			if older := people[i].older; older != nil {
				if r.Older, err = authority.Issue(*older); err != nil {
					return fmt.Errorf("certificates of the recipients: %w", err)
				}
			}
			u.Recipients = append(u.Recipients, r)
		}
	}
	for _, p := range people {
		if p.by == nil {
			u.Recipients = append(u.Recipients, Recipient{Address: p.address, Danish: p.danish, English: p.english})
		}
	}
	return nil
}

func personID(n int) string { return entraid.University().Personas[n-1].ID }

func programID() string { return entraid.University().Applications[1].ClientID }
