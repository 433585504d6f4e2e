package mailboxes

import (
	"cmp"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keyfile"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

type keyForm struct {
	ID           string // "new" where there is no mailbox yet
	Name         string
	Address      string
	Organisation string
	Sought       string
	Found        []mailbox.Named
	Wrong        faults
	Asked        bool // a request was filled in, and not an import
	Device       bool // the visitor may refer to a key in a device
	Reference    string
}

func titleKey(f keyForm) fault.Sentence {
	if f.ID == fresh {
		return fault.Sentence{DA: "Ny postkasse", EN: "New mailbox"}
	}
	return fault.Sentence{DA: "Ny nøgle til " + f.Name, EN: "A new key for " + f.Name}
}

// formFor: a reference is for administrators. Whoever looks after one mailbox could otherwise take the key of another's.
func (p page) formFor(m store.Mailbox, v frame.Visitor) keyForm {
	return keyForm{ID: m.ID, Name: m.Name, Address: m.Address, Organisation: p.Organisation, Device: v.Is(frame.Administrator)}
}

// referred is the reference that was filled in, or a fault where the visitor may not.
func (f *keyForm) referred(r *http.Request) error {
	f.Reference = strings.TrimSpace(r.PostFormValue("reference"))
	if f.Reference == "" || f.Device {
		return nil
	}
	return fault.New(fault.Forbidden, "key_reference_not_allowed", fault.Sentence{
		DA: "Kun en administrator kan henvise til en nøgle i en enhed.", EN: "Only an administrator may refer to a key in a device.",
	}, nil)
}

func (p page) keyForm(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	f := p.formFor(m, v)
	if f.Sought = bounded(r.URL.Query().Get("q")); f.Sought != "" && f.ID == fresh && p.Book != nil {
		found, err := p.Book.Search(r.Context(), "person", f.Sought)
		if err != nil {
			f.Wrong = faults{"q": fault.From(err).Say}
		}
		f.Found = slices.DeleteFunc(found, func(n mailbox.Named) bool { return n.Address == "" })
	}
	return frame.Show("mailbox-key.html", titleKey(f), f), nil
}

// imported takes the files, and goes on to what is to be looked at.
func (p page) imported(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if err := r.ParseMultipartForm(maxUpload); err != nil { //nolint:gosec // the frame ends a longer body: as much as may come, and nothing of it goes to disk
		return frame.Answer{}, err
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	f := p.formFor(m, v)
	if f.ID == fresh {
		f.Address = strings.TrimSpace(r.PostFormValue("address"))
	}
	if f.ID == fresh && p.exists(r, v, f.Address) {
		f.Wrong = faults{"address": {DA: "Postkassen er her allerede. Importér nøglen på dens egen side.", EN: "The mailbox is here already. Import the key on its own page."}}
		return frame.Show("mailbox-key.html", titleKey(f), f), nil
	}
	if err := f.referred(r); err != nil {
		return frame.Answer{}, err
	}
	in := mailbox.Import{Address: f.Address, Password: r.PostFormValue("password"), Reference: f.Reference}
	for _, name := range []string{"key", "certificate"} {
		for _, header := range r.MultipartForm.File[name] {
			file, err := readUpload(header)
			if err != nil {
				return frame.Answer{}, err
			}
			defer clear(file)
			in.Files = append(in.Files, file)
		}
	}
	select {
	case p.imports <- struct{}{}: // not before all of the form is here: who sends it slowly keeps nobody waiting
		defer func() { <-p.imports }()
	default:
		return frame.Answer{}, importing()
	}
	h, err := p.Admin(v.Actor()).Import(r.Context(), in)
	if err != nil {
		if f.Wrong, err = wrong(err); err != nil {
			return frame.Answer{}, err
		}
		return frame.Show("mailbox-key.html", titleKey(f), f), nil
	}
	return frame.Go(listPath + "/" + m.ID + "/keys/" + h.ID), nil
}

func importing() error {
	f := fault.New(fault.Throttled, "too_many_imports", fault.Sentence{
		DA: "Andre importerer nøgler lige nu. Intet er ændret. Prøv igen om lidt.", EN: "Others are importing keys just now. Nothing was changed. Try again shortly.",
	}, nil)
	f.RetryAfter = importRetry
	return f
}

func (p page) exists(r *http.Request, v frame.Visitor, address string) bool {
	list, err := p.Store.MailboxesIn(r.Context(), v.Scope())
	return err == nil && slices.ContainsFunc(list, func(m store.Mailbox) bool { return m.Address == mailbox.Canonical(address) })
}

// readUpload gives one byte more than a key file may have, so that what is too large is seen to be.
func readUpload(header *multipart.FileHeader) ([]byte, error) {
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, keyfile.MaxBytes+1))
	if closing := file.Close(); err == nil {
		err = closing
	}
	return text, err
}

