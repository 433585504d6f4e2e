package mailboxes

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

// tryTime is how long a visitor waits for the test mail to arrive: mostly it takes seconds.
const tryTime = 60 * time.Second

// maxTries at a time on one machine: each sends a mail, and asks Graph for it again and again.
const (
	maxTries = 3
	tryRetry = 20 * time.Second
)

type settingsForm struct {
	ID, Address                          string
	Name, Undo, Language, Minute, PerDay string
	Receipts, Enabled                    bool
	Limits                               bool // the visitor may change them, and close the mailbox
	Wrong                                faults
}

func formOf(id, address string, s mailbox.Settings, v frame.Visitor) settingsForm {
	return settingsForm{
		ID: id, Address: address, Name: s.Name, Undo: strconv.Itoa(int(s.Undo / time.Second)), Language: s.Language, Minute: strconv.Itoa(s.PerMinute),
		PerDay: strconv.Itoa(s.Recipients), Receipts: !s.NoReceipts, Enabled: !s.Disabled, Limits: v.Is(frame.Administrator),
	}
}

func titleSettings(name string) fault.Sentence {
	return fault.Sentence{DA: "Indstillinger for " + name, EN: "Settings of " + name}
}

func (p page) settings(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if m.ID == fresh {
		return frame.Answer{}, absent()
	}
	s, err := p.Admin(v.Actor()).Settings(r.Context(), m.Address)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("mailbox-settings.html", titleSettings(m.Name), formOf(m.ID, m.Address, s, v)), nil
}

func (p page) set(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if m.ID == fresh {
		return frame.Answer{}, absent()
	}
	if err := r.ParseForm(); err != nil {
		return frame.Answer{}, err
	}
	admin := p.Admin(v.Actor())
	s, err := admin.Settings(r.Context(), m.Address)
	if err != nil {
		return frame.Answer{}, err
	}
	f := formOf(m.ID, m.Address, s, v)
	f.Name, f.Undo, f.Language, f.Receipts = r.PostFormValue("name"), r.PostFormValue("undo"), r.PostFormValue("language"), r.PostFormValue("receipts") == "yes"
	s.Name, s.Language, s.NoReceipts = f.Name, f.Language, !f.Receipts
	s.Undo = time.Duration(number(f.Undo)) * time.Second
	if f.Limits { // of a local administrator these are not read
		f.Minute, f.PerDay, f.Enabled = r.PostFormValue("per_minute"), r.PostFormValue("recipients"), r.PostFormValue("enabled") == "yes"
		s.PerMinute, s.Recipients, s.Disabled = number(f.Minute), number(f.PerDay), !f.Enabled
	}
	if err := admin.Set(r.Context(), m.Address, s); err != nil {
		if f.Wrong, err = wrong(err); err != nil {
			return frame.Answer{}, err
		}
		return frame.Show("mailbox-settings.html", titleSettings(m.Name), f), nil
	}
	return frame.Go(listPath + "/" + m.ID).Tell(fault.Sentence{DA: "Indstillingerne er gemt.", EN: "The settings are saved."}), nil
}

// number is below every limit for what is no number, so that the form is told so.
func number(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n > 1<<30 {
		return -1
	}
	return n
}

type tried struct {
	ID    string
	Lines []Tried
	OK    bool
}

func (p page) try(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if m.ID == fresh {
		return frame.Answer{}, absent()
	}
	select {
	case p.tries <- struct{}{}:
		defer func() { <-p.tries }()
	default:
		return frame.Answer{}, trying()
	}
	ctx, cancel := context.WithTimeout(r.Context(), tryTime)
	defer cancel()
	t := tried{ID: m.ID, OK: true}
	if t.Lines, err = p.Try(ctx, v.Actor(), m.Address); err != nil {
		return frame.Answer{}, err
	}
	for _, l := range t.Lines {
		t.OK = t.OK && l.OK
	}
	return frame.Show("mailbox-tried.html", fault.Sentence{DA: "Prøvemail fra " + m.Name, EN: "Test mail from " + m.Name}, t), nil
}

func trying() error {
	f := fault.New(fault.Throttled, "too_many_tries", fault.Sentence{
		DA: "Andre sender prøvemails lige nu. Intet er sendt. Prøv igen om lidt.", EN: "Others are sending test mails just now. Nothing was sent. Try again shortly.",
	}, nil)
	f.RetryAfter = tryRetry
	return f
}
