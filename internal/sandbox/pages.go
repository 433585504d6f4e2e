package sandbox

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/sandbox/exchange"
)

//go:embed pages.html
var pageFiles embed.FS

// pages shows the mailboxes: what arrived, as it travelled and as its reader sees it. Danish, or English with ?lang=en.
func (u *University) pages(mux *http.ServeMux) {
	all := template.Must(template.New("").Funcs(template.FuncMap{
		"clock":  func(t time.Time) string { return t.Format("15:04:05") },
		"folder": folderName,
		"framed": func(html string) string {
			return "<style>body { font: 1rem/1.5 'Segoe UI', system-ui, sans-serif }</style>" + html
		},
	}).ParseFS(pageFiles, "pages.html"))
	show := func(name string, data func(r *http.Request) (any, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			content, err := data(r)
			if errors.Is(err, errNoSuchPage) {
				http.NotFound(w, r)
				return
			}
			var page bytes.Buffer
			if err == nil {
				err = all.ExecuteTemplate(&page, name, map[string]any{"English": r.URL.Query().Get("lang") == "en", "Path": r.URL.Path, "Query": withoutLang(r), "It": content})
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError) // loopback, and all data is invented
				return
			}
			h := w.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			// Mail is hostile, invented or not: no script, and nothing is fetched from anywhere.
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'")
			_, _ = page.WriteTo(w)
		}
	}
	mux.HandleFunc("GET /{$}", show("front", u.front))
	mux.HandleFunc("GET /mailbox", show("mailbox", u.mailbox))
	mux.HandleFunc("GET /mail", show("mail", u.mail))
}

var errNoSuchPage = errors.New("no such page")

func withoutLang(r *http.Request) template.URL {
	q := r.URL.Query()
	q.Del("lang")
	return template.URL(q.Encode()) // encoded by net/url
}

type frontPage struct {
	Mailboxes  []boxLine
	Recipients []boxLine
	People     []personLine
	Directory  string
}

type boxLine struct {
	Address, Danish, English string
	Count                    int
}

type personLine struct{ Name, Address, MaySend string }

func (u *University) front(*http.Request) (any, error) {
	p := frontPage{Directory: u.Directory.Address()}
	for _, m := range u.Mailboxes {
		p.Mailboxes = append(p.Mailboxes, boxLine{Address: m.Address, Danish: m.Name, English: m.Name, Count: len(u.Exchange.Messages(m.Address, ""))})
	}
	for _, r := range u.Recipients {
		p.Recipients = append(p.Recipients, boxLine{Address: r.Address, Danish: r.Danish, English: r.English, Count: len(u.Exchange.Delivered(r.Address))})
	}
	for _, one := range u.Tenant.Personas {
		line := personLine{Name: one.Name, Address: one.Address}
		var may []string
		for _, m := range u.Mailboxes {
			if slices.Contains(m.People, one.ID) || slices.ContainsFunc(m.Groups, func(g string) bool { return slices.Contains(one.Groups, g) }) {
				may = append(may, m.Address)
			}
		}
		line.MaySend = strings.Join(may, ", ")
		p.People = append(p.People, line)
	}
	return p, nil
}

// folderName is what Outlook calls the folder.
func folderName(id string, english bool) string {
	names := map[string][2]string{
		"inbox": {"Indbakke", "Inbox"}, "drafts": {"Kladder", "Drafts"}, "sentitems": {"Sendt post", "Sent Items"}, "deleteditems": {"Slettet post", "Deleted Items"},
	}
	name, known := names[id]
	switch {
	case !known:
		return id
	case english:
		return name[1]
	}
	return name[0]
}

type mailboxPage struct {
	Address string
	Mails   []mailLine
}

type mailLine struct {
	N             int
	Folder        string
	From, Subject string
	At            time.Time
	Sealed        bool
}

func (u *University) mailbox(r *http.Request) (any, error) {
	address := r.URL.Query().Get("address")
	p := mailboxPage{Address: address}
	for n, m := range u.arrived(address) {
		p.Mails = append(p.Mails, mailLine{N: n, Folder: m.folder, From: m.from, Subject: m.subject, At: m.at, Sealed: isSealed(m.head)})
	}
	slices.Reverse(p.Mails)
	return p, nil
}

// arrival is a message in a mailbox, inside or outside.
type arrival struct {
	folder, from, subject string
	at                    time.Time
	head                  []byte // the beginning of it, as it travelled
	html                  string // of a message that was made as JSON, such as a receipt
}

func (u *University) arrived(address string) []arrival {
	var list []arrival
	if u.isFunctionMailbox(address) {
		for _, item := range u.Exchange.MessageHeads(address) {
			list = append(list, arrivalOf(item))
		}
		return list
	}
	for _, d := range u.Exchange.Heads(address) {
		list = append(list, arrival{folder: "inbox", from: d.From, subject: subjectOf(d.Raw), at: d.At, head: d.Raw})
	}
	return list
}

// whole is one of them as it travelled.
func (u *University) whole(address string, n int) []byte {
	if u.isFunctionMailbox(address) {
		return u.Exchange.WholeMessage(address, n)
	}
	return u.Exchange.Whole(address, n)
}

func arrivalOf(item exchange.Item) arrival {
	a := arrival{folder: item.Folder, from: item.From, subject: item.Subject, at: item.Received, head: item.Raw, html: item.BodyHTML}
	if a.at.IsZero() {
		a.at = item.Sent
	}
	return a
}

type mailPage struct {
	Address, Subject string
	Wire             string
	Sealed           bool
	Opened           *openedMail
	Failure          string
}

func (u *University) mail(r *http.Request) (any, error) {
	address := r.URL.Query().Get("address")
	list := u.arrived(address)
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 || n >= len(list) {
		return nil, errNoSuchPage
	}
	m := list[n]
	p := mailPage{Address: address, Subject: m.subject, Wire: excerpt(m.head), Sealed: isSealed(m.head)}
	if m.html != "" {
		p.Opened = &openedMail{HTML: m.html}
		return p, nil
	}
	if p.Opened, err = u.open(address, u.whole(address, n)); err != nil {
		p.Failure = err.Error()
	}
	return p, nil
}

// excerpt is the start of a message as it travelled: enough to see that nothing can be read.
func excerpt(raw []byte) string {
	const length = 3500
	if len(raw) > length {
		return string(bytes.ToValidUTF8(raw[:length], []byte("?"))) + "…"
	}
	return string(bytes.ToValidUTF8(raw, []byte("?")))
}