func (p page) requested(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if err := r.ParseForm(); err != nil {
		return frame.Answer{}, err
	}
	f := p.formFor(m, v)
	f.Asked = true
	if f.ID == fresh {
		f.Address = strings.TrimSpace(r.PostFormValue("address"))
	}
	name := r.PostFormValue("name")
	f.Organisation = r.PostFormValue("organisation")
	if err := f.referred(r); err != nil {
		return frame.Answer{}, err
	}
	_, err = p.Admin(v.Actor()).Request(r.Context(), mailbox.Request{Address: f.Address, Name: name, Organisation: f.Organisation, Kind: r.PostFormValue("kind"), Reference: f.Reference})
	if err != nil {
		if f.Wrong, err = wrong(err); err != nil {
			return frame.Answer{}, err
		}
		if f.ID == fresh {
			f.Name = name
		}
		return frame.Show("mailbox-key.html", titleKey(f), f), nil
	}
	to := listPath
	if m.ID != fresh {
		to += "/" + m.ID
	}
	return frame.Go(to).Tell(fault.Sentence{
		DA: "Nøglen er lavet, og anmodningen ligger klar. Hent den, og send den til udstederen.", EN: "The key is made and the request is ready. Fetch it, and send it to the issuer.",
	}), nil
}

// waiting finds a key that has not signed; of a new mailbox by its id alone, of another within the mailbox.
func (p page) waiting(r *http.Request, v frame.Visitor) (store.Mailbox, mailbox.KeyView, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return m, mailbox.KeyView{}, err
	}
	var keys []mailbox.KeyView
	if m.ID == fresh {
		keys, err = p.Admin(v.Actor()).Waiting(r.Context())
	} else {
		var o mailbox.Overview
		o, err = p.Admin(v.Actor()).Overview(r.Context(), m.Address)
		keys = o.Keys
	}
	if err != nil {
		return m, mailbox.KeyView{}, err
	}
	for _, k := range keys {
		if k.ID != "" && k.ID == r.PathValue("key") && k.State != store.KeyFormer && (m.ID != fresh || !p.exists(r, v, k.Address)) {
			m.Address = k.Address
			return m, k, nil
		}
	}
	return m, mailbox.KeyView{}, fault.New(fault.NotFound, "no_such_key", fault.Sentence{
		DA: "Den nøgle venter ikke længere her.", EN: "That key does not wait here any longer.",
	}, nil)
}

type looked struct {
	mailbox.Held
	Key         mailbox.KeyView
	Mailbox     store.Mailbox
	New         bool
	Fours       []string
	Holder      string
	Issuer      string
	Later, From string // as typed
	Name        string
	Accepted    []string
	Sure        bool
	Wrong       faults
}

// Accepts is whether a finding was ticked.
func (l looked) Accepts(code string) bool { return slices.Contains(l.Accepted, code) }

