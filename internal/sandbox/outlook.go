package sandbox

import (
	"bytes"
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/sandbox/outlook"
)

// Outlook puts the pretend Outlook in front of a service: at /outlook, and everything else is the service's.
func (u *University) Outlook(service http.Handler) http.Handler {
	return outlook.New(outlook.Deps{People: employees{u}, Mail: letters{u}, Service: service, Now: u.now})
}

// employees are the people of the tenant, to the pretend Outlook.
type employees struct{ u *University }

// People lists them.
func (e employees) People() []outlook.Person {
	var list []outlook.Person
	for _, p := range e.u.Tenant.Personas {
		list = append(list, outlook.Person{Name: p.Name, Address: p.Address, Object: p.ID, Tenant: e.u.Tenant.Tenant})
	}
	return list
}

// Token signs one in. A wrong token is for another API: signed by the right hand, and nothing that the service may take.
func (e employees) Token(address, client string, wrong bool) (outlook.Token, error) {
	u := e.u
	local, _, _ := strings.Cut(address, "@")
	p, found := u.Persona(local)
	if !found || !strings.EqualFold(p.Address, address) {
		return outlook.Token{}, errors.New("nobody has that address")
	}
	if client == "" {
		client = u.Tenant.AddIn
	}
	options := []entraid.Option{entraid.With("azp", client)}
	if wrong {
		options = append(options, entraid.With("aud", "00000003-0000-0000-c000-000000000000"))
	}
	access := u.Entra.IssueUser(p, options...)
	return outlook.Token{Access: access, ID: u.Entra.IssueID(p, client, ""), Lifetime: u.Entra.Lifetime(access)}, nil
}

// letters are the mailboxes, to the pretend Outlook.
type letters struct{ u *University }

// Boxes lists the function mailboxes, then everybody outside, then the employees: mail among ourselves arrives too.
func (l letters) Boxes() []outlook.Box {
	var list []outlook.Box
	for _, m := range l.u.Mailboxes {
		list = append(list, outlook.Box{Address: m.Address, Danish: m.Name, English: m.Name, Own: true})
	}
	for _, r := range l.u.Recipients {
		list = append(list, outlook.Box{Address: r.Address, Danish: r.Danish, English: r.English})
	}
	for _, p := range l.u.Tenant.Personas {
		list = append(list, outlook.Box{Address: p.Address, Danish: p.Name + ", ansat", English: p.Name + ", employee"})
	}
	return list
}

// Letters lists what lies in a mailbox, oldest first.
func (l letters) Letters(address string) []outlook.Letter {
	var list []outlook.Letter
	for _, m := range l.u.arrived(address) {
		one := outlook.Letter{Folder: m.folder, From: m.from, Subject: m.subject, At: m.at, Sealed: isSealed(m.head), Wire: excerpt(m.head)}
		if head, err := mail.ReadMessage(bytes.NewReader(m.head)); err == nil {
			for _, name := range []string{"To", "Cc"} {
				people, _ := head.Header.AddressList(name) // nobody, where it cannot be read
				for _, p := range people {
					one.To = append(one.To, p.Address)
				}
			}
		}
		list = append(list, one)
	}
	return list
}

// Open opens one as its reader's mail program does.
func (l letters) Open(address string, n int) (outlook.Opened, error) {
	list := l.u.arrived(address)
	if n < 0 || n >= len(list) {
		return outlook.Opened{}, errNoSuchPage
	}
	if m := list[n]; m.html != "" {
		return outlook.Opened{HTML: m.html}, nil
	}
	view, err := l.u.open(address, l.u.whole(address, n))
	if err != nil {
		return outlook.Opened{}, err
	}
	o := outlook.Opened{Signer: view.Signer, Text: view.Text, HTML: view.HTML, Pictures: view.Pictures}
	for _, layer := range view.Layers {
		o.Layers = append(o.Layers, outlook.Layer{Danish: layer.Danish, English: layer.English, With: layer.Algorithms, Bad: layer.Bad})
	}
	for _, f := range view.Files {
		o.Files = append(o.Files, outlook.File{Name: f.Name, Type: f.Type, Size: f.Size})
	}
	return o, nil
}

// Post sends an ordinary mail.
func (l letters) Post(from string, to []string, raw []byte) error {
	return l.u.Exchange.Post(from, to, raw)
}
