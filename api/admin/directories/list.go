package directories

import (
	"cmp"
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/anchor"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

const (
	// soon is when an authority's end is worth a look: a new root is named in the settings, and that takes a while.
	soon = 90 * 24 * time.Hour
	// maxName of what a stranger wrote is shown: longer than any name of an organisation.
	maxName = 300
	// manyAuthorities are folded away: a list of public roots has dozens.
	manyAuthorities = 6
)

type shown struct {
	Sources    []Source
	Profiles   []profile
	Lists      []list
	Responders []responder
	Tries      bool // the visitor may ask
}

type profile struct {
	Name        string
	From        fault.Sentence
	Strictness  []fault.Sentence // what it takes and what it does where revocation is not known
	Authorities []authority
	Many        bool
}

type authority struct {
	Name, SHA256 string
	Root         bool
	Ends         time.Time
	Class        string // good, warn or stop: how long it has left
}

type list struct {
	crl.Held
	Name  string // of the authority
	Class string
	Late  bool // its time is over
}

type responder struct {
	ocsp.Held
	Name  string
	Class string
}

func (p page) list(_ *http.Request, v frame.Visitor) (frame.Answer, error) {
	now := p.Now()
	s := shown{Sources: p.Sources(), Tries: v.Is(frame.Administrator)}
	for _, one := range p.Profiles() {
		s.Profiles = append(s.Profiles, profileOf(one, now))
	}
	for _, one := range p.Lists() {
		s.Lists = append(s.Lists, listOf(one, now))
	}
	slices.SortStableFunc(s.Lists, func(a, b list) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Address, b.Address)) })
	for _, one := range p.Responders() {
		r := responder{Held: one, Name: nameOf(one.RawIssuer), Class: "good"}
		if one.Failed > 0 {
			r.Class = "warn"
		}
		s.Responders = append(s.Responders, r)
	}
	return frame.Show("directories.html", fault.Sentence{DA: "Kataloger og tillid", EN: "Directories and trust"}, s), nil
}

func profileOf(p trust.Profile, now time.Time) profile {
	out := profile{Name: p.Name, From: fault.Sentence{DA: "fra indstillingerne", EN: "from the settings"}}
	switch p.Name {
	case anchor.NameOCES3:
		out.From = fault.Sentence{DA: "følger med programmet", EN: "comes with the program"}
	case shelf.ProfileName:
		out.From = fault.Sentence{DA: "godkendt her på siderne", EN: "approved on these pages"}
	}
	out.Strictness = strictness(p)
	for _, c := range p.Roots {
		out.Authorities = append(out.Authorities, authorityOf(c, true, now))
	}
	for _, c := range p.Intermediates {
		out.Authorities = append(out.Authorities, authorityOf(c, false, now))
	}
	out.Many = len(out.Authorities) > manyAuthorities
	return out
}

// strictness says what is worth knowing of a profile: where it takes less than all, and where it is milder than the others.
func strictness(p trust.Profile) []fault.Sentence {
	var say []fault.Sentence
	if len(p.Policies) > 0 {
		say = append(say, fault.Sentence{DA: "Kun certifikater til organisationer, systemer og medarbejdere.", EN: "Certificates for organisations, systems and employees alone."})
	}
	if p.MailOnly {
		say = append(say, fault.Sentence{DA: "Kun certifikater, der er udstedt til mail.", EN: "Certificates that were issued for mail alone."})
	}
	if p.WhenUnknown == trust.Warn {
		say = append(say, fault.Sentence{
			DA: "Kan spærrelisten ikke hentes, bruges certifikatet alligevel, med en advarsel.", EN: "Where the revocation list cannot be had, the certificate is used all the same, with a warning.",
		})
	}
	if p.WhenUnpublished == trust.Warn {
		say = append(say, fault.Sentence{
			DA: "Udgiver udstederen ingen spærreliste, bruges certifikatet alligevel, med en advarsel.", EN: "Where the authority publishes no revocation list, the certificate is used all the same, with a warning.",
		})
	}
	return say
}

func authorityOf(c *x509.Certificate, root bool, now time.Time) authority {
	a := authority{Name: nameOf(c.RawSubject), SHA256: fours(trust.Fingerprint(c)), Root: root, Ends: c.NotAfter, Class: "good"}
	switch left := c.NotAfter.Sub(now); {
	case left <= 0:
		a.Class = "stop"
	case left < soon:
		a.Class = "warn"
	}
	return a
}

func listOf(h crl.Held, now time.Time) list {
	l := list{Held: h, Name: nameOf(h.RawIssuer), Class: "good", Late: !h.ThisUpdate.IsZero() && !now.Before(h.NextUpdate)}
	switch {
	case h.ThisUpdate.IsZero(), l.Late:
		l.Class = "stop"
	case h.Err != "":
		l.Class = "warn"
	}
	return l
}

// nameOf is a distinguished name that can be shown.
func nameOf(der []byte) string { return clipped(smime.DistinguishedName(der)) }

func clipped(text string) string {
	if letters := []rune(text); len(letters) > maxName {
		return string(letters[:maxName]) + "…"
	}
	return text
}

// fours writes a fingerprint as people compare it.
func fours(hex string) string {
	var out []string
	for part := range slices.Chunk([]byte(strings.ToUpper(hex)), 4) {
		out = append(out, string(part))
	}
	return strings.Join(out, " ")
}
