package directories

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// maxAddress is the longest that mail can go to (RFC 5321 sections 4.5.3.1.1 and .2).
const maxAddress = 64 + 1 + 255

type tried struct {
	certs.Tried
	Source  Source
	Address string
	Trouble *fault.Fault
	Found   []found
	Good    int
}

// found is a certificate that the source has for the address, and whether it would be used.
type found struct {
	Holder, Issuer, SHA256 string
	From, To               time.Time
	Good                   bool
	Say                    []fault.Sentence // the verdict where it is bad, and the warnings where it is good
}

func (p page) try(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	source, address := r.PostFormValue("source"), strings.TrimSpace(r.PostFormValue("address"))
	list := p.Sources()
	at := slices.IndexFunc(list, func(s Source) bool { return s.Name == source })
	if at < 0 {
		return frame.Answer{}, unknown(nil)
	}
	if address != "" && !isAddress(address) {
		return frame.Answer{}, fault.New(fault.Invalid, "address_invalid", fault.Sentence{
			DA: "Skriv en mailadresse, som navn@eksempel.dk, eller lad feltet stå tomt. Ingen er spurgt.",
			EN: "Write a mail address, such as name@example.dk, or leave the field empty. Nobody was asked.",
		}, nil)
	}
	if !p.trying.TryLock() {
		f := fault.New(fault.Throttled, "try_under_way", fault.Sentence{
			DA: "En anden prøve er i gang. Vent et øjeblik, og prøv igen.", EN: "Another test is under way. Wait a moment and try again.",
		}, nil)
		f.RetryAfter = 5 * time.Second
		return frame.Answer{}, f
	}
	defer p.trying.Unlock()
	got, err := p.Try(r.Context(), v.Actor(), source, address)
	if errors.Is(err, certs.ErrNoSource) {
		return frame.Answer{}, unknown(err)
	}
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("directory-tried.html", fault.Sentence{DA: "Prøve af en kilde", EN: "A source tried"}, triedOf(list[at], address, got)), nil
}

func unknown(cause error) error {
	return fault.New(fault.Invalid, "no_such_source", fault.Sentence{
		DA: "Den kilde findes ikke i indstillingerne. Hent siden igen. Ingen er spurgt.", EN: "The settings have no such source. Fetch the page again. Nobody was asked.",
	}, cause)
}

// isAddress is whether it can be asked about: what is wrong with it in detail is the source's to say.
func isAddress(text string) bool {
	local, domain, is := strings.Cut(text, "@")
	return is && local != "" && domain != "" && len(text) <= maxAddress && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
	})
}

func triedOf(s Source, address string, got certs.Tried) tried {
	t := tried{Tried: got, Source: s, Address: address, Trouble: got.Err}
	for _, one := range got.Judged {
		f := foundOf(one)
		if f.Good {
			t.Good++
		}
		t.Found = append(t.Found, f)
	}
	return t
}

func foundOf(j certs.Judged) found {
	c := j.Candidate.Certificate
	f := found{
		Holder: nameOf(c.RawSubject), Issuer: nameOf(c.RawIssuer), SHA256: fours(trust.Fingerprint(c)), From: c.NotBefore, To: c.NotAfter,
		Good: j.Verdict.Good,
	}
	if !f.Good {
		f.Say = []fault.Sentence{j.Verdict.Say}
	}
	for _, w := range j.Verdict.Warnings {
		f.Say = append(f.Say, w.Say)
	}
	return f
}