func (p page) key(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	l, err := p.look(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	return p.showKey(l), nil
}

func (p page) showKey(l looked) frame.Answer {
	name := cmp.Or(l.Mailbox.Name, l.Mailbox.Address)
	title := fault.Sentence{DA: "Nøgle til " + name, EN: "Key for " + name}
	if l.Key.State == store.KeyHeld {
		title = fault.Sentence{DA: "Se certifikatet efter", EN: "Check the certificate"}
	}
	return frame.Show("mailbox-held.html", title, l)
}

func (p page) look(r *http.Request, v frame.Visitor) (looked, error) {
	m, k, err := p.waiting(r, v)
	if err != nil {
		return looked{}, err
	}
	l := looked{Key: k, Mailbox: m, New: m.ID == fresh, Fours: fours(k.Fingerprint), Name: m.Name}
	if k.Certificate != nil {
		l.Holder, l.Issuer = nameOf(k.Certificate.Subject.CommonName, k.Certificate.Subject.Organization), nameOf(k.Certificate.Issuer.CommonName, k.Certificate.Issuer.Organization)
	}
	if k.State == store.KeyHeld {
		l.Held, err = p.Admin(v.Actor()).Lookup(r.Context(), k.Address, k.ID)
	}
	return l, err
}

// use puts a key to use that somebody has looked at.
func (p page) use(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	l, err := p.look(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if err := r.ParseForm(); err != nil {
		return frame.Answer{}, err
	}
	l.Accepted, l.Later, l.From, l.Sure = r.PostForm["accept"], r.PostFormValue("when"), r.PostFormValue("from"), r.PostFormValue("compared") == "yes"
	use := mailbox.Use{Accept: l.Accepted}
	if l.New {
		use.Name, l.Name = r.PostFormValue("name"), r.PostFormValue("name")
	}
	l.Wrong = faults{}
	if !l.Sure {
		l.Wrong["compared"] = fault.Sentence{DA: "Sammenlign fingeraftrykket med det, som udstederen oplyser, og sæt kryds.", EN: "Compare the fingerprint with what the issuer says, and tick the box."}
	}
	if l.Later == "later" {
		if use.From, err = time.ParseInLocation("2006-01-02T15:04", l.From, p.zone); err != nil || !use.From.After(p.Now()) {
			l.Wrong["from"] = fault.Sentence{DA: "Vælg et tidspunkt, der ikke er gået.", EN: "Choose a time that has not passed."}
		}
	}
	if len(l.Wrong) > 0 {
		return p.showKey(l), nil
	}
	if _, err := p.Admin(v.Actor()).PutToUse(r.Context(), l.Mailbox.Address, l.Key.ID, use); err != nil {
		if l.Wrong, err = wrong(err); err != nil {
			return frame.Answer{}, err
		}
		return p.showKey(l), nil
	}
	say := fault.Sentence{DA: "Nøglen er i brug. Send en prøvemail, før andre gør det.", EN: "The key is in use. Send a test mail before others do."}
	if l.Later == "later" {
		say = fault.Sentence{DA: "Skiftet er planlagt. Indtil da sendes der med den nuværende nøgle.", EN: "The change is planned. Until then the present key sends."}
	}
	return frame.Go(p.after(r, v, l.Mailbox)).Tell(say), nil
}

// after is where to go from a key: to its mailbox, which may be there only now.
func (p page) after(r *http.Request, v frame.Visitor, m store.Mailbox) string {
	list, err := p.Store.MailboxesIn(r.Context(), v.Scope())
	if err == nil {
		for _, one := range list {
			if one.Address == mailbox.Canonical(m.Address) {
				return listPath + "/" + one.ID
			}
		}
	}
	return listPath
}

func (p page) download(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	_, k, err := p.waiting(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if k.State != store.KeyRequested {
		return frame.Answer{}, absent()
	}
	return frame.File(func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Content-Type", "application/pkcs10") // RFC 5967
		h.Set("Content-Disposition", `attachment; filename="request.csr"`)
		_, _ = w.Write(k.Request) //nolint:gosec // a file to save, of a type of its own
	}), nil
}

func (p page) askDrop(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	l, err := p.look(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("mailbox-drop.html", fault.Sentence{DA: "Fjern nøglen?", EN: "Remove the key?"}, l), nil
}

func (p page) drop(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, k, err := p.waiting(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if err := p.Admin(v.Actor()).Drop(r.Context(), m.Address, k.ID); err != nil {
		return frame.Answer{}, err
	}
	return frame.Go(p.after(r, v, m)).Tell(fault.Sentence{DA: "Fjernet. Intet er sendt med den nøgle.", EN: "Removed. Nothing was sent with that key."}), nil
}
